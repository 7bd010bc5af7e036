// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/producer.hpp"

#include <algorithm>
#include <stdexcept>

#include "operators/data/error.hpp"

namespace annulus {

ProducerNode::ProducerNode(std::string name, std::string type, const ProducerOptions& options,
                           std::optional<Clock::Duration> interval)
    : SourceNode(std::move(name)), begin_(options.begin), interval_(interval) {
  if (interval_ && *interval_ <= Clock::Duration::zero()) {
    throw ConfigError(this->name() + ": the interval is not positive (it would never rest) give a time above 0");
  }
  set_type(std::move(type));
  set_window(options.window);
}

bool ProducerNode::producing() const {
  const std::lock_guard lock(mutex_);
  return wanted_;
}

bool ProducerNode::is_inside() const { return InsideGraph::is(graph()) || worker_ == std::this_thread::get_id(); }

void ProducerNode::start_source() {
  std::unique_lock lock(mutex_);
  if (wanted_) return;
  if (!running_) throw std::logic_error(name() + ": cannot produce (its graph does not run) start the graph first");
  if (busy_ && is_inside()) {
    throw std::logic_error(name() + ": cannot start again (it is still ending) start it from outside the graph");
  }
  changed_.wait(lock, [this] { return !busy_; });
  if (wanted_ || !running_) return;
  wanted_ = busy_ = true;
  stop_ = finished_ = false;
  resume_waiting();
  lock.unlock();
  try {
    open();
    if (thread_.joinable()) thread_.join();
    lock.lock();
    if (!timer_) {
      thread_ = std::thread([this] { run(); });
      return;
    }
  } catch (...) {
    if (lock.owns_lock()) lock.unlock();
    conclude(false);
    throw;
  }
  busy_ = false;
  due_ = graph().clock().now();
  if (wanted_) timer_->set(due_);
  changed_.notify_all();
}

void ProducerNode::stop_source() {
  std::unique_lock lock(mutex_);
  wanted_ = false;
  stop_ = true;
  interrupt_waiting();
  if (timer_) timer_->cancel();
  lock.unlock();
  wake();
  lock.lock();
  if (!is_inside()) changed_.wait(lock, [this] { return !busy_; });
}

bool ProducerNode::wait_until_finished() {
  std::unique_lock lock(mutex_);
  if (is_inside()) throw std::logic_error(name() + ": waiting for the end of a source from inside its graph");
  changed_.wait(lock, [this] { return !wanted_ && !busy_; });
  return finished_;
}

void ProducerNode::start() {
  {
    const std::lock_guard lock(mutex_);
    running_ = true;
    if (interval_) timer_ = graph().clock().make_timer([this] { tick(); });
  }
  if (begin_ == Begin::with_graph) start_source();
}

void ProducerNode::stop_producing() {
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
  }
  stop_source();
  SourceNode::stop_producing();
  if (thread_.joinable()) thread_.join();
  timer_.reset();
}

void ProducerNode::run() {
  {
    const std::lock_guard lock(mutex_);
    worker_ = std::this_thread::get_id();
  }
  bool more = true;
  try {
    while (more && !stop_) more = produce();
  } catch (...) {
    report_failure();
    report({}, "stopped (after the error before) start it again by hand");
  }
  shut();
  conclude(!more);
}

void ProducerNode::tick() {
  {
    const std::lock_guard lock(mutex_);
    if (!wanted_) return;
    busy_ = true;
    worker_ = std::this_thread::get_id();
  }
  bool more = true;
  try {
    more = produce();
  } catch (...) {
    report_failure();
  }
  if (!more || stop_) return conclude(!more);
  const std::lock_guard lock(mutex_);
  busy_ = false;
  worker_ = {};
  due_ = std::max(due_ + *interval_, graph().clock().now());
  if (wanted_) timer_->set(due_);
  changed_.notify_all();
}

void ProducerNode::conclude(bool finished) {
  finished_ = finished;
  try {
    if (finished && listener_) listener_();
  } catch (...) {
    report_failure();
  }
  const std::lock_guard lock(mutex_);
  wanted_ = busy_ = false;
  worker_ = {};
  changed_.notify_all();
}

void ProducerNode::report_failure() noexcept {
  std::exception_ptr error = std::current_exception();
  try {
    const RunPtr run = common_run();
    fail_boundary({run.get(), next_, nullptr}, error);
  } catch (...) {
    fail_boundary({}, error);
  }
}

void ProducerNode::give_up() {
  if (!stop_.exchange(true)) {
    report({},
           "stopped (the graph takes no more elements: its run has failed, or it was aborted) see the errors before");
  }
}

void ProducerNode::skip_failed(const std::exception_ptr& error) {
  const RunPtr run = common_run();
  const std::uint64_t position = next_++;
  fail_boundary({run.get(), position, nullptr}, error);
  announce_gap(run, position, position, FrameState::failed, name() + " failed on it");
}

}  // namespace annulus
