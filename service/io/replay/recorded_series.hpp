// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "detectors/hdf5/file.hpp"
#include "detectors/hdf5/stored_rows.hpp"
#include "detectors/simplon/series.hpp"

namespace annulus {

/// A series in an EIGER/NeXus file, as the detector sent it: the header from NeXus' fields, and every image as it was
/// stored, without unpacking it where the stream has the same packing. One thread at a time.
class RecordedSeries final {
 public:
  /// `spec` is a master file, whose images lie in /entry/data/data_000001 and so on (also behind links), or in
  /// /entry/data/data or /entry/instrument/detector/data; or FILE:/DATASET. Throws IoError and DataError.
  explicit RecordedSeries(const std::string& spec);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] const simplon::SeriesStart& start() const noexcept { return start_; }
  /// Image `index` < size(). Throws IoError and DataError.
  [[nodiscard]] simplon::SeriesImage image(std::uint64_t index) const;

 private:
  struct Block {
    hdf5::Dataset images;
    std::uint64_t count;
    simplon::Packing packing;  ///< in which rows are stored; none: HDF5 must read them
  };

  void add_block(hdf5::Dataset images);
  void read_header();
  [[nodiscard]] simplon::EncodedArray pixels_of(const Block& block, std::uint64_t row) const;

  std::string name_;
  hdf5::File file_;
  std::vector<Block> blocks_;
  std::uint64_t size_ = 0;
  simplon::SeriesStart start_;
  double frame_time_ = 0;  ///< [s]
  double count_time_ = 0;  ///< [s]
};

}  // namespace annulus
