// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include "operators/data/value.hpp"

#include "detectors/simplon/series.hpp"

namespace annulus::simplon {

/// The start document of the run that a series is. `detector` has what the detector told, in our units:
/// detector_distance [m], wavelength [m], energy [eV], beam_center_x and beam_center_y [pixels], pixel_size_x and
/// pixel_size_y [m], sensor_material, sensor_thickness [m], saturation [counts], threshold_energy [eV], channels,
/// description, shape (rows, cols), pixel_mask_applied, flatfield_applied, and the arrays pixel_mask, flatfield of the
/// first channel (pixel_masks, flatfields: by channel, when there are several). `simplon` has the header as it was
/// sent.
[[nodiscard]] Dict run_start(SeriesStart start, std::string uid, double time);

/// What a frame of the run says beside its pixels: start_time, stop_time, real_time [s], user_data.
[[nodiscard]] std::shared_ptr<const Dict> readings_of(const SeriesImage& image);

}  // namespace annulus::simplon
