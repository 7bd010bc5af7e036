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

/// The life of one emitted element, counted twice: credits say how much is in flight (back-pressure), holds say
/// whether it is truly done (acknowledgement). Whoever keeps a credit also keeps a hold, so holds end last.
class Ticket {
 public:
  /// For one more place that keeps the element; only a present holder may call it.
  void add_holder() noexcept {
    if (credits_.fetch_add(1, std::memory_order_relaxed) == 0) retake_credit();
    holds_.fetch_add(1, std::memory_order_relaxed);
  }
  /// The same for a place that takes no credit.
  void add_waiting_holder() noexcept { holds_.fetch_add(1, std::memory_order_relaxed); }
  void return_credit() noexcept;
  /// The holder is done; it has returned its credit before.
  void release() noexcept;
  /// Something went wrong with the element somewhere: it will be acknowledged as not good.
  void mark_failed() noexcept { failed_.store(true, std::memory_order_relaxed); }

  /// Whether somebody besides the caller keeps it.
  [[nodiscard]] bool is_kept() const noexcept { return holds_.load(std::memory_order_acquire) > 1; }
  [[nodiscard]] bool has_failed() const noexcept { return failed_.load(std::memory_order_relaxed); }
  /// `part` went into the element of this ticket: it is not done before this one is.
  void stand_for(Ticket& part) {
    parts_.push_back(&part);
    part.add_waiting_holder();
  }

 private:
  friend class TicketPool;
  explicit Ticket(TicketPool& pool) : pool_(&pool) {}
  void retake_credit() noexcept;
  void release_parts() noexcept;

  TicketPool* pool_;
  std::atomic<int> credits_{0};
  std::atomic<int> holds_{0};
  std::atomic<bool> failed_{false};
  std::uint64_t position_ = 0;
  std::vector<Ticket*> parts_;
};

/// What a source learns when an element is done everywhere.
struct Acknowledgement {
  std::uint64_t position = 0;  ///< as given at the emission
  bool good = true;            ///< false: an operator failed on it, or an edge dropped it
};

/// The tickets of one source. It outlives its source until the last acknowledgement has come back.
class TicketPool {
 public:
  using Listener = std::function<void(const Acknowledgement&)>;

  /// `window`: how many elements may be in flight; 0 is no limit.
  static std::shared_ptr<TicketPool> make(std::size_t window);

  /// A ticket held once by the caller. Blocks while the window is full; null after close().
  [[nodiscard]] Ticket* acquire(std::uint64_t position);
  /// The same without waiting: null when the window is full.
  [[nodiscard]] Ticket* try_acquire(std::uint64_t position);
  /// The emission is over: gives the caller's hold back.
  void finish(Ticket* ticket);

  /// True when acquire() would not wait.
  [[nodiscard]] bool has_room() const;
  /// Waits until has_room(), taking nothing; false after interrupt() and close().
  [[nodiscard]] bool wait_for_room();
  /// Ends the wait of wait_for_room(), until resume().
  void interrupt();
  void resume();
  /// Wakes and refuses whoever waits for a credit.
  void close();
  /// The source is gone: no more acknowledgements are told, and the pool lives on until its last ticket is back.
  static void retire(std::shared_ptr<TicketPool> pool);
  void set_window(std::size_t window);
  /// Called from the thread that finishes the element; it must not throw. Set before the first emission.
  void on_acknowledge(Listener listener) { listener_ = std::move(listener); }
  /// Called when an element is no longer in flight, unless that happens before its emission returns. Before the first.
  void on_credit(std::function<void()> listener) { credit_listener_ = std::move(listener); }
  /// Elements that hold a credit now.
  [[nodiscard]] std::size_t in_flight() const;
  /// Elements not yet acknowledged.
  [[nodiscard]] std::size_t unacknowledged() const;

 private:
  friend class Ticket;
  explicit TicketPool(std::size_t window) : window_(window) {}
  Ticket* take(std::uint64_t position);
  Ticket* take_spare(std::uint64_t position) noexcept;
  [[nodiscard]] bool has_credit() const { return window_ == 0 || in_flight_ < window_; }
  void credit_returned() noexcept;
  void credit_retaken() noexcept;
  void finished(Ticket& ticket) noexcept;
  void done(Ticket& ticket) noexcept;

  mutable std::mutex mutex_;
  std::condition_variable credit_;
  std::atomic<std::size_t> window_;
  std::atomic<std::size_t> in_flight_{0};
  std::size_t out_ = 0;
  bool closed_ = false;
  bool interrupted_ = false;
  std::deque<std::unique_ptr<Ticket>> tickets_;
  std::vector<Ticket*> free_;
  std::atomic<Ticket*> spare_{nullptr};  ///< waits between synchronous emissions, so that those take no lock
  Listener listener_;
  std::function<void()> credit_listener_;
  std::atomic<bool> retired_{false};
  std::shared_ptr<TicketPool> self_;  ///< set by retire() while tickets are out
};

}  // namespace annulus
