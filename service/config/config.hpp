// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/data/value.hpp"

#include "operators/stream/node.hpp"
#include "operators/stream/registry.hpp"
#include "service/config/mistakes.hpp"
#include "service/config/service_spec.hpp"

namespace annulus {

/// The value of one key of a node, as the file gives it.
struct Setting {
  Value value;
  std::string text;  ///< as written when it is a single value, for parameters that are texts
  int line = 1;
};

/// One connection that a node asks for under `in`.
struct InputSpec {
  std::string port;  ///< input of the node; empty: the first that fits
  std::string from;  ///< "node" or "node.port"
  int line = 1;
};

/// One entry under `sources`, `operators` or `sinks`.
struct NodeSpec {
  std::string name;
  Category section{};
  int line = 1;
  Setting type;  ///< empty text where the file gives none
  std::vector<InputSpec> inputs;
  int inputs_line = 0;  ///< 0: there is no `in`
  ErrorPolicy on_error = ErrorPolicy::skip;
  /// All other keys: parameters of the node and options of its edges; which is which the node's type tells.
  std::vector<std::pair<std::string, Setting>> settings;

  /// "operators.dark"
  [[nodiscard]] std::string where() const;
};

/// A configuration file, read but not yet compared with the node types that exist.
struct Config {
  std::filesystem::path file;
  std::string text;  ///< the whole file, for records of what produced the data
  ServiceSpec service;
  std::vector<NodeSpec> nodes;  ///< in the order of the file
  /// What was wrong with single entries. build_graph() adds its own and throws all of them together; who does not
  /// build a graph calls mistakes.throw_if_any().
  Mistakes mistakes;

  /// The absolute folder to which relative paths in the file refer.
  [[nodiscard]] std::filesystem::path folder() const;
};

/// "sources", "operators", "sinks".
[[nodiscard]] std::string_view section_name(Category category) noexcept;

/// Reads a configuration (format: docs/configuration.md). Throws ConfigError, "file:line: problem", when the file
/// cannot be read or is not YAML; all lesser mistakes are in the result.
[[nodiscard]] Config load_config(const std::filesystem::path& file);

/// The same from memory; `file` is used in messages and for relative paths.
[[nodiscard]] Config parse_config(std::string text, std::filesystem::path file);

}  // namespace annulus
