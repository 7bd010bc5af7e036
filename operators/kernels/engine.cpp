// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "operators/kernels/division.hpp"
#include "operators/kernels/tile_reader.hpp"
#include "operators/kernels/tile_sums.hpp"
#include "operators/kernels/value_sums.hpp"

namespace annulus {
namespace {

constexpr double unit = part_unit;

/// Whether the sums of all rows would not stay in a processor's caches, and those of bins are enough.
bool is_large(const Plan& plan) {
  constexpr std::size_t many_rows = 20'000;
  return plan.rows().size() > many_rows && plan.fullest_bin() <= FineSums::most_pixels;
}

/// Images whose pixels are added up as integers.
bool is_countable(DType dtype) {
  return dtype != DType::f32 && dtype != DType::f64 && size_of(dtype) <= sizeof(std::uint32_t);
}

/// Errors that follow from the counts alone. A hybrid is Poisson's where nothing is clipped.
bool has_errors_of_counts(ErrorModel model) {
  return model == ErrorModel::none || model == ErrorModel::poisson || model == ErrorModel::hybrid;
}

/// Appends the pixels of a tile that are marked bad and not masked anyway; 64 pixels are passed over at once.
void list_bad(const Divider& divider, const Tiling& tiling, std::size_t k, const TilePixels& pixels,
              const BadRange& bad, Spots& out) {
  const Tile tile = tiling.tile(k);
  visit_dtype(pixels.dtype, [&](auto tag) {
    using T = decltype(tag);
    if constexpr (std::is_integral_v<T> && sizeof(T) <= sizeof(std::uint32_t)) {
      const auto first = static_cast<T>(std::max<std::int64_t>(bad.first, std::numeric_limits<T>::min()));
      const auto last = static_cast<T>(std::min<std::int64_t>(bad.last, std::numeric_limits<T>::max()));
      for (std::size_t row = 0; row < tile.rows; ++row) {
        const Elements<T> values(pixels.row(row), tile.cols);
        const std::size_t place = row * tiling.pitch();
        const std::uint8_t* masked = &divider.mask()[tiling.pixel(tile, place)];
        const auto is_bad = [&](std::size_t i) { return values[i] >= first && values[i] <= last && masked[i] == 0; };
        for (std::size_t begin = 0; begin < tile.cols; begin += 64) {
          const std::size_t end = std::min(begin + 64, tile.cols);
          bool any = false;
          for (std::size_t i = begin; i < end; ++i) any |= is_bad(i);
          for (std::size_t i = begin; any && i < end; ++i) {
            if (is_bad(i)) out.push_back(k * tile_pixels + place + i);
          }
        }
      }
    }
  });
}

}  // namespace

Engine::Engine(const Poni& poni, const IntegrationOptions& options, std::size_t threads)
    : options_(options),
      detector_(poni.detector),
      shape_{poni.detector.rows, poni.detector.cols},
      divider_(poni, options, threads),
      plan_(divider_, threads),
      wanted_(plan_.is_undivided()                      ? Wanted::counts
              : options.error_model == ErrorModel::none ? Wanted::signal
                                                        : Wanted::all),
      weights_(divider_, plan_, options),
      team_(threads),
      by_bins_(is_large(plan_)),
      for_one_([this] { return std::make_unique<EngineScratch>(plan_, wanted_, by_bins_ ? 0 : 1); }),
      for_many_([this] { return std::make_unique<EngineScratch>(plan_, wanted_, frames_together); }) {}

void Engine::for_shares(std::size_t count, const std::function<void(std::size_t, std::size_t)>& f) const {
  if (!by_bins_) return f(0, count);
  team_.run([&](std::size_t member) { f(count * member / team_.members(), count * (member + 1) / team_.members()); });
}

/// Sums of which signal and variance are still to be made.
BinSums Engine::sums_with(const Weights& weights) const {
  BinSums sums{.signal = Numbers::uninitialized(divider_.bins()),
               .variance = {},
               .normalization = weights.normalization,
               .normalization_squared = weights.normalization_squared,
               .count = weights.count,
               .cross = {}};
  if (options_.error_model != ErrorModel::none) sums.variance = Numbers::uninitialized(divider_.bins());
  return sums;
}

void Engine::subtract_dark(const Weights& weights, std::size_t first, std::size_t last, std::span<double> signal,
                           std::span<double> variance) {
  for (std::size_t bin = first; bin < last; ++bin) {
    if (!weights.dark.empty()) signal[bin] -= weights.dark[bin];
    if (!weights.dark_variance.empty() && !variance.empty()) variance[bin] += weights.dark_variance[bin];
  }
}

void Engine::require_shape(const Array& image) const {
  if (image.shape() == shape_) return;
  throw DataError(fmt::format("the image is {} but the detector {} is {} (they must have the same shape)",
                              to_string(image.shape()), detector_.name, to_string(shape_)));
}

BadRange Engine::bad_range(DType dtype) const {
  const auto bad = bad_value_for(options_, detector_, dtype);
  if (!bad) return {};
  constexpr double most = 1e15;  // beyond every integer of 4 bytes
  return {static_cast<std::int64_t>(std::ceil(std::max(bad->value - bad->delta, -most))),
          static_cast<std::int64_t>(std::floor(std::min(bad->value + bad->delta, most)))};
}

/// From whole numbers to what they mean: the part of the upper bin is c = 1/2 + (p + r / rest_unit) / part_unit, its
/// square 1/4 + (p + r / rest_unit) / part_unit + (p^2 + 2 p r / rest_unit) / part_unit^2.
void Engine::fold_row(const PlanRow& row, const RowSums& sum, double* signal, double* variance) const {
  const std::int64_t counts = sum.count - sum.zeros;
  if (plan_.is_undivided()) {
    signal[row.lower] += static_cast<double>(counts);
    if (variance != nullptr) variance[row.lower] += static_cast<double>(sum.count);
    return;
  }
  const double rest = static_cast<double>(sum.tilt_rest - sum.tilt_zeros_rest) / rest_unit;
  const std::int64_t upper = half_unit * counts + (sum.tilt - sum.tilt_zeros);
  const std::int64_t lower = part_unit * counts - upper;
  if (row.lower != PlanRow::none) signal[row.lower] += (static_cast<double>(lower) - rest) / unit;
  if (row.upper != PlanRow::none) signal[row.upper] += (static_cast<double>(upper) + rest) / unit;
  if (variance == nullptr) return;
  const double squares = 32768 * static_cast<double>(sum.squares) + 2 * static_cast<double>(sum.squares_rest);
  const double even = 0.25 * static_cast<double>(sum.count) + squares / (unit * unit);
  const double odd = (static_cast<double>(sum.tilt) + static_cast<double>(sum.tilt_rest) / rest_unit) / unit;
  if (row.lower != PlanRow::none) variance[row.lower] += std::max(0.0, even - odd);
  if (row.upper != PlanRow::none) variance[row.upper] += std::max(0.0, even + odd);
}

/// What the members of the team have summed of a frame.
BinSums Engine::fold(const Lease& lease, std::size_t frame) const {
  const auto weights = weights_.without(bad_of(lease, frame));
  BinSums sums = sums_with(*weights);
  const auto signal = sums.signal.edit();
  const auto variance = sums.variance.edit();
  std::ranges::fill(signal, 0.0);
  std::ranges::fill(variance, 0.0);
  for (std::size_t i = 0; i + 1 < plan_.rows().size(); ++i) {
    RowSums sum = lease[0].sums.row(i, frame);
    for (std::size_t member = 1; member < lease.size(); ++member) sum += lease[member].sums.row(i, frame);
    fold_row(plan_.rows()[i], sum, signal.data(), variance.empty() ? nullptr : variance.data());
  }
  subtract_dark(*weights, 0, divider_.bins(), signal, variance);
  return sums;
}

BinSums Engine::sum(const Array& image, const Array* variance) const {
  require_shape(image);
  if (variance != nullptr) require_shape(*variance);
  if (variance == nullptr && options_.error_model == ErrorModel::variance) {
    throw DataError("there are no variances (the error model 'variance' takes them with each frame) choose poisson");
  }
  if (!has_errors_of_counts(options_.error_model) || !is_countable(image.dtype())) return sum_values(image, variance);
  return by_bins_ ? sum_by_bins(image) : sum_by_rows(image);
}

template <class Sums>
void Engine::add_tiles_of(std::size_t member, const TileReader& reader, EngineScratch& scratch, Sums& sums) const {
  scratch.restart();
  const BadRange bad = bad_range(reader.dtype());
  const Tiling& tiling = plan_.tiling();
  auto& [all_bad, room] = scratch.frame(0);
  std::uint16_t* digits = scratch.digits();
  for_tiles_of(member, [&](std::size_t k) {
    const TilePixels pixels = reader.read(tiling.tile(k), room);
    const std::array next{reader.place_of(tiling.tile(k + 1))};
    Ahead ahead(next, plan_.steps(k));
    const TileContent content = take_digit(pixels, bad, 0, tiling.pitch(), digits);
    if (content.any_bad) list_bad(divider_, tiling, k, pixels, bad, all_bad);
    if (content.any_negative) {
      add_tile_scalar(plan_, k, wanted_, pixels, bad, sums);
      return;
    }
    add_tile(plan_, k, wanted_, digits, 0, ahead, sums);
    for (int digit = 1; content.has_digit(digit); ++digit) {
      take_digit(pixels, bad, digit, tiling.pitch(), digits);
      add_tile(plan_, k, wanted_, digits, digit, ahead, sums);
    }
  });
}

BinSums Engine::sum_by_rows(const Array& image) const {
  const TileReader reader(image);
  Lease lease(for_one_, team_.members());
  team_.run([&](std::size_t member) { add_tiles_of(member, reader, lease[member], lease[member].sums); });
  return fold(lease, 0);
}

BinSums Engine::sum_by_bins(const Array& image) const {
  const TileReader reader(image);
  Lease lease(for_one_, team_.members());
  team_.run([&](std::size_t member) { add_tiles_of(member, reader, lease[member], lease[member].fine_sums); });
  const auto weights = weights_.without(bad_of(lease, 0));
  std::vector<const FineSums*> parts;
  for (std::size_t member = 0; member < lease.size(); ++member) parts.push_back(&lease[member].fine_sums);
  BinSums sums = sums_with(*weights);
  const auto signal = sums.signal.edit();
  const auto variance = sums.variance.edit();
  for_shares(divider_.bins(), [&](std::size_t begin, std::size_t end) {
    constexpr std::size_t at_once = 2048;  // stay in a cache
    for (std::size_t first = begin; first < end; first += at_once) {
      const std::size_t last = std::min(end, first + at_once);
      FineSums::fold(parts, first, last, signal.data(), variance.empty() ? nullptr : variance.data());
      subtract_dark(*weights, first, last, signal, variance);
    }
  });
  return sums;
}

/// Throws DataError when the frame could not be unpacked.
Spots Engine::bad_of(const Lease& lease, std::size_t frame) {
  Spots all;
  for (std::size_t member = 0; member < lease.size(); ++member) {
    const auto& [bad, room] = lease[member].frame(frame);
    if (room.error) throw DataError(to_string(*room.error));
    all.insert(all.end(), bad.begin(), bad.end());
  }
  return all;
}

std::vector<BinSums> Engine::sum(std::span<const Array> images) const {
  std::vector<BinSums> out;
  const bool together = has_errors_of_counts(options_.error_model) && !by_bins_;
  while (!images.empty()) {
    std::size_t count = 0;
    while (count < std::min(images.size(), frames_together) && together && images[count].shape() == shape_ &&
           images[count].dtype() == images[0].dtype() && is_countable(images[0].dtype())) {
      ++count;
    }
    if (count < 4) {
      out.push_back(sum(images[0]));
      images = images.subspan(1);
      continue;
    }
    for (BinSums& sums : sum_together(images.first(count))) out.push_back(std::move(sums));
    images = images.subspan(count);
  }
  return out;
}

/// Up to frames_together images of one integer type.
std::vector<BinSums> Engine::sum_together(std::span<const Array> images) const {
  const BadRange bad = bad_range(images[0].dtype());
  const std::vector<TileReader> readers(images.begin(), images.end());
  const Tiling& tiling = plan_.tiling();
  Lease lease(for_many_, team_.members());
  team_.run([&](std::size_t member) {
    EngineScratch& scratch = lease[member];
    scratch.restart();
    for_tiles_of(member, [&](std::size_t k) {
      std::array<TilePixels, frames_together> pixels;
      std::array<TilePixels, frames_together> next;
      std::array<TileContent, frames_together> contents;
      for (std::size_t i = 0; i < images.size(); ++i) {
        next[i] = readers[i].place_of(tiling.tile(k + 1));
        pixels[i] = readers[i].read(tiling.tile(k), scratch.frame(i).room);
      }
      Ahead ahead(next, pixels[0].rows * (pixels[0].cols / digits_block + 1) + plan_lanes * plan_.slices(k).size());
      const auto take = [&](int digit) {
        take_digits(std::span<const TilePixels>(pixels).first(images.size()), bad, digit, tiling.pitch(), ahead,
                    contents, scratch.digits());
      };
      take(0);
      TileContent all;
      for (std::size_t i = 0; i < images.size(); ++i) {
        if (contents[i].any_bad) list_bad(divider_, tiling, k, pixels[i], bad, scratch.frame(i).bad);
        if (contents[i].any_negative) {
          add_tile_scalar(plan_, k, wanted_, pixels[i], bad, scratch.sums, i);
        } else {
          all.bits |= contents[i].bits;
        }
      }
      add_tiles(plan_, k, wanted_, scratch.digits(), 0, ahead, scratch.sums);
      for (int digit = 1; all.has_digit(digit); ++digit) {
        take(digit);
        add_tiles(plan_, k, wanted_, scratch.digits(), digit, ahead, scratch.sums);
      }
    });
  });
  std::vector<BinSums> out;
  for (std::size_t i = 0; i < images.size(); ++i) out.push_back(fold(lease, i));
  return out;
}

/// Calls f(tile) for those that a member of the team adds up.
template <class F>
void Engine::for_tiles_of(std::size_t member, const F& f) const {
  const std::size_t tiles = plan_.tiling().tiles();
  const std::size_t end = tiles * (member + 1) / team_.members();
  for (std::size_t k = tiles * member / team_.members(); k < end; ++k) f(k);
}

BinSums Engine::sum_values(const Array& image, const Array* variance) const {
  const auto bad = bad_value_for(options_, detector_, image.dtype());
  ValueSums values = add_values(plan_, options_, bad, image, variance);
  const auto weights = weights_.without(std::move(values.bad));
  BinSums out = sums_with(*weights);
  out.signal = values.signal;
  out.variance = values.variance;
  subtract_dark(*weights, 0, divider_.bins(), out.signal.edit(), out.variance.edit());
  if (options_.error_model == ErrorModel::azimuthal) {
    add_spread(plan_, divider_.normalization(), weights_.dark(), bad, image, out);
  }
  return out;
}

}  // namespace annulus
