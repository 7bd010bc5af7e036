// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "operators/stream/graph.hpp"
#include "operators/stream/node.hpp"

namespace annulus {

/// Base of operators with one input and one output. A derived class says what happens with an element.
template <class A, class B>
class Stage : public Node {
 public:
  Stage(std::string name, std::string type) : Node(std::move(name)) { set_type(std::move(type)); }
  [[nodiscard]] In<A>& in() noexcept { return in_; }
  [[nodiscard]] Out<B>& out() noexcept { return out_; }

 protected:
  virtual void on_element(A&& element, const Context& context) = 0;
  /// The element goes no further, on purpose.
  void leave_out(const Context& context) { send_gap(FrameState::filtered, context); }

  In<A> in_{*this, "in", &Stage::on_element};
  Out<B> out_{*this, "out"};
};

/// Adds a timer to a node: on_time() is called under the node's lock, like a handler, unless own_lock() says otherwise.
template <class Base>
class Timed : public Base {
 public:
  using Base::Base;
  [[nodiscard]] bool own_thread() const override { return true; }
  [[nodiscard]] bool own_lock() const override { return this->own_thread(); }

 protected:
  virtual void on_time() = 0;
  [[nodiscard]] Clock::Duration now() const { return this->graph().clock().now(); }
  void set_timer(Clock::Duration at) {
    if (timer_) timer_->set(at);
  }
  void cancel_timer() {
    if (timer_) timer_->cancel();
  }

  void start() override {
    if (!this->own_thread()) return;
    timer_ = this->graph().clock().make_timer([this] {
      const InsideGraph inside(this->graph());
      const auto lock = own_lock() ? this->enter() : std::unique_lock<std::recursive_mutex>();
      try {
        on_time();
      } catch (...) {
        this->fail_boundary({}, std::current_exception());
      }
    });
  }
  void stop_threads() override {
    if (timer_) timer_->stop();
  }

 private:
  std::unique_ptr<Timer> timer_;
};

/// An element that waits for later ones: unacknowledged, but not in flight.
template <class T>
struct Kept {
  Kept() = default;
  template <class U>
  Kept(U&& v, const Context& context) : value(std::forward<U>(v)), hold(context.hold_without_credit()) {}
  /// Takes another element of the same run instead.
  template <class U>
  void change_to(U&& v, const Context& context) {
    value = std::forward<U>(v);
    hold.change_to(context);
  }
  T value{};
  Hold hold;
};

/// Base of operators that put several elements into one.
template <class T>
class Batcher : public Timed<Stage<T, std::vector<T>>> {
 public:
  using Timed<Stage<T, std::vector<T>>>::Timed;

 protected:
  using Batch = std::vector<Kept<T>>;

  void gap(const Signal&, const Context&) override {}  // what is missing is in no batch
  /// Emits what was kept, as of the newest of it.
  void emit_batch(Batch batch) {
    if (batch.empty()) return;
    const Context at = batch.back().hold.context();
    std::vector<T> values;
    values.reserve(batch.size());
    for (Kept<T>& kept : batch) values.push_back(std::move(kept.value));
    this->emit_joint(this->out_, std::move(values), at, [&](auto&& take) {
      for (Kept<T>& kept : batch) take(kept.hold.ticket());
    });
  }
};

}  // namespace annulus
