// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "operators/data/value.hpp"

#include "service/config/mistakes.hpp"

namespace annulus {

struct YamlItem;

/// One value of a YAML file and the line (from 1) on which it starts.
struct YamlNode {
  struct Scalar {
    Value value;       ///< resolved; a quoted scalar is always text
    std::string text;  ///< as written, without quotes
  };
  using Sequence = std::vector<YamlNode>;
  using Mapping = std::vector<YamlItem>;

  int line = 1;
  std::variant<Scalar, Sequence, Mapping> content;

  [[nodiscard]] const Scalar* scalar() const noexcept { return std::get_if<Scalar>(&content); }
  [[nodiscard]] const Sequence* sequence() const noexcept { return std::get_if<Sequence>(&content); }
  [[nodiscard]] const Mapping* mapping() const noexcept { return std::get_if<Mapping>(&content); }
  [[nodiscard]] bool is_null() const noexcept { return scalar() != nullptr && scalar()->value.is_null(); }
  /// The content without lines.
  [[nodiscard]] Value to_value() const;
};

/// A key of a mapping, the line on which the key stands, and its value.
struct YamlItem {
  std::string key;
  int line = 1;
  YamlNode value;
};

/// The largest file that is read [bytes] and the deepest nesting: far beyond any real configuration, and a bound on
/// what a broken or hostile one can cost.
inline constexpr std::size_t max_config_bytes = 256 * 1024;
inline constexpr std::size_t max_config_depth = 32;

/// Reads one YAML document. What spoils single entries goes to `mistakes`: a key given twice in one mapping (the first
/// counts), tags, aliases, keys that are not plain texts. Throws ConfigError, with `file` and line, where reading
/// cannot go on: syntax, tabs as indentation, too large, too deep, no text at all.
[[nodiscard]] YamlNode parse_yaml(const std::string& text, const std::string& file, Mistakes& mistakes);

}  // namespace annulus
