// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <initializer_list>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operators/stream/source.hpp"
#include "tests/bench.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus::testing {

/// An operator that integrates frames of small_poni(), between a source and a probe.
template <class Operator, class Result>
struct OperatorPipeline {
  Scratch scratch;
  Graph graph;
  Source<Frame>& source = graph.make<Source<Frame>>("source");
  Operator& integrate = graph.make<Operator>("integrate");
  Probe<Result>& probe = graph.make<Probe<Result>>();

  explicit OperatorPipeline(std::initializer_list<std::pair<const char*, Value>> parameters) {
    set(integrate, {{"poni", write_poni(scratch / "small.poni", small_poni())}});
    set(integrate, parameters);
    chain(graph, source, integrate);
    chain(graph, integrate, probe);
  }
  std::vector<Result> results_of(const std::vector<Frame>& frames) {
    graph.start();
    const RunPtr run = graph.begin_run("a");
    for (const Frame& frame : frames) source.emit(frame, run, frame.number);
    graph.end_run(run);
    graph.stop();
    return probe.elements();
  }
};

/// Equal, or both NaN.
inline void expect_numbers(const std::vector<double>& found, const std::vector<double>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (std::isnan(wanted[i])) {
      EXPECT_TRUE(std::isnan(found[i])) << i;
    } else {
      EXPECT_EQ(found[i], wanted[i]) << i;
    }
  }
}

}  // namespace annulus::testing
