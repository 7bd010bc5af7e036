// SPDX-License-Identifier: BSD-3-Clause
#include <array>
#include <cstdio>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "operators/stream/registry.hpp"
#include "service/cli/commands.hpp"
#include "service/daemon/pipeline.hpp"

namespace annulus {
namespace {

struct Section {
  Category category;
  const char* title;
};
constexpr std::array<Section, 3> sections{
    {{Category::source, "Sources"}, {Category::op, "Operators"}, {Category::sink, "Sinks"}}};

void print_all(const Registry& registry) {
  for (const Section& section : sections) {
    std::printf("## %s\n\n", section.title);
    for (const NodeType& type : registry.types()) {
      if (type.category == section.category) std::printf("%s\n", describe(type).c_str());
    }
  }
}

}  // namespace

int describe(const std::string& name) {
  ViewerHub hub;
  const Registry registry = make_registry(hub, {});
  if (name.empty()) {
    print_all(registry);
    return 0;
  }
  const NodeType* type = registry.find(name);
  if (type == nullptr) {
    std::vector<std::string_view> names;
    for (const NodeType& known : registry.types()) names.push_back(known.name);
    throw ConfigError(fmt::format("'{}' is not a source, operator or sink.{}", name, suggest(name, names)));
  }
  std::printf("%s", describe(*type).c_str());
  return 0;
}

}  // namespace annulus
