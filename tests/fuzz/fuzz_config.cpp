// SPDX-License-Identifier: BSD-3-Clause
// The nodes are those of the configuration's own tests: they open nothing, whatever the text names.
#include <string>

#include "operators/data/error.hpp"

#include "service/config/build.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/service/config/test_nodes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace annulus;
  static const Registry registry = test_registry();
  const std::string text(reinterpret_cast<const char*>(data), size);
  Graph graph;
  try {
    fuzz::with_justified_memory(size, [&] { return build_graph(parse_config(text, "fuzz.yaml"), registry, graph); });
  } catch (const ConfigError& error) {
    fuzz::require(std::string_view(error.what()).starts_with("fuzz.yaml"));
  }
  return 0;
}
