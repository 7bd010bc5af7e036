// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/plan.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "operators/kernels/parallel.hpp"

namespace annulus {
namespace {

/// One pixel's part in the sums of a key: 2 * bin for a pixel in `bin` and the next one, 2 * bin + 1 for a part alone.
struct Entry {
  std::uint32_t key = 0;
  std::uint16_t place = 0;
  std::int16_t part = 0;
  std::int16_t rest = 0;
};

/// Entries of one key that are added up in one lane.
struct Sum {
  std::uint32_t key = 0;
  std::uint32_t first = 0;
  std::uint32_t length = 0;
  std::uint32_t steps = 0;
};

/// What one thread has made of its tiles.
struct Piece {
  std::vector<std::uint16_t> places;
  std::vector<std::uint32_t> parts;
  std::vector<std::uint32_t> rests;
  std::vector<PlanSlice> slices;              // rows hold keys
  std::vector<std::uint32_t> slices_of_tile;  // how many
  std::vector<std::array<std::uint8_t, plan_lanes>> lengths;
  bool undivided = true;

  /// Address space only, for at most one entry a pixel.
  void reserve(std::size_t pixels) {
    places.reserve(pixels);
    parts.reserve(pixels);
    rests.reserve(pixels);
  }
};

constexpr std::uint32_t no_key = 0xFFFFFFFF;
constexpr std::size_t sorted_sums = 1024;  // by length: all those of a pattern's tile; those of a cake stay near

/// Sorts the entries of tiles by key and lays them side by side.
class TileWriter final {
 public:
  TileWriter(const Divider& divider, const Tiling& tiling, Piece& piece)
      : divider_(divider),
        tiling_(tiling),
        piece_(piece),
        entries_(tiling.across()),
        counts_(2 * divider.bins()),
        ends_(counts_.size()) {}

  void write_band(std::size_t k) {
    const Tile band = tiling_.band(k);
    fractions_.clear();
    divider_.divide(band.row * band.cols, (band.row + band.rows) * band.cols, fractions_);
    collect(band);
    for (std::vector<Entry>& entries : entries_) write_tile(entries);
  }

 private:
  /// From the fractions to the entries of the tiles.
  void collect(const Tile& band) {
    for (auto& entries : entries_) entries.clear();
    const std::span<const Fraction> fractions = fractions_;
    for (std::size_t i = 0; i < fractions.size();) {
      std::size_t end = i + 1;
      while (end < fractions.size() && fractions[end].pixel == fractions[i].pixel) ++end;
      parts_.clear();
      quantize(fractions.subspan(i, end - i), parts_);
      const std::size_t row = fractions[i].pixel / band.cols - band.row;
      const std::size_t col = fractions[i].pixel % band.cols;
      const auto place = static_cast<std::uint16_t>(row * tiling_.pitch() + col % tiling_.pitch());
      for (const PlanPart& part : parts_) add(part, place, entries_[col / tiling_.pitch()]);
      i = end;
    }
  }

  void add(const PlanPart& part, std::uint16_t place, std::vector<Entry>& entries) {
    const std::uint32_t key = part.lower == PlanRow::none ? 2 * part.upper + 1 : 2 * part.lower;
    if (part.lower == PlanRow::none || part.part != 0 || part.rest != 0) piece_.undivided = false;
    entries.push_back(
        {key, place, static_cast<std::int16_t>(part.part - half_unit), static_cast<std::int16_t>(part.rest)});
  }

  void write_tile(std::span<const Entry> entries) {
    sort(entries);
    cut();
    const std::size_t before = piece_.slices.size();
    for (std::size_t i = 0; i < sums_.size(); i += plan_lanes) {
      write_slice(std::span(sums_).subspan(i, std::min(plan_lanes, sums_.size() - i)));
    }
    piece_.slices_of_tile.push_back(static_cast<std::uint32_t>(piece_.slices.size() - before));
    for (const std::uint32_t key : keys_) counts_[key] = 0;
  }

  /// By key, pixels in their order.
  void sort(std::span<const Entry> entries) {
    keys_.clear();
    for (const Entry& entry : entries) {
      if (counts_[entry.key]++ == 0) keys_.push_back(entry.key);
    }
    std::ranges::sort(keys_);
    std::uint32_t end = 0;
    for (const std::uint32_t key : keys_) {
      ends_[key] = end;
      end += counts_[key];
    }
    sorted_.resize(entries.size());
    for (const Entry& entry : entries) sorted_[ends_[entry.key]++] = entry;
  }

  [[nodiscard]] bool is_followed(std::uint32_t at, std::uint32_t end) const {
    return at + 1 < end && sorted_[at + 1].place == sorted_[at].place + 1;
  }

  /// Sums of about as many steps come together, the longest first.
  void cut() {
    sums_.clear();
    for (const std::uint32_t key : keys_) {
      for (std::uint32_t at = ends_[key] - counts_[key]; at < ends_[key];) {
        Sum sum{key, at, std::min<std::uint32_t>(longest_sum, ends_[key] - at), 0};
        for (const std::uint32_t end = at + sum.length; at < end; ++sum.steps) at += is_followed(at, end) ? 2 : 1;
        sums_.push_back(sum);
      }
    }
    for (std::size_t first = 0; first < sums_.size(); first += sorted_sums) {
      std::ranges::stable_sort(std::span(sums_).subspan(first, std::min(sorted_sums, sums_.size() - first)),
                               std::ranges::greater(), &Sum::steps);
    }
  }

  void write_slice(std::span<const Sum> sums) {
    PlanSlice slice;
    const std::size_t begin = piece_.places.size();
    slice.first_step = static_cast<std::uint32_t>(begin / plan_lanes);
    slice.steps = sums.front().steps;
    slice.rows.fill(no_key);
    std::array<std::uint8_t, plan_lanes> lengths{};
    piece_.places.resize(begin + plan_lanes * slice.steps, 2 * tile_pixels);
    piece_.parts.resize(piece_.places.size(), 0);
    piece_.rests.resize(piece_.places.size(), 0);
    for (std::size_t lane = 0; lane < sums.size(); ++lane) {
      const Sum& sum = sums[lane];
      slice.rows[lane] = sum.key;
      lengths[lane] = static_cast<std::uint8_t>(sum.length);
      const std::uint32_t end = sum.first + sum.length;
      for (std::uint32_t at = sum.first, step = 0; at < end; ++step) {
        const std::size_t k = begin + plan_lanes * step + lane;
        const bool two = is_followed(at, end);
        piece_.places[k] = static_cast<std::uint16_t>(2 * sorted_[at].place | (two ? 0 : alone_flag));
        for (const int shift : {0, 16}) {
          if (shift > 0 && !two) break;
          piece_.parts[k] |= std::uint32_t{static_cast<std::uint16_t>(sorted_[at].part)} << shift;
          piece_.rests[k] |= std::uint32_t{static_cast<std::uint16_t>(sorted_[at].rest)} << shift;
          ++at;
        }
      }
    }
    piece_.slices.push_back(slice);
    piece_.lengths.push_back(lengths);
  }

  const Divider& divider_;
  const Tiling& tiling_;
  Piece& piece_;
  std::vector<Fraction> fractions_;
  std::vector<PlanPart> parts_;
  std::vector<std::vector<Entry>> entries_;  // of the tiles of a band
  std::vector<Entry> sorted_;
  std::vector<Sum> sums_;
  std::vector<std::uint32_t> keys_;    // that occur in the tile
  std::vector<std::uint32_t> counts_;  // by key
  std::vector<std::uint32_t> ends_;    // by key
};

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

template <class T>
void append(std::vector<T>& to, std::vector<T>&& from) {
  if (to.empty()) {
    to = std::move(from);
  } else {
    to.insert(to.end(), from.begin(), from.end());
  }
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
  std::vector<Piece> pieces(std::min(threads, bands));
  in_parallel(pieces.size(), [&](std::size_t k) {
    const std::size_t begin = bands * k / pieces.size();
    const std::size_t end = bands * (k + 1) / pieces.size();
    pieces[k].reserve((end - begin) * tiling_.across() * tile_pixels);
    TileWriter writer(divider, tiling_, pieces[k]);
    for (std::size_t band = begin; band < end; ++band) writer.write_band(band);
  });
  RowMaker rows(divider.bins());
  for (Piece& piece : pieces) {
    const auto steps_before = static_cast<std::uint32_t>(places_.size() / plan_lanes);
    for (std::size_t i = 0; i < piece.slices.size(); ++i) {
      PlanSlice& slice = piece.slices[i];
      slice.first_step += steps_before;
      for (std::size_t lane = 0; lane < plan_lanes; ++lane) {
        if (slice.rows[lane] != no_key) slice.rows[lane] = rows.row_for(slice.rows[lane], piece.lengths[i][lane]);
      }
    }
    for (const std::uint32_t made : piece.slices_of_tile) first_slices_.push_back(first_slices_.back() + made);
    append(places_, std::move(piece.places));
    append(parts_, std::move(piece.parts));
    append(rests_, std::move(piece.rests));
    append(slices_, std::move(piece.slices));
    undivided_ = undivided_ && piece.undivided;
    piece = {};
  }
  fullest_bin_ = rows.fullest_bin();
  if (undivided_) {
    parts_ = {};
    rests_ = {};
  }
  rows_ = std::move(rows.rows);
  for (PlanSlice& slice : slices_) {
    std::ranges::replace(slice.rows, no_key, static_cast<std::uint32_t>(rows_.size()));
  }
  rows_.push_back({});
}

std::size_t Plan::bytes() const noexcept {
  return places_.size() * sizeof(std::uint16_t) + (parts_.size() + rests_.size()) * sizeof(std::uint32_t) +
         slices_.size() * sizeof(PlanSlice);
}

}  // namespace annulus
