// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/ticket.hpp"

namespace annulus {

void Ticket::return_credit() noexcept {
  if (credits_.fetch_sub(1, std::memory_order_acq_rel) == 1) pool_->credit_returned();
}

void Ticket::release() noexcept {
  if (holds_.fetch_sub(1, std::memory_order_acq_rel) == 1) pool_->done(*this);
}

void Ticket::retake_credit() noexcept { pool_->credit_retaken(); }

void Ticket::release_parts() noexcept {
  for (Ticket* part : parts_) {
    if (has_failed()) part->mark_failed();
    part->release();
  }
  parts_.clear();
}

std::shared_ptr<TicketPool> TicketPool::make(std::size_t window) {
  return std::shared_ptr<TicketPool>(new TicketPool(window));
}

Ticket* TicketPool::acquire(std::uint64_t position) {
  if (Ticket* spare = take_spare(position)) return spare;
  std::unique_lock lock(mutex_);
  credit_.wait(lock, [&] { return closed_ || has_credit(); });
  return closed_ ? nullptr : take(position);
}

Ticket* TicketPool::try_acquire(std::uint64_t position) {
  if (Ticket* spare = take_spare(position)) return spare;
  const std::lock_guard lock(mutex_);
  return closed_ || !has_credit() ? nullptr : take(position);
}

Ticket* TicketPool::take_spare(std::uint64_t position) noexcept {
  Ticket* spare = spare_.load(std::memory_order_relaxed);
  if (spare == nullptr) return nullptr;
  spare_.store(nullptr, std::memory_order_relaxed);
  spare->position_ = position;
  return spare;
}

Ticket* TicketPool::take(std::uint64_t position) {
  if (free_.empty()) {
    tickets_.push_back(std::unique_ptr<Ticket>(new Ticket(*this)));
    free_.reserve(tickets_.size());
    free_.push_back(tickets_.back().get());
  }
  Ticket* ticket = free_.back();
  free_.pop_back();
  ticket->credits_.store(1, std::memory_order_relaxed);
  ticket->holds_.store(1, std::memory_order_relaxed);
  ticket->failed_.store(false, std::memory_order_relaxed);
  ticket->position_ = position;
  ++in_flight_;
  ++out_;
  return ticket;
}

void TicketPool::finish(Ticket* ticket) {
  if (!ticket->is_kept() && ticket->credits_.load(std::memory_order_relaxed) == 1 &&
      spare_.load(std::memory_order_relaxed) == nullptr) {
    // Nobody else kept it, and only holders can add one: the element is done, the ticket serves the next.
    finished(*ticket);
    ticket->failed_.store(false, std::memory_order_relaxed);
    spare_.store(ticket, std::memory_order_relaxed);
    return;
  }
  ticket->return_credit();
  ticket->release();
}

bool TicketPool::has_room() const {
  if (spare_.load(std::memory_order_relaxed) != nullptr) return true;
  const std::lock_guard lock(mutex_);
  return has_credit();
}

bool TicketPool::wait_for_room() {
  std::unique_lock lock(mutex_);
  credit_.wait(lock, [&] {
    return closed_ || interrupted_ || spare_.load(std::memory_order_relaxed) != nullptr || has_credit();
  });
  return !closed_ && !interrupted_;
}

void TicketPool::interrupt() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  credit_.notify_all();
}

void TicketPool::resume() {
  const std::lock_guard lock(mutex_);
  interrupted_ = false;
}

void TicketPool::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  credit_.notify_all();
}

void TicketPool::retire(std::shared_ptr<TicketPool> pool) {
  pool->retired_.store(true);
  const std::lock_guard lock(pool->mutex_);
  if (pool->out_ > (pool->spare_ != nullptr ? 1 : 0)) pool->self_ = pool;
}

void TicketPool::set_window(std::size_t window) {
  const std::lock_guard lock(mutex_);
  window_ = window;
  credit_.notify_all();
}

std::size_t TicketPool::in_flight() const {
  const std::size_t taken = in_flight_;
  return taken > 0 && spare_ != nullptr ? taken - 1 : taken;
}

std::size_t TicketPool::unacknowledged() const {
  const std::lock_guard lock(mutex_);
  return out_ - (spare_ != nullptr ? 1 : 0);
}

void TicketPool::credit_returned() noexcept {
  --in_flight_;
  if (window_ > 0) {  // else nobody waits
    const std::lock_guard lock(mutex_);
    credit_.notify_one();
  }
  if (credit_listener_ && !retired_.load(std::memory_order_relaxed)) credit_listener_();
}

void TicketPool::credit_retaken() noexcept { ++in_flight_; }

void TicketPool::done(Ticket& ticket) noexcept {
  finished(ticket);
  std::shared_ptr<TicketPool> last;  // released after the lock
  const std::lock_guard lock(mutex_);
  --out_;
  free_.push_back(&ticket);  // never grows: reserved in take()
  if (self_ && out_ == (spare_ != nullptr ? 1 : 0)) last = std::move(self_);
}

void TicketPool::finished(Ticket& ticket) noexcept {
  if (!ticket.parts_.empty()) ticket.release_parts();
  if (listener_ && !retired_.load(std::memory_order_relaxed)) listener_({ticket.position_, !ticket.has_failed()});
}

}  // namespace annulus
