// SPDX-License-Identifier: BSD-3-Clause
// Integration against what is known beforehand: rings of a formula, flat fields, the scatter of repeated frames, sums
// that have one right value, and nothing where there is nothing.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "operators/kernels/integrator.hpp"
#include "operators/kernels/pixel_maps.hpp"
#include "tests/operators/kernels/small_detector.hpp"

namespace annulus {
namespace {

using namespace testing;

/// `rows` x `cols` pixels of 0.1 mm, tilted, the beam on them.
Poni tilted(std::size_t rows, std::size_t cols) {
  Detector detector;
  detector.pixel1 = detector.pixel2 = 1e-4;
  detector.rows = rows;
  detector.cols = cols;
  return {detector, 0.1, 1.1e-2, 0.9e-2, 0.03, -0.02, 0.3, 1e-10};
}

IntegrationOptions options_with(Split split, std::size_t bins) {
  IntegrationOptions options;
  options.split = split;
  options.bins = bins;
  return options;
}

class Truth : public ::testing::TestWithParam<Split> {};
INSTANTIATE_TEST_SUITE_P(EverySplit, Truth, ::testing::Values(Split::no, Split::bbox, Split::full),
                         [](const auto& test) { return std::string(name_of(test.param)); });

/// Three rings [1/nm] on a slope.
constexpr std::array<double, 3> rings{2.4, 4.7, 6.1};
double scattered(double q) {
  double intensity = 20 - q;
  for (const double ring : rings) intensity += 300 * std::exp(-0.5 * std::pow((q - ring) / 0.12, 2));
  return intensity;
}

/// What every pixel would have on average: the mean of 5 x 5 points of it, under solid angle and polarization.
Array image_of_rings(const Poni& poni, const IntegrationOptions& options) {
  const PixelPositions positions(poni);
  const RadialCoordinate q(RadialUnit::q_nm, poni.wavelength);
  const auto normalization = normalization_map(positions, poni.detector, options);
  std::vector<double> image(normalization.begin(), normalization.end());
  std::vector<std::array<LabPoint, 4>> corners(positions.cols());
  for (std::size_t row = 0; row < positions.rows(); ++row) {
    positions.corners(row, corners);
    for (std::size_t col = 0; col < positions.cols(); ++col) {
      const auto& [a, b, c, d] = corners[col];
      std::vector<LabPoint> points;
      for (const double u : {0.1, 0.3, 0.5, 0.7, 0.9}) {
        for (const double v : {0.1, 0.3, 0.5, 0.7, 0.9}) {
          const auto at = [&](double LabPoint::* x) {
            return (1 - v) * ((1 - u) * a.*x + u * b.*x) + v * ((1 - u) * d.*x + u * c.*x);
          };
          points.push_back({.y = at(&LabPoint::y), .x = at(&LabPoint::x), .z = at(&LabPoint::z)});
        }
      }
      std::vector<double> values(points.size());
      q(points, values);
      double mean = 0;
      for (const double value : values) mean += scattered(value) / static_cast<double>(points.size());
      image[row * positions.cols() + col] *= mean;
    }
  }
  return Array::of({positions.rows(), positions.cols()}, std::move(image));
}

TEST_P(Truth, finds_the_rings_of_a_formula) {
  const Poni poni = tilted(240, 260);
  IntegrationOptions options = options_with(GetParam(), 100);
  options.polarization = 0.97;
  options.radial_range = Range{1, 7};
  const Pattern pattern = Integrator(poni, options).integrate(image_of_rings(poni, options));
  const std::vector<double>& edges = pattern.axis->edges;
  double worst = 0;
  for (std::size_t bin = 0; bin < options.bins; ++bin) {
    double expected = 0;
    for (int i = 0; i < 50; ++i) {
      expected += scattered(edges[bin] + (edges[bin + 1] - edges[bin]) * (i + 0.5) / 50) / 50;
    }
    worst = std::max(worst, std::abs(pattern.intensity[bin] - expected));
  }
  // A pixel is 0.063 / nm, half of the rings' width: it smears them by some percent of their height.
  EXPECT_LT(worst, 10);
  for (const double ring : rings) {
    double weight = 0, moment = 0;
    for (std::size_t bin = 0; bin < options.bins; ++bin) {
      const double centre = (edges[bin] + edges[bin + 1]) / 2;
      if (std::abs(centre - ring) > 0.5) continue;
      const double peak = pattern.intensity[bin] - (20 - centre);
      weight += peak;
      moment += peak * centre;
    }
    EXPECT_NEAR(moment / weight, ring, 0.001) << "the middle of the ring";
    const double area = 300 * 0.12 * std::sqrt(2 * pi) / 0.06;
    EXPECT_NEAR(weight / area, 1, 0.005) << "what is in it";
  }
}

// The flat image of pyFAI's TestFlatimage, as cakes; pyFAI asks for 1e-4.
TEST_P(Truth, makes_flat_cakes_of_a_flat_image) {
  const Poni poni = tilted(200, 201);
  IntegrationOptions options = options_with(GetParam(), 60);
  options.azimuthal_bins = 90;
  options.solid_angle = SolidAngle::ignore;
  const Array flat = Array::of({200, 201}, std::vector<std::uint16_t>(200 * 201, 1));
  const Cake cake = Integrator(poni, options).integrate2d(flat);
  std::size_t full = 0;
  for (std::size_t bin = 0; bin < cake.intensity.size(); ++bin) {
    if (cake.count[bin] == 0) {
      EXPECT_TRUE(std::isnan(cake.intensity[bin]));
    } else {
      EXPECT_NEAR(cake.intensity[bin], 1, 1e-12);
      ++full;
    }
  }
  EXPECT_GT(full, 60 * 90 / 4);
  EXPECT_NEAR(sum(cake.signal), 200 * 201, 1e-6);
}

/// Pooled over the bins: the variance of repeated patterns over that which they report.
double spread_over_reported(const Integrator& integrator, double mean, int realisations, int& pooled) {
  std::mt19937 random(20260301);
  std::poisson_distribution<int> poisson(mean);
  const std::size_t bins = integrator.options().bins;
  std::vector<double> first(bins), second(bins), reported(bins);
  Numbers count;
  for (int done = 0; done < realisations; done += 20) {
    std::vector<Frame> frames;
    for (int k = 0; k < 20; ++k) {
      std::vector<std::uint16_t> pixels(small_rows * small_cols);
      for (auto& pixel : pixels) pixel = static_cast<std::uint16_t>(poisson(random));
      frames.push_back({.number = 0,
                        .time = 0,
                        .pixels = Array::of({small_rows, small_cols}, std::move(pixels)),
                        .readings = nullptr});
    }
    for (const Pattern& pattern : integrator.integrate(frames)) {
      for (std::size_t i = 0; i < bins; ++i) {
        first[i] += pattern.intensity[i];
        second[i] += pattern.intensity[i] * pattern.intensity[i];
        reported[i] += pattern.sigma[i] * pattern.sigma[i];
      }
      count = pattern.count;
    }
  }
  double ratio = 0;
  pooled = 0;
  for (std::size_t i = 0; i < bins; ++i) {
    if (count[i] * mean < 20) continue;
    ratio += (second[i] - first[i] * first[i] / realisations) / (realisations - 1) / (reported[i] / realisations);
    ++pooled;
  }
  return ratio / pooled;
}

TEST_P(Truth, reports_the_error_that_repeated_frames_have) {
  IntegrationOptions options = small_options(GetParam());
  options.bins = 150;
  int pooled = 0;
  const double ratio = spread_over_reported(Integrator(small_poni(), options), 30, 1000, pooled);
  EXPECT_GE(pooled, 100);
  EXPECT_NEAR(std::sqrt(ratio), 1, 0.01);
}

// Where pyFAI adds to a running mean, so that its sum depends on the order of pixels and is up to 7e-4 off.
TEST_P(Truth, takes_the_scatter_of_pixels_about_the_mean_of_all) {
  IntegrationOptions options = small_options(GetParam());
  options.error_model = ErrorModel::azimuthal;
  options.dark = counts<float>(7, 2);
  const Array image = counts<std::uint16_t>(8, 50);
  const Pattern pattern = Integrator(small_poni(), options).integrate(image);
  const Divider divider(small_poni(), options);
  std::vector<Fraction> fractions;
  divider.divide(0, divider.pixels(), fractions);
  const auto raw = image.to_vector<double>();
  const auto dark = options.dark->to_vector<double>();
  std::vector<double> signal(options.bins), norm(options.bins), norm_squared(options.bins), variance(options.bins);
  for (const auto& [pixel, bin, c] : fractions) {
    const double n = divider.normalization()[pixel];
    signal[bin] += c * (raw[pixel] - dark[pixel]);
    norm[bin] += c * n;
    norm_squared[bin] += c * n * c * n;
  }
  for (const auto& [pixel, bin, c] : fractions) {
    const double n = divider.normalization()[pixel];
    const double difference = (raw[pixel] - dark[pixel]) / n - signal[bin] / norm[bin];
    variance[bin] += c * n * c * n * difference * difference;
  }
  for (std::size_t bin = 0; bin < options.bins; ++bin) {
    EXPECT_NEAR(pattern.variance[bin] / variance[bin], 1, 1e-5) << bin;
    EXPECT_NEAR(pattern.sigma[bin], std::sqrt(variance[bin]) / norm[bin], 1e-5 * pattern.sigma[bin]) << bin;
    EXPECT_NEAR(pattern.std[bin], std::sqrt(variance[bin] / norm_squared[bin]), 1e-5 * pattern.std[bin]) << bin;
  }
}

// A turned image on a detector turned alike has every pixel in its place, in another order.
TEST_P(Truth, does_not_depend_on_the_order_of_pixels) {
  const Array image = counts<std::uint16_t>(7, 40);
  const auto pixels = image.to_vector<std::uint16_t>();
  const Pattern expected = Integrator(small_poni(), small_options(GetParam())).integrate(image);
  for (const int orientation : {1, 2, 4}) {
    Poni poni = small_poni();
    poni.detector.orientation = static_cast<Orientation>(orientation);
    std::vector<std::uint16_t> turned(pixels.size());
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const std::size_t row = i / small_cols, col = i % small_cols;
      const std::size_t from_row = orientation == 4 ? row : small_rows - 1 - row;
      const std::size_t from_col = orientation == 2 ? col : small_cols - 1 - col;
      turned[i] = pixels[from_row * small_cols + from_col];
    }
    const Pattern pattern =
        Integrator(poni, small_options(GetParam())).integrate(Array::of(image.shape(), std::move(turned)));
    for (std::size_t bin = 0; bin < expected.signal.size(); ++bin) {
      const double tolerance = GetParam() == Split::no ? 0 : 1e-5;
      EXPECT_NEAR(pattern.signal[bin], expected.signal[bin], tolerance * expected.signal[bin]) << orientation;
      EXPECT_NEAR(pattern.variance[bin], expected.variance[bin], tolerance * expected.variance[bin]) << orientation;
      EXPECT_NEAR(pattern.count[bin], expected.count[bin], tolerance * expected.count[bin]) << orientation;
    }
  }
}

TEST_P(Truth, adds_up_more_than_fits_32_bits) {
  constexpr std::size_t side = 400;
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  IntegrationOptions options = options_with(GetParam(), 2);
  options.error_model = ErrorModel::poisson;
  const Integrator integrator(tilted(side, side), options);
  const Frame frame{.number = 0,
                    .time = 0,
                    .pixels = Array::of({side, side}, std::vector<std::uint32_t>(side * side, most)),
                    .readings = nullptr};
  const double all = side * side * static_cast<double>(most);
  std::vector<Pattern> patterns = integrator.integrate(std::vector<Frame>(5, frame));
  patterns.push_back(integrator.integrate(frame));
  for (const Pattern& pattern : patterns) {
    EXPECT_NEAR(sum(pattern.signal) / all, 1, 1e-14);
    for (std::size_t bin = 0; bin < options.bins; ++bin) {
      EXPECT_NEAR(pattern.signal[bin] / (pattern.count[bin] * static_cast<double>(most)), 1, 1e-12);
      EXPECT_GT(pattern.variance[bin], 0.9 * pattern.signal[bin]);
      EXPECT_LE(pattern.variance[bin], pattern.signal[bin] * (1 + 1e-12));
    }
  }
}

TEST_P(Truth, marks_every_bin_that_no_pixel_reaches) {
  const Array image = counts<std::uint16_t>(1, 40);
  const auto expect_nothing = [&](const IntegrationOptions& options, const Array& pixels) {
    const Pattern pattern = Integrator(small_poni(), options).integrate(pixels);
    for (std::size_t bin = 0; bin < pattern.count.size(); ++bin) {
      EXPECT_EQ(pattern.count[bin], 0);
      EXPECT_TRUE(std::isnan(pattern.intensity[bin]));
      EXPECT_TRUE(std::isnan(pattern.sigma[bin]));
    }
  };
  for (const ErrorModel model : {ErrorModel::poisson, ErrorModel::azimuthal}) {
    IntegrationOptions options = small_options(GetParam());
    options.error_model = model;
    const std::vector<float> nothing(image.size(), std::numeric_limits<float>::quiet_NaN());
    expect_nothing(options, Array::of(image.shape(), nothing));
    options.dummy = BadValue{3, 0};
    expect_nothing(options, Array::of(image.shape(), std::vector<std::int32_t>(image.size(), 3)));
    options.radial_range = Range{500, 1000};
    expect_nothing(options, image);
    options.radial_range = Range{40, 60};  // where only corners are
    options.sector = Sector{200, 20};
    expect_nothing(options, image);
  }
}

TEST_P(Truth, keeps_all_counts_in_far_too_many_bins) {
  IntegrationOptions options = small_options(GetParam());
  options.bins = 50'000;
  const Array image = counts<std::uint16_t>(1, 40);
  const Pattern pattern = Integrator(small_poni(), options).integrate(image);
  const double all = sum(image.to_vector<double>());
  EXPECT_NEAR(sum(pattern.signal) / all, 1, 1e-9);
  for (std::size_t bin = 0; bin < options.bins; ++bin) {
    ASSERT_EQ(pattern.count[bin] == 0, std::isnan(pattern.intensity[bin])) << bin;
  }
}

TEST(Truth, is_refused_where_bins_would_cut_pixels_into_more_parts_than_memory_holds) {
  for (const Split split : {Split::bbox, Split::full}) {
    IntegrationOptions options = small_options(split);
    options.bins = 10'000'000;
    try {
      (void)Integrator(small_poni(), options);
      FAIL() << "nothing was refused";
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find("take fewer bins, or the split no"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace annulus
