// SPDX-License-Identifier: BSD-3-Clause
// A feedback loop: numbers go round a circle, halved when even, else tripled plus one, until they reach 1.
#include <fmt/core.h>

#include "operators/stream/stream.hpp"

using namespace annulus;

struct Walk {
  long start = 1;
  long now = 1;
  int steps = 0;
};

Walk step(const Walk& walk) {
  return {walk.start, walk.now % 2 == 0 ? walk.now / 2 : 3 * walk.now + 1, walk.steps + 1};
}

int main() {
  Graph graph;
  auto& numbers = graph.make<Source<long>>("numbers");

  const auto circle = numbers.stream().map([](long x) { return Walk{x, x, 0}; }).loop();
  const auto walks = circle.stream.map(step);
  const auto has_arrived = [](const Walk& walk) { return walk.now == 1; };
  walks.remove(has_arrived).connect(circle.back);
  walks.filter(has_arrived).sink([](const Walk& walk) { fmt::print("{}: {} steps\n", walk.start, walk.steps); });

  numbers.on_acknowledge([](const Acknowledgement& done) {  // when the number and all that came of it are done
    if (!done.good) fmt::print("element {} failed on its way\n", done.position);
  });
  graph.start();
  for (const long x : {2, 6, 7, 27}) numbers.emit(x);
  graph.stop();  // waits until the circle is empty
}
