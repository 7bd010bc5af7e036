// SPDX-License-Identifier: BSD-3-Clause
// Runs a part of docs/streams.md: streams_page PART
#include <fmt/core.h>

#include "examples/streams_page/parts.hpp"

int main(int argc, char** argv) {
  using namespace annulus::page;
  Parts parts = vocabulary();
  parts.merge(promises());
  const auto part = parts.find(argc > 1 ? argv[1] : "");
  if (part == parts.end()) {
    fmt::print(stderr, "usage: streams_page PART\n");
    return 2;
  }
  part->second();
}
