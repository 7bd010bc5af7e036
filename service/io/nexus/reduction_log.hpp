// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "operators/data/value.hpp"

#include "detectors/hdf5/group.hpp"

namespace annulus::detail {

/// /entry/annulus/reductions: from which row on another geometry or mask was used than /entry/reduction says.
class ReductionLog final {
 public:
  /// Makes the tables below `annulus`. Throws IoError.
  explicit ReductionLog(hdf5::Group& annulus);

  /// The result of a row was made as `reduction` says; null: not known.
  void note(std::uint64_t row, const std::shared_ptr<const Dict>& reduction);
  /// Brings what was noted to the file. Doing it again after an error does no harm. Throws IoError.
  void write();

 private:
  hdf5::Dataset first_row_;
  hdf5::Dataset poni_;
  hdf5::Dataset mask_;
  std::shared_ptr<const Dict> last_;
  std::vector<std::int64_t> rows_;  ///< that wait, as do the texts
  std::vector<std::string> ponis_;
  std::vector<std::string> masks_;
  std::size_t written_ = 0;
};

}  // namespace annulus::detail
