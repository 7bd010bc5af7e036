// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operators/stream/clock.hpp"
#include "operators/stream/stream.hpp"
#include "tests/probe.hpp"

// What the rows of docs/streamz-conformance.md are tested with. A test is named after its row:
// TEST(StreamzRows, row_012_what_happens).

namespace annulus::testing {

using Strings = std::vector<std::string>;
using Ints = std::vector<int>;

/// A graph with sources of numbers, on a clock that stands until the test moves it.
struct Rows {
  VirtualClock clock;
  Graph graph{&clock};
  Source<int>& a = source<int>("a");
  Source<int>& b = source<int>("b");
  Source<int>& c = source<int>("c");

  template <class T>
  Source<T>& source(const std::string& name) {
    return graph.make<Source<T>>(name);
  }
  /// What arrives there, for as long as the graph lives. To be looked at from the thread that emits.
  template <class T>
  static const std::vector<T>& collect(const Stream<T>& stream) {
    auto seen = std::make_shared<std::vector<T>>();
    stream.sink([seen](const T& element) { seen->push_back(element); });
    return *seen;
  }
  /// Starts the graph, if it does not run yet, and emits the values into a source.
  template <class T>
  void run(Source<T>& into, const std::vector<T>& values) {
    start();
    for (const T& value : values) into.emit(value);
  }
  void run(const Ints& values) { run(a, values); }
  void start() {
    if (!std::exchange(started_, true)) graph.start();
  }

 private:
  bool started_ = false;
};

/// The whole numbers from `first` to before `stop`.
inline Ints range(int first, int stop) {
  Ints values;
  for (int value = first; value < stop; ++value) values.push_back(value);
  return values;
}

inline int increment(int x) { return x + 1; }
inline int add(int x, int y) { return x + y; }

}  // namespace annulus::testing
