// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>

namespace annulus {

/// Where nodes get the time from, so that tests can use a virtual one and never sleep.
class Clock {
 public:
  using Duration = std::chrono::nanoseconds;

  virtual ~Clock() = default;
  /// Time that never goes back, since an arbitrary start.
  [[nodiscard]] virtual Duration now() const = 0;
  /// Wall-clock time [s since 1970-01-01 UTC].
  [[nodiscard]] virtual double unix_time() const = 0;
};

/// The clocks of the machine.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Duration now() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
  [[nodiscard]] double unix_time() const override {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
};

/// A clock that moves only when told to.
class VirtualClock final : public Clock {
 public:
  [[nodiscard]] Duration now() const override { return Duration(now_.load()); }
  [[nodiscard]] double unix_time() const override { return std::chrono::duration<double>(now()).count(); }
  void advance(Duration by) { now_ += by.count(); }

 private:
  std::atomic<Duration::rep> now_{0};
};

}  // namespace annulus
