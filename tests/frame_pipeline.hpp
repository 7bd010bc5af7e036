// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "operators/data/frame.hpp"

#include "operators/stream/source.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus::testing {

/// An operator on frames, between a source and a probe.
template <class Operator, class Result>
struct FramePipeline {
  Scratch scratch;
  Graph graph;
  Source<Frame>& source = graph.make<Source<Frame>>("source");
  Operator& node;
  Probe<Result>& probe = graph.make<Probe<Result>>();

  explicit FramePipeline(const char* name) : node(graph.make<Operator>(name)) {
    chain(graph, source, node);
    chain(graph, node, probe);
  }
  /// A run of these frames.
  void send(const std::vector<Frame>& frames) {
    graph.start();
    const RunPtr run = graph.begin_run("a");
    for (const Frame& frame : frames) source.emit(frame, run, frame.number);
    graph.end_run(run);
    graph.stop();
  }
};

}  // namespace annulus::testing
