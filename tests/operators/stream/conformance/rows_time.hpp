// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operators/stream/stream.hpp"
#include "tests/marbles.hpp"
#include "tests/probe.hpp"

// What the tests of the rows on acknowledgement, time and workers have in common.

namespace annulus::testing {

using ms = std::chrono::milliseconds;

/// What a source has heard of its elements. In text: their positions in order, with a ! where something went wrong.
class Acks final {
 public:
  explicit Acks(SourceNode& source) {
    source.on_acknowledge(
        [this](const Acknowledgement& ack) { changes_.make([&] { heard_.emplace(ack.position, ack.good); }); });
  }
  /// For when no other thread works, or after waiting.
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& [position, good] : heard_) {
      text += (text.empty() ? "" : " ") + std::string(good ? "" : "!") + std::to_string(position);
    }
    return text;
  }
  [[nodiscard]] bool has(std::size_t n) {
    return changes_.wait([&] { return heard_.size() >= n; });
  }

 private:
  Changes changes_;
  std::multimap<std::uint64_t, bool> heard_;
};

/// The graph of most rows: one source, on a clock that the test moves. What its sinks use outlives it: the graph stops
/// here at the latest.
template <class T = int>
struct Line {
  ~Line() { graph.stop(); }

  VirtualClock clock;
  Graph graph{&clock};
  Source<T>& source = graph.make<Source<T>>("source");
  Acks acks{source};
  std::string log;

  /// A sink that writes "element@ms" into `log`.
  auto arrival() {
    return [this](const auto& element) {
      log += (log.empty() ? "" : " ") + marble(element) + "@" + std::to_string(clock.now() / ms(1));
    };
  }
  void emit_all(const std::vector<T>& elements) {
    for (const T& element : elements) source.emit(element);
  }
};

/// The same with two sources.
template <class T = int>
struct TwoLines {
  ~TwoLines() { graph.stop(); }

  VirtualClock clock;
  Graph graph{&clock};
  Source<T>& a = graph.make<Source<T>>("a");
  Source<T>& b = graph.make<Source<T>>("b");
  Acks acks_a{a};
  Acks acks_b{b};
};

/// An element with metadata.
struct Tagged {
  int value = 0;
  std::string tag;
};
/// The tags that went into an emission.
inline std::string tags_of(const Tagged& element) { return element.tag; }
inline std::string tags_of(const std::vector<Tagged>& elements) {
  std::string text;
  for (const Tagged& element : elements) text += element.tag;
  return text;
}
inline std::string tags_of(const std::tuple<Tagged, Tagged>& row) {
  return std::get<0>(row).tag + std::get<1>(row).tag;
}
/// A sink that keeps the tags of each emission; an emission without tags is not kept.
inline auto tags_into(std::vector<std::string>& list) {
  return [&list](const auto& emission) {
    if (std::string tags = tags_of(emission); !tags.empty()) list.push_back(std::move(tags));
  };
}

/// Where elements wait until the test lets them through.
class Turnstile final {
 public:
  void pass() {
    changes_.make([&] { ++arrived_; });
    EXPECT_TRUE(changes_.wait([&] { return open_ > passed_ && ++passed_ > 0; }));
    changes_.make([] {});
  }
  void let_through(int n) {
    changes_.make([&] { open_ += n; });
  }
  /// True when so many have come, in time.
  [[nodiscard]] bool arrived(int n) {
    return changes_.wait([&] { return arrived_ >= n; });
  }
  [[nodiscard]] int passed() {
    int n = 0;
    changes_.make([&] { n = passed_; });
    return n;
  }

 private:
  Changes changes_;
  int arrived_ = 0;
  int open_ = 0;
  int passed_ = 0;
};

/// A thread that does one step after another, and may have to wait in one.
class Steps final {
 public:
  /// `step(i)` for i below `n`. A test that fails in the middle stops the graph, which lets waiting senders go.
  template <class F>
  Steps(Graph& graph, int n, F step)
      : graph_(graph), thread_([this, n, step = std::move(step)] {
          for (int i = 0; i < n; ++i) {
            step(i);
            changes_.make([&] { ++done_; });
          }
        }) {}
  ~Steps() {
    graph_.stop();
    thread_.join();
  }
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  /// How many steps are over now.
  [[nodiscard]] int done() {
    int n = 0;
    changes_.make([&] { n = done_; });
    return n;
  }
  /// True when `n` steps are over and no more.
  [[nodiscard]] bool stand_at(int n) {
    return changes_.wait([&] { return done_ >= n; }) && done() == n;
  }

 private:
  Graph& graph_;
  Changes changes_;
  int done_ = 0;
  std::thread thread_;
};

}  // namespace annulus::testing
