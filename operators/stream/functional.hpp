// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <iterator>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "operators/stream/stage.hpp"
#include "operators/stream/transform.hpp"

// Operators without memory: what a function says of one element.

namespace annulus {

/// Calls f(element) or f(element, context), whichever it takes.
template <class F, class T>
decltype(auto) call_with(F& f, T&& element, const Context& context) {
  if constexpr (std::is_invocable_v<F&, T&&, const Context&>) {
    return f(std::forward<T>(element), context);
  } else {
    return f(std::forward<T>(element));
  }
}

/// Emits f(element).
template <class T, class F>
class Map final : public Node {
 public:
  /// An element that cannot be copied is given to the function.
  using Argument = std::conditional_t<std::is_copy_constructible_v<T>, const T&, T&&>;
  using Result = std::decay_t<decltype(call_with(std::declval<F&>(), std::declval<Argument>(), Context{}))>;

  Map(std::string name, F f) : Node(std::move(name)), f_(std::move(f)) { set_type("map"); }
  [[nodiscard]] In<T>& in() noexcept { return in_; }
  [[nodiscard]] Out<Result>& out() noexcept { return out_; }

 private:
  void on_element(Argument element, const Context& context) {
    out_.emit(call_with(f_, static_cast<Argument>(element), context), context);
  }

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
    return call_with(f_, element, context);
  }

  F f_;
};

/// Passes on the elements for which `predicate` is true.
template <class T, class F>
class Filter final : public Stage<T, T> {
 public:
  Filter(std::string name, F predicate) : Stage<T, T>(std::move(name), "filter"), predicate_(std::move(predicate)) {}

 private:
  void on_element(T&& element, const Context& context) override {
    if (call_with(predicate_, std::as_const(element), context)) {
      this->out_.emit(std::move(element), context);
    } else {
      this->leave_out(context);
    }
  }

  F predicate_;
};

/// Emits the items of a range one by one.
template <class T>
class Flatten final : public Stage<T, std::decay_t<decltype(*std::begin(std::declval<T&>()))>> {
 public:
  using Item = std::decay_t<decltype(*std::begin(std::declval<T&>()))>;
  explicit Flatten(std::string name) : Stage<T, Item>(std::move(name), "flatten") {}

 private:
  void on_element(T&& range, const Context& context) override {
    if (std::begin(range) == std::end(range)) this->leave_out(context);
    for (auto&& item : range) this->out_.emit(Item(std::move(item)), context);
  }
};

/// Calls f(element) or f(element, context): the end of a branch.
template <class T, class F>
class Sink final : public Node {
 public:
  Sink(std::string name, F f) : Node(std::move(name)), f_(std::move(f)) { set_type("sink"); }
  [[nodiscard]] In<T>& in() noexcept { return in_; }

 private:
  void on_element(T&& element, const Context& context) { call_with(f_, std::move(element), context); }

  F f_;
  In<T> in_{*this, "in", &Sink::on_element};
};

}  // namespace annulus
