// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/clock.hpp"

#include <algorithm>
#include <optional>

namespace annulus {
namespace {

class ThreadTimer final : public Timer {
 public:
  explicit ThreadTimer(std::function<void()> call) : call_(std::move(call)), thread_([this] { run(); }) {}
  ~ThreadTimer() override { stop(); }

  void set(Duration at) override {
    {
      const std::lock_guard lock(mutex_);
      at_ = at;
    }
    changed_.notify_one();
  }
  void cancel() override {
    const std::lock_guard lock(mutex_);
    at_.reset();
  }
  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable() && thread_.get_id() != std::this_thread::get_id()) thread_.join();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!closed_) {
      if (!at_) {
        changed_.wait(lock);
      } else if (const std::chrono::steady_clock::time_point due(*at_); std::chrono::steady_clock::now() < due) {
        changed_.wait_until(lock, due);
      } else {
        at_.reset();
        lock.unlock();
        call_();
        lock.lock();
      }
    }
  }

  std::function<void()> call_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Duration> at_;
  bool closed_ = false;
  std::thread thread_;  // last: its function uses all of the above
};

}  // namespace

std::unique_ptr<Timer> SystemClock::make_timer(std::function<void()> call) {
  return std::make_unique<ThreadTimer>(std::move(call));
}

class VirtualClock::VirtualTimer final : public Timer {
 public:
  VirtualTimer(VirtualClock& clock, std::function<void()> call) : clock_(clock), call_(std::move(call)) {
    const std::lock_guard lock(clock_.mutex_);
    clock_.timers_.push_back(this);
  }
  ~VirtualTimer() override { stop(); }
  void stop() override {
    std::unique_lock lock(clock_.mutex_);
    std::erase(clock_.timers_, this);
    clock_.called_.wait(lock,
                        [this] { return clock_.calling_ != this || clock_.caller_ == std::this_thread::get_id(); });
  }

  void set(Duration at) override {
    const std::lock_guard lock(clock_.mutex_);
    at_ = std::max(at, clock_.now_);
  }
  void cancel() override {
    const std::lock_guard lock(clock_.mutex_);
    at_.reset();
  }

 private:
  friend class VirtualClock;
  VirtualClock& clock_;
  std::function<void()> call_;
  std::optional<Duration> at_;
};

Clock::Duration VirtualClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

std::unique_ptr<Timer> VirtualClock::make_timer(std::function<void()> call) {
  return std::make_unique<VirtualTimer>(*this, std::move(call));
}

VirtualClock::VirtualTimer* VirtualClock::next_due(Duration until) const {
  VirtualTimer* next = nullptr;
  for (VirtualTimer* timer : timers_) {
    if (timer->at_ && *timer->at_ <= until && (next == nullptr || *timer->at_ < *next->at_)) next = timer;
  }
  return next;
}

void VirtualClock::advance(Duration by) {
  std::unique_lock lock(mutex_);
  const Duration end = now_ + by;
  while (VirtualTimer* timer = next_due(end)) {
    now_ = std::max(now_, *timer->at_);
    timer->at_.reset();
    calling_ = timer;
    caller_ = std::this_thread::get_id();
    lock.unlock();
    timer->call_();
    lock.lock();
    calling_ = nullptr;
    called_.notify_all();
  }
  now_ = end;
}

}  // namespace annulus
