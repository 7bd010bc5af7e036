// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/bin_major.hpp"

#include <algorithm>
#include <limits>

namespace annulus {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
// What 16 bits can number.
constexpr std::size_t piece_places = 65536;
constexpr std::uint32_t most_offset = 65535;
constexpr std::size_t entries_ahead = 512;  // of those whose pixels are fetched, for the time that it takes

std::span<const double> cut(const std::vector<double>& values, std::size_t first, std::size_t size) {
  return values.empty() ? std::span<const double>() : std::span(values).subspan(first, size);
}

}  // namespace

BinMajor::BinMajor(const Division& division) : first_(division.bins + 1), first_piece_(division.bins) {
  lay_out(division);
  store(division);
}

/// Gives every bin its places, and cuts them into pieces and groups: either several bins are one of each, or one bin of
/// many pixels is a group of several pieces.
void BinMajor::lay_out(const Division& division) {
  std::vector<std::size_t> sizes(division.bins);
  for (const Fraction& f : division.fractions) ++sizes[f.bin];
  for (std::size_t bin = 0; bin < division.bins; ++bin) {
    const std::size_t places = (sizes[bin] + lanes - 1) / lanes * lanes;
    first_[bin + 1] = first_[bin] + places;
    const bool fits = !groups_.empty() && first_[bin + 1] - first_[groups_.back().bin] <= piece_places;
    if (!fits) {
      groups_.push_back({bin, pieces_.size()});
      for (std::size_t place = first_[bin]; place < first_[bin + 1] || place == first_[bin]; place += piece_places) {
        pieces_.push_back({place, 0, 0});
      }
    }
    first_piece_[bin] = static_cast<std::uint32_t>(groups_.back().piece);
    largest_group_ = std::max(largest_group_, first_[bin + 1] - first_[groups_.back().bin]);
  }
  groups_.push_back({division.bins, pieces_.size()});
  pieces_.push_back({first_.back(), 0, 0});
}

std::size_t BinMajor::piece_of(std::size_t bin, std::size_t place) const noexcept {
  const std::size_t piece = first_piece_[bin];
  return piece + (place - pieces_[piece].place) / piece_places;
}

void BinMajor::store(const Division& division) {
  const std::size_t total = first_.back();
  normalization_.assign(total, nan);
  if (std::ranges::any_of(division.fractions, [](const Fraction& f) { return f.part != 1; })) part_.resize(total);
  if (!division.dark.empty()) dark_.resize(total);
  if (!division.dark.empty() && !division.dark_variance.empty()) dark_variance_.resize(total);

  std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
  for (const Fraction& f : division.fractions) ++pieces_[piece_of(f.bin, next[f.bin]++) + 1].entry;
  for (std::size_t i = 1; i < pieces_.size(); ++i) pieces_[i].entry += pieces_[i - 1].entry;

  std::vector<std::uint32_t> pixels(division.fractions.size());
  targets_.resize(pixels.size());
  std::vector<std::size_t> filled(pieces_.size());
  for (std::size_t i = 0; i < pieces_.size(); ++i) filled[i] = pieces_[i].entry;
  std::copy(first_.begin(), first_.end() - 1, next.begin());
  for (const auto& [pixel, bin, part] : division.fractions) {
    const std::size_t place = next[bin]++;
    const std::size_t piece = piece_of(bin, place);
    const std::size_t entry = filled[piece]++;
    pixels[entry] = pixel;
    targets_[entry] = static_cast<std::uint16_t>(place - pieces_[piece].place);
    normalization_[place] = division.normalization[pixel];
    if (!part_.empty()) part_[place] = part;
    if (!dark_.empty()) dark_[place] = division.dark[pixel];
    if (!dark_variance_.empty()) dark_variance_[place] = division.dark_variance[pixel];
  }
  add_stretches(pixels);
}

void BinMajor::add_stretches(std::span<const std::uint32_t> pixels) {
  offsets_.reserve(pixels.size());
  for (std::size_t i = 0; i + 1 < pieces_.size(); ++i) {
    pieces_[i].stretch = stretches_.size();
    for (std::size_t entry = pieces_[i].entry; entry < pieces_[i + 1].entry; ++entry) {
      const bool begins = entry == pieces_[i].entry || pixels[entry] - stretches_.back().pixel > most_offset;
      if (begins) stretches_.push_back({pixels[entry], entry});
      offsets_.push_back(static_cast<std::uint16_t>(pixels[entry] - stretches_.back().pixel));
    }
  }
  offsets_.resize(pixels.size() + entries_ahead);  // so that those can be asked for that follow the last
  pieces_.back().stretch = stretches_.size();
  stretches_.push_back({0, pixels.size()});
}

template <class Out>
void BinMajor::gather(const Array& image, std::size_t group, std::span<Out> out) const {
  const std::size_t first = first_[groups_[group].bin];
  image.visit([&]<class T>(Elements<T> pixels) {
    if constexpr (sizeof(T) <= sizeof(Out)) {
      const auto at = [&](std::size_t stretch) { return pixels.bytes() + stretches_[stretch].pixel * sizeof(T); };
      for (std::size_t i = groups_[group].piece; i < groups_[group + 1].piece; ++i) {
        Out* const to = out.data() + (pieces_[i].place - first);
        for (std::size_t k = pieces_[i].stretch; k < pieces_[i + 1].stretch; ++k) {
          const Elements<T> from(at(k), 0);
          const std::uint16_t* const offset = offsets_.data() + stretches_[k].entry;
          const std::uint16_t* const target = targets_.data() + stretches_[k].entry;
          const std::size_t count = stretches_[k + 1].entry - stretches_[k].entry;
          std::size_t entry = 0;
          const auto copy = [&](std::size_t end, const std::byte* later) {
            for (; entry + 8 <= end; entry += 8) {
              __builtin_prefetch(later + offset[entry + entries_ahead] * sizeof(T));
              for (std::size_t j = entry; j < entry + 8; ++j) to[target[j]] = static_cast<Out>(from[offset[j]]);
            }
          };
          copy(std::max(count, entries_ahead) - entries_ahead, at(k));
          copy(count, at(k + 1));
          for (; entry < count; ++entry) to[target[entry]] = static_cast<Out>(from[offset[entry]]);
        }
      }
    }
  });
}

template void BinMajor::gather(const Array&, std::size_t, std::span<double>) const;
template void BinMajor::gather(const Array&, std::size_t, std::span<std::uint16_t>) const;

BinMajor::Places BinMajor::places(std::size_t group, std::size_t bin) const noexcept {
  const std::size_t first = first_[bin];
  const std::size_t size = first_[bin + 1] - first;
  return {first - first_[groups_[group].bin], cut(normalization_, first, size), cut(part_, first, size),
          cut(dark_, first, size), cut(dark_variance_, first, size)};
}

}  // namespace annulus
