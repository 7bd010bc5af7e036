// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/divider.hpp"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "tests/operators/kernels/small_detector.hpp"

namespace annulus {
namespace {

using testing::parts_by_bin;
using testing::small_options;
using testing::small_poni;
using testing::sum;

/// `rows` x `cols` pixels of 1 mm, 1 m away, the beam at (row, col) [pixels].
Poni millimetres(std::size_t rows, std::size_t cols, double row, double col) {
  Detector detector;
  detector.pixel1 = 1e-3;
  detector.pixel2 = 1e-3;
  detector.rows = rows;
  detector.cols = cols;
  return {detector, 1, row * 1e-3, col * 1e-3, 0, 0, 0, {}};
}

/// Radius in millimetres, one bin each.
IntegrationOptions radius(Split split, double lo, double hi) {
  IntegrationOptions options;
  options.unit = RadialUnit::r_mm;
  options.split = split;
  options.bins = static_cast<std::size_t>(hi - lo);
  options.radial_range = Range{lo, hi};
  return options;
}

std::vector<double> parts_by_pixel(const Divider& divider) {
  std::vector<Fraction> fractions;
  divider.divide(0, divider.pixels(), fractions);
  std::vector<double> parts(divider.pixels());
  for (const Fraction& fraction : fractions) {
    EXPECT_GT(fraction.part, 0);
    EXPECT_LE(fraction.part, 1 + 1e-12);
    parts[fraction.pixel] += fraction.part;
  }
  return parts;
}

class Divider1d : public ::testing::TestWithParam<Split> {};
INSTANTIATE_TEST_SUITE_P(EverySplit, Divider1d, ::testing::Values(Split::no, Split::bbox, Split::full),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST_P(Divider1d, gives_all_of_every_pixel) {
  for (const std::size_t bins : {1, 10, 64, 777}) {
    IntegrationOptions options = small_options(GetParam());
    options.bins = bins;
    for (const double parts : parts_by_pixel(Divider(small_poni(), options))) EXPECT_NEAR(parts, 1, 1e-9) << bins;
  }
}

TEST_P(Divider1d, adds_up_for_neighbouring_ranges) {
  const Poni poni = millimetres(20, 30, 4.3, 7.7);
  const auto all = parts_by_bin(Divider(poni, radius(GetParam(), 0, 30)));
  const auto lower = parts_by_bin(Divider(poni, radius(GetParam(), 0, 11)));
  const auto upper = parts_by_bin(Divider(poni, radius(GetParam(), 11, 30)));
  for (std::size_t bin = 0; bin < all.size(); ++bin) {
    EXPECT_NEAR(all[bin], bin < 11 ? lower[bin] : upper[bin - 11], 1e-9) << bin;
  }
  EXPECT_NEAR(sum(all), 600, 1e-6);
}

TEST_P(Divider1d, adds_up_for_sectors_around_the_circle) {
  IntegrationOptions options = small_options(GetParam());
  const auto all = parts_by_bin(Divider(small_poni(), options));
  std::vector<double> together(all.size());
  for (int i = 0; i < 9; ++i) {
    options.sector = Sector{40.0 * i - 77, 40};
    options.radial_range = Range{0, 100};  // of every sector the same
    const auto parts = parts_by_bin(Divider(small_poni(), options));
    for (std::size_t bin = 0; bin < parts.size(); ++bin) together[bin] += parts[bin];
  }
  options.sector.reset();
  const auto whole = parts_by_bin(Divider(small_poni(), options));
  for (std::size_t bin = 0; bin < whole.size(); ++bin) EXPECT_NEAR(together[bin], whole[bin], 1e-6) << bin;
}

TEST_P(Divider1d, does_not_care_where_a_whole_turn_begins) {
  IntegrationOptions options = small_options(GetParam());
  const auto all = parts_by_bin(Divider(small_poni(), options));
  options.sector = Sector{33, 360};
  const auto turned = parts_by_bin(Divider(small_poni(), options));
  for (std::size_t bin = 0; bin < all.size(); ++bin) EXPECT_NEAR(turned[bin], all[bin], 1e-6) << bin;
}

TEST_P(Divider1d, sums_a_cake_to_a_pattern) {
  IntegrationOptions options = small_options(GetParam());
  const auto pattern = parts_by_bin(Divider(small_poni(), options));
  options.azimuthal_bins = 36;
  const Divider divider(small_poni(), options);
  ASSERT_EQ(divider.bins(), 36 * options.bins);
  ASSERT_EQ(divider.azimuthal_axis()->bins(), 36U);
  const auto cake = parts_by_bin(divider);
  for (std::size_t bin = 0; bin < pattern.size(); ++bin) {
    double column = 0;
    for (std::size_t a = 0; a < 36; ++a) column += cake[a * options.bins + bin];
    EXPECT_NEAR(column, pattern[bin], 1e-6) << bin;
  }
}

TEST_P(Divider1d, depends_neither_on_threads_nor_on_where_it_begins) {
  const IntegrationOptions options = small_options(GetParam());
  std::vector<Fraction> one;
  std::vector<Fraction> three;
  Divider(small_poni(), options, 1).divide(0, 10'800, one);
  const Divider divider(small_poni(), options, 3);
  for (const std::size_t first : {0, 1, 500, 501, 9'999}) {
    const std::size_t last = first == 0 ? 1 : first == 1 ? 500 : first == 500 ? 501 : first == 501 ? 9'999 : 10'800;
    divider.divide(first, last, three);
  }
  ASSERT_EQ(one.size(), three.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].pixel, three[i].pixel);
    EXPECT_EQ(one[i].bin, three[i].bin);
    EXPECT_EQ(one[i].part, three[i].part);
  }
}

TEST_P(Divider1d, takes_edges_instead_of_a_range) {
  const IntegrationOptions even = radius(GetParam(), 2, 22);
  IntegrationOptions given = even;
  given.radial_range.reset();
  for (int edge = 2; edge <= 22; ++edge) given.edges.push_back(edge);
  const Poni poni = millimetres(20, 30, 4.3, 7.7);
  const auto expected = parts_by_bin(Divider(poni, even));
  const auto parts = parts_by_bin(Divider(poni, given));
  ASSERT_EQ(parts.size(), expected.size());
  for (std::size_t bin = 0; bin < parts.size(); ++bin) EXPECT_NEAR(parts[bin], expected[bin], 1e-12);
}

TEST_P(Divider1d, spaces_bins_logarithmically) {
  IntegrationOptions options = radius(GetParam(), 1, 16);
  options.bins = 4;
  options.spacing = Spacing::logarithmic;
  const Divider divider(millimetres(20, 30, 4.3, 7.7), options);
  const std::vector<double> edges = divider.radial_axis()->edges;
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(edges[i], std::pow(2, i), 1e-12);
  // The same as one bin of 1 mm after the other.
  const auto even = parts_by_bin(Divider(millimetres(20, 30, 4.3, 7.7), radius(GetParam(), 1, 16)));
  const auto parts = parts_by_bin(divider);
  EXPECT_NEAR(parts[0], even[0], 1e-9);
  EXPECT_NEAR(parts[1], even[1] + even[2], 1e-9);
  EXPECT_NEAR(parts[2], even[3] + even[4] + even[5] + even[6], 1e-9);
}

TEST(Divider, takes_the_lower_edge_of_a_bin_and_leaves_the_upper) {
  // Centres at 0.5, 1.5, ... in the row of the beam.
  const auto parts = parts_by_bin(Divider(millimetres(1, 6, 0.5, 0), radius(Split::no, 0.5, 4.5)));
  EXPECT_EQ(parts, (std::vector<double>{1, 1, 1, 1}));
}

TEST(Divider, shares_a_box_by_length) {
  const Divider divider(millimetres(1, 1, 0.5, -4), radius(Split::bbox, 0, 10));
  // The farthest corners of the pixel from 4 to 5 are at hypot(5, 0.5); its centre is at 4.5.
  const double half_width = std::hypot(5, 0.5) - 4.5;
  const auto parts = parts_by_bin(divider);
  EXPECT_NEAR(parts[3], (half_width - 0.5) / (2 * half_width), 1e-6);
  EXPECT_NEAR(parts[4], 1 / (2 * half_width), 1e-6);
  EXPECT_NEAR(parts[5], (half_width - 0.5) / (2 * half_width), 1e-6);
}

TEST(Divider, shares_a_polygon_by_area) {
  // Far from the beam and half a bin off: the edges of bins cut the pixel straight.
  const auto parts = parts_by_bin(Divider(millimetres(1, 1, 0.5, -1000.25), radius(Split::full, 999, 1003)));
  EXPECT_NEAR(parts[1], 0.75, 2e-3);
  EXPECT_NEAR(parts[2], 0.25, 2e-3);
  EXPECT_NEAR(sum(parts), 1, 1e-9);
}

TEST(Divider, divides_a_pixel_around_the_beam_over_the_whole_circle) {
  for (const Split split : {Split::bbox, Split::full}) {
    IntegrationOptions options = radius(split, 0, 2);
    options.azimuthal_bins = 4;
    const auto parts = parts_by_bin(Divider(millimetres(1, 1, 0.5, 0.5), options));
    EXPECT_NEAR(sum(parts), 1, 1e-6);
    for (std::size_t quarter = 0; quarter < 4; ++quarter) EXPECT_NEAR(parts[2 * quarter], 0.25, 1e-6);
  }
}

TEST(Divider, holds_centres_in_sectors_across_the_cut) {
  // Pixels to the left of the beam, above and below the cut.
  const Poni poni = millimetres(2, 1, 1, 10);
  IntegrationOptions options = radius(Split::no, 0, 20);
  for (const auto& [lo, hi] : {std::pair{170., 190.}, {170., -170.}, {-190., -170.}, {530., 550.}}) {
    options.sector = sector_between(lo, hi);
    EXPECT_EQ(sum(parts_by_bin(Divider(poni, options))), 2);
  }
  options.sector = sector_between(-170, 170);
  EXPECT_EQ(sum(parts_by_bin(Divider(poni, options))), 0);
}

TEST(Divider, takes_azimuthal_edges) {
  IntegrationOptions options = radius(Split::no, 0, 20);
  options.azimuthal_edges = {-45, 45, 135, 225, 315};
  // Right, up, left and down of the beam; rows go up.
  const auto parts = parts_by_bin(Divider(millimetres(3, 3, 1.5, 1.5), options));
  const auto quarter = [&](std::size_t k) {
    return sum(std::vector<double>(parts.begin() + static_cast<std::ptrdiff_t>(20 * k),
                                   parts.begin() + static_cast<std::ptrdiff_t>(20 * (k + 1))));
  };
  EXPECT_EQ(quarter(0) + quarter(1) + quarter(2) + quarter(3), 9);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_GE(quarter(k), 2);
}

TEST(Divider, spans_the_pixels_that_are_not_masked) {
  const Poni poni = millimetres(1, 6, 0.5, 0);
  IntegrationOptions options;
  options.unit = RadialUnit::r_mm;
  options.split = Split::no;
  options.mask = Array::of({1, 6}, std::vector<std::uint8_t>{1, 0, 0, 0, 0, 1});
  const Divider divider(poni, options);
  EXPECT_DOUBLE_EQ(divider.radial_axis()->edges.front(), 1.5);
  EXPECT_NEAR(divider.radial_axis()->edges.back(), 4.5 * (1 + 1.1920929e-7), 1e-12);
  EXPECT_EQ(sum(parts_by_bin(divider)), 4);
}

TEST(Divider, refuses_what_makes_no_sense) {
  const Poni poni = millimetres(2, 2, 1, 1);
  const auto refuse = [&](auto change, const std::string& part) {
    IntegrationOptions options = radius(Split::no, 0, 20);
    change(options);
    try {
      (void)Divider(poni, options);
      FAIL() << "nothing was refused; expected: " << part;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refuse([](auto& o) { o.unit = RadialUnit::q_nm; }, "needs a wavelength");
  refuse([](auto& o) { o.mask = Array::of({2, 2}, std::vector<std::uint8_t>(4, 1)); }, "every pixel is masked");
  refuse(
      [](auto& o) {
        o.edges = {1};
        o.radial_range.reset();
      },
      "one radial edge");
  refuse(
      [](auto& o) {
        o.edges = {1, 2, 2};
        o.radial_range.reset();
      },
      "edge number 3");
  refuse([](auto& o) { o.edges = {1, 2}; }, "leave one out");
  refuse([](auto& o) { o.spacing = Spacing::logarithmic; }, "more than 0");
  refuse(
      [](auto& o) {
        o.spacing = Spacing::logarithmic;
        o.radial_range.reset();
        o.split = Split::full;
      },
      "");
  refuse([](auto& o) { o.sector = Sector{0, 0}; }, "the sector");
  refuse([](auto& o) { o.sector = Sector{0, 361}; }, "the sector");
  refuse([](auto& o) { o.azimuthal_edges = {0, 400}; }, "more than 360");
  refuse([](auto& o) { o.azimuthal_bins = 100'000'000; }, "too many");
  refuse([](auto& o) { o.bins = 0; }, "bins is 0");
  refuse([](auto& o) { o.polarization_offset = std::nan(""); }, "offset");
}

}  // namespace
}  // namespace annulus
