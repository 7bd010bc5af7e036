// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include "operators/kernels/parallel.hpp"
#include "operators/kernels/tile_writer.hpp"

namespace annulus {
namespace {

/// Gives every key its row, and a further one whenever a row is full.
class RowMaker final {
 public:
  explicit RowMaker(std::size_t bins) : row_of_(2 * bins, no_key), filled_(2 * bins), entries_(2 * bins) {}

  std::uint32_t row_for(std::uint32_t key, std::uint32_t length) {
    if (row_of_[key] == no_key || filled_[key] + length > fullest_row) {
      const std::uint32_t bin = key / 2;
      const std::uint32_t next = bin + 1 < row_of_.size() / 2 ? bin + 1 : PlanRow::none;
      row_of_[key] = static_cast<std::uint32_t>(rows.size());
      filled_[key] = 0;
      rows.push_back(key % 2 == 0 ? PlanRow{bin, next} : PlanRow{PlanRow::none, bin});
    }
    filled_[key] += length;
    entries_[key] += length;
    return row_of_[key];
  }

  [[nodiscard]] std::size_t fullest_bin() const {
    std::size_t most = 0;
    for (std::size_t key = 0; key < entries_.size(); key += 2) {
      most = std::max<std::size_t>(most, entries_[key] + entries_[key + 1] + (key > 0 ? entries_[key - 2] : 0));
    }
    return most;
  }

  std::vector<PlanRow> rows;

 private:
  std::vector<std::uint32_t> row_of_;
  std::vector<std::uint32_t> filled_;
  std::vector<std::uint32_t> entries_;  // by key
};

std::int64_t nearest(double positive) { return static_cast<std::int64_t>(positive + 0.5); }

/// Gives the slices of all pieces their rows and their steps.
void settle(std::span<PlanPiece> pieces, RowMaker& maker) {
  std::size_t steps = 0;
  for (PlanPiece& piece : pieces) {
    for (std::size_t i = 0; i < piece.slices.size(); ++i) {
      PlanSlice& slice = piece.slices[i];
      slice.first_step += static_cast<std::uint32_t>(steps);
      for (std::size_t lane = 0; lane < plan_lanes; ++lane) {
        if (slice.rows[lane] != no_key) slice.rows[lane] = maker.row_for(slice.rows[lane], piece.lengths[i][lane]);
      }
    }
    steps += piece.places.size() / plan_lanes;
  }
  const auto unused = static_cast<std::uint32_t>(maker.rows.size());
  maker.rows.push_back({});
  for (PlanPiece& piece : pieces) {
    for (PlanSlice& slice : piece.slices) std::ranges::replace(slice.rows, no_key, unused);
  }
}

/// One table of all pieces.
template <class T>
LargeVector<T> join(std::span<PlanPiece> pieces, LargeVector<T> PlanPiece::* table) {
  LargeVector<T> all = std::move(pieces.front().*table);
  for (PlanPiece& piece : pieces.subspan(1)) {
    all.insert(all.end(), (piece.*table).begin(), (piece.*table).end());
    piece.*table = {};
  }
  return all;
}

}  // namespace

void quantize(std::span<const Fraction> pixel, std::vector<PlanPart>& out) {
  constexpr std::int64_t whole_units = std::int64_t{part_unit} * rest_unit;
  double sum = 0;
  for (const Fraction& fraction : pixel) sum += fraction.part;
  const bool whole = std::abs(sum - 1) < 1e-7;
  const double scale = static_cast<double>(whole_units) / (whole ? sum : 1);
  const auto part_of = [](std::uint32_t lower, std::uint32_t upper, std::int64_t units) {
    const std::int64_t part = (units + rest_unit / 2) / rest_unit;
    const std::int64_t rest = std::min<std::int64_t>(units - part * rest_unit, INT16_MAX);
    return PlanPart{lower, upper, static_cast<std::int32_t>(part), static_cast<std::int32_t>(rest)};
  };
  if (whole && pixel.size() <= 2 && pixel.back().bin - pixel.front().bin == pixel.size() - 1) {
    const std::uint32_t bin = pixel.front().bin;
    const std::int64_t lower = pixel.size() == 1 ? whole_units : nearest(pixel.front().part * scale);
    out.push_back(part_of(bin, bin + 1, whole_units - lower));
    return;
  }
  double reached = 0;
  std::int64_t given = 0;
  for (const Fraction& fraction : pixel) {
    reached += fraction.part * scale;
    const std::int64_t until = whole && &fraction == &pixel.back() ? whole_units : nearest(reached);
    out.push_back(part_of(PlanRow::none, fraction.bin, until - given));
    given += std::int64_t{out.back().part} * rest_unit + out.back().rest;
  }
}

Plan::Plan(const Divider& divider, std::size_t threads)
    : tiling_(divider.rows(), divider.cols()), bins_(divider.bins()) {
  const std::size_t bands = tiling_.bands();
  std::vector<PlanPiece> pieces(std::min(threads, bands));
  const std::size_t places_of_band = tiling_.across() * tile_pixels;
  in_parallel(pieces.size(), [&](std::size_t k) {
    const std::size_t begin = bands * k / pieces.size();
    const std::size_t end = bands * (k + 1) / pieces.size();
    pieces[k].reserve((k == 0 ? bands : end - begin) * places_of_band);  // the first will have all of them
    TileWriter writer(divider, tiling_, pieces[k]);
    for (std::size_t band = begin; band < end; ++band) writer.write_band(band);
  });
  RowMaker maker(bins_);
  settle(pieces, maker);
  rows_ = std::move(maker.rows);
  fullest_bin_ = maker.fullest_bin();
  undivided_ = std::ranges::all_of(pieces, &PlanPiece::undivided);
  const std::array<std::function<void()>, 3> joins{[&] { places_ = join(pieces, &PlanPiece::places); },
                                                   [&] { parts_ = join(pieces, &PlanPiece::parts); },
                                                   [&] { rests_ = join(pieces, &PlanPiece::rests); }};
  const std::size_t tables = undivided_ ? 1 : joins.size();
  const std::size_t joiners = std::min(threads, tables);
  in_parallel(joiners, [&](std::size_t k) {
    for (std::size_t table = k; table < tables; table += joiners) joins[table]();
  });
  for (const PlanPiece& piece : pieces) {
    for (const std::uint32_t made : piece.slices_of_tile) first_slices_.push_back(first_slices_.back() + made);
    slices_.insert(slices_.end(), piece.slices.begin(), piece.slices.end());
  }
}

std::size_t Plan::bytes() const noexcept {
  return places_.size() * sizeof(std::uint16_t) + (parts_.size() + rests_.size()) * sizeof(std::uint32_t) +
         slices_.size() * sizeof(PlanSlice);
}

}  // namespace annulus
