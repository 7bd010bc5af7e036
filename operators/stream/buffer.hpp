// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "operators/stream/source.hpp"

namespace annulus {

/// What an edge does with an element that finds its queue full.
enum class Overflow : std::uint8_t {
  block,        ///< the sender waits: nothing is lost, back-pressure reaches the source
  drop_oldest,  ///< the element that waits longest goes
  drop_newest,  ///< the arriving element goes
  latest,       ///< only the newest waits
};
template <>
struct EnumNames<Overflow> {
  static const std::vector<std::string_view>& names() {
    static const std::vector<std::string_view> list{"block", "drop_oldest", "drop_newest", "latest"};
    return list;
  }
};

/// A bounded queue between the sender's thread and a thread of its own. Only with `block` do elements keep their
/// credit and their acknowledgement; the other policies are lossy: nobody waits for what is behind them, and every
/// drop is counted and, where somebody wants to know, marked by a gap.
template <class T>
class Buffer final : public Node {
 public:
  explicit Buffer(std::string name) : Node(std::move(name)) { set_type("buffer"); }
  Buffer(std::string name, int capacity, Overflow overflow) : Buffer(std::move(name)) {
    capacity_.set(Value(capacity));
    overflow_.set(Value(EnumNames<Overflow>::names()[static_cast<std::size_t>(overflow)]));
  }

  [[nodiscard]] QueueFill queue() const override { return {elements_, limit()}; }
  [[nodiscard]] Overflow overflow() const noexcept { return *overflow_; }
  [[nodiscard]] In<T>& in() noexcept { return in_; }
  [[nodiscard]] Out<T>& out() noexcept { return out_; }

 private:
  struct Entry {
    std::variant<T, Signal> content;
    Hold hold;
    [[nodiscard]] bool is_element() const noexcept { return content.index() == 0; }
  };
  using Entries = std::list<Entry>;

  void start() override {
    thread_ = std::thread([this] { run(); });
  }
  void stop_threads() override {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_all();
    drained_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] bool own_thread() const override { return true; }
  [[nodiscard]] std::recursive_mutex* emission_mutex() override { return &emission_; }
  [[nodiscard]] bool is_lossy() const override { return !lossless(); }
  [[nodiscard]] bool lossless() const noexcept { return *overflow_ == Overflow::block; }
  [[nodiscard]] std::size_t limit() const noexcept {
    return *overflow_ == Overflow::latest ? 1 : static_cast<std::size_t>(*capacity_);
  }

  void on_element(T&& element, const Context& context) {
    std::unique_lock lock(mutex_);
    if (lossless()) drained_.wait(lock, [&] { return elements_ < limit() || closed_; });
    if (closed_ || (elements_ >= limit() && *overflow_ == Overflow::drop_newest)) {
      drop(context, queue_.end());
      return;
    }
    if (elements_ >= limit()) drop_oldest();
    push({std::move(element), lossless() ? context.hold() : context.hold_run()}, 1);
  }

  void handle_signal(const Signal& signal, const Context& context, const InPort& from) override {
    if (!take_signal(signal, context, from)) return;
    const std::lock_guard lock(mutex_);
    if (signal.kind == Signal::Kind::gap && !lossless()) {
      add_gap(signal, context, queue_.end());
    } else {
      push({signal, context.hold()}, 0);
    }
  }

  void push(Entry entry, std::size_t elements) {
    if (spare_.empty()) {
      queue_.push_back(std::move(entry));
    } else {
      spare_.front() = std::move(entry);
      queue_.splice(queue_.end(), spare_, spare_.begin());
    }
    elements_ += elements;
    if (idle_) filled_.notify_one();
  }

  void drop_oldest() {
    const auto oldest = std::find_if(queue_.begin(), queue_.end(), [](const Entry& e) { return e.is_element(); });
    const Hold hold = std::move(oldest->hold);
    --elements_;
    drop(hold.context(), queue_.erase(oldest));
  }

  void drop(const Context& context, typename Entries::iterator place) {
    count_dropped();
    if (!gaps_wanted()) return;
    add_gap({Signal::Kind::gap, FrameState::dropped, context.position, context.position, name() + " was full"}, context,
            place);
  }

  /// Leaves a mark that keeps neither credit nor acknowledgement; marks that touch become one.
  void add_gap(Signal gap, const Context& context, typename Entries::iterator place) {
    if (place != queue_.begin()) {
      Entry& before = *std::prev(place);
      Signal* last = std::get_if<Signal>(&before.content);
      if (last != nullptr && last->kind == Signal::Kind::gap && last->state == gap.state &&
          before.hold.context().run == context.run && last->last + 1 == gap.first) {
        last->last = gap.last;
        return;
      }
    }
    queue_.insert(place, Entry{std::move(gap), context.hold_run()});
    if (idle_) filled_.notify_one();
  }

  void run() {
    const InsideGraph inside(this->graph());
    std::unique_lock lock(mutex_);
    while (true) {
      idle_ = true;
      filled_.wait(lock, [&] { return !queue_.empty() || closed_; });
      idle_ = false;
      if (queue_.empty()) return;
      Entries taken;
      if (lossless()) {
        taken.swap(queue_);  // all, so that one lock serves many
      } else {
        taken.splice(taken.end(), queue_, queue_.begin());  // the others may still be dropped
        elements_ -= taken.front().is_element() ? 1 : 0;
      }
      lock.unlock();
      for (Entry& entry : taken) {
        if (lossless() && entry.is_element() && elements_-- == limit()) wake_sender();
        pass_on(std::move(entry));
      }
      lock.lock();
      spare_.splice(spare_.end(), taken);
    }
  }
  void wake_sender() {
    const std::lock_guard lock(mutex_);
    drained_.notify_one();
  }

  void pass_on(Entry entry) {
    const std::lock_guard emission(emission_);
    const Context context = entry.hold.context();
    if (T* element = std::get_if<T>(&entry.content)) return out_.emit(std::move(*element), context);
    pass_taken(std::get<Signal>(entry.content), context);
  }

  Param<int> capacity_{*this, "capacity", 64, "how many elements may wait", at_least(1)};
  Param<Overflow> overflow_{*this, "overflow", Overflow::block, "what happens to an element that finds it full"};
  In<T> in_{*this, "in", &Buffer::on_element};
  Out<T> out_{*this, "out"};

  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable drained_;
  Entries queue_;
  Entries spare_;                         ///< places to be used again, so that an element costs no memory
  std::atomic<std::size_t> elements_{0};  ///< with `block`, those taken and not yet passed on wait as well
  bool idle_ = false;
  bool closed_ = false;
  std::recursive_mutex emission_;
  std::thread thread_;
};

}  // namespace annulus
