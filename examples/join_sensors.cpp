// SPDX-License-Identifier: BSD-3-Clause
// Joining sensors: a diode and a beam monitor shot by shot, with the latest temperature. One shot loses its monitor.
#include <cstdint>
#include <tuple>

#include <fmt/core.h>

#include "operators/stream/stream.hpp"

using namespace annulus;

int main() {
  Graph graph;
  auto& diode = graph.make<Source<double>>("diode");
  auto& monitor = graph.make<Source<double>>("monitor");
  auto& kelvin = graph.make<Source<double>>("kelvin");

  const auto shots = diode.stream().join_by_frame(monitor.stream());  // by their number in the run
  shots.unmatched.sink([](const Unmatched& shot) {
    fmt::print("shot {}: left out, its partner is {}\n", shot.frame, name_of(shot.state));
  });
  shots.starmap([](double signal, double beam) { return signal / beam; })
      .zip_latest(kelvin.stream())
      .sink([](const std::tuple<double, double>& row, const Context& at) {
        const auto& [transmission, temperature] = row;
        fmt::print("shot {}: transmission {:.2f} at {} K\n", at.position, transmission, temperature);
      });

  graph.start();
  const RunPtr run = graph.begin_run("scan-1");
  kelvin.emit(290, run, 0);
  for (std::uint64_t shot = 1; shot <= 5; ++shot) {
    diode.emit(50.0 + static_cast<double>(shot), run, shot);
    if (shot == 3) {
      monitor.announce_gap(run, shot, shot, FrameState::lost, "no trigger");
      kelvin.emit(295, run, 1);
    } else {
      monitor.emit(100, run, shot);
    }
  }
  graph.end_run(run);
  graph.stop();
}
