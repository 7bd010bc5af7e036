// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operators/data/buffer_pool.hpp"
#include "operators/data/error.hpp"
#include "operators/data/run_events.hpp"

#include "detectors/simplon/series.hpp"

namespace annulus::simplon {

/// The images of all channels of a frame, or why they could not be decoded.
using Pixels = Expected<std::vector<Array>, DecodeError>;

/// Unpacks every channel, into new memory or that of a pool; one that cannot be unpacked spoils the frame.
[[nodiscard]] Pixels decode_pixels(const SeriesImage& image);
[[nodiscard]] Pixels decode_pixels(const SeriesImage& image, BufferPool& pool);

/// The same, but what can be stays packed until somebody looks at it (see wrap_array).
[[nodiscard]] Pixels wrap_pixels(const SeriesImage& image, BufferPool& pool);

/// Where images of "difference" go; before them are those of threshold_1 to threshold_4.
inline constexpr std::size_t difference_output = 4;
/// Which output the images of a channel go to: by the name, and where that says nothing, by the place in the message.
[[nodiscard]] std::size_t output_of(std::string_view channel, std::size_t place);

struct SeriesTrackerOptions {
  /// How many frames may wait for an earlier one before that is given up.
  std::size_t reorder_window = 16;
  /// How long frames wait for an earlier one, images for their header, and an ended series for its last frames [s].
  /// 0 when one socket brings everything in order.
  double patience = 2;
};

/// Turns the messages of a detector's series into the events of runs. Messages may come through several sockets, and so
/// in any order; frames leave in order. A run is a series: it begins with the header, its uid is the series' unique id
/// (V1: a fresh one). Every frame number leaves at most once, as arrived or as missing.
///  - The series ends with its end message, as soon as all announced frames have come or the patience is over. Frames
///    that were announced and never came are lost: a cancelled detector never took them, but nobody can tell that from
///    a loss, and the reason says so; the exit status is then "abort".
///  - The header of another series ends the open one with "abort", after the same patience; what would have come after
///    its last frame is not called lost.
///  - Images and ends of a series that is over, or whose header does not come (joined late), are counted as stale.
/// Times are in seconds since 1970-01-01 UTC and may be the clock's. Memory is bounded whatever arrives.
class SeriesTracker final {
 public:
  explicit SeriesTracker(SeriesTrackerOptions options = {});
  SeriesTracker(SeriesTracker&&) noexcept;
  SeriesTracker& operator=(SeriesTracker&&) noexcept;
  ~SeriesTracker();

  [[nodiscard]] std::vector<RunEvent> feed(SeriesStart start, double now);
  [[nodiscard]] std::vector<RunEvent> feed(SeriesImage image, Pixels pixels, double now);
  [[nodiscard]] std::vector<RunEvent> feed(const SeriesEnd& end, double now);
  /// The frame that would be given up if `image` were fed now, because too many wait for it already (0 when it is the
  /// header that they wait for). Who has several connections feeds first what the others may bring.
  [[nodiscard]] std::optional<std::uint64_t> awaited_before(const SeriesImage& image) const;
  /// Tells the time: gives up what has been waited for too long. To be called every patience / 4 or so.
  [[nodiscard]] std::vector<RunEvent> tick(double now);
  /// Ends every open run with exit status "abort": for a shutdown.
  [[nodiscard]] std::vector<RunEvent> abandon(std::string_view reason);

  /// The uids of the runs between start and stop, oldest first.
  [[nodiscard]] std::vector<std::string> open_runs() const;
  /// Messages of a series that was over or never began.
  [[nodiscard]] std::uint64_t stale() const noexcept;
  /// Images that came twice, or after they had been given up.
  [[nodiscard]] std::uint64_t repeated() const noexcept;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace annulus::simplon
