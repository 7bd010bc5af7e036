// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/tile_writer.hpp"

#include <algorithm>
#include <bit>

namespace annulus {
namespace {

constexpr std::size_t sorted_sums = 1024;  // by length: all those of a pattern's tile; those of a cake stay near
constexpr std::size_t keys_a_word = 64;

/// Two numbers of 16 bits, the second of which may not be there.
std::uint32_t pair_of(std::int16_t first, std::int16_t second, bool two) {
  const std::uint32_t upper = two ? static_cast<std::uint16_t>(second) : 0;
  return static_cast<std::uint16_t>(first) | upper << 16;
}

}  // namespace

void PlanPiece::reserve(std::size_t pixels) {
  places.reserve(pixels);
  parts.reserve(pixels);
  rests.reserve(pixels);
}

TileWriter::TileWriter(const Divider& divider, const Tiling& tiling, PlanPiece& piece)
    : tiling_(tiling),
      piece_(piece),
      undivided_(divider.is_undivided()),
      rows_(divider.rows_divider()),
      entries_(tiling.across()),
      counts_(2 * divider.bins()),
      ends_(counts_.size()),
      occurring_(counts_.size() / keys_a_word + 1) {
  for (auto& entries : entries_) entries.reserve(tile_pixels);
}

void TileWriter::write_band(std::size_t k) {
  const Tile band = tiling_.band(k);
  for (auto& entries : entries_) entries.clear();
  for (std::size_t row = 0; row < band.rows; ++row) collect(rows_->divide(band.row + row, 0, band.cols), row);
  for (const std::vector<Entry>& entries : entries_) write_tile(entries);
}

/// From a row of pixels to the entries of tiles.
void TileWriter::collect(const DividedRow& row, std::size_t row_of_band) {
  constexpr double units = double{part_unit} * rest_unit;
  const std::size_t cols = row.lower.size();
  const std::uint32_t* const lower = row.lower.data();
  const double* const upper = row.upper.data();
  std::span<const Fraction> fractions = row.fractions;
  for (std::size_t k = 0; k < entries_.size(); ++k) {
    std::vector<Entry>& entries = entries_[k];
    const std::size_t first = k * tiling_.pitch(), last = std::min(cols, first + tiling_.pitch());
    for (std::size_t col = first; col < last; ++col) {
      const auto place = static_cast<std::uint16_t>(row_of_band * tiling_.pitch() + (col - first));
      if (lower[col] >= DividedRow::divided) [[unlikely]] {
        if (lower[col] == DividedRow::outside || fractions.empty() || fractions.front().pixel % cols != col) continue;
        std::size_t parts = 1;
        while (parts < fractions.size() && fractions[parts].pixel == fractions.front().pixel) ++parts;
        add(fractions.first(parts), place, entries);
        fractions = fractions.subspan(parts);
        continue;
      }
      const auto given = static_cast<std::int64_t>(upper[col] * units + 0.5);
      const std::int64_t part = (given + rest_unit / 2) / rest_unit;
      const std::int64_t rest = std::min<std::int64_t>(given - part * rest_unit, INT16_MAX);
      piece_.undivided &= given == 0;
      entries.push_back(
          {2 * lower[col], place, static_cast<std::int16_t>(part - half_unit), static_cast<std::int16_t>(rest)});
    }
  }
}

void TileWriter::add(std::span<const Fraction> pixel, std::uint16_t place, std::vector<Entry>& entries) {
  parts_of_pixel_.clear();
  quantize(pixel, parts_of_pixel_);
  for (const PlanPart& part : parts_of_pixel_) {
    const std::uint32_t key = part.lower == PlanRow::none ? 2 * part.upper + 1 : 2 * part.lower;
    if (part.lower == PlanRow::none || part.part != 0 || part.rest != 0) piece_.undivided = false;
    entries.push_back(
        {key, place, static_cast<std::int16_t>(part.part - half_unit), static_cast<std::int16_t>(part.rest)});
  }
}

void TileWriter::write_tile(std::span<const Entry> entries) {
  count(entries);
  sort(entries);
  cut();
  const std::size_t before = piece_.slices.size();
  for (std::size_t i = 0; i < sums_.size(); i += plan_lanes) {
    write_slice(std::span(sums_).subspan(i, std::min(plan_lanes, sums_.size() - i)));
  }
  piece_.slices_of_tile.push_back(static_cast<std::uint32_t>(piece_.slices.size() - before));
  for (const std::uint32_t key : keys_) counts_[key] = 0;
}

/// How often keys occur, and which do.
void TileWriter::count(std::span<const Entry> entries) {
  std::uint32_t* const counts = counts_.data();
  std::size_t least = occurring_.size(), most = 0;
  for (const Entry& entry : entries) {
    if (counts[entry.key]++ != 0) continue;
    const std::size_t word = entry.key / keys_a_word;
    occurring_[word] |= std::uint64_t{1} << (entry.key % keys_a_word);
    least = std::min(least, word);
    most = std::max(most, word);
  }
  keys_.clear();
  for (std::size_t word = least; word <= most && word < occurring_.size(); ++word) {
    for (std::uint64_t left = occurring_[word]; left != 0; left &= left - 1) {
      keys_.push_back(
          static_cast<std::uint32_t>(word * keys_a_word + static_cast<std::size_t>(std::countr_zero(left))));
    }
    occurring_[word] = 0;
  }
}

/// By key, pixels in their order.
void TileWriter::sort(std::span<const Entry> entries) {
  std::uint32_t end = 0;
  for (const std::uint32_t key : keys_) {
    ends_[key] = end;
    end += counts_[key];
  }
  sorted_.resize(entries.size() + 1);  // one more can be looked at
  std::uint32_t* const ends = ends_.data();
  Entry* const sorted = sorted_.data();
  for (const Entry& entry : entries) sorted[ends[entry.key]++] = entry;
}

/// Makes steps of the entries. Sums of about as many steps come together, the longest first.
void TileWriter::cut() {
  sums_.clear();
  places_.resize(sorted_.size());
  parts_.resize(sorted_.size());
  rests_.resize(sorted_.size());
  const Entry* const sorted = sorted_.data();
  std::uint32_t step = 0;
  for (const std::uint32_t key : keys_) {
    for (std::uint32_t at = ends_[key] - counts_[key]; at < ends_[key];) {
      Sum sum{key, step, 0, std::min<std::uint32_t>(longest_sum, ends_[key] - at)};
      for (const std::uint32_t end = at + sum.length; at < end; ++step) {
        const Entry &first = sorted[at], &second = sorted[at + 1];
        const bool two = (at + 1 < end) & (second.place == first.place + 1);
        places_.data()[step] = static_cast<std::uint16_t>(2 * first.place | (two ? 0 : alone_flag));
        parts_.data()[step] = pair_of(first.part, second.part, two);
        rests_.data()[step] = pair_of(first.rest, second.rest, two);
        at += two ? 2 : 1;
      }
      sum.steps = step - sum.first_step;
      sums_.push_back(sum);
    }
  }
  for (std::size_t first = 0; first < sums_.size(); first += sorted_sums) {
    sort_by_length(std::span(sums_).subspan(first, std::min(sorted_sums, sums_.size() - first)));
  }
}

/// The longest first, others in their order.
void TileWriter::sort_by_length(std::span<Sum> sums) {
  std::array<std::uint32_t, longest_sum + 1> begins{};
  for (const Sum& sum : sums) ++begins[sum.steps];
  std::uint32_t begin = 0;
  for (std::size_t steps = longest_sum; steps > 0; --steps) {
    const std::uint32_t count = begins[steps];
    begins[steps] = begin;
    begin += count;
  }
  longest_first_.resize(sums.size());
  for (const Sum& sum : sums) longest_first_[begins[sum.steps]++] = sum;
  std::ranges::copy(longest_first_, sums.begin());
}

void TileWriter::write_slice(std::span<const Sum> sums) {
  PlanSlice slice;
  const std::size_t begin = piece_.places.size();
  slice.first_step = static_cast<std::uint32_t>(begin / plan_lanes);
  slice.steps = sums.front().steps;
  slice.rows.fill(no_key);
  std::array<std::uint8_t, plan_lanes> lengths{};
  const std::size_t size = plan_lanes * slice.steps;
  const auto write = [&](auto& table, const auto& steps, auto none) {
    table.resize(begin + size);
    for (std::size_t lane = 0; lane < plan_lanes; ++lane) {
      const Sum sum = lane < sums.size() ? sums[lane] : Sum{};
      const auto* const from = steps.data() + sum.first_step;
      auto* const to = table.data() + begin + lane;
      for (std::size_t step = 0; step < sum.steps; ++step) to[plan_lanes * step] = from[step];
      for (std::size_t step = sum.steps; step < slice.steps; ++step) to[plan_lanes * step] = none;
    }
  };
  write(piece_.places, places_, std::uint16_t{2 * tile_pixels});
  if (!undivided_) {
    write(piece_.parts, parts_, std::uint32_t{0});
    write(piece_.rests, rests_, std::uint32_t{0});
  }
  for (std::size_t lane = 0; lane < sums.size(); ++lane) {
    slice.rows[lane] = sums[lane].key;
    lengths[lane] = static_cast<std::uint8_t>(sums[lane].length);
  }
  piece_.slices.push_back(slice);
  piece_.lengths.push_back(lengths);
}

}  // namespace annulus
