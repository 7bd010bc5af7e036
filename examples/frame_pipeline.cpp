// SPDX-License-Identifier: BSD-3-Clause
// A frame pipeline: images of two runs are integrated by two threads, in order, and averaged two by two.
// frame_pipeline GEOMETRY.poni
#include <cstdint>
#include <vector>

#include <fmt/core.h>

#include "operators/data/pattern.hpp"

#include "detectors/geometry/poni.hpp"
#include "detectors/powder/powder_simulator.hpp"
#include "operators/kernels/integrator.hpp"
#include "operators/stream/stream.hpp"

using namespace annulus;

/// Bin 500 of each pattern, averaged.
double mean_of_bin(const std::vector<Pattern>& patterns) {
  double sum = 0;
  for (const Pattern& pattern : patterns) sum += pattern.intensity[500];
  return sum / static_cast<double>(patterns.size());
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: frame_pipeline GEOMETRY.poni\n");
    return 2;
  }
  const Poni poni = read_poni(argv[1]);
  const PowderSimulator powder(poni, {});
  const Integrator integrator(poni, {});

  Graph graph;
  auto& frames = graph.make<Source<Frame>>("frames");
  const auto patterns = frames.stream().buffer(64).parallel_map(
      [&](const Frame& frame) { return integrator.integrate(frame); }, 2, "integrate");
  patterns.partition(2).sink([](const std::vector<Pattern>& pair, const Context& at) {
    fmt::print("{}: mean of {} patterns, {:.1f} in bin 500\n", at.run->uid(), pair.size(), mean_of_bin(pair));
  });

  graph.start();
  for (const char* uid : {"run-1", "run-2"}) {
    const RunPtr run = graph.begin_run(uid);
    for (std::uint64_t k = 0; k < 5; ++k) {
      frames.emit(Frame{.number = k, .time = 0, .pixels = powder.frame(k), .readings = nullptr}, run, k);
    }
    graph.end_run(run);  // the fifth pattern comes out alone: nothing of run 1 gets into run 2
  }
  graph.stop();  // waits until every frame is through
}
