// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace annulus {

/// Calls a function at a chosen time; a Clock makes it. The call comes from another thread (SystemClock) or from
/// VirtualClock::advance. The end of a timer waits for a call that is under way.
class Timer {
 public:
  using Duration = std::chrono::nanoseconds;

  virtual ~Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// One call when the clock shows `at` or more; replaces the time set before. May be called from the call itself.
  virtual void set(Duration at) = 0;
  virtual void cancel() = 0;
  /// No calls any more. From within the call it does not wait.
  virtual void stop() = 0;

 protected:
  Timer() = default;
};

/// Where nodes get the time from, so that tests can use a virtual one and never sleep.
class Clock {
 public:
  using Duration = std::chrono::nanoseconds;

  virtual ~Clock() = default;
  /// Time that never goes back, since an arbitrary start.
  [[nodiscard]] virtual Duration now() const = 0;
  /// Wall-clock time [s since 1970-01-01 UTC].
  [[nodiscard]] virtual double unix_time() const = 0;
  /// `call` must not throw. The timer must not outlive the clock.
  [[nodiscard]] virtual std::unique_ptr<Timer> make_timer(std::function<void()> call) = 0;
};

/// The clocks of the machine. Each timer has a thread of its own, so that one that waits cannot delay another.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Duration now() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
  [[nodiscard]] double unix_time() const override {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
  [[nodiscard]] std::unique_ptr<Timer> make_timer(std::function<void()> call) override;
};

/// A clock that moves only when told to. Its timers call from advance(), in the order of their times.
class VirtualClock final : public Clock {
 public:
  [[nodiscard]] Duration now() const override;
  [[nodiscard]] double unix_time() const override { return std::chrono::duration<double>(now()).count(); }
  [[nodiscard]] std::unique_ptr<Timer> make_timer(std::function<void()> call) override;
  /// Goes on by `by`, and on its way calls every timer whose time comes; at each call, now() is the timer's time. One
  /// thread at a time.
  void advance(Duration by);

 private:
  class VirtualTimer;
  VirtualTimer* next_due(Duration until) const;

  mutable std::mutex mutex_;
  std::condition_variable called_;
  Duration now_{0};
  std::vector<VirtualTimer*> timers_;
  VirtualTimer* calling_ = nullptr;
  std::thread::id caller_;
};

}  // namespace annulus
