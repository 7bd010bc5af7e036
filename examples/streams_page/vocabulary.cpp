// SPDX-License-Identifier: BSD-3-Clause
#include <functional>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include <fmt/ranges.h>

#include "examples/streams_page/parts.hpp"
#include "operators/stream/sinks.hpp"
#include "operators/stream/sources.hpp"

namespace annulus::page {
namespace {

void first() {
  // [first]
  Graph graph;
  auto& numbers = graph.make<Source<int>>("numbers");
  numbers.stream().filter([](int x) { return x % 2 == 0; }).map([](int x) { return x * x; }).sink([](int x) {
    fmt::print("{}\n", x);
  });

  graph.start();
  for (int x = 1; x <= 6; ++x) numbers.emit(x);
  graph.stop();
  // [/first]
}

void sources() {
  // [sources]
  Graph graph;
  auto numbers = from_iterable(graph, std::views::iota(1, 6));
  auto squares = sink_to_list(numbers.map([](int x) { return x * x; }));
  graph.start();
  producer_of(numbers).wait_until_finished();
  graph.stop();
  fmt::print("{}\n", squares.values());
  // [/sources]
}

void elements() {
  Show show;
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto numbers = source.stream();
  // [elements]
  show("map", numbers.map([](int x) { return x + 1; }));
  show("filter", numbers.filter([](int x) { return x > 2; }));
  show("remove", numbers.remove([](int x) { return x > 2; }));

  auto pairs = numbers.map([](int x) { return std::pair(x, 10 * x); });
  show("starmap", pairs.starmap([](int a, int b) { return a + b; }));
  show("pluck", pairs.pluck<1>());

  auto lists = numbers.map([](int x) { return std::vector<int>(static_cast<std::size_t>(x), x); });
  show("flatten", lists.flatten());
  // [/elements]
  graph.start();
  for (int x = 1; x <= 3; ++x) source.emit(x);
  graph.stop();
}

void memory() {
  Show show;
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto numbers = source.stream();
  // [memory]
  show("accumulate", numbers.accumulate(std::plus<>()));
  show("with a start", numbers.accumulate(std::plus<>(), 100));

  // {new state, result}: the result goes out, here the difference to the element before.
  const auto difference = [](int last, int x) { return std::pair(x, x - last); };
  show("returns_state", numbers.accumulate(difference, 0, returns_state));

  // An empty result goes nowhere: only new records.
  const auto record = [](int best, int x) { return x > best ? std::optional(x) : std::nullopt; };
  show("optional", numbers.accumulate(record, 0));

  show("frequencies", numbers.frequencies());
  show("slice", numbers.slice(1, std::nullopt, 2));
  show("unique", numbers.unique());
  show("reset_by", numbers.accumulate(std::plus<>()).reset_by(numbers.filter([](int x) { return x == 2; })));
  // [/memory]
  graph.start();
  for (const int x : {3, 1, 4, 1, 2, 6}) source.emit(x);
  graph.stop();
}

void batches() {
  Show show;
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto numbers = source.stream();
  // [batches]
  show("sliding_window", numbers.sliding_window(3));
  show("without short ones", numbers.sliding_window(3, Partial::leave_out));
  show("partition", numbers.partition(2));
  show("partition by key", numbers.partition(2, [](int x) { return x % 2; }));
  show("partition_unique", numbers.partition_unique(2, [](int x) { return x % 2; }));
  show("collect", numbers.collect(numbers.filter([](int x) { return x == 3; })));
  // [/batches]
  graph.start();
  for (int x = 1; x <= 5; ++x) source.emit(x);
  graph.stop();
}

void joins() {
  Show show;
  Graph graph;
  auto& left = graph.make<Source<int>>("left");
  auto& right = graph.make<Source<char>>("right");
  // [joins]
  auto numbers = left.stream();
  auto letters = right.stream();
  show("zip", numbers.zip(letters));
  show("with a literal", numbers.zip(literal('+'), letters));
  show("combine_latest", numbers.combine_latest(letters));
  show("emit_on", combine_latest({.emit_on = {0}}, numbers, letters));
  show("zip_latest", numbers.zip_latest(letters));
  show("union_with", numbers.union_with(letters.map([](char c) { return static_cast<int>(c); })));

  graph.start();
  left.emit(1);
  left.emit(2);
  right.emit('a');
  left.emit(3);
  right.emit('b');
  graph.stop();
  // [/joins]
}

void threads() {
  Show show;
  const auto slow_square = [](int x) { return x * x; };
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto numbers = source.stream();
  // [threads]
  show("parallel_map", numbers.buffer(64).parallel_map(slow_square, 2));
  show("scatter", numbers.scatter(2).map(slow_square).map(std::negate<>()).gather());
  // [/threads]
  graph.start();
  for (int x = 1; x <= 4; ++x) source.emit(x);
  graph.stop();
}

}  // namespace

Parts vocabulary() {
  return {{"first", first},     {"sources", sources}, {"elements", elements}, {"memory", memory},
          {"batches", batches}, {"joins", joins},     {"threads", threads}};
}

}  // namespace annulus::page
