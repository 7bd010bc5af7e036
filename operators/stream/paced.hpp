// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

#include "operators/stream/stage.hpp"

namespace annulus {

/// Base of queues whose elements leave at times that a derived class chooses. Nothing is lost: a sender that finds the
/// queue full waits. When the graph stops, what is in the queue leaves at once.
template <class T>
class Paced : public Timed<Stage<T, T>> {
 public:
  Paced(std::string name, std::string type) : Timed<Stage<T, T>>(std::move(name), std::move(type)) {}
  Paced(std::string name, std::string type, double interval_s) : Timed<Stage<T, T>>(std::move(name), std::move(type)) {
    interval_.set(Value(interval_s));
  }
  [[nodiscard]] bool own_lock() const override { return false; }  // it has a lock that senders can wait with
  [[nodiscard]] std::recursive_mutex* emission_mutex() override { return &emission_; }
  [[nodiscard]] QueueFill queue() const override {
    const std::lock_guard lock(mutex_);
    return {elements_, static_cast<std::size_t>(*capacity_)};
  }

 protected:
  /// When an element that arrives now may leave.
  virtual Clock::Duration due(Clock::Duration now) = 0;
  [[nodiscard]] Clock::Duration interval() const {
    return std::chrono::duration_cast<Clock::Duration>(std::chrono::duration<double>(*interval_));
  }

 private:
  struct Entry {
    std::variant<T, Signal> content;
    Hold hold;
    Clock::Duration due;
    [[nodiscard]] bool is_element() const noexcept { return content.index() == 0; }
  };

  void on_element(T&& element, const Context& context) override {
    std::unique_lock lock(mutex_);
    space_.wait(lock, [this] { return elements_ < static_cast<std::size_t>(*capacity_) || closed_; });
    push({std::move(element), context.hold(), due(this->now())});
  }
  void handle_signal(const Signal& signal, const Context& context, const InPort& from) override {
    if (!this->take_signal(signal, context, from)) return;
    const std::lock_guard lock(mutex_);
    push({signal, context.hold(), queue_.empty() ? this->now() : queue_.back().due});
  }
  void push(Entry entry) {
    if (entry.is_element()) ++elements_;
    queue_.push_back(std::move(entry));
    if (queue_.size() == 1) this->set_timer(queue_.front().due);
  }

  void on_time() override { emit_due(this->now()); }
  void emit_due(Clock::Duration now) {
    const std::lock_guard emission(emission_);
    std::unique_lock lock(mutex_);
    while (!queue_.empty() && queue_.front().due <= now) {
      Entry entry = std::move(queue_.front());
      queue_.pop_front();
      if (entry.is_element()) --elements_;
      space_.notify_one();
      lock.unlock();
      pass_on(std::move(entry));
      lock.lock();
    }
    if (!queue_.empty()) this->set_timer(queue_.front().due);
  }
  void pass_on(Entry entry) {
    const Context context = entry.hold.context();
    if (T* element = std::get_if<T>(&entry.content)) return this->out_.emit(std::move(*element), context);
    this->pass_taken(std::get<Signal>(entry.content), context);
  }

  void stop_producing() override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    space_.notify_all();
  }
  void stop_threads() override {
    Timed<Stage<T, T>>::stop_threads();
    const InsideGraph inside(this->graph());
    emit_due(Clock::Duration::max());
  }

  Param<double> interval_{*this, "interval", required, "time", at_least(0.0), "s", Change::live};
  Param<int> capacity_{*this, "capacity", 64, "how many elements may wait", at_least(1)};
  mutable std::mutex mutex_;
  std::condition_variable space_;
  std::deque<Entry> queue_;
  std::size_t elements_ = 0;
  bool closed_ = false;
  std::recursive_mutex emission_;
};

/// Passes every element on `interval` after its arrival.
template <class T>
class Delay final : public Paced<T> {
 public:
  explicit Delay(std::string name) : Paced<T>(std::move(name), "delay") {}
  Delay(std::string name, double interval_s) : Paced<T>(std::move(name), "delay", interval_s) {}

 private:
  Clock::Duration due(Clock::Duration now) override { return now + this->interval(); }
};

/// Passes elements on with at least `interval` between them.
template <class T>
class RateLimit final : public Paced<T> {
 public:
  explicit RateLimit(std::string name) : Paced<T>(std::move(name), "rate_limit") {}
  RateLimit(std::string name, double interval_s) : Paced<T>(std::move(name), "rate_limit", interval_s) {}

 private:
  Clock::Duration due(Clock::Duration now) override {
    next_ = std::max(next_, now);
    return std::exchange(next_, next_ + this->interval());
  }
  Clock::Duration next_{0};
};

}  // namespace annulus
