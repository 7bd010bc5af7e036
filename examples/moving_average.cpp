// SPDX-License-Identifier: BSD-3-Clause
// A moving average: each reading beside the mean of the last four.
#include <numeric>
#include <vector>

#include <fmt/core.h>

#include "operators/stream/stream.hpp"

using namespace annulus;

int main() {
  Graph graph;
  auto& readings = graph.make<Source<double>>("readings");

  fmt::print("reading  mean of 4\n");
  readings.stream()
      .sliding_window(4, Partial::leave_out)  // from the fourth reading on; Partial::emit begins with the first
      .map([](const std::vector<double>& window) {
        const double sum = std::accumulate(window.begin(), window.end(), 0.0);
        return std::pair(window.back(), sum / static_cast<double>(window.size()));
      })
      .sink([](const std::pair<double, double>& row) { fmt::print("{:7.1f}  {:9.2f}\n", row.first, row.second); });

  graph.start();
  for (const double kelvin : {291.0, 293.5, 292.0, 293.5, 299.0, 301.5, 300.0, 299.5}) readings.emit(kelvin);
  graph.stop();
}
