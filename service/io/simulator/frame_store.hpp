// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "operators/data/array.hpp"

#include "detectors/simplon/series.hpp"
#include "detectors/simplon/series_header.hpp"
#include "service/io/simulator/fault_plan.hpp"
#include "service/io/wire/message.hpp"

namespace annulus {

/// How the frames of a series travel.
struct FrameForm {
  simplon::Version version = simplon::Version::v2;
  std::string compression = "bslz4";  ///< "bslz4", "lz4" or "none"
  std::vector<std::string> channels{"threshold_1"};
  friend bool operator==(const FrameForm&, const FrameForm&) = default;
};

/// What a detector counts in `channel` where it counts `image` (rows, cols) of an unsigned type in the first threshold:
/// "threshold_n" a n-th of it, "difference" threshold_1 less threshold_2. The two largest values, which mark pixels
/// that count nothing, stay. Throws DataError for any other name.
[[nodiscard]] Array channel_image(const Array& image, const std::string& channel);

/// The image as a detector has it: unsigned, with the largest value in the place of negative ones, which mark gaps.
/// Throws DataError for images of floating-point numbers or of 64 bits.
[[nodiscard]] Array as_detector_image(const Array& image);

/// Images that are packed once and sent many times: frame k is image k modulo their number. Messages share the packed
/// bytes; only the few bytes that differ between frames are written anew.
class FrameStore final {
 public:
  /// `images` (rows, cols) are of the first threshold, as_detector_image. Throws DataError for channels that the
  /// version has no words for.
  FrameStore(std::vector<Array> images, FrameForm form);

  /// The message of a frame; `image` says everything but its channels.
  [[nodiscard]] WireParts message(simplon::SeriesImage image, Damage damage = Damage::none);
  /// How many bytes are kept for messages under way, for each of which a stream V2 needs a copy of its own.
  [[nodiscard]] std::size_t kept_bytes() const;

 private:
  using Buffer = std::vector<std::byte>;
  /// An image, packed.
  struct Packed {
    std::vector<simplon::EncodedArray> channels;   ///< V1
    std::string pixels;                            ///< V2: how its message ends
    std::vector<std::shared_ptr<Buffer>> buffers;  ///< V2: room for a head, then `pixels`
  };

  [[nodiscard]] std::vector<simplon::EncodedArray> pack(const Array& image) const;
  [[nodiscard]] WireParts truncated(simplon::SeriesImage image) const;
  [[nodiscard]] static WireParts message_v2(const simplon::SeriesImage& image, Packed& packed);

  std::vector<Array> images_;
  FrameForm form_;
  std::vector<Packed> packed_;
};

}  // namespace annulus
