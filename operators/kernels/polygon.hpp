// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "operators/kernels/bin_axis.hpp"

namespace annulus {

/// A corner of a pixel as a point of the plane of both coordinates.
struct Vertex {
  double radial = 0;
  double azimuth = 0;
};

/// The corners of a polygon, in either sense around it: of a pixel, which has at most nine when it is cut twice.
class Polygon final {
 public:
  void push_back(const Vertex& corner) { corners_.at(size_++) = corner; }
  void clear() noexcept { size_ = 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const Vertex& operator[](std::size_t i) const { return corners_[i]; }
  [[nodiscard]] const Vertex& after(std::size_t i) const { return corners_[i + 1 < size_ ? i + 1 : 0]; }
  [[nodiscard]] Vertex* begin() noexcept { return corners_.data(); }
  [[nodiscard]] Vertex* end() noexcept { return corners_.data() + size_; }
  [[nodiscard]] const Vertex* begin() const noexcept { return corners_.data(); }
  [[nodiscard]] const Vertex* end() const noexcept { return corners_.data() + size_; }

 private:
  std::array<Vertex, 9> corners_;
  std::size_t size_ = 0;
};

/// Its area, negative when the corners go around from radial towards azimuth.
[[nodiscard]] double signed_area(const Polygon& polygon);

/// The part of a polygon with lo <= azimuth <= hi (after Sutherland and Hodgman, Comm. ACM 17 (1974) 32).
[[nodiscard]] Polygon clip_azimuth(const Polygon& polygon, double lo, double hi);

/// The area of a polygon in a radial bin, with the sign of signed_area().
struct StripArea {
  std::size_t bin = 0;
  double area = 0;
};

/// Appends the areas in the bins from the first to the last that the polygon touches. `area`: its signed_area().
void add_strips(const Polygon& polygon, double area, const BinAxis& radial, std::vector<StripArea>& out);

}  // namespace annulus
