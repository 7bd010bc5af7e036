// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/ticket.hpp"

#include <algorithm>
#include <utility>

namespace annulus {
namespace {

constinit thread_local const char mark_of_thread = 0;

}  // namespace

std::uint64_t Ticket::subtract(std::uint64_t part) noexcept {
  const std::uint64_t before = counts_.load(std::memory_order_acquire);
  if (holds_in(before) > 1) return counts_.fetch_sub(part, std::memory_order_acq_rel);
  counts_.store(before - part, std::memory_order_relaxed);  // the only holder: nobody else can change them
  return before;
}

void Ticket::return_credit() noexcept {
  if (credits_in(subtract(one_credit)) == 1) pool_->credit_returned();
}

void Ticket::release() noexcept {
  if (holds_in(subtract(one_hold)) == 1) pool_->done(*this);
}

void Ticket::retake_credit() noexcept { --pool_->credits_returned_elsewhere_; }

void Ticket::release_parts() noexcept {
  for (Ticket* part : parts_) {
    if (has_failed()) part->mark_failed();
    part->release();
  }
  parts_.clear();
}

Ticket* TicketPool::acquire(std::uint64_t position) {
  if (Ticket* spare = take_spare(position)) return spare;
  if (!has_room()) wait([this] { return closed_ || has_room(); });
  return closed_ ? nullptr : take(position);
}

Ticket* TicketPool::try_acquire(std::uint64_t position) {
  if (Ticket* spare = take_spare(position)) return spare;
  return closed_ || !has_room() ? nullptr : take(position);
}

Ticket* TicketPool::take_spare(std::uint64_t position) noexcept {
  Ticket* spare = spare_.load(std::memory_order_relaxed);
  if (spare == nullptr) return nullptr;
  spare_.store(nullptr, std::memory_order_relaxed);
  emitter_.store(&mark_of_thread, std::memory_order_relaxed);
  spare->position_ = position;
  return spare;
}

Ticket* TicketPool::take(std::uint64_t position) {
  if (free_ == nullptr) free_ = returned_.exchange(nullptr, std::memory_order_acquire);
  if (free_ == nullptr) make_tickets();
  Ticket* ticket = std::exchange(free_, free_->next_);
  ticket->counts_.store(Ticket::one_credit + Ticket::one_hold, std::memory_order_relaxed);
  ticket->failed_.store(false, std::memory_order_relaxed);
  ticket->position_ = position;
  taken_.add();
  emitter_.store(&mark_of_thread, std::memory_order_relaxed);
  return ticket;
}

void TicketPool::make_tickets() {
  for (int i = 0; i < 16; ++i) {  // several, so that those that are back are seldom asked for
    Ticket& ticket = tickets_.emplace_back(*this);
    ticket.next_ = std::exchange(free_, &ticket);
  }
}

void TicketPool::finish(Ticket* ticket) {
  constexpr std::uint64_t mine = Ticket::one_credit + Ticket::one_hold;
  if (ticket->counts_.load(std::memory_order_acquire) == mine && spare_.load(std::memory_order_relaxed) == nullptr) {
    // Nobody else kept it, and only holders can add one: the element is done, the ticket serves the next.
    finished(*ticket);
    ticket->failed_.store(false, std::memory_order_relaxed);
    spare_.store(ticket, std::memory_order_relaxed);
  } else {
    const std::uint64_t before = ticket->subtract(mine);
    if (Ticket::credits_in(before) == 1) credit_returned();
    if (Ticket::holds_in(before) == 1) done(*ticket);
  }
  emitter_.store(nullptr, std::memory_order_relaxed);
}

bool TicketPool::emits_here() const noexcept { return emitter_.load(std::memory_order_relaxed) == &mark_of_thread; }

bool TicketPool::wait_for_room() {
  if (!has_room()) wait([this] { return closed_ || interrupted_ || has_room(); });
  return !closed_ && !interrupted_;
}

template <class F>
void TicketPool::wait(F&& holds) {
  std::unique_lock lock(mutex_);
  ++waiting_;  // before the look: whoever changes something sees it, or is seen
  changed_.wait(lock, std::forward<F>(holds));
  --waiting_;
}

void TicketPool::wake() {
  if (waiting_ == 0) return;
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void TicketPool::interrupt() {
  interrupted_ = true;
  wake();
}

void TicketPool::resume() { interrupted_ = false; }

void TicketPool::close() {
  closed_ = true;
  wake();
}

void TicketPool::set_window(std::size_t window) {
  window_ = window;
  wake();
}

std::size_t TicketPool::credits_out() const noexcept {
  const std::int64_t back = credits_returned_elsewhere_ + static_cast<std::int64_t>(credits_returned_.value());
  return static_cast<std::size_t>(std::max<std::int64_t>(static_cast<std::int64_t>(taken_.value()) - back, 0));
}

std::size_t TicketPool::in_flight() const noexcept {
  const std::size_t taken = credits_out();
  return taken > 0 && spare_ != nullptr ? taken - 1 : taken;
}

std::size_t TicketPool::unacknowledged() const noexcept {
  const std::int64_t back = done_elsewhere_ + static_cast<std::int64_t>(done_.value()) + (spare_ != nullptr ? 1 : 0);
  return static_cast<std::size_t>(std::max<std::int64_t>(static_cast<std::int64_t>(taken_.value()) - back, 0));
}

void TicketPool::credit_returned() noexcept {
  if (window_ == 0 && emits_here()) {  // with a window, somebody may wait for it
    credits_returned_.add();
  } else {
    ++credits_returned_elsewhere_;
    wake();
  }
  if (credit_listener_ && !retired_.load(std::memory_order_relaxed)) credit_listener_();
}

void TicketPool::done(Ticket& ticket) noexcept {
  finished(ticket);
  if (emits_here()) {
    ticket.next_ = std::exchange(free_, &ticket);
    return done_.add();
  }
  ticket.next_ = returned_.load(std::memory_order_relaxed);
  while (!returned_.compare_exchange_weak(ticket.next_, &ticket, std::memory_order_release)) {
  }
  if (++done_elsewhere_ == 0) delete this;
}

void TicketPool::finished(Ticket& ticket) noexcept {
  if (!ticket.parts_.empty()) ticket.release_parts();
  if (listener_ && !retired_.load(std::memory_order_relaxed)) listener_({ticket.position_, !ticket.has_failed()});
}

void TicketPool::retire() noexcept {
  retired_ = true;
  const std::uint64_t out = taken_.value() - done_.value() - (spare_ != nullptr ? 1 : 0);
  if ((done_elsewhere_ -= static_cast<std::int64_t>(out)) == 0) delete this;
}

}  // namespace annulus
