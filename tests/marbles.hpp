// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cctype>
#include <functional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "operators/stream/stream.hpp"

// Marbles: what happens in time, in a line of text, for tests with a virtual clock. Every symbol takes one tick:
//
//     1      an element: a digit or a letter but x
//     -      nothing
//     x      an element that will not come (SourceNode::announce_gap); on the way out: a gap mark
//     (12x)  all this in one tick
//     |      the end of the run
//     [12]   on the way out: one element made of several
//
// "1-2|" through delay(two ticks) is "--1-2|", with the end wherever the operator puts it.

namespace annulus::testing {

inline constexpr std::chrono::milliseconds tick{10};

/// How an element is written.
inline std::string marble(char element) { return {element}; }
inline std::string marble(int element) { return std::to_string(element); }
template <class T>
std::string marble(const std::vector<T>& elements) {
  std::string text;
  for (const T& element : elements) text += marble(element);
  return "[" + text + "]";
}
template <class... Ts>
std::string marble(const std::tuple<Ts...>& elements) {
  return "[" + std::apply([](const Ts&... items) { return (marble(items) + ...); }, elements) + "]";
}

/// A sink that writes marbles. Its senders have no thread of their own: what a timer sends comes from play().
template <class T>
class Marbles final : public Node {
 public:
  explicit Marbles(std::string name) : Node(std::move(name)) {}
  [[nodiscard]] In<T>& in() noexcept { return in_; }

  /// Everything until now.
  [[nodiscard]] std::string text() const {
    std::string line;
    for (const std::vector<std::string>& symbols : ticks_) {
      std::string together;
      for (const std::string& symbol : symbols) together += symbol;
      line += symbols.empty() ? "-" : symbols.size() == 1 ? together : "(" + together + ")";
    }
    return line;
  }

 private:
  void add(std::string symbol) {
    const auto now = static_cast<std::size_t>(this->graph().clock().now() / tick);
    if (ticks_.size() <= now) ticks_.resize(now + 1);
    ticks_[now].push_back(std::move(symbol));
  }
  void on_element(const T& element, const Context&) { add(marble(element)); }
  [[nodiscard]] bool wants_gaps() const override { return true; }
  void gap(const Signal& signal, const Context&) override {
    for (std::uint64_t n = signal.first; n <= signal.last; ++n) add("x");
  }
  void run_stopped(const Run&, const Context&) override { add("|"); }

  std::vector<std::vector<std::string>> ticks_;
  In<T> in_{*this, "in", &Marbles::on_element};
};

/// Ends the stream with a sink that writes marbles.
template <class T>
Marbles<T>& record(const Stream<T>& stream) {
  auto& sink = stream.graph().template make<Marbles<T>>(stream.graph().free_name("marbles"));
  stream.connect(sink.in());
  return sink;
}

/// The element that a marble stands for: itself, or the value of a digit.
template <class T>
T element_of(char marble) {
  if constexpr (std::is_same_v<T, char>) {
    return marble;
  } else {
    return static_cast<T>(marble - '0');
  }
}

/// What a source is to do, tick by tick.
struct Track {
  SourceNode* source;
  std::string marbles;
  std::function<void(char marble, const RunPtr& run, std::uint64_t position)> emit;
  std::size_t at = 0;  ///< the next symbol
  std::uint64_t position = 0;
  bool ended = false;

  [[nodiscard]] bool done() const { return at >= marbles.size(); }
  /// Does the next symbol.
  void step(const RunPtr& run) {
    if (marbles[at] != '(') return act(marbles[at++], run);
    const std::size_t end = marbles.find(')', at);
    if (end == std::string::npos) throw std::invalid_argument(marbles + ": '(' has no ')'");
    while (++at < end) act(marbles[at], run);
    ++at;
  }

 private:
  void act(char marble, const RunPtr& run) {
    if (marble == '-') return;
    if (ended || (marble != '|' && std::isalnum(static_cast<unsigned char>(marble)) == 0)) {
      throw std::invalid_argument(marbles + ": '" + marble + "' has no meaning there");
    }
    if (marble == '|') {
      ended = true;
      return source->finish(run);
    }
    if (marble == 'x') {
      source->announce_gap(run, position, position, FrameState::missing, "a gap of the test");
    } else {
      emit(marble, run, position);
    }
    ++position;
  }
};

template <class T, class ToValue>
Track track(Source<T>& source, std::string marbles, ToValue to_value) {
  const auto emit = [&source, to_value](char marble, const RunPtr& run, std::uint64_t position) {
    source.emit(to_value(marble), run, position);
  };
  return {&source, std::move(marbles), emit};
}
template <class T>
Track track(Source<T>& source, std::string marbles) {
  return track(source, std::move(marbles), element_of<T>);
}

/// One run of a started graph in which every source does what its marbles say; in a tick one after another. Timers that
/// are due at a tick come first. Time goes on as long as the longest line, and one tick more. Throws
/// std::invalid_argument where a symbol has no meaning.
inline void play(VirtualClock& clock, Graph& graph, std::vector<Track> tracks) {
  std::vector<SourceNode*> sources;
  for (const Track& track : tracks) sources.push_back(track.source);
  const RunPtr run = graph.begin_run("marbles", sources);
  const auto step_all = [&] {
    bool any = false;
    for (Track& track : tracks) {
      if (track.done()) continue;
      track.step(run);
      any = true;
    }
    return any;
  };
  while (step_all()) clock.advance(tick);
}
template <class T, class ToValue>
void play(VirtualClock& clock, Graph& graph, Source<T>& source, std::string marbles, ToValue to_value) {
  play(clock, graph, {track(source, std::move(marbles), std::move(to_value))});
}
template <class T>
void play(VirtualClock& clock, Graph& graph, Source<T>& source, std::string marbles) {
  play(clock, graph, {track(source, std::move(marbles))});
}

/// What becomes of the marbles in the operators that build(stream) makes.
template <class T = int, class Build>
std::string played(std::string marbles, Build&& build) {
  VirtualClock clock;
  Graph graph(&clock);
  auto& source = graph.make<Source<T>>("source");
  const auto& out = record(build(source.stream()));
  graph.start();
  play(clock, graph, source, std::move(marbles));
  return out.text();
}

}  // namespace annulus::testing
