// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "operators/data/value.hpp"

#include "detectors/geometry/poni.hpp"

namespace annulus {

/// What a detector told about itself at the start of a run: the mapping "detector" of the start document, in the words
/// and units of simplon::run_start. The functions throw ConfigError "problem (reason) suggestion" for what is missing.
class DetectorHeader final {
 public:
  /// `channel`: whose mask and flat field are meant where there are several; empty: the first.
  DetectorHeader(const Dict* start, std::string channel);

  /// The detector upright across the beam, without tilts: poni1 = beam_center_y pixel_size_y, poni2 = beam_center_x
  /// pixel_size_x, both from the outer edge of the first pixel, row 0 first. The two largest values of the image's type
  /// mark pixels without a measurement (see bad_pixels). With the sensor, if its material is known here.
  [[nodiscard]] Poni poni() const;

  /// (rows, cols), not 0 where a pixel must not be used.
  [[nodiscard]] Array mask() const;

  /// (rows, cols), relative efficiency. DECTRIS sends factors by which counts are to be multiplied; this is their
  /// inverse, and 0 where they are none. Nothing when the detector has corrected the images itself.
  [[nodiscard]] std::optional<Array> flat() const;

  /// What DECTRIS detectors write into pixels that are masked (2^n - 1) or did not count well (2^n - 2).
  static constexpr BadValue bad_pixels{-1.5, 0.5};

 private:
  [[nodiscard]] std::optional<Sensor> sensor() const;
  [[nodiscard]] const Array& table(const char* one, const char* several, const char* what) const;

  const Dict* detector_;
  std::string channel_;
};

}  // namespace annulus
