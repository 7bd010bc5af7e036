// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <utility>

#include "operators/stream/run.hpp"
#include "operators/stream/ticket.hpp"

namespace annulus {

class Graph;
class Hold;

/// What travels with an element: its run, its position there, and its ticket. A synchronous hop borrows it; a node
/// that keeps the element past the return of its handler takes a Hold.
struct Context {
  Run* run = nullptr;
  std::uint64_t position = 0;
  Ticket* ticket = nullptr;  ///< null behind a lossy edge: nobody waits for the element

  [[nodiscard]] Hold hold() const;
  /// For nodes that wait for a later element (windows, batches, joins): lets the source go on, while the element stays
  /// unacknowledged. Such a node bounds its own memory.
  [[nodiscard]] Hold hold_without_credit() const;
  /// Keeps the run alive, but neither back-pressure nor acknowledgement: for lossy edges.
  [[nodiscard]] Hold hold_run() const;
};

/// Marks this thread as being inside `graph` while it lives: an emission by a source from there could wait for
/// itself, and is refused.
class InsideGraph {
 public:
  explicit InsideGraph(const Graph& graph) : outer_(std::exchange(current_, &graph)) {}
  ~InsideGraph() { current_ = outer_; }
  InsideGraph(const InsideGraph&) = delete;
  InsideGraph& operator=(const InsideGraph&) = delete;
  static bool is(const Graph& graph) noexcept { return current_ == &graph; }

 private:
  const Graph* outer_;
  static constinit thread_local const Graph* current_;
};

/// Keeps an element in flight (credit) and unacknowledged (hold) until it is destroyed.
class Hold {
 public:
  Hold() = default;
  enum class Credit { taken, none };
  Hold(RunPtr run, std::uint64_t position, Ticket* ticket, Credit credit)
      : run_(std::move(run)),
        position_(position),
        ticket_(ticket),
        has_credit_(ticket != nullptr && credit == Credit::taken) {
    if (has_credit_) {
      ticket_->add_holder();
    } else if (ticket_ != nullptr) {
      ticket_->add_waiting_holder();
    }
  }
  Hold(Hold&& other) noexcept { swap(other); }
  Hold& operator=(Hold&& other) noexcept {
    Hold(std::move(other)).swap(*this);
    return *this;
  }
  ~Hold() {
    return_credit();
    if (ticket_ != nullptr) ticket_->release();
  }

  [[nodiscard]] Context context() const noexcept { return {run_.get(), position_, ticket_}; }
  [[nodiscard]] Ticket* ticket() const noexcept { return ticket_; }

  /// Lets its element go, and keeps another one of the same run without credit.
  void change_to(const Context& other) noexcept {
    if (other.ticket != nullptr) other.ticket->add_waiting_holder();
    return_credit();
    if (ticket_ != nullptr) ticket_->release();
    position_ = other.position;
    ticket_ = other.ticket;
  }
  /// Goes on as if it had been made without the credit.
  void return_credit() noexcept {
    if (std::exchange(has_credit_, false)) ticket_->return_credit();
  }

 private:
  void swap(Hold& other) noexcept {
    std::swap(run_, other.run_);
    std::swap(position_, other.position_);
    std::swap(ticket_, other.ticket_);
    std::swap(has_credit_, other.has_credit_);
  }

  RunPtr run_;
  std::uint64_t position_ = 0;
  Ticket* ticket_ = nullptr;
  bool has_credit_ = false;
};

inline Hold Context::hold() const {
  return Hold(run ? run->shared_from_this() : nullptr, position, ticket, Hold::Credit::taken);
}
inline Hold Context::hold_without_credit() const {
  return Hold(run ? run->shared_from_this() : nullptr, position, ticket, Hold::Credit::none);
}
inline Hold Context::hold_run() const { return Context{run, position, nullptr}.hold_without_credit(); }

}  // namespace annulus
