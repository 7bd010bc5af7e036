// SPDX-License-Identifier: BSD-3-Clause
#include <chrono>
#include <cmath>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/ranges.h>

#include "operators/data/error.hpp"

#include "examples/streams_page/parts.hpp"
#include "operators/stream/drawing.hpp"

namespace annulus::page {
namespace {

using namespace std::chrono_literals;

void runs() {
  // [runs]
  Graph graph;
  auto& counts = graph.make<Source<int>>("counts");
  counts.stream().partition(2).sink(
      [](const std::vector<int>& pair, const Context& at) { fmt::print("{}: {}\n", at.run->uid(), pair); });

  graph.start();
  const RunPtr monday = graph.begin_run("monday");
  const RunPtr tuesday = graph.begin_run("tuesday");
  counts.emit(1, monday, 0);  // element, run, position in the run
  counts.emit(10, tuesday, 0);
  counts.emit(2, monday, 1);
  counts.emit(3, monday, 2);
  graph.end_run(monday);
  counts.emit(20, tuesday, 1);
  graph.end_run(tuesday);
  graph.stop();
  // [/runs]
}

void overflow() {
  std::promise<void> busy;
  std::promise<void> rest;
  bool first_of_page = true;
  const auto write = [](int) {};
  const auto show_page = [&](int x) {
    if (std::exchange(first_of_page, false)) {
      busy.set_value();
      rest.get_future().wait();
    }
    fmt::print("the page shows {}\n", x);
  };
  // [overflow]
  Graph graph;
  auto& frames = graph.make<Source<int>>("frames");
  frames.stream().buffer(64).sink(write);  // Overflow::block: the source waits for a slow writer
  auto newest = frames.stream().latest();  // the same as buffer(1, Overflow::latest)
  newest.sink(show_page);
  // [/overflow]
  graph.start();
  frames.emit(1);
  busy.get_future().wait();
  for (int x = 2; x <= 5; ++x) frames.emit(x);
  rest.set_value();
  graph.stop();
  // [counter]
  fmt::print("skipped: {}\n", newest.node().dropped());
  // [/counter]
}

void errors() {
  // [errors]
  Graph graph;
  graph.errors().listen(
      [](const ErrorReport& error) { fmt::print("{}, element {}: {}\n", error.node, error.position, error.message); });
  auto& numbers = graph.make<Source<int>>("numbers");
  auto inverses =
      numbers.stream().map([](int x) { return x == 0 ? throw DataError("0 has no inverse") : 1.0 / x; }, "inverse");
  inverses.sink([](double x) { fmt::print("{}\n", x); });
  inverses.dead_letters<int>().sink([](const Failed<int>& failed) { fmt::print("put aside: {}\n", failed.element); });

  graph.start();
  for (const int x : {2, 0, 4}) numbers.emit(x);
  graph.stop();
  // [/errors]
}

void retries() {
  // [retries]
  Graph graph;
  auto& jobs = graph.make<Source<int>>("jobs");
  int calls = 0;
  jobs.stream()
      .map([&](int x) { return ++calls % 3 == 0 ? x : throw IoError("the server is busy"); })
      .retry<int>(2)
      .on_error(ErrorPolicy::fail_run)
      .sink([](int x) { fmt::print("done: {}\n", x); });
  graph.start();
  jobs.emit(1);
  graph.stop();
  fmt::print("{} calls, {} errors\n", calls, graph.errors().total());
  // [/retries]
}

void acknowledgements() {
  // [acknowledgements]
  Graph graph;
  auto& messages = graph.make<Source<int>>("messages");
  messages.on_acknowledge(
      [](const Acknowledgement& done) { fmt::print("{} is {}\n", done.position, done.good ? "done" : "failed"); });
  messages.stream()
      .map([](int x) { return x != 0 ? x : throw DataError("zero"); })
      .partition(2)
      .sink([](const std::vector<int>& pair) { fmt::print("written: {}\n", pair); });
  graph.start();
  for (const int x : {7, 8, 0, 9}) messages.emit(x);
  fmt::print("waiting: {}, in flight: {}\n", messages.unacknowledged(), messages.in_flight());
  graph.stop();
  // [/acknowledgements]
}

void diamond() {
  Show show;
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto numbers = source.stream();
  // [diamond]
  auto odd = numbers.filter([](int x) { return x % 2 == 1; });
  auto tens = numbers.map([](int x) { return 10 * x; });
  show("combine_latest", odd.combine_latest(tens));

  const auto joined = odd.join_by_frame(tens);
  show("join_by_frame", joined);
  show("unmatched", joined.unmatched.map([](const Unmatched& one) { return one.frame; }));
  // [/diamond]
  graph.start();
  for (int x = 1; x <= 3; ++x) source.emit(x);
  graph.stop();
}

// [groups]
struct Reading {
  std::string sensor;
  double value;
};
// [/groups]

void groups() {
  Show show;
  Graph graph;
  auto& source = graph.make<Source<Reading>>("source");
  auto readings = source.stream();
  // [groups]
  auto per_sensor = readings.group_by([](const Reading& reading) { return reading.sensor; })
                        .map([](const Reading& reading) { return reading.value; })
                        .accumulate(std::plus<>());  // one state for each sensor
  show("sums", per_sensor.ungroup());
  // [/groups]
  graph.start();
  for (const Reading& reading : {Reading{"a", 1}, Reading{"b", 10}, Reading{"a", 2}, Reading{"b", 20}}) {
    source.emit(reading);
  }
  graph.stop();
}

void circle() {
  // [circle]
  Graph graph;
  auto& numbers = graph.make<Source<int>>("numbers");
  const auto circle = numbers.stream().loop();
  auto halves = circle.stream.map([](int x) { return x / 2; });
  halves.filter([](int x) { return x > 1; }).connect(circle.back);
  halves.sink([](int x) { fmt::print("{}\n", x); });
  graph.start();
  numbers.emit(20);
  graph.stop();
  // [/circle]
}

void timed() {
  Show show;
  // [timed]
  VirtualClock clock;
  Graph graph(&clock);
  auto& source = graph.make<Source<int>>("source");
  auto numbers = source.stream();
  show("timed_window", numbers.timed_window(1s));
  show("delay", numbers.delay(500ms).map([&](int x) { return fmt::format("{} at {}", x, clock.now() / 1ms); }));
  show("rate_limit", numbers.rate_limit(2s).map([&](int x) { return fmt::format("{} at {}", x, clock.now() / 1ms); }));

  graph.start();
  source.emit(1);
  clock.advance(700ms);
  source.emit(2);
  clock.advance(2300ms);
  graph.stop();
  // [/timed]
}

// [own]
/// Passes on what differs by more than `step` from what was passed on before.
class Deadband final : public Stage<double, double> {
 public:
  explicit Deadband(std::string name) : Stage(std::move(name), "deadband") {}

 private:
  void on_element(double&& reading, const Context& context) override {
    std::optional<double>& last = last_(context);
    if (last && std::abs(reading - *last) <= *step_) return leave_out(context);
    last = reading;
    out_.emit(reading, context);
  }

  Param<double> step_{*this, "step", 0.5, "smallest change that counts", at_least(0.0), "K", Change::live};
  RunLocal<std::optional<double>> last_{*this};
};
// [/own]

void live() {
  // [live]
  Graph graph;
  auto& kelvin = graph.make<Source<double>>("kelvin");
  kelvin.stream().through<Deadband>("deadband").sink([](double x) { fmt::print("{}\n", x); });

  graph.start();
  for (const double x : {290.0, 290.3, 291.0}) kelvin.emit(x);
  graph.change("deadband", "step", Value(5.0));
  for (const double x : {292.0, 297.0}) kelvin.emit(x);
  graph.stop();
  for (const ParamChange& change : graph.changes()) {
    fmt::print("{}.{}: {} became {}\n", change.node, change.param, change.before, change.after);
  }
  // [/live]
}

void rewiring() {
  // [rewiring]
  Graph graph;
  auto& numbers = graph.make<Source<int>>("numbers");
  numbers.stream().sink([](int x) { fmt::print("{}\n", x); });
  graph.start();
  numbers.emit(1);

  auto squares = numbers.stream().map([](int x) { return x * x; });
  squares.sink([](int x) { fmt::print("squared: {}\n", x); });
  numbers.emit(2);

  squares.destroy();
  numbers.emit(3);
  graph.stop();
  // [/rewiring]
}

void refused() {
  // [refused]
  Graph graph;
  auto frames = graph.make<Source<int>>("frames").stream();
  frames.zip(frames.latest("newest"));
  frames.combine_latest(frames.buffer(8, Overflow::block, "queue"));
  try {
    graph.start();
  } catch (const ConfigError& error) {
    fmt::print("{}\n", error.what());
  }
  // [/refused]
}

void drawing() {
  // [drawing]
  Graph graph;
  auto numbers = graph.make<Source<int>>("numbers").stream();
  numbers.map([](int x) { return 2.0 * x; }, "double")
      .zip(numbers.filter([](int x) { return x > 0; }))
      .sink([](const auto&) {});
  fmt::print("{}", print_graph(graph));  // to_dot(graph) is for Graphviz
  // [/drawing]
}

}  // namespace

Parts promises() {
  return {{"runs", runs},
          {"overflow", overflow},
          {"errors", errors},
          {"retries", retries},
          {"acknowledgements", acknowledgements},
          {"diamond", diamond},
          {"groups", groups},
          {"circle", circle},
          {"timed", timed},
          {"live", live},
          {"rewiring", rewiring},
          {"refused", refused},
          {"drawing", drawing}};
}

}  // namespace annulus::page
