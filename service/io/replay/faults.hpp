// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "service/io/replay/recording.hpp"

namespace annulus {

/// The frame, counted from 0, that a document announces: an event (seq_num), a stream_datum (its first index), a datum
/// (point_number); nothing for all others.
[[nodiscard]] std::optional<std::uint64_t> frame_of(const Document& document);

/// What goes wrong with the documents of a frame, by its number.
struct Faults {
  std::vector<std::uint64_t> lost;
  std::vector<std::uint64_t> duplicated;  ///< each document comes twice
  std::vector<std::uint64_t> reordered;   ///< come behind those of the frame that follows
};

/// A recording on a line with faults.
[[nodiscard]] std::unique_ptr<Recording> with_faults(std::unique_ptr<Recording> recording, Faults faults);

/// A recording that breaks off: without its stop, as when the program that sends it dies.
[[nodiscard]] std::unique_ptr<Recording> without_stop(std::unique_ptr<Recording> recording);

/// Two runs, of which the second begins when the first has sent half of its `frames`; they go on in turn.
[[nodiscard]] std::unique_ptr<Recording> overlapping(std::unique_ptr<Recording> first,
                                                     std::unique_ptr<Recording> second, std::uint64_t frames);

}  // namespace annulus
