// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace annulus {

/// Says when recorded messages are due: at their recorded distances from the first, divided by `speed` (infinite: at
/// once). Who is late hurries until they are in time again.
class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Pace(double speed) : speed_(speed) {}

  /// `recorded_ns` is the message's time by the clock of the recorder.
  Time due(std::int64_t recorded_ns, Time now) {
    const double recorded = static_cast<double>(recorded_ns) * 1e-9;
    if (!begun_) {
      begun_ = true;
      begin_ = now;
      last_ = recorded;
    }
    // The recorder's clock may have begun anew, or be nonsense: time does not run back, nor for more than years.
    played_ += std::clamp(recorded - last_, 0.0, 1e8) / speed_;
    last_ = recorded;
    return begin_ + std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(std::min(played_, 1e9)));
  }

 private:
  double speed_;
  bool begun_ = false;
  Time begin_{};
  double last_ = 0;    ///< recorded [s]
  double played_ = 0;  ///< since the first [s]
};

}  // namespace annulus
