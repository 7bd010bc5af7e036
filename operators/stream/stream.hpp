// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "operators/stream/buffer.hpp"
#include "operators/stream/graph.hpp"
#include "operators/stream/source.hpp"
#include "operators/stream/transform.hpp"

namespace annulus {

/// Emits f(element). `f` takes the element, or the element and its Context.
template <class T, class F>
class Map final : public Node {
 public:
  static constexpr bool takes_context = std::is_invocable_v<F&, const T&, const Context&>;
  static auto call(F& f, const T& element, const Context& context) {
    if constexpr (takes_context)
      return f(element, context);
    else
      return f(element);
  }
  using Result = decltype(call(std::declval<F&>(), std::declval<const T&>(), std::declval<const Context&>()));

  Map(std::string name, F f) : Node(std::move(name)), f_(std::move(f)) { set_type("map"); }
  [[nodiscard]] In<T>& in() noexcept { return in_; }
  [[nodiscard]] Out<Result>& out() noexcept { return out_; }

 private:
  void on_element(const T& element, const Context& context) { out_.emit(call(f_, element, context), context); }

  F f_;
  In<T> in_{*this, "in", &Map::on_element};
  Out<Result> out_{*this, "out"};
};

/// The same in worker threads, in order.
template <class T, class F>
class ParallelMap final : public Transform<T, typename Map<T, F>::Result> {
 public:
  using Result = typename Map<T, F>::Result;

  ParallelMap(std::string name, F f, int workers) : Transform<T, Result>(std::move(name)), f_(std::move(f)) {
    this->set_type("parallel_map");
    this->set_workers(workers);
  }

 private:
  std::optional<Result> transform(const T& element, const Context& context) override {
    return Map<T, F>::call(f_, element, context);
  }

  F f_;
};

/// Passes on the elements for which `predicate` is true.
template <class T, class F>
class Filter final : public Node {
 public:
  Filter(std::string name, F predicate) : Node(std::move(name)), predicate_(std::move(predicate)) {
    set_type("filter");
  }
  [[nodiscard]] In<T>& in() noexcept { return in_; }
  [[nodiscard]] Out<T>& out() noexcept { return out_; }

 private:
  void on_element(T&& element, const Context& context) {
    if (predicate_(std::as_const(element))) {
      out_.emit(std::move(element), context);
    } else {
      send_gap(FrameState::filtered, context);
    }
  }

  F predicate_;
  In<T> in_{*this, "in", &Filter::on_element};
  Out<T> out_{*this, "out"};
};

/// Calls f(element) or f(element, context): the end of a branch.
template <class T, class F>
class Sink final : public Node {
 public:
  Sink(std::string name, F f) : Node(std::move(name)), f_(std::move(f)) { set_type("sink"); }
  [[nodiscard]] In<T>& in() noexcept { return in_; }

 private:
  void on_element(T&& element, const Context& context) {
    if constexpr (std::is_invocable_v<F&, T&&, const Context&>) {
      f_(std::move(element), context);
    } else {
      f_(std::move(element));
    }
  }

  F f_;
  In<T> in_{*this, "in", &Sink::on_element};
};

/// A handle on an output: the vocabulary of Streamz in C++. It owns nothing; the graph owns the nodes that its
/// functions make.
///
///     Graph graph;
///     auto& numbers = graph.make<Source<int>>("numbers");
///     numbers.stream().map([](int x) { return 2 * x; }).sink([](int x) { fmt::print("{}\n", x); });
///     graph.start();
///     numbers.emit(21);
template <class T>
class Stream {
 public:
  Stream(Graph& graph, Out<T>& out) : graph_(&graph), out_(&out) {}

  [[nodiscard]] Out<T>& out() const noexcept { return *out_; }

  /// Elements become f(element).
  template <class F>
  auto map(F f, const std::string& name = "map") const {
    return through<Map<T, F>>(name, std::move(f));
  }
  /// The same in `workers` threads; the order stays.
  template <class F>
  auto parallel_map(F f, int workers, const std::string& name = "parallel_map") const {
    return through<ParallelMap<T, F>>(name, std::move(f), workers);
  }
  /// Only elements for which `predicate` holds.
  template <class F>
  Stream<T> filter(F predicate, const std::string& name = "filter") const {
    return through<Filter<T, F>>(name, std::move(predicate));
  }
  /// What follows runs in a thread of its own, behind a bounded queue.
  Stream<T> buffer(int capacity, Overflow overflow = Overflow::block, const std::string& name = "buffer") const {
    return through<Buffer<T>>(name, capacity, overflow);
  }
  /// Ends the branch with a call.
  template <class F>
  void sink(F f, const std::string& name = "sink") const {
    auto& node = graph_->template make<Sink<T, F>>(graph_->free_name(name), std::move(f));
    graph_->connect(*out_, node.in());
  }

  /// Makes a node of class N and connects its `in()`; the result is its `out()`.
  template <class N, class... Args>
  auto through(const std::string& name, Args&&... args) const {
    auto& node = graph_->template make<N>(graph_->free_name(name), std::forward<Args>(args)...);
    graph_->connect(*out_, node.in());
    return Stream<typename OutType<decltype(node.out())>::Type>(*graph_, node.out());
  }

 private:
  template <class O>
  struct OutType;
  template <class U>
  struct OutType<Out<U>&> {
    using Type = U;
  };

  Graph* graph_;
  Out<T>* out_;
};

template <class T>
Stream<T> Source<T>::stream() {
  return Stream<T>(this->graph(), out_);
}

}  // namespace annulus
