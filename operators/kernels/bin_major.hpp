// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/kernels/division.hpp"

namespace annulus {

/// The pixels of a division in the order of their bins, for what needs all pixels of a bin at once. Within a bin they
/// keep their order. Every bin takes a multiple of `lanes` places; the last may be empty, with NaN for normalization.
///
/// Neighbouring bins make a group, whose pixels are brought to their places together: the image is read along its rows,
/// as far as they lie in the group, and not for every bin from one end to the other.
class BinMajor final {
 public:
  static constexpr std::size_t lanes = 8;

  explicit BinMajor(const Division& division);

  [[nodiscard]] std::size_t groups() const noexcept { return groups_.size() - 1; }
  /// Most places of a group.
  [[nodiscard]] std::size_t largest_group() const noexcept { return largest_group_; }
  /// The bins of a group: first to end, without that.
  [[nodiscard]] std::size_t first_bin(std::size_t group) const noexcept { return groups_[group].bin; }
  [[nodiscard]] std::size_t end_bin(std::size_t group) const noexcept { return groups_[group + 1].bin; }

  /// Writes the values of an image to `out`, one bin of the group after the other; empty places are left as they are.
  /// Out is double, or std::uint16_t for images of unsigned integers that fit.
  template <class Out>
  void gather(const Array& image, std::size_t group, std::span<Out> out) const;

  /// What lies at the places of a bin.
  struct Places {
    std::size_t first = 0;  ///< where its values are among those of its group
    std::span<const double> normalization;
    std::span<const double> part;           ///< empty: all 1
    std::span<const double> dark;           ///< empty without a dark
    std::span<const double> dark_variance;  ///< empty without one
    [[nodiscard]] std::size_t size() const noexcept { return normalization.size(); }
  };
  [[nodiscard]] Places places(std::size_t group, std::size_t bin) const noexcept;

 private:
  /// Where a group begins.
  struct Group {
    std::size_t bin = 0;
    std::size_t piece = 0;
  };
  /// Places that are filled in one go; as many as 16 bits can count. A bin of more is filled in several.
  struct Piece {
    std::size_t place = 0;
    std::size_t entry = 0;    ///< of targets_
    std::size_t stretch = 0;  ///< of stretches_
  };
  /// Entries whose pixels lie near each other.
  struct Stretch {
    std::uint32_t pixel = 0;
    std::size_t entry = 0;
  };

  void lay_out(const Division& division);
  void store(const Division& division);
  void add_stretches(std::span<const std::uint32_t> pixels);
  [[nodiscard]] std::size_t piece_of(std::size_t bin, std::size_t place) const noexcept;

  std::vector<std::size_t> first_;          ///< (bins + 1) place of the first pixel of each bin
  std::vector<std::uint32_t> first_piece_;  ///< (bins) piece of that place
  std::size_t largest_group_ = 0;
  std::vector<Group> groups_;  ///< one more than there are
  std::vector<Piece> pieces_;  ///< the same
  std::vector<Stretch> stretches_;
  std::vector<std::uint16_t> offsets_;  ///< pixels within the stretch
  std::vector<std::uint16_t> targets_;  ///< places within the piece
  std::vector<double> normalization_;
  std::vector<double> part_;
  std::vector<double> dark_;
  std::vector<double> dark_variance_;
};

}  // namespace annulus
