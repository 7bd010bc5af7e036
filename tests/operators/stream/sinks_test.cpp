// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/sinks.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/probe.hpp"

namespace annulus {
namespace {

TEST(SinkToList, gives_what_came_and_can_be_emptied) {
  Collected<int> list;
  {
    Graph graph;
    auto& source = graph.make<Source<int>>("source");
    list = sink_to_list(source.stream());
    graph.start();
    for (int i = 0; i < 3; ++i) source.emit(i);
    EXPECT_EQ(list.take(), (std::vector<int>{0, 1, 2}));
    source.emit(3);
  }
  EXPECT_EQ(list.values(), (std::vector<int>{3}));
}

}  // namespace
}  // namespace annulus
