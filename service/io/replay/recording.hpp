// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "operators/data/document.hpp"
#include "operators/data/error.hpp"
#include "operators/data/frame.hpp"

namespace annulus {

/// Documents that come one after the other: from a file, or composed around images.
class Recording {
 public:
  virtual ~Recording() = default;
  /// The next document, or nothing at the end. An error concerns one document; the next call goes on behind it.
  /// Throws IoError and DataError when nothing more can be read.
  virtual Expected<std::optional<Document>, DecodeError> next() = 0;
};

/// Opens recorded documents (JSON lines, JSON, suitcase-msgpack, also gzipped), or images (a specification as for
/// open_images, also a folder), which become one run with `image_key` as the data key. Throws IoError and DataError.
[[nodiscard]] std::unique_ptr<Recording> open_recording(const std::string& file, const std::string& image_key);

/// One run of `count` frames with inline images, as a beamline would send it; `frame(k)` gives frame k and is asked in
/// order, `metadata` goes into the start document, `exit_status` into the stop document.
[[nodiscard]] std::unique_ptr<Recording> record_frames(std::uint64_t count, std::function<Frame(std::uint64_t)> frame,
                                                       const std::string& image_key, Dict metadata,
                                                       std::string exit_status = "success");

}  // namespace annulus
