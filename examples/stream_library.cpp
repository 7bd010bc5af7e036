// SPDX-License-Identifier: BSD-3-Clause
// The stream library without the service: simulated frames, integrated by two threads, in order.
// stream_library GEOMETRY.poni
#include <cstdint>
#include <cstdio>

#include "operators/data/pattern.hpp"

#include "detectors/geometry/poni.hpp"
#include "detectors/powder/powder_simulator.hpp"
#include "operators/kernels/integrator.hpp"
#include "operators/stream/stream.hpp"

int main(int argc, char** argv) {
  using namespace annulus;
  if (argc != 2) {
    std::fprintf(stderr, "usage: stream_library GEOMETRY.poni\n");
    return 2;
  }
  const Poni poni = read_poni(argv[1]);
  const PowderSimulator powder(poni, {});
  const Integrator integrator(poni, {});

  Graph graph;
  auto& frames = graph.make<Source<Frame>>("frames");
  frames.stream()
      .buffer(64, Overflow::block)
      .parallel_map([&](const Frame& frame) { return integrator.integrate(frame); }, 2)
      .sink([](const Pattern& pattern) {
        std::printf("frame %d: %zu bins\n", static_cast<int>(pattern.number), pattern.intensity.size());
      });
  graph.start();
  for (std::uint64_t k = 0; k < 5; ++k) {
    frames.emit(Frame{.number = k, .time = 0, .pixels = powder.frame(k), .readings = nullptr});
  }
  graph.stop();  // waits until every frame is through
}
