// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/integrator.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"
#include "operators/data/pattern_arithmetic.hpp"

#include "operators/kernels/pixel_maps.hpp"
#include "tests/operators/kernels/small_detector.hpp"

namespace annulus {
namespace {

using testing::counts;
using testing::small_options;
using testing::small_poni;
using testing::sum;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t rows = testing::small_rows;
constexpr std::size_t cols = testing::small_cols;
constexpr double part_rounding = 1e-8;  // parts of pixels are multiples of 2^-32

double total_counts(const Array& image) { return sum(image.to_vector<double>()); }

void expect_near(const Numbers& a, const Numbers& b, double relative) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    EXPECT_NEAR(a[i], b[i], relative * std::max(1.0, std::abs(b[i]))) << "bin " << i;
  }
}

class Splitting : public ::testing::TestWithParam<Split> {};
INSTANTIATE_TEST_SUITE_P(EveryWay, Splitting, ::testing::Values(Split::no, Split::bbox, Split::full),
                         [](const auto& test) { return std::string(name_of(test.param)); });

/// The scatter of all pixels is found again from that of two halves, which have other means.
TEST_P(Splitting, halves_with_azimuthal_errors_unite_exactly) {
  IntegrationOptions options = small_options(GetParam());
  options.error_model = ErrorModel::azimuthal;
  options.radial_range = Range{1, 4};
  const Array image = counts<std::uint16_t>(9, 50);
  std::vector<std::uint8_t> left(rows * cols), right(rows * cols);
  for (std::size_t i = 0; i < left.size(); ++i) (i % cols < cols / 2 ? left : right)[i] = 1;
  std::vector<Pattern> halves;
  for (const auto& mask : {left, right}) {
    options.mask = Array::of({rows, cols}, mask);
    halves.push_back(Integrator(small_poni(), options).integrate(image));
  }
  options.mask.reset();
  const Pattern whole = Integrator(small_poni(), options).integrate(image);
  const Pattern united = unite(halves);
  expect_near(united.variance, whole.variance, 1e-9);
  expect_near(united.cross, whole.cross, 1e-9);
  expect_near(united.intensity, whole.intensity, 1e-9);
}

TEST_P(Splitting, conserves_counts) {
  const Array image = counts<std::uint16_t>(1, 40);
  const Pattern pattern = Integrator(small_poni(), small_options(GetParam())).integrate(image);
  EXPECT_NEAR(sum(pattern.signal), total_counts(image), 1e-9 * total_counts(image));
  EXPECT_NEAR(sum(pattern.count), rows * cols, 1e-8);
}

TEST_P(Splitting, makes_a_uniform_scatterer_flat) {
  const Poni poni = small_poni();
  const IntegrationOptions options = small_options(GetParam());
  const auto normalization = normalization_map(PixelPositions(poni), poni.detector, options);
  Array image = Array::of({rows, cols}, std::vector<double>(normalization.begin(), normalization.end()));
  const Pattern pattern = Integrator(poni, options).integrate(image);
  for (const double intensity : pattern.intensity) EXPECT_NEAR(intensity, 1, 1e-12);
}

TEST_P(Splitting, treats_an_image_like_its_flat_field_as_flat) {
  IntegrationOptions options = small_options(GetParam());
  options.polarization.reset();
  options.solid_angle = SolidAngle::ignore;
  options.flat = counts<float>(3, 40);
  const Pattern pattern = Integrator(small_poni(), options).integrate(counts<float>(3, 40));
  expect_near(pattern.signal, pattern.normalization, 1e-13);
}

TEST_P(Splitting, adds_masks) {
  const Array image = counts<std::int32_t>(4, 40);
  IntegrationOptions options = small_options(GetParam());
  options.radial_range = Range{0, 60};
  const Pattern all = Integrator(small_poni(), options).integrate(image);
  std::vector<std::uint8_t> left(rows * cols), right(rows * cols);
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i] = i % cols < 50;
    right[i] = !left[i];
  }
  options.mask = Array::of({rows, cols}, left);
  const Pattern one = Integrator(small_poni(), options).integrate(image);
  options.mask = Array::of({rows, cols}, right);
  const Pattern other = Integrator(small_poni(), options).integrate(image);
  for (std::size_t bin = 0; bin < all.signal.size(); ++bin) {
    EXPECT_NEAR(one.signal[bin] + other.signal[bin], all.signal[bin], 1e-9);
    EXPECT_NEAR(one.variance[bin] + other.variance[bin], all.variance[bin], 1e-9 * all.variance[bin]);
    EXPECT_NEAR(one.normalization[bin] + other.normalization[bin], all.normalization[bin], 1e-9);
    EXPECT_NEAR(one.count[bin] + other.count[bin], all.count[bin], 1e-9);
  }
}

TEST_P(Splitting, adds_radial_ranges) {
  const Array image = counts<std::uint32_t>(5, 40);
  IntegrationOptions options = small_options(GetParam());
  options.bins = 60;
  options.radial_range = Range{0, 60};
  const Pattern all = Integrator(small_poni(), options).integrate(image);
  options.bins = 25;
  options.radial_range = Range{0, 25};
  const Pattern lower = Integrator(small_poni(), options).integrate(image);
  options.bins = 35;
  options.radial_range = Range{25, 60};
  const Pattern upper = Integrator(small_poni(), options).integrate(image);
  const auto joined = [&](Numbers Pattern::* field) {
    std::vector<double> both((lower.*field).begin(), (lower.*field).end());
    both.insert(both.end(), (upper.*field).begin(), (upper.*field).end());
    return both;
  };
  expect_near(joined(&Pattern::signal), all.signal, part_rounding);
  expect_near(joined(&Pattern::count), all.count, part_rounding);
}

TEST_P(Splitting, adds_sectors_around_the_circle) {
  const Array image = counts<std::int16_t>(6, 40);
  IntegrationOptions options = small_options(GetParam());
  options.radial_range = Range{0, 60};
  const Pattern all = Integrator(small_poni(), options).integrate(image);
  std::vector<double> signal(options.bins, 0.0);
  for (int i = 0; i < 9; ++i) {
    options.sector = sector_between(40.0 * i + 10, 40.0 * (i + 1) + 10);
    const Pattern sector = Integrator(small_poni(), options).integrate(image);
    for (std::size_t bin = 0; bin < signal.size(); ++bin) signal[bin] += sector.signal[bin];
  }
  expect_near(signal, all.signal, part_rounding);
}

TEST_P(Splitting, does_not_depend_on_the_order_of_pixels) {
  // Turning detector and image by half a turn about the beam permutes the pixels of every bin.
  Poni poni = small_poni();
  poni.rot1 = poni.rot2 = poni.rot3 = 0;
  const Array image = counts<std::uint16_t>(7, 40);
  IntegrationOptions options = small_options(GetParam());
  options.radial_range = Range{0, 40};
  const Pattern before = Integrator(poni, options).integrate(image);
  std::vector<double> reversed = image.to_vector<double>();
  std::ranges::reverse(reversed);
  poni.poni1 = rows * poni.detector.pixel1 - poni.poni1;
  poni.poni2 = cols * poni.detector.pixel2 - poni.poni2;
  const Pattern after = Integrator(poni, options).integrate(Array::of({rows, cols}, reversed));
  // Positions differ by their rounding, so a centre on an edge may change bins: compare running sums.
  double difference = 0;
  for (std::size_t bin = 0; bin < options.bins; ++bin) {
    difference += after.signal[bin] - before.signal[bin];
    EXPECT_LT(std::abs(difference), GetParam() == Split::no ? 200 : 0.1);
  }
  EXPECT_NEAR(sum(after.signal), sum(before.signal), 1e-6 * sum(before.signal));
}

TEST_P(Splitting, gives_the_same_bits_from_every_thread) {
  const Array image = counts<std::uint16_t>(8, 40);
  const Integrator integrator(small_poni(), small_options(GetParam()));
  const Pattern expected = integrator.integrate(image);
  std::vector<Pattern> patterns(4);
  {
    std::vector<std::jthread> threads;
    for (Pattern& pattern : patterns) threads.emplace_back([&] { pattern = integrator.integrate(image); });
  }
  for (const Pattern& pattern : patterns) {
    EXPECT_EQ(pattern.signal, expected.signal);
    EXPECT_EQ(pattern.variance, expected.variance);
    EXPECT_EQ(pattern.intensity, expected.intensity);
  }
}

template <class T>
class EveryType : public ::testing::Test {};
using Types = ::testing::Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t,
                               std::uint64_t, std::int64_t, float, double>;
TYPED_TEST_SUITE(EveryType, Types);

TYPED_TEST(EveryType, of_image_gives_the_same_pattern) {
  const Integrator integrator(small_poni(), small_options());
  const Pattern expected = integrator.integrate(counts<std::uint16_t>(9, 40));
  const Pattern pattern = integrator.integrate(counts<TypeParam>(9, 40));
  if (std::is_integral_v<TypeParam> && sizeof(TypeParam) <= 4) {
    EXPECT_EQ(pattern.signal, expected.signal);
    EXPECT_EQ(pattern.variance, expected.variance);
  }
  expect_near(pattern.signal, expected.signal, 1e-13);
  expect_near(pattern.variance, expected.variance, part_rounding);
  EXPECT_EQ(pattern.normalization, expected.normalization);
}

TEST(Integrator, averages_by_the_normalization) {
  // Two pixels of one bin with different efficiency: (10 + 60) / (1 + 3), not the mean of 10 and 20.
  Poni poni = small_poni();
  poni.detector.rows = 1;
  poni.detector.cols = 2;
  IntegrationOptions options;
  options.bins = 1;
  options.split = Split::no;
  options.error_model = ErrorModel::poisson;
  options.solid_angle = SolidAngle::ignore;
  options.flat = Array::of({1, 2}, std::vector<float>{1, 3});
  options.dark = Array::of({1, 2}, std::vector<float>{2, 4});
  const Pattern pattern = Integrator(poni, options).integrate(Array::of({1, 2}, std::vector<int>{12, 64}));
  EXPECT_DOUBLE_EQ(pattern.signal[0], 70);
  EXPECT_DOUBLE_EQ(pattern.intensity[0], 17.5);
  EXPECT_DOUBLE_EQ(pattern.variance[0], 76) << "of the counts as measured";
  EXPECT_DOUBLE_EQ(pattern.sigma[0], std::sqrt(76.0) / 4);
  EXPECT_DOUBLE_EQ(pattern.count[0], 2);
}

TEST(Integrator, gives_a_pixel_without_counts_the_variance_one) {
  const Integrator integrator(small_poni(), small_options(Split::no));
  const Pattern pattern = integrator.integrate(Array::of({rows, cols}, std::vector<float>(rows * cols, 0.0F)));
  expect_near(pattern.variance, pattern.count, 1e-15);
}

TEST(Integrator, squares_fractions_in_the_variance) {
  Poni poni = small_poni();
  poni.rot1 = poni.rot2 = poni.rot3 = 0;
  IntegrationOptions options = small_options();
  options.bins = 700;  // far finer than the pixels
  const Array image = Array::of({rows, cols}, std::vector<int>(rows * cols, 100));
  const Pattern pattern = Integrator(poni, options).integrate(image);
  EXPECT_LT(sum(pattern.variance), 0.5 * sum(pattern.signal));
  EXPECT_GT(sum(pattern.variance), 0.05 * sum(pattern.signal));
}

TEST(Integrator, has_no_sigma_without_an_error_model) {
  IntegrationOptions options = small_options();
  options.error_model = ErrorModel::none;
  const Pattern pattern = Integrator(small_poni(), options).integrate(counts<std::uint16_t>(1, 40));
  EXPECT_TRUE(pattern.sigma.empty());
  EXPECT_TRUE(pattern.variance.empty());
  EXPECT_EQ(pattern.intensity.size(), options.bins);
}

TEST(Integrator, marks_bins_without_pixels) {
  IntegrationOptions options = small_options();
  options.radial_range = Range{0, 1000};
  const Pattern pattern = Integrator(small_poni(), options).integrate(counts<std::uint16_t>(1, 40));
  EXPECT_EQ(pattern.count.back(), 0);
  EXPECT_TRUE(std::isnan(pattern.intensity.back()));
  EXPECT_TRUE(std::isnan(pattern.sigma.back()));
  options.radial_range = Range{500, 1000};
  EXPECT_EQ(sum(Integrator(small_poni(), options).integrate(counts<std::uint16_t>(1, 40)).count), 0);
}

/// An image whose marked pixels must count as if they were masked.
template <class T>
void expect_marks_like_mask(T mark, const IntegrationOptions& options, const Poni& poni) {
  const Array clean = counts<T>(11, 40);
  std::vector<T> pixels = clean.to_vector<T>();
  std::vector<std::uint8_t> mask(pixels.size(), 0);
  for (std::size_t i = 0; i < pixels.size(); i += 7) {
    pixels[i] = mark;
    mask[i] = 1;
  }
  IntegrationOptions masking = options;
  masking.radial_range = Range{0, 60};
  const Pattern marked = Integrator(poni, masking).integrate(Array::of({rows, cols}, pixels));
  masking.mask = Array::of({rows, cols}, mask);
  const Pattern masked = Integrator(poni, masking).integrate(clean);
  expect_near(marked.signal, masked.signal, 1e-12);
  expect_near(marked.variance, masked.variance, 1e-12);
  expect_near(marked.normalization, masked.normalization, 1e-12);
  expect_near(marked.count, masked.count, 1e-12);
}

TEST(Integrator, leaves_out_pixels_that_are_not_numbers) {
  expect_marks_like_mask<float>(std::numeric_limits<float>::quiet_NaN(), small_options(), small_poni());
  expect_marks_like_mask<double>(-std::numeric_limits<double>::infinity(), small_options(), small_poni());
}

TEST(Integrator, leaves_out_the_dummy_value_with_its_tolerance) {
  IntegrationOptions options = small_options();
  options.dummy = BadValue{1000, 0};
  expect_marks_like_mask<std::uint16_t>(1000, options, small_poni());
  options.dummy = BadValue{-10, 9.5};
  expect_marks_like_mask<std::int32_t>(-19, options, small_poni());
}

TEST(Integrator, leaves_out_what_the_detector_marks) {
  Poni poni = small_poni();
  poni.detector.bad_value = BadValue{-2, 1.5};
  expect_marks_like_mask<std::int32_t>(-1, small_options(), poni);
  expect_marks_like_mask<std::uint8_t>(255, small_options(), poni);
  expect_marks_like_mask<std::uint16_t>(65535, small_options(), poni);
  expect_marks_like_mask<std::uint32_t>(4294967293U, small_options(), poni);
}

TEST(Integrator, counts_the_detector_s_marks_when_told_so) {
  Poni poni = small_poni();
  poni.detector.bad_value = BadValue{-2, 1.5};
  IntegrationOptions options = small_options();
  options.detector_bad_value = DetectorBadValue::ignore;
  const Array image = Array::of({rows, cols}, std::vector<std::int16_t>(rows * cols, -1));
  EXPECT_NEAR(sum(Integrator(poni, options).integrate(image).count), rows * cols, 1e-8);
}

// The 8 x 8 case of pyFAI's test_preproc: masked rows, rows of NaN, dummy columns and flat-field columns leave 4 x 4.
TEST(Integrator, combines_mask_nan_dummy_and_flat) {
  Poni poni = small_poni();
  poni.detector.rows = poni.detector.cols = 8;
  std::vector<float> image(64, 1), flat(64, 1);
  std::vector<std::uint8_t> mask(64, 0);
  for (std::size_t i = 0; i < 64; ++i) {
    const std::size_t row = i / 8, col = i % 8;
    if (row < 2) mask[i] = 1;
    if (row >= 6) image[i] = static_cast<float>(nan);
    if (col < 2) image[i] = -3;
    if (col >= 6) flat[i] = 0;
  }
  IntegrationOptions options;
  options.bins = 3;
  options.solid_angle = SolidAngle::ignore;
  options.dummy = BadValue{-3, 0};
  options.mask = Array::of({8, 8}, mask);
  options.flat = Array::of({8, 8}, flat);
  const Pattern pattern = Integrator(poni, options).integrate(Array::of({8, 8}, image));
  EXPECT_NEAR(sum(pattern.count), 16, 1e-12);
  EXPECT_NEAR(sum(pattern.signal), 16, 1e-12);
}

TEST(Integrator, carries_on_what_belongs_to_the_frame) {
  const auto readings = std::make_shared<const Dict>(Dict{{"monitor", 3.5}});
  const Frame frame{42, 1234.5, counts<std::uint16_t>(1, 40), readings};
  const Pattern pattern = Integrator(small_poni(), small_options()).integrate(frame);
  EXPECT_EQ(pattern.number, 42U);
  EXPECT_EQ(pattern.time, 1234.5);
  EXPECT_EQ(pattern.readings, readings);
}

TEST(Integrator, names_both_shapes_when_an_image_does_not_fit) {
  const Integrator integrator(small_poni(), small_options());
  try {
    (void)integrator.integrate(Array::of({3, 4}, std::vector<int>(12)));
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "the image is 3 x 4 but the detector Detector is 90 x 120 (they must have the same shape)");
  }
  EXPECT_THROW((void)integrator.integrate(Array::of({rows * cols}, std::vector<int>(rows * cols))), DataError);
}

TEST(Integrator, refuses_what_it_cannot_do) {
  const auto complaint = [](auto change) {
    Poni poni = small_poni();
    IntegrationOptions options = small_options();
    change(poni, options);
    try {
      const Integrator integrator(poni, options);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  EXPECT_NE(complaint([](Poni& p, auto&) { p.wavelength.reset(); }).find("q_nm^-1 needs a wavelength"),
            std::string::npos);
  EXPECT_NE(complaint([](Poni& p, auto&) { p.detector.rows = 0; }).find("shape of the detector"), std::string::npos);
  EXPECT_NE(complaint([](Poni& p, auto&) { p.distance = nan; }).find("Distance is nan"), std::string::npos);
  EXPECT_NE(complaint([](Poni& p, auto&) { p.distance = 0; }).find("Distance is 0"), std::string::npos);
  EXPECT_NE(complaint([](Poni& p, auto&) { p.rot2 = nan; }).find("Rot2 is nan"), std::string::npos);
  EXPECT_NE(complaint([](Poni& p, auto&) { p.poni1 = -nan; }).find("Poni1 is"), std::string::npos);
  EXPECT_NE(complaint([](Poni& p, auto&) { p.wavelength = 0; }).find("Wavelength is 0"), std::string::npos);
  EXPECT_NE(complaint([](Poni&, IntegrationOptions& o) { o.bins = std::size_t{1} << 40; }).find("bins is"),
            std::string::npos);
  EXPECT_NE(complaint([](Poni&, IntegrationOptions& o) {
              o.mask = Array::of({rows, cols}, std::vector<std::uint8_t>(rows * cols, 1));
            }).find("every pixel is masked"),
            std::string::npos);
  EXPECT_NE(complaint([](Poni&, IntegrationOptions& o) { o.bins = 0; }).find("bins is 0"), std::string::npos);
}

TEST(Integrator, makes_cakes_whose_columns_are_patterns) {
  IntegrationOptions options = small_options();
  options.radial_range = Range{0, 40};
  const Array image = counts<std::uint16_t>(11, 40);
  const Pattern pattern = Integrator(small_poni(), options).integrate(image);
  options.azimuthal_bins = 24;
  const Integrator integrator(small_poni(), options);
  const Cake cake = integrator.integrate2d(image);
  ASSERT_EQ(cake.intensity.size(), 24 * options.bins);
  expect_near(over_radius(cake).intensity, pattern.intensity, 1e-4);
  const std::vector<Frame> frames(5, Frame{.number = 7, .time = 0, .pixels = image, .readings = nullptr});
  for (const Cake& one : integrator.integrate2d(frames)) {
    EXPECT_EQ(one.signal, cake.signal);
    EXPECT_EQ(one.number, 7U);
  }
}

}  // namespace
}  // namespace annulus
