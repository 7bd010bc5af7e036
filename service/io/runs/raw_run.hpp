// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "operators/data/document.hpp"
#include "operators/data/frame.hpp"

namespace annulus {

/// Composes the documents of a run as a detector at a beamline would send them: one stream "primary" whose events
/// hold an inline image. For simulators, and for playing back images that were recorded without documents.
class RawRun {
 public:
  /// `metadata` goes into the start document; `image` is the data key of the images.
  RawRun(std::string image, Dict metadata);

  [[nodiscard]] const std::string& uid() const noexcept { return uid_; }
  [[nodiscard]] Document start(double time) const;
  /// The descriptor that fits `frame`; sent once, before the first event.
  [[nodiscard]] Document descriptor(const Frame& frame) const;
  /// The event of `frame`: seq_num is its number plus one.
  [[nodiscard]] Document event(const Frame& frame);
  [[nodiscard]] Document stop(double time, std::string_view exit_status = "success") const;

 private:
  std::string image_;
  Dict metadata_;
  std::string uid_;
  std::string descriptor_uid_;
  std::int64_t events_ = 0;
};

}  // namespace annulus
