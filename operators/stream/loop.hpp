// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "operators/stream/stage.hpp"

namespace annulus {

/// The buffer that closes a circle: emits, from a thread of its own, what arrives at `in` and what comes back at
/// `back`. A sender at `in` waits while `capacity` elements wait; one at `back` never does, so that the circle cannot
/// stand still. An element is acknowledged when it and all that came of it have left the circle, and a run ends below
/// only when nothing of it is on its way round. What comes back later (from a batch flushed at the run's end) is
/// dropped and counted.
template <class T>
class Loop final : public Node {
 public:
  explicit Loop(std::string name) : Node(std::move(name)) { set_type("loop"); }
  Loop(std::string name, int capacity) : Loop(std::move(name)) { capacity_.set(Value(capacity)); }
  [[nodiscard]] In<T>& in() noexcept { return in_; }
  [[nodiscard]] In<T>& back() noexcept { return back_; }
  [[nodiscard]] Out<T>& out() noexcept { return out_; }
  [[nodiscard]] bool own_thread() const override { return true; }
  [[nodiscard]] bool own_lock() const override { return true; }  // `in` and `back` are different threads
  [[nodiscard]] std::recursive_mutex* emission_mutex() override { return &emission_; }
  [[nodiscard]] QueueFill queue() const override {
    const std::lock_guard lock(mutex_);
    return {queue_.size(), limit()};
  }

 private:
  struct Entry {
    std::variant<T, Signal> content;
    Hold hold;
    bool is_new;  ///< not yet been round
  };

  [[nodiscard]] std::size_t limit() const { return static_cast<std::size_t>(*capacity_); }

  void on_element(T&& element, const Context& context) {
    this->wait_until([this] { return has_room(); });  // while it waits, `back` may take
    const std::lock_guard lock(mutex_);
    push({std::move(element), context.hold(), true});
  }
  [[nodiscard]] bool has_room() const {
    const std::lock_guard lock(mutex_);
    return queue_.size() + rounds_->in_flight() < limit() || closed_;
  }
  /// Tells a sender that there may be room.
  void wake_sender() {
    const auto lock = this->enter();
    this->wake();
  }
  void on_back(T&& element, const Context& context) {
    const std::lock_guard lock(mutex_);
    push({std::move(element), context.hold(), false});
  }
  void handle_signal(const Signal& signal, const Context& context, const InPort& from) override {
    if (!take_signal(signal, context, from)) return;
    const std::lock_guard lock(mutex_);
    push({signal, context.hold(), true});
  }
  void push(Entry entry) {
    queue_.push_back(std::move(entry));
    changed_.notify_one();
  }

  void start() override {
    rounds_->on_credit([this] {
      {
        const std::lock_guard lock(mutex_);
        changed_.notify_one();
      }
      wake_sender();
    });
    thread_ = std::thread([this] { run(); });
  }
  void stop_producing() override {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_sender();
  }
  void stop_threads() override {
    {
      const std::lock_guard lock(mutex_);
      finished_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  void run() {
    const InsideGraph inside(graph());
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return is_ready() || (finished_ && queue_.empty()); });
      if (queue_.empty()) return;
      Entry entry = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      pass_on(std::move(entry));
      wake_sender();
      lock.lock();
    }
  }

  /// The end of a run waits until nothing is on its way round; what else is in the queue goes before it.
  [[nodiscard]] bool is_ready() {
    if (queue_.empty()) return false;
    const auto is_stop = [](const Entry& entry) {
      const Signal* signal = std::get_if<Signal>(&entry.content);
      return signal != nullptr && signal->kind == Signal::Kind::run_stop;
    };
    if (!is_stop(queue_.front()) || rounds_->in_flight() == 0) return true;
    const auto next = std::find_if_not(queue_.begin(), queue_.end(), is_stop);
    if (next == queue_.end()) return false;
    std::rotate(queue_.begin(), next, std::next(next));
    return true;
  }

  void pass_on(Entry entry) {
    const std::lock_guard emission(emission_);
    const Context context = entry.hold.context();
    if (const Signal* signal = std::get_if<Signal>(&entry.content)) {
      pass_taken(*signal, context);
    } else if (context.run->state_of(index()).ended) {
      count_dropped();
      report(context, "the element came back after the end of its run");
    } else if (entry.is_new && context.ticket != nullptr) {
      Ticket* round = rounds_->acquire(context.position);
      round->stand_for(*context.ticket);
      out_.emit(std::move(std::get<T>(entry.content)), {context.run, context.position, round});
      rounds_->finish(round);
    } else {
      out_.emit(std::move(std::get<T>(entry.content)), context);
    }
  }

  Param<int> capacity_{*this, "capacity", 64, "how many elements may wait or be on their way round", at_least(1)};
  In<T> in_{*this, "in", &Loop::on_element};
  In<T> back_{*this, "back", &Loop::on_back, Presence::feedback};
  Out<T> out_{*this, "out"};

  TicketPool::Owner rounds_ = TicketPool::make(0);
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> queue_;
  bool closed_ = false;
  bool finished_ = false;
  std::recursive_mutex emission_;
  std::thread thread_;
};

}  // namespace annulus
