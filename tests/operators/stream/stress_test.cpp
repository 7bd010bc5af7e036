// SPDX-License-Identifier: BSD-3-Clause
// Random graphs: every element is delivered, dropped and counted, or reported as an error. Never lost, never twice.
#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "operators/stream/drawing.hpp"
#include "operators/stream/stream.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

using testing::errors_of;

/// What may arrive at the end of a branch: for every number emitted, how often it can be and must be there.
enum class Promise { exactly_once, at_most_once };

/// A branch under construction: its stream, and what is promised of it. Numbers in `spared` were filtered out, numbers
/// in `failing` make an operator throw; both are left out on purpose.
struct Branch {
  Stream<int> stream;
  Promise promise = Promise::exactly_once;
  int filter = 0;  ///< leaves out multiples, when not 0
  int failing = 0;
  bool numbered = true;  ///< elements still have positions of their own
};

/// What arrived at the end of one branch.
struct Arrivals {
  explicit Arrivals(Branch b) : branch(std::move(b)) {}
  Branch branch;
  std::map<int, int> counts;
};

class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {
    const int sources = 1 + pick(2);
    for (int i = 0; i < sources; ++i) {
      auto& source = graph.make<Source<int>>(graph.free_name("source"));
      source.set_window(static_cast<std::size_t>(pick(3)) * 8);
      source.on_acknowledge([this](const Acknowledgement&) { ++acknowledged; });
      sources_.push_back(&source);
      grow({source.stream()}, 0);
    }
  }

  /// Emits from a thread per source, in two runs that overlap; ends them, and stops.
  void play() {
    graph.start();
    const RunPtr one = graph.begin_run("one");
    const RunPtr two = graph.begin_run("two");
    std::vector<std::thread> threads;
    for (auto* source : sources_) {
      threads.emplace_back([source, &one, &two] {
        for (int i = 0; i < elements; ++i) {
          source->emit(i, i % 2 == 0 ? one : two, static_cast<std::uint64_t>(i / 2));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    graph.end_run(one);
    graph.end_run(two);
    graph.stop();
  }

  [[nodiscard]] std::size_t emitted() const { return elements * sources_.size(); }

  static constexpr int elements = 400;
  Graph graph;
  std::vector<std::unique_ptr<Arrivals>> ends;
  std::atomic<std::size_t> acknowledged{0};

 private:
  int pick(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  /// Adds one to four operators to the branch, forks it now and then, and ends it in a sink.
  void grow(Branch branch, int depth) {
    const int operators = 1 + pick(4);
    for (int i = 0; i < operators; ++i) {
      branch = extend(std::move(branch));
      if (depth < 2 && pick(3) == 0) grow(branch, depth + 1);
    }
    end(std::move(branch));
  }

  Branch extend(Branch branch) {
    const Stream<int> s = branch.stream;
    const int choice = pick(15);
    if (choice == 9 && !branch.numbered) return branch;
    if (choice == 2 || choice == 3 || choice == 6 || choice == 10) branch.numbered = false;
    switch (choice) {
      case 0: branch.stream = s.buffer(1 + pick(8)); break;
      case 1: branch.stream = s.parallel_map([](int x) { return x; }, 1 + pick(3)); break;
      case 2: branch.stream = s.partition(static_cast<std::size_t>(1 + pick(7))).flatten(); break;
      case 3: branch.stream = s.group_by([](int x) { return x % 3; }).partition(4).flatten().ungroup(); break;
      case 4: branch.stream = s.rate_limit(std::chrono::microseconds(pick(3))); break;
      case 5: branch.stream = s.delay(std::chrono::microseconds(pick(50))); break;
      case 6: branch.stream = s.timed_window(std::chrono::microseconds(200)).flatten(); break;
      case 7: branch.stream = s.zip(s.map([](int x) { return -x; })).map(same<int>); break;
      case 8: branch.stream = s.combine_latest(s.map([](int x) { return -x; })).map(same<int>); break;
      case 9: branch.stream = s.join_by_frame(s.buffer(2)).map(same<int>); break;
      case 10: branch.stream = round_about(s); break;
      case 11: branch.stream = s.sliding_window(3).map([](const std::vector<int>& w) { return w.back(); }); break;
      case 12: branch = leave_out(std::move(branch)); break;
      case 13: branch = fail_on_some(std::move(branch)); break;
      default: branch = lose(std::move(branch)); break;
    }
    return branch;
  }

  template <class T>
  static int same(const std::tuple<T, T>& pair) {
    return std::get<0>(pair);
  }

  /// Once round a circle: sent as a large number, it comes back as itself.
  Stream<int> round_about(const Stream<int>& s) {
    const auto [around, back] = s.map([](int x) { return x + 1'000'000; }).loop(1 + pick(8));
    around.filter([](int x) { return x >= 1'000'000; }).map([](int x) { return x - 1'000'000; }).connect(back);
    return around.filter([](int x) { return x < 1'000'000; });
  }

  Branch leave_out(Branch branch) {
    if (branch.filter != 0) return branch;
    branch.filter = 2 + pick(5);
    branch.stream = branch.stream.filter([n = branch.filter](int x) { return x % n != 0; });
    return branch;
  }

  Branch fail_on_some(Branch branch) {
    if (branch.failing != 0) return branch;
    branch.failing = 7 + pick(5);
    branch.stream = branch.stream.map([n = branch.failing](int x) {
      if (x % n == 1) throw std::runtime_error("unlucky number");
      return x;
    });
    return branch;
  }

  Branch lose(Branch branch) {
    static constexpr Overflow lossy[] = {Overflow::drop_oldest, Overflow::drop_newest, Overflow::latest};
    branch.stream = branch.stream.buffer(1 + pick(4), lossy[pick(3)]);
    branch.promise = Promise::at_most_once;
    return branch;
  }

  void end(Branch branch) {
    auto& arrivals = *ends.emplace_back(std::make_unique<Arrivals>(branch));
    branch.stream.sink([&arrivals](int x) { ++arrivals.counts[x]; });
  }

  std::mt19937 random_;
  std::vector<Source<int>*> sources_;
};

/// How often `x` must at least be there.
int least(const Branch& branch, int x) {
  const bool left_out = branch.filter != 0 && x % branch.filter == 0;
  const bool failed = branch.failing != 0 && x % branch.failing == 1;
  return branch.promise == Promise::exactly_once && !left_out && !failed ? 1 : 0;
}

class RandomGraphs : public ::testing::TestWithParam<unsigned> {};

TEST_P(RandomGraphs, lose_nothing_and_deliver_nothing_twice) {
  for (unsigned seed = GetParam() * 25; seed < (GetParam() + 1) * 25; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomGraph random(seed);
    const auto mistakes = random.graph.check();
    if (!mistakes.empty()) continue;  // a pairing by count behind a buffer that drops, say: refused, as it should be
    random.play();
    EXPECT_EQ(random.acknowledged, random.emitted()) << "every element is done in the end";
    SCOPED_TRACE(print_graph(random.graph));
    SCOPED_TRACE(errors_of(random.graph));
    for (const auto& end : random.ends) {
      for (int x = 0; x < RandomGraph::elements; ++x) {
        const int count = end->counts[x];
        EXPECT_GE(count, least(end->branch, x)) << x << " is missing at " << end->branch.stream.node().name();
        EXPECT_LE(count, 1) << x << " came twice at " << end->branch.stream.node().name();
      }
      EXPECT_EQ(end->counts.size(), static_cast<std::size_t>(RandomGraph::elements)) << "something was made up";
    }
    for (const auto& node : random.graph.nodes()) {
      if (node->type() != "buffer") continue;
      EXPECT_EQ(node->received(), node->emitted() + node->dropped()) << node->name();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(seeds, RandomGraphs, ::testing::Range(0U, 8U));

}  // namespace
}  // namespace annulus
