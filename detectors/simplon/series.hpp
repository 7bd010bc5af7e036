// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "operators/data/array.hpp"
#include "operators/data/value.hpp"

#include "detectors/simplon/encoded_array.hpp"

namespace annulus::simplon {

/// A pixel mask or flat field of one channel.
struct Table {
  std::string channel;  ///< empty in stream V1, which has one for all
  Array values;         ///< (rows, cols), of uint32 (mask, 0 = good) or float32 (flat field)
};

/// What a detector tells when it is armed (stream V1 "dheader", V2 "start"). What it does not tell is empty.
struct SeriesStart {
  std::uint64_t series = 0;
  std::string unique_id;                ///< V2 only
  std::optional<double> time;           ///< when the detector was armed [s since 1970-01-01 UTC]
  std::optional<std::uint64_t> images;  ///< how many will come
  std::string header_detail;            ///< V1: "all", "basic" or "none"
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<std::string> channels;        ///< V2: "threshold_1", "threshold_2", "difference"
  std::string description;                  ///< "Dectris EIGER2 CdTe 9M"
  std::optional<double> beam_center_x;      ///< along the columns [pixels]
  std::optional<double> beam_center_y;      ///< along the rows [pixels]
  std::optional<double> detector_distance;  ///< [m]; absent when the detector was not told (it then says 0)
  std::optional<double> pixel_size_x;       ///< [m]
  std::optional<double> pixel_size_y;       ///< [m]
  std::optional<double> wavelength;         ///< [m]
  std::optional<double> energy;             ///< [eV]
  std::optional<double> sensor_thickness;   ///< [m]
  std::optional<double> saturation;         ///< largest count that is believed
  std::string sensor_material;
  std::vector<double> threshold_energies;  ///< [eV], in the order of the channels
  std::vector<Table> pixel_masks;
  std::vector<Table> flatfields;
  Array countrate_table;  ///< V1: (n, 2) float32; V2: as sent
  Dict header;            ///< everything as sent, in the detector's own words and units, without the tables above
  Value user_data;        ///< V1: the appendix as text
  std::vector<std::string> problems;  ///< what could not be used, such as a mask whose bytes are cut
};

/// One frame, of all channels.
struct SeriesImage {
  std::uint64_t series = 0;
  std::string unique_id;    ///< of the series; V2 only
  std::uint64_t frame = 0;  ///< from 0
  std::vector<EncodedArray> channels;
  std::optional<double> series_time;  ///< V2: what start_time counts from [s since 1970-01-01 UTC]
  std::optional<double> start_time;   ///< [s]; V1 counts from an unknown moment
  std::optional<double> stop_time;    ///< [s]
  std::optional<double> real_time;    ///< exposure [s]
  std::string hash;                   ///< V1: md5 of the packed bytes, hexadecimal; real detectors send wrong ones
  Value user_data;                    ///< V1: the appendix as text
};

/// The detector was disarmed, or the series was cancelled or aborted: the messages do not differ.
struct SeriesEnd {
  std::uint64_t series = 0;
  std::string unique_id;  ///< V2 only
};

using Message = std::variant<SeriesStart, SeriesImage, SeriesEnd>;

/// One part of a multipart message.
struct Part {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

}  // namespace annulus::simplon
