// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace annulus {

class TicketPool;

/// A counter with one writer at a time and any number of readers.
class Counter {
 public:
  [[gnu::always_inline]] void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void add_shared(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// The life of one emitted element, counted twice: credits say how much is in flight (back-pressure), holds say
/// whether it is truly done (acknowledgement). Whoever keeps a credit also keeps a hold, so holds end last. Both counts
/// are in one word, so that the only holder is known from a look at it.
class Ticket {
 public:
  explicit Ticket(TicketPool& pool) : pool_(&pool) {}
  /// For one more place that keeps the element; only a present holder may call it.
  void add_holder() noexcept {
    if (credits_in(counts_.fetch_add(one_credit + one_hold, std::memory_order_relaxed)) == 0) retake_credit();
  }
  /// The same for a place that takes no credit.
  void add_waiting_holder() noexcept { counts_.fetch_add(one_hold, std::memory_order_relaxed); }
  void return_credit() noexcept;
  /// The holder is done; it has returned its credit before.
  void release() noexcept;
  /// Something went wrong with the element somewhere: it will be acknowledged as not good.
  void mark_failed() noexcept { failed_.store(true, std::memory_order_relaxed); }

  /// Whether somebody besides the caller keeps it.
  [[nodiscard]] bool is_kept() const noexcept { return holds_in(counts_.load(std::memory_order_acquire)) > 1; }
  [[nodiscard]] bool has_failed() const noexcept { return failed_.load(std::memory_order_relaxed); }
  /// `part` went into the element of this ticket: it is not done before this one is.
  void stand_for(Ticket& part) {
    parts_.push_back(&part);
    part.add_waiting_holder();
  }

 private:
  friend class TicketPool;
  static constexpr std::uint64_t one_hold = 1;
  static constexpr std::uint64_t one_credit = std::uint64_t{1} << 32;
  static constexpr std::uint64_t holds_in(std::uint64_t counts) noexcept { return counts % one_credit; }
  static constexpr std::uint64_t credits_in(std::uint64_t counts) noexcept { return counts / one_credit; }

  std::uint64_t subtract(std::uint64_t part) noexcept;
  void retake_credit() noexcept;
  void release_parts() noexcept;

  TicketPool* pool_;
  std::atomic<std::uint64_t> counts_{0};
  std::atomic<bool> failed_{false};
  std::uint64_t position_ = 0;
  std::vector<Ticket*> parts_;
  Ticket* next_ = nullptr;  ///< in a list of tickets that are back
};

/// What a source learns when an element is done everywhere.
struct Acknowledgement {
  std::uint64_t position = 0;  ///< as given at the emission
  bool good = true;            ///< false: an operator failed on it, or an edge dropped it
};

/// The tickets of one source. One thread at a time acquires and finishes; any thread releases, without a lock unless
/// somebody waits. The pool outlives its owner until the last ticket has come back.
class TicketPool {
 public:
  using Listener = std::function<void(const Acknowledgement&)>;
  /// Its owner is gone: no more acknowledgements are told.
  struct Retire {
    void operator()(TicketPool* pool) const noexcept { pool->retire(); }
  };
  using Owner = std::unique_ptr<TicketPool, Retire>;

  /// `window`: how many elements may be in flight; 0 is no limit.
  static Owner make(std::size_t window) { return Owner(new TicketPool(window)); }

  /// A ticket held once by the caller. Blocks while the window is full; null after close().
  [[nodiscard]] Ticket* acquire(std::uint64_t position);
  /// The same without waiting: null when the window is full.
  [[nodiscard]] Ticket* try_acquire(std::uint64_t position);
  /// The emission is over: gives the caller's hold back.
  void finish(Ticket* ticket);

  /// True when acquire() would not wait.
  [[nodiscard]] bool has_room() const noexcept { return spare_ != nullptr || window_ == 0 || credits_out() < window_; }
  /// Waits until has_room(), taking nothing; false after interrupt() and close().
  [[nodiscard]] bool wait_for_room();
  /// Ends the wait of wait_for_room(), until resume().
  void interrupt();
  void resume();
  /// Wakes and refuses whoever waits for a credit.
  void close();
  void set_window(std::size_t window);
  /// Called from the thread that finishes the element; it must not throw. Set before the first emission.
  void on_acknowledge(Listener listener) { listener_ = std::move(listener); }
  /// Called when an element is no longer in flight, unless that happens before its emission returns. Before the first.
  void on_credit(std::function<void()> listener) { credit_listener_ = std::move(listener); }
  /// Elements that hold a credit now.
  [[nodiscard]] std::size_t in_flight() const noexcept;
  /// Elements not yet acknowledged.
  [[nodiscard]] std::size_t unacknowledged() const noexcept;

 private:
  friend class Ticket;
  explicit TicketPool(std::size_t window) : window_(window) {}
  ~TicketPool() = default;
  [[nodiscard]] std::size_t credits_out() const noexcept;
  Ticket* take(std::uint64_t position);
  void make_tickets();
  Ticket* take_spare(std::uint64_t position) noexcept;
  template <class F>
  void wait(F&& holds);
  void wake();
  [[nodiscard]] bool emits_here() const noexcept;
  void credit_returned() noexcept;
  void finished(Ticket& ticket) noexcept;
  void done(Ticket& ticket) noexcept;
  void retire() noexcept;

  std::atomic<std::size_t> window_;
  std::atomic<bool> closed_{false};
  std::atomic<bool> interrupted_{false};
  std::atomic<bool> retired_{false};

  // What happens within an emission is counted by its thread alone, and costs no more than an addition.
  std::atomic<const void*> emitter_{nullptr};  ///< the mark of the thread that has acquired and not yet finished
  Counter taken_;                              ///< tickets, from the beginning
  Counter credits_returned_;
  Counter done_;  ///< tickets that are back

  std::atomic<std::int64_t> credits_returned_elsewhere_{0};
  std::atomic<std::int64_t> done_elsewhere_{0};  ///< less all that were out when the owner went: 0 is the end

  std::deque<Ticket> tickets_;
  Ticket* free_ = nullptr;                  ///< touched within emissions only
  std::atomic<Ticket*> returned_{nullptr};  ///< what came back elsewhere since it was looked at
  std::atomic<Ticket*> spare_{nullptr};     ///< waits between synchronous emissions, so that those touch no count

  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<int> waiting_{0};  ///< threads in wait()
  Listener listener_;
  std::function<void()> credit_listener_;
};

}  // namespace annulus
