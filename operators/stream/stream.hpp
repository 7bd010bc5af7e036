// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "operators/stream/batches.hpp"
#include "operators/stream/buffer.hpp"
#include "operators/stream/functional.hpp"
#include "operators/stream/graph.hpp"
#include "operators/stream/group.hpp"
#include "operators/stream/join_by_frame.hpp"
#include "operators/stream/joins.hpp"
#include "operators/stream/keys.hpp"
#include "operators/stream/loop.hpp"
#include "operators/stream/paced.hpp"
#include "operators/stream/source.hpp"
#include "operators/stream/stateful.hpp"

namespace annulus {

namespace detail {
/// The input of that type (and name, when it is given). Throws ConfigError where the node has none.
[[nodiscard]] InPort& find_input(const Node& node, const std::string& name, TypeId type);
/// The group_by whose groups the elements of `node` are in. Throws ConfigError where there is none.
[[nodiscard]] const Node& grouping_node(const Node& node);
/// The sources above `node`, or itself.
[[nodiscard]] std::vector<SourceNode*> sources_of(Node& node);
}  // namespace detail

template <class T>
class Scattered;
template <class T>
struct Circle;

struct PartitionOptions {
  Clock::Duration timeout{0};  ///< since the first element of a part; 0: none
  std::string name = "partition";
};

/// A handle on an output: the vocabulary of Streamz in C++. It owns nothing; the graph owns the nodes that its
/// functions make. docs/streams.md teaches it.
///
///     Graph graph;
///     auto& numbers = graph.make<Source<int>>("numbers");
///     numbers.stream().map([](int x) { return 2 * x; }).sink([](int x) { fmt::print("{}\n", x); });
///     graph.start();
///     numbers.emit(21);
template <class T>
class Stream {
 public:
  using Type = T;

  Stream(Graph& graph, Out<T>& out) : graph_(&graph), out_(&out) {}

  [[nodiscard]] Out<T>& out() const noexcept { return *out_; }
  [[nodiscard]] Graph& graph() const noexcept { return *graph_; }
  /// The node that emits.
  [[nodiscard]] Node& node() const noexcept { return out_->node(); }

  // --- one element in, at most one out ---

  /// Elements become f(element), or f(element, context).
  template <class F>
  auto map(F f, const std::string& name = "map") const {
    return through<Map<T, F>>(name, std::move(f));
  }
  /// The items of a tuple become the arguments of f.
  template <class F>
  auto starmap(F f, const std::string& name = "starmap") const {
    return map([f = std::move(f)](const T& items) mutable { return std::apply(f, items); }, name);
  }
  /// The same as map, in `workers` threads; the order stays.
  template <class F>
  auto parallel_map(F f, int workers, const std::string& name = "parallel_map") const {
    return through<ParallelMap<T, F>>(name, std::move(f), workers);
  }
  /// What follows is done by `workers` threads until gather(); the order stays.
  [[nodiscard]] Scattered<T> scatter(int workers) const { return {*this, workers}; }
  /// Only elements for which `predicate` holds; without one, elements that are true.
  template <class F>
  Stream<T> filter(F predicate, const std::string& name = "filter") const {
    return through<Filter<T, F>>(name, std::move(predicate));
  }
  Stream<T> filter() const {
    return filter([](const T& element) { return static_cast<bool>(element); });
  }
  /// Only elements for which `predicate` does not hold.
  template <class F>
  Stream<T> remove(F predicate, const std::string& name = "remove") const {
    return filter([p = std::move(predicate)](const T& element) mutable { return !p(element); }, name);
  }
  /// One item of each tuple, or several as a tuple.
  template <std::size_t I, std::size_t... Is>
  auto pluck() const {
    return map(
        [](const T& items) {
          if constexpr (sizeof...(Is) == 0)
            return std::get<I>(items);
          else
            return std::make_tuple(std::get<I>(items), std::get<Is>(items)...);
        },
        "pluck");
  }
  /// element.at(key) of maps and vectors; an element without it is an error.
  template <class Key>
  auto pluck(Key key) const {
    return map([key = std::move(key)](const T& items) { return items.at(key); }, "pluck");
  }
  /// The same for several keys; a vector.
  template <class Key>
  auto pluck(std::vector<Key> keys) const {
    return map(
        [keys = std::move(keys)](const T& items) {
          std::vector<std::decay_t<decltype(items.at(keys.front()))>> list;
          for (const Key& key : keys) list.push_back(items.at(key));
          return list;
        },
        "pluck");
  }
  /// state = f(state, element), emitted every time; the first element is the first state. See Accumulate.
  template <class F>
  auto accumulate(F f, const std::string& name = "accumulate") const {
    return through<Accumulate<T, T, F, EmitsState>>(name, std::move(f));
  }
  /// With a first state; `emits`: returns_state or with_state say what is emitted instead of the state.
  template <class F, class S, class Emits = EmitsState>
    requires(!std::is_convertible_v<S, std::string> || std::is_convertible_v<T, std::string>)
  auto accumulate(F f, S start, Emits = {}, const std::string& name = "accumulate") const {
    return through<Accumulate<T, S, F, Emits>>(name, std::move(f), std::move(start));
  }
  /// Without a first state, with `emits`.
  template <class F, class Emits>
  auto accumulate_from_first(F f, Emits, const std::string& name = "accumulate") const {
    return through<Accumulate<T, T, F, Emits>>(name, std::move(f));
  }
  template <class... Args>
  auto scan(Args&&... args) const {
    return accumulate(std::forward<Args>(args)...);
  }
  /// How often each element has come.
  auto frequencies() const {
    using Counts = std::map<T, std::size_t>;
    return accumulate(
        [](Counts counts, const T& element) {
          ++counts[element];
          return counts;
        },
        Counts{}, EmitsState{}, "frequencies");
  }
  /// Elements number start, start + step, ... before stop of each run.
  Stream<T> slice(int start = 0, std::optional<int> stop = std::nullopt, int step = 1,
                  const std::string& name = "slice") const {
    return through<Slice<T>>(name, start, stop, step);
  }
  /// Leaves out elements whose key is among the `max_size` keys that came last.
  template <class KeyOf = Identity>
  Stream<T> unique(std::size_t max_size = 1'000'000, KeyOf key = {}, const std::string& name = "unique") const {
    return through<Unique<T, KeyOf>>(name, std::move(key), max_size);
  }
  /// Lets the operator before (accumulate, unique) forget what it knows of the run when `signal` brings
  /// something.
  template <class U>
  Stream<T> reset_by(const Stream<U>& signal) const {
    signal.map([](const U&) { return Reset{}; }, "reset").connect(input<Reset>("reset"));
    return *this;
  }

  // --- several elements to one, one to several ---

  /// The last n elements at every element; at the beginning fewer, or nothing.
  auto sliding_window(std::size_t n, Partial partial = Partial::emit,
                      const std::string& name = "sliding_window") const {
    return through<SlidingWindow<T>>(name, n, partial);
  }
  /// Every n elements (of one key); fewer at the timeout and at the end of a run.
  template <class KeyOf = NoKey>
  auto partition(std::size_t n, KeyOf key = {}, const PartitionOptions& options = {}) const {
    return through<Partition<T, KeyOf>>(options.name, n, options.timeout, std::move(key));
  }
  /// n elements with different keys.
  template <class KeyOf = Identity>
  auto partition_unique(std::size_t n, KeyOf key = {}, Keep keep = Keep::first,
                        const std::string& name = "partition_unique") const {
    return through<PartitionUnique<T, KeyOf>>(name, n, std::move(key), keep);
  }
  /// What came in each interval, also when it is nothing.
  auto timed_window(Clock::Duration interval, std::size_t max_size = 65536,
                    const std::string& name = "timed_window") const {
    using N = TimedWindow<T, NoKey>;
    return through<N>(name, interval, N::Keys::all, NoKey{}, Keep::first, max_size);
  }
  /// The same with each key once.
  template <class KeyOf = Identity>
  auto timed_window_unique(Clock::Duration interval, KeyOf key = {}, Keep keep = Keep::first,
                           const std::string& name = "timed_window_unique") const {
    using N = TimedWindow<T, KeyOf>;
    return through<N>(name, interval, N::Keys::unique, std::move(key), keep, std::size_t{65536});
  }
  /// Everything until `flush` brings something, or the end of the run.
  template <class U>
  auto collect(const Stream<U>& flush, std::size_t max_size = 1'000'000, const std::string& name = "collect") const {
    auto collected = through<Collect<T>>(name, max_size);
    flush.map([](const U&) { return Flush{}; }, "flush").connect(collected.template input<Flush>("flush"));
    return collected;
  }
  /// The items of a range, one by one.
  auto flatten(const std::string& name = "flatten") const { return through<Flatten<T>>(name); }

  // --- time and threads ---

  /// What follows runs in a thread of its own, behind a bounded queue.
  Stream<T> buffer(int capacity, Overflow overflow = Overflow::block, const std::string& name = "buffer") const {
    return through<Buffer<T>>(name, capacity, overflow);
  }
  /// Only the newest waits while what follows is busy.
  Stream<T> latest(const std::string& name = "latest") const { return buffer(1, Overflow::latest, name); }
  Stream<T> delay(Clock::Duration interval, const std::string& name = "delay") const {
    return through<Delay<T>>(name, std::chrono::duration<double>(interval).count());
  }
  /// At least `interval` between elements; nothing is lost.
  Stream<T> rate_limit(Clock::Duration interval, const std::string& name = "rate_limit") const {
    return through<RateLimit<T>>(name, std::chrono::duration<double>(interval).count());
  }

  // --- several streams ---

  /// Elements of all streams, as they come.
  template <class... Others>
  Stream<T> union_with(const Others&... others) const {
    auto& node = graph_->template make<Union<T>>(graph_->free_name("union"));
    connect(node.in());
    const auto add = [&](const Stream<T>& other) {
      const auto& senders = node.in().upstreams();
      if (std::find(senders.begin(), senders.end(), &other.out()) == senders.end()) other.connect(node.in());
    };
    (add(others), ...);
    return {*graph_, node.out()};
  }
  /// Tuples of the first elements, the second ones, and so on; the others may be streams or literal(value).
  template <class... Items>
  auto zip(const Items&... others) const;
  template <class... Us>
  auto combine_latest(const Stream<Us>&... others) const;
  template <class... Us>
  auto zip_latest(const Stream<Us>&... others) const;
  template <class... Us>
  auto join_by_frame(const Stream<Us>&... others) const;

  // --- groups and circles ---

  /// Every key becomes a run of its own, until `ends(element)` or the end of the run. See GroupBy.
  template <class KeyOf, class Ends = Never>
  Stream<T> group_by(KeyOf key, Ends ends = {}, GroupOptions options = {}, const std::string& name = "group_by") const {
    return through<GroupBy<T, KeyOf, Ends>>(name, std::move(key), std::move(ends), options);
  }
  /// The same where the key is the uid of a run that came over one connection with others.
  template <class UidOf, class Ends = Never>
  Stream<T> group_by_run(UidOf uid, Ends ends = {}, const std::string& name = "group_by_run") const {
    return group_by(std::move(uid), std::move(ends), {.uid_is_key = true}, name);
  }
  /// Ends what the nearest group_by above began.
  Stream<T> ungroup(const std::string& name = "ungroup") const {
    return through<Ungroup<T>>(name, detail::grouping_node(node()).index());
  }
  /// Where a circle begins: connect what comes back to `.back`.
  [[nodiscard]] Circle<T> loop(int capacity = 64, const std::string& name = "loop") const;

  // --- errors ---

  /// Tries again, up to n times, when the operator before throws.
  template <class Element>
  Stream<T> retry(int n) const {
    input_of<Element>().set_retries(n);
    return *this;
  }
  /// What the operator before does with its run when it fails on an element.
  Stream<T> on_error(ErrorPolicy policy) const {
    node().set_error_policy(policy);
    return *this;
  }
  /// The elements (of the type that the operator before takes) on which it fails.
  template <class Element>
  [[nodiscard]] Stream<Failed<Element>> dead_letters() const {
    return {*graph_, input_of<Element>().dead_letters()};
  }

  // --- ends and edges ---

  /// Ends the branch with a call.
  template <class F>
  Node& sink(F f, const std::string& name = "sink") const {
    auto& node = graph_->template make<Sink<T, F>>(graph_->free_name(name), std::move(f));
    connect(node.in());
    return node;
  }
  void connect(In<T>& to) const { graph_->connect(*out_, to); }
  void disconnect(In<T>& from) const { graph_->disconnect(*out_, from); }
  /// Takes all edges away that lead to the operator before.
  void destroy() const { graph_->detach(node()); }
  /// Lets the sources above produce, or pause.
  void start() const {
    for (SourceNode* source : detail::sources_of(node())) source->start_source();
  }
  void stop() const {
    for (SourceNode* source : detail::sources_of(node())) source->stop_source();
  }

  /// Makes a node of class N and connects its `in()`; the result is its `out()`.
  template <class N, class... Args>
  auto through(const std::string& name, Args&&... args) const {
    auto& node = graph_->template make<N>(graph_->free_name(name), std::forward<Args>(args)...);
    graph_->connect(*out_, node.in());
    return Stream<typename OutType<decltype(node.out())>::Type>(*graph_, node.out());
  }
  /// The input of that name of the operator before. Throws ConfigError where there is none of type U.
  template <class U>
  [[nodiscard]] In<U>& input(const std::string& name) const {
    return static_cast<In<U>&>(detail::find_input(node(), name, type_id<U>()));
  }

 private:
  template <class O>
  struct OutType;
  template <class U>
  struct OutType<Out<U>&> {
    using Type = U;
  };
  template <class Element>
  In<Element>& input_of() const {
    return static_cast<In<Element>&>(detail::find_input(node(), {}, type_id<Element>()));
  }

  Graph* graph_;
  Out<T>* out_;
};

/// A circle: `stream` yields what comes in and what comes back.
template <class T>
struct Circle {
  Stream<T> stream;
  In<T>& back;
};

template <class T>
Circle<T> Stream<T>::loop(int capacity, const std::string& name) const {
  auto& node = graph_->template make<Loop<T>>(graph_->free_name(name), capacity);
  connect(node.in());
  return {Stream<T>(*graph_, node.out()), node.back()};
}

template <class T>
Stream<T> Source<T>::stream() {
  return Stream<T>(this->graph(), out_);
}

}  // namespace annulus

#include "operators/stream/join_streams.hpp"
#include "operators/stream/scattered.hpp"
