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

/// Orders types by their names, so that lists of them are the same everywhere.
struct ByName {
  bool operator()(TypeId a, TypeId b) const { return a->name < b->name; }
};

/// One node type: how to make it and what it says about itself.
struct NodeType {
  using Make = std::function<std::unique_ptr<Node>(std::string name)>;
  std::string name;  ///< "integrate1d"
  Category category{};
  std::string summary;  ///< one sentence
  Make make;
  /// Where a type exists for elements of several types (slice, rate_limit): how to make it for each. `make` is one.
  std::map<TypeId, Make, ByName> variants = {};
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
  void add(std::string type, Category category, std::string summary, NodeType::Make make);

  /// An operator N that exists for elements of several types, for those of type T. register_payload() in payload.hpp
  /// calls it.
  template <class T, class N>
  void add_variant(const std::string& type, const std::string& summary) {
    if (find(type) == nullptr) add<N>(type, Category::op, summary);
    add_variant(type, type_id<T>(), [](std::string name) { return std::make_unique<N>(std::move(name)); });
  }
  /// How to make a node of a known type for elements of that type.
  void add_variant(const std::string& type, TypeId elements, NodeType::Make make);
  /// A node of that type for elements of that type with its parameters at their defaults, or null where there is none.
  [[nodiscard]] std::unique_ptr<Node> make_variant(std::string_view type, TypeId elements, std::string name) const;

  [[nodiscard]] const NodeType* find(std::string_view type) const noexcept;
  [[nodiscard]] const std::vector<NodeType>& types() const noexcept { return types_; }
  [[nodiscard]] std::vector<std::string_view> names(Category category) const;

 private:
  std::vector<NodeType> types_;
};

/// What `annulus describe` prints of a type: ports, parameters with type, unit, default and range. Markdown.
[[nodiscard]] std::string describe(const NodeType& type);

}  // namespace annulus
