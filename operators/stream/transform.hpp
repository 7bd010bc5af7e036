// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "operators/stream/source.hpp"

namespace annulus {

/// Base of operators that turn one element into at most one other. With `workers: 0` the work is done in the thread
/// of the sender; with n, in n threads, and the order of elements, gaps and run boundaries is kept: a result
/// waits in a ring until all before it have left, and whoever finishes the head of the ring emits.
template <class A, class B>
class Transform : public Node {
 public:
  explicit Transform(std::string name) : Node(std::move(name)) {}

  [[nodiscard]] QueueFill queue() const override {
    if (*workers_ == 0) return {};
    const std::lock_guard lock(mutex_);
    return {ring_.size(), limit()};
  }
  [[nodiscard]] In<A>& in() noexcept { return in_; }
  [[nodiscard]] Out<B>& out() noexcept { return out_; }

 protected:
  /// The work. Nothing back: the element is filtered out. Runs in several threads at once when there are workers.
  virtual std::optional<B> transform(const A& element, const Context& context) = 0;

  /// An element that waits for a worker, and what is to become of it.
  struct Task {
    const A* element;
    Context context;
    std::optional<B>* result;
  };
  /// How many waiting elements a worker may take at once. None waits for others to come.
  [[nodiscard]] virtual std::size_t together() const { return 1; }
  /// The work for several elements. When it throws, each is given to transform() by itself.
  virtual void transform_together(std::span<const Task> tasks) {
    for (const Task& task : tasks) *task.result = transform(*task.element, task.context);
  }

  void set_workers(int workers) { workers_.set(Value(workers)); }

  void start() override {
    for (int i = 0; i < *workers_; ++i) threads_.emplace_back([this] { work(); });
  }
  void stop_threads() override {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    space_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  [[nodiscard]] bool own_thread() const override { return *workers_ > 0; }
  [[nodiscard]] std::recursive_mutex* emission_mutex() override { return own_thread() ? &emission_ : nullptr; }
  void quiesce() override {
    std::unique_lock lock(mutex_);
    space_.wait(lock, [this] { return ring_.empty() || closed_; });
  }

  void handle_signal(const Signal& signal, const Context& context, const InPort& from) override {
    if (*workers_ == 0) return Node::handle_signal(signal, context, from);
    if (!take_signal(signal, context, from)) return;
    std::unique_lock lock(mutex_);
    ring_.push_back({signal, context.hold(), State::done, {}, {}});
    emit_finished(lock);
  }

 private:
  enum class State { waiting, running, done };
  struct Slot {
    std::variant<A, Signal> content;
    Hold hold;
    State state = State::waiting;
    std::optional<B> result;
    std::exception_ptr error;
  };

  [[nodiscard]] std::size_t limit() const {
    return std::max<std::size_t>(4, 2 * together()) * static_cast<std::size_t>(*workers_);
  }

  void on_element(const A& element, const Context& context) {
    if (*workers_ == 0) {
      std::optional<B> result = transform(element, context);
      pass_result(std::move(result), context);
      return;
    }
    std::unique_lock lock(mutex_);
    space_.wait(lock, [&] { return ring_.size() < limit() || closed_; });
    ring_.push_back({element, context.hold(), State::waiting, {}, {}});
    changed_.notify_one();
  }

  void work() {
    const InsideGraph inside(this->graph());
    std::unique_lock lock(mutex_);
    while (true) {
      const std::vector<Slot*> slots = waiting();
      if (slots.empty()) {
        if (closed_) return;
        changed_.wait(lock);
        continue;
      }
      for (Slot* slot : slots) slot->state = State::running;
      lock.unlock();
      try_to_transform(slots);
      lock.lock();
      for (Slot* slot : slots) slot->state = State::done;
      emit_finished(lock);
    }
  }

  /// The first elements that nobody works on: as many as may be taken together, but no more than this worker's share. A
  /// deque keeps its elements in place while its ends grow and shrink.
  [[nodiscard]] std::vector<Slot*> waiting() {
    std::vector<Slot*> slots;
    for (Slot& slot : ring_) {
      if (slot.state == State::waiting) slots.push_back(&slot);
    }
    const auto workers = static_cast<std::size_t>(*workers_);
    slots.resize(std::min({slots.size(), together(), (slots.size() + workers - 1) / workers}));
    return slots;
  }

  void try_to_transform(std::span<Slot* const> slots) noexcept {
    if (slots.size() > 1) {
      try {
        std::vector<Task> tasks;
        for (Slot* slot : slots) {
          tasks.push_back({&std::get<A>(slot->content), slot->hold.context(), &slot->result});
        }
        transform_together(tasks);
        return;
      } catch (...) {  // which element it was shows when each goes by itself
      }
    }
    for (Slot* slot : slots) try_to_transform(*slot);
  }

  void try_to_transform(Slot& slot) noexcept {
    slot.result.reset();
    for (int tries_left = in_.retries(); tries_left >= 0; --tries_left) {
      try {
        slot.result = transform(std::get<A>(slot.content), slot.hold.context());
        slot.error = nullptr;
        return;
      } catch (...) {
        slot.error = std::current_exception();
      }
    }
  }

  /// Emits from the head of the ring as long as it is done; one thread at a time does so.
  void emit_finished(std::unique_lock<std::mutex>& lock) {
    if (emitting_) return;
    emitting_ = true;
    while (!ring_.empty() && ring_.front().state == State::done) {
      Slot slot = std::move(ring_.front());
      ring_.pop_front();
      space_.notify_one();
      lock.unlock();
      pass_on(std::move(slot));
      lock.lock();
    }
    emitting_ = false;
  }

  void pass_on(Slot slot) {
    const std::lock_guard emission(emission_);
    const Context context = slot.hold.context();
    if (const Signal* signal = std::get_if<Signal>(&slot.content)) {
      pass_taken(*signal, context);
    } else if (slot.error) {
      in_.refuse(std::get<A>(slot.content), context, slot.error);
    } else {
      pass_result(std::move(slot.result), context);
    }
  }

  void pass_result(std::optional<B> result, const Context& context) {
    if (result) {
      out_.emit(std::move(*result), context);
    } else {
      send_gap(FrameState::filtered, context);
    }
  }

  Param<int> workers_{*this, "workers", 0, "threads that share the work; 0: the sender's thread", between(0, 256)};
  In<A> in_{*this, "in", &Transform::on_element};
  Out<B> out_{*this, "out"};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable space_;
  std::deque<Slot> ring_;
  bool emitting_ = false;
  bool closed_ = false;
  std::recursive_mutex emission_;
  std::vector<std::thread> threads_;
};

}  // namespace annulus
