// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "operators/stream/node.hpp"

namespace annulus {

/// Where a node type stands in a configuration.
enum class Category { source, op, sink };

/// One node type: how to make it and what it says about itself.
struct NodeType {
  std::string name;  ///< "integrate1d"
  Category category{};
  std::string summary;  ///< one sentence
  std::function<std::unique_ptr<Node>(std::string name)> make;
};

/// The node types that configurations may name. Filled by explicit lists (one `register_...` function per room), not
/// by static initialisers.
class Registry {
 public:
  /// N is made from a name.
  template <class N>
  void add(std::string type, Category category, std::string summary) {
    add(std::move(type), category, std::move(summary),
        [](std::string name) -> std::unique_ptr<Node> { return std::make_unique<N>(std::move(name)); });
  }
  void add(std::string type, Category category, std::string summary,
           std::function<std::unique_ptr<Node>(std::string)> make);

  /// How to make the buffer that an edge option of a configuration asks for, for elements of one type.
  /// register_payload() in payload.hpp calls it.
  using MakeBuffer = std::unique_ptr<Node> (*)(std::string name);
  void add_buffer(TypeId type, MakeBuffer make) { buffers_.emplace(type, make); }
  /// A buffer for elements of that type with its parameters at their defaults, or null where none is known.
  [[nodiscard]] std::unique_ptr<Node> make_buffer(TypeId type, std::string name) const;

  [[nodiscard]] const NodeType* find(std::string_view type) const noexcept;
  [[nodiscard]] const std::vector<NodeType>& types() const noexcept { return types_; }
  [[nodiscard]] std::vector<std::string_view> names(Category category) const;

 private:
  std::vector<NodeType> types_;
  std::map<TypeId, MakeBuffer> buffers_;
};

/// What `annulus describe` prints of a type: ports, parameters with type, unit, default and range. Markdown.
[[nodiscard]] std::string describe(const NodeType& type);

}  // namespace annulus
