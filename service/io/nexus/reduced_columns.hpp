// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "detectors/hdf5/group.hpp"
#include "service/io/nexus/run_info.hpp"

namespace annulus::detail {

/// The data of a reduced file: /entry/data (NXdata with I, I_errors, the sums, frame_time, the axes) and
/// /entry/readings, one row per frame, NaN where there is nothing. With an azimuthal axis, a row is an image.
class ReducedColumns final {
 public:
  /// Makes the tables below `entry` and points the default plot at them. Throws IoError.
  ReducedColumns(hdf5::Group& entry, RowLayout layout);

  /// Throws DataError unless the row has the axes and the fields of the layout; without an azimuthal axis it is that of
  /// a pattern.
  void require_fit(const Pattern& row, const AzimuthalAxis* azimuthal_axis) const;

  void resize(std::size_t rows);
  /// Writes one row per pattern from row `first` on; every pattern must fit. Throws IoError.
  void write(std::size_t first, std::span<const Pattern> patterns);
  void flush();

  /// Bytes that one row takes in the file.
  [[nodiscard]] std::size_t row_bytes() const;
  /// Readings seen that have no column.
  [[nodiscard]] std::uint64_t ignored_readings() const { return ignored_readings_; }

 private:
  using Field = Numbers Pattern::*;
  struct Profile {
    hdf5::Dataset table;
    Field field;
  };
  struct Reading {
    std::string key;
    hdf5::Dataset table;
  };

  void make_axes(hdf5::Group& data);
  void make_profiles(hdf5::Group& data);
  void make_readings(hdf5::Group& entry);
  void write_scalars(std::size_t first, std::span<const Pattern> patterns);
  void count_ignored(const Pattern& pattern);
  void for_each_table(const std::function<void(hdf5::Dataset&)>& act);

  RowLayout layout_;
  std::vector<Profile> profiles_;
  std::vector<Reading> readings_;
  hdf5::Dataset time_;
  hdf5::Dataset norm_;
  bool norm_written_ = false;
  std::uint64_t ignored_readings_ = 0;
};

}  // namespace annulus::detail
