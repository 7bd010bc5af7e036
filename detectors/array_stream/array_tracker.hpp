// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operators/data/error.hpp"
#include "operators/data/run_events.hpp"

#include "detectors/array_stream/array_message.hpp"

namespace annulus::array_stream {

/// Turns images into the events of runs. The stream says nothing of runs: one begins with the first image and ends when
/// the numbers do not go up any more, the shape or type changes, or no image has come for `idle` seconds. Frame 0 of a
/// run is its first image; images missing in between are lost. Times are as in simplon::SeriesTracker.
class ArrayTracker final {
 public:
  explicit ArrayTracker(double idle = 10) : idle_(idle) {}

  [[nodiscard]] std::vector<RunEvent> feed(const StreamedArray& array, Expected<Array, DecodeError> pixels, double now);
  /// Tells the time: ends the run when it has been idle for too long.
  [[nodiscard]] std::vector<RunEvent> tick(double now);
  /// Ends the open run with exit status "abort": for a shutdown.
  [[nodiscard]] std::vector<RunEvent> abandon(std::string_view reason);

  /// The uid of the open run, or empty.
  [[nodiscard]] const std::string& open_run() const noexcept { return uid_; }

 private:
  void begin(const StreamedArray& array, double now, std::vector<RunEvent>& events);
  void end(std::string exit_status, std::string reason, std::vector<RunEvent>& events);

  double idle_;
  std::string uid_;
  std::uint64_t first_ = 0;  ///< the detector's number of frame 0
  std::uint64_t next_ = 0;   ///< the detector's number that is due
  DType dtype_ = DType::u8;  ///< of the run's images
  Shape shape_;
  double last_seen_ = 0;
  std::uint64_t runs_ = 0;  ///< begun so far
  RunCounts counts_;
};

}  // namespace annulus::array_stream
