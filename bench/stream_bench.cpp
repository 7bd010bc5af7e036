// SPDX-License-Identifier: BSD-3-Clause
// Measures operators/stream; bench/compare.py runs it. `stream_bench --outputs N` prints what comes out of every chain
// for the numbers 0 to N-1, as JSON, so that the chains of bench/streamz_bench.py can be checked to do the same.

#include <array>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/allocations.hpp"
#include "bench/resident.hpp"
#include "operators/stream/join_streams.hpp"
#include "operators/stream/stream.hpp"

namespace annulus {
namespace {

/// The end of a chain: keeps what comes for the check, and only its sum when time is taken.
struct Output {
  bool keep = false;
  std::vector<int> numbers;
  int sum = 0;

  void operator()(int x) {
    sum += x;
    if (keep) numbers.push_back(x);
  }
  void operator()(const std::tuple<int, int>& row) {
    (*this)(std::get<0>(row));
    (*this)(std::get<1>(row));
  }
  void operator()(const std::vector<int>& window) {
    for (const int x : window) (*this)(x);
  }
};

struct Chain {
  Graph graph;
  Source<int>& a = graph.make<Source<int>>("a");
  Source<int>& b = graph.make<Source<int>>("b");
  bool uses_b = false;
  Output output;

  /// Ends the chain here and starts it.
  template <class T>
  void end(const Stream<T>& stream) {
    stream.sink([this](const T& element) { output(element); });
    graph.start();
  }
  void emit(int x) {
    a.emit(x);
    if (uses_b) b.emit(x);
  }
};

constexpr auto add_one = [](int x) { return x + 1; };
constexpr auto add = [](int a, int b) { return (a + b) & 0xffff; };

// The same chains are in bench/streamz_bench.py.

void maps(Chain& chain) {
  Stream<int> stream = chain.a.stream();
  for (int i = 0; i < 10; ++i) stream = stream.map(add_one);
  chain.end(stream);
}

void accumulates(Chain& chain) {
  Stream<int> stream = chain.a.stream();
  for (int i = 0; i < 5; ++i) stream = stream.accumulate(add, 0);
  chain.end(stream);
}

void zip_diamond(Chain& chain) { chain.end(chain.a.stream().map(add_one).zip(chain.a.stream().map(add_one))); }

void zip_sources(Chain& chain) {
  chain.uses_b = true;
  chain.end(chain.a.stream().map(add_one).zip(chain.b.stream().map(add_one)));
}

void combine_latest(Chain& chain) {
  chain.uses_b = true;
  chain.end(chain.a.stream().combine_latest(chain.b.stream()));
}

/// Every element is acknowledged when the last window that it is in has been taken.
void sliding_window(Chain& chain) {
  chain.a.on_acknowledge([&chain](const Acknowledgement&) { ++chain.output.sum; });
  chain.end(chain.a.stream().sliding_window(5, SlidingWindow<int>::Partial::leave_out));
}

const std::map<std::string, void (*)(Chain&)> chains{{"maps", maps},
                                                     {"accumulates", accumulates},
                                                     {"zip_diamond", zip_diamond},
                                                     {"zip_sources", zip_sources},
                                                     {"combine_latest", combine_latest},
                                                     {"sliding_window", sliding_window}};

void print_outputs(int count) {
  const char* separator = "{";
  for (const auto& [name, build] : chains) {
    Chain chain;
    chain.output.keep = true;
    build(chain);
    for (int i = 0; i < count; ++i) chain.emit(i);
    std::cout << separator << '"' << name << "\": [";
    for (std::size_t i = 0; i < chain.output.numbers.size(); ++i) {
      std::cout << (i > 0 ? "," : "") << chain.output.numbers[i];
    }
    std::cout << ']';
    separator = ",\n";
  }
  std::cout << "}\n";
}

void time_chain(benchmark::State& state, void (*build)(Chain&)) {
  Chain chain;
  build(chain);
  int x = 0;
  for (auto _ : state) chain.emit(x++ & 0xffff);
  benchmark::DoNotOptimize(chain.output.sum);
  state.SetItemsProcessed(state.iterations());
}

/// A million elements from one thread to another, as fast as they go.
void time_buffer(benchmark::State& state) {
  constexpr int elements = 1'000'000;
  for (auto _ : state) {
    Chain chain;
    chain.end(chain.a.stream().buffer(64));
    for (int i = 0; i < elements; ++i) chain.emit(i);
    chain.graph.stop();
  }
  state.SetItemsProcessed(state.iterations() * elements);
}

/// About a millisecond of arithmetic.
int work(int x) {
  auto state = static_cast<std::uint64_t>(x);
  for (int i = 0; i < 1'000'000; ++i) state = state * 6364136223846793005U + 1442695040888963407U;
  return static_cast<int>(state >> 60);
}

constexpr int works = 200;

/// The same work in threads that share nothing: what the machine has to give at the time.
void time_threads(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<std::jthread> threads;
    for (int t = 0; t < state.range(0); ++t) {
      threads.emplace_back([each = works / state.range(0)] {
        for (int i = 0; i < each; ++i) benchmark::DoNotOptimize(work(i));
      });
    }
  }
  state.SetItemsProcessed(state.iterations() * works);
}

void time_parallel_map(benchmark::State& state) {
  for (auto _ : state) {
    Chain chain;
    chain.end(chain.a.stream().parallel_map(work, static_cast<int>(state.range(0))));
    for (int i = 0; i < works; ++i) chain.emit(i);
    chain.graph.stop();
  }
  state.SetItemsProcessed(state.iterations() * works);
}

struct Block {
  std::array<std::int64_t, 8> numbers;
};
int key_of(int x) { return x; }
std::int64_t key_of(const Block& block) { return block.numbers[0]; }
template <class T>
T make(int x) {
  if constexpr (std::is_same_v<T, int>)
    return x;
  else
    return {.numbers = {x}};
}

/// Counts allocations for each element that goes through every kind of node that makes one of one.
template <class T>
void count_allocations(benchmark::State& state) {
  constexpr int elements = 100'000;
  constexpr int capacity = 64;
  Graph graph;
  auto& source = graph.make<Source<T>>("source");
  const auto last = [](const T&, const T& x) { return x; };
  std::int64_t sum = 0;
  source.stream()
      .map([](const T& x) { return x; })
      .filter([](const T&) { return true; })
      .accumulate(last, T{})
      .slice(0)
      .unique(8, [](const T& x) { return key_of(x); })
      .buffer(capacity)
      .sink([&, seen = 0](const T& x) mutable {
        sum += key_of(x);
        // At first the queue is let run full again and again, until everything has grown to the size that it keeps.
        const std::size_t full = capacity + 2;
        while (seen < 10 * capacity && source.unacknowledged() < full) std::this_thread::yield();
        ++seen;
      });
  graph.start();
  const RunPtr run = graph.begin_run("run");
  int x = 0;
  const auto emit = [&](int count) {
    for (int i = 0; i < count; ++i, ++x) source.emit(make<T>(x), run, static_cast<std::uint64_t>(x));
  };
  for (auto _ : state) {
    emit(10'000);
    const CountAllocations allocations;
    emit(elements);
    state.counters["per_element"] = static_cast<double>(allocations.count()) / elements;
  }
  graph.stop();
  benchmark::DoNotOptimize(sum);
}

/// How much resident memory grows from one to ten million elements, through windows, joins and buffers.
void grow(benchmark::State& state) {
  constexpr int million = 1'000'000;
  Chain chain;
  const Stream<int> a = chain.a.stream().buffer(64);
  const auto windows = a.sliding_window(10).map([](const std::vector<int>& w) { return w.back(); });
  const auto parts = a.partition(10).flatten();
  const auto rows = windows.zip(a.map(add_one)).map([](const auto& row) { return std::get<0>(row); });
  const auto frames = rows.join_by_frame(a.unique(100)).map([](const auto& row) { return std::get<1>(row); });
  chain.end(frames.combine_latest(parts).buffer(64, Overflow::drop_oldest));
  for (auto _ : state) {
    int x = 0;
    while (x < million) chain.emit(x++);
    const double before = resident();
    while (x < 10 * million) chain.emit(x++);
    state.counters["bytes"] = resident() - before;
  }
}

void register_all() {
  using benchmark::RegisterBenchmark;
  for (const auto& [name, build] : chains) {
    RegisterBenchmark(name.c_str(), time_chain, build)->MeasureProcessCPUTime()->MinTime(0.2);
  }
  RegisterBenchmark("buffer", time_buffer)->Iterations(1)->UseRealTime();
  RegisterBenchmark("parallel_map", time_parallel_map)->Arg(1)->Arg(2)->Iterations(1)->UseRealTime();
  RegisterBenchmark("threads", time_threads)->Arg(1)->Arg(2)->Iterations(1)->UseRealTime();
  RegisterBenchmark("allocations_int", count_allocations<int>)->Iterations(1);
  RegisterBenchmark("allocations_block", count_allocations<Block>)->Iterations(1);
  RegisterBenchmark("memory", grow)->Iterations(1);
}

}  // namespace
}  // namespace annulus

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--outputs") {
    annulus::print_outputs(std::stoi(argv[2]));
    return 0;
  }
  annulus::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
