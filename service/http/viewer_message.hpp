// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "operators/data/pattern.hpp"

#include "service/http/preview.hpp"

namespace annulus {

/// One WebSocket message, encoded as docs/viewer-protocol.md says.
struct ViewerMessage {
  enum class Form : std::uint8_t { text, binary };
  Form form = Form::text;
  std::string bytes;
};

/// What the viewer needs of a pattern.
struct PatternView {
  std::string name;          ///< of the output it comes from
  std::string run;           ///< uid of the run, empty outside a run
  std::uint64_t number = 0;  ///< of the frame in its run
  double time = 0;           ///< [s since 1970-01-01 UTC]
  std::shared_ptr<const RadialAxis> axis;
  Numbers intensity;  ///< (bins)
  Numbers sigma;      ///< (bins) or empty
};

/// What the viewer needs of a cake.
struct CakeView {
  std::string name;          ///< of the output it comes from
  std::string run;           ///< uid of the run, empty outside a run
  std::uint64_t number = 0;  ///< of the frame in its run
  double time = 0;           ///< [s since 1970-01-01 UTC]
  std::shared_ptr<const RadialAxis> axis;
  std::shared_ptr<const AzimuthalAxis> azimuthal_axis;
  Array intensity;  ///< (azimuthal bins, radial bins) of float64
};

/// Bins of a cake as sent: as many as a screen can show.
struct CakeSize {
  std::size_t azimuthal = 512;
  std::size_t radial = 1024;
};

/// A preview, and the frame it shows.
struct PreviewView {
  std::string run;
  std::uint64_t number = 0;
  double time = 0;  ///< [s since 1970-01-01 UTC]
  std::size_t frame_rows = 0;
  std::size_t frame_cols = 0;
  Preview preview;
};

/// A run that began or ended.
struct RunView {
  std::string uid;      ///< empty before the first run
  std::string outcome;  ///< empty while the run goes on
  Dict start;           ///< the start document
};

[[nodiscard]] ViewerMessage encode(const PatternView& pattern);
/// A cake with more bins than `most` is sent in blocks of them, each the mean of its bins that are not empty.
[[nodiscard]] ViewerMessage encode(const CakeView& cake, CakeSize most = {});
[[nodiscard]] ViewerMessage encode(const PreviewView& preview);
[[nodiscard]] ViewerMessage encode(const RunView& run);

/// The pattern as JSON with full double precision, NaN as null: what /api/pattern answers.
[[nodiscard]] std::string json_of(const PatternView& pattern);

}  // namespace annulus
