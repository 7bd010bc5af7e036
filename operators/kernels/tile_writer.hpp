// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "operators/kernels/divided_row.hpp"
#include "operators/kernels/divider.hpp"
#include "operators/kernels/large_vector.hpp"
#include "operators/kernels/plan.hpp"
#include "operators/kernels/tiling.hpp"

namespace annulus {

/// Instead of a row: a lane has no sum.
constexpr std::uint32_t no_key = 0xFFFFFFFF;

/// The tables of some tiles, one after the other, as in a Plan. Instead of rows, slices have keys: 2 * bin for parts of
/// pixels in `bin` and the next one, 2 * bin + 1 for parts alone.
struct PlanPiece {
  LargeVector<std::uint16_t> places;
  LargeVector<std::uint32_t> parts;
  LargeVector<std::uint32_t> rests;
  std::vector<PlanSlice> slices;
  std::vector<std::uint32_t> slices_of_tile;                  ///< how many
  std::vector<std::array<std::uint8_t, plan_lanes>> lengths;  ///< of the sums of a slice
  bool undivided = true;

  /// Address space only, for at most one entry a pixel.
  void reserve(std::size_t pixels);
};

/// Sorts the entries of tiles by key and lays them side by side.
class TileWriter final {
 public:
  /// Appends to `piece`. What is referred to must outlive this.
  TileWriter(const Divider& divider, const Tiling& tiling, PlanPiece& piece);

  void write_band(std::size_t k);

 private:
  /// One pixel's part in the sums of a key.
  struct Entry {
    std::uint32_t key = 0;
    std::uint16_t place = 0;
    std::int16_t part = 0;
    std::int16_t rest = 0;
  };
  /// Entries of one key that are added up in one lane.
  struct Sum {
    std::uint32_t key = 0;
    std::uint32_t first_step = 0;
    std::uint32_t steps = 0;
    std::uint32_t length = 0;
  };

  void collect(const DividedRow& row, std::size_t row_of_band);
  void add(std::span<const Fraction> pixel, std::uint16_t place, std::vector<Entry>& entries);
  void write_tile(std::span<const Entry> entries);
  void count(std::span<const Entry> entries);
  void sort(std::span<const Entry> entries);
  void cut();
  void sort_by_length(std::span<Sum> sums);
  void write_slice(std::span<const Sum> sums);

  const Tiling& tiling_;
  PlanPiece& piece_;
  bool undivided_;
  std::unique_ptr<RowDivider> rows_;
  std::vector<PlanPart> parts_of_pixel_;
  std::vector<std::vector<Entry>> entries_;  // of the tiles of a band
  std::vector<std::uint32_t> counts_;        // by key
  std::vector<std::uint32_t> ends_;          // by key
  std::vector<std::uint64_t> occurring_;     // a bit for each key
  std::vector<std::uint32_t> keys_;          // that occur in the tile
  std::vector<Entry> sorted_;
  std::vector<std::uint16_t> places_;  // of steps, sum after sum
  std::vector<std::uint32_t> parts_;
  std::vector<std::uint32_t> rests_;
  std::vector<Sum> sums_;
  std::vector<Sum> longest_first_;
};

}  // namespace annulus
