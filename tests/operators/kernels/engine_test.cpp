// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/engine.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <span>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/codec/bslz4.hpp"
#include "detectors/codec/packed_image.hpp"
#include "operators/kernels/tile_reader.hpp"
#include "operators/kernels/tile_sums.hpp"
#include "tests/operators/kernels/small_detector.hpp"
#include "tests/targets.hpp"

namespace annulus {

bool operator==(const BinSums& a, const BinSums& b) {
  return a.signal == b.signal && a.variance == b.variance && a.normalization == b.normalization &&
         a.normalization_squared == b.normalization_squared && a.count == b.count;
}

namespace {

using testing::counts;
using testing::for_each_target;
using testing::noise;
using testing::small_cols;
using testing::small_options;
using testing::small_poni;
using testing::small_rows;

double sum(const Numbers& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

Array with_pixel(const Array& image, std::size_t pixel, std::uint16_t value) {
  auto pixels = image.to_vector<std::uint16_t>();
  pixels[pixel] = value;
  return Array::of(image.shape(), std::move(pixels));
}

Array packed(const Array& image) {
  const auto chunk =
      std::make_shared<const std::vector<std::byte>>(codec::encode_bslz4(image.bytes(), size_of(image.dtype())));
  auto opened = codec::PackedImage::open(*chunk, size_of(image.dtype()), image.bytes().size(), chunk, BufferPool(1));
  return Array(image.dtype(), image.shape(), opened.value());
}

/// Sums by the definitions, with the parts as they are before they are rounded.
BinSums expected_sums(const Array& image, const IntegrationOptions& options, const Poni& poni = small_poni()) {
  const Divider divider(poni, options);
  const auto pixels = image.to_vector<double>();
  std::vector<Fraction> fractions;
  divider.divide(0, divider.pixels(), fractions);
  BinSums sums;
  for (auto* values : {&sums.signal, &sums.variance, &sums.normalization, &sums.count}) {
    *values = Numbers::zeros(divider.bins());
  }
  for (const auto& [pixel, bin, c] : fractions) {
    sums.signal.edit()[bin] += c * pixels[pixel];
    sums.variance.edit()[bin] += c * c * std::max(pixels[pixel], 1.0);
    sums.normalization.edit()[bin] += c * divider.normalization()[pixel];
    sums.count.edit()[bin] += c;
  }
  return sums;
}

void expect_near(const Numbers& a, const Numbers& b, double relative) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], relative * std::abs(b[i]) + 1e-12) << "bin " << i;
}

TEST(Engine, adds_up_what_the_definitions_say) {
  for (const Split split : {Split::no, Split::bbox}) {
    const IntegrationOptions options = small_options(split);
    const Engine engine(small_poni(), options, 1);
    for (const Array& image : {counts<std::uint16_t>(1), counts<std::int32_t>(2, 1e4), noise<std::uint8_t>(3),
                               counts<std::uint16_t>(4, 0.05), noise<std::uint32_t>(5)}) {
      const BinSums sums = engine.sum(image);
      const BinSums expected = expected_sums(image, options);
      expect_near(sums.signal, expected.signal, 1e-8);
      expect_near(sums.variance, expected.variance, 1e-8);
      expect_near(sums.normalization, expected.normalization, 1e-8);
      expect_near(sums.count, expected.count, 1e-8);
    }
  }
}

/// Tiles side by side and below each other, the last ones cut, and bad pixels on their bounds.
TEST(Engine, adds_up_tiles) {
  Poni poni = small_poni();
  poni.detector.rows = 77;
  poni.detector.cols = 1111;
  std::mt19937 random(3);
  std::poisson_distribution<int> poisson(5);
  std::vector<std::uint16_t> pixels(77 * 1111);
  for (std::uint16_t& pixel : pixels) pixel = static_cast<std::uint16_t>(poisson(random));
  std::vector<std::uint16_t> holed = pixels;
  IntegrationOptions options = small_options();
  std::vector<std::uint8_t> mask(pixels.size());
  for (std::size_t i = 0; i < pixels.size(); i += 371) {
    holed[i] = 65535;
    mask[i] = 1;
  }
  options.dummy = BadValue{65535, 0};
  IntegrationOptions masked = options;
  masked.mask = Array::of({77, 1111}, mask);
  const BinSums expected = expected_sums(Array::of({77, 1111}, pixels), masked, poni);
  const Array image = Array::of({77, 1111}, holed);
  const BinSums whole = Engine(poni, masked, 1).sum(Array::of({77, 1111}, pixels));
  for (const std::size_t threads : {1, 2, 5}) {
    const Engine engine(poni, options, threads);
    const BinSums sums = engine.sum(image);
    expect_near(sums.signal, expected.signal, 1e-8);
    expect_near(sums.variance, expected.variance, 1e-8);
    expect_near(sums.normalization, expected.normalization, 1e-8);
    EXPECT_EQ(sums.signal, whole.signal);
    EXPECT_EQ(engine.sum(packed(image)), sums);
    EXPECT_EQ(engine.sum(std::vector<Array>(7, packed(image))).back(), sums);
    EXPECT_EQ(engine.sum(std::vector<Array>(7, image)).back(), sums);
    expect_near(engine.sum(Array::of({77, 1111}, std::vector<double>(pixels.begin(), pixels.end()))).signal,
                Engine(poni, options, 1).sum(Array::of({77, 1111}, pixels)).signal, 1e-12);
  }
}

/// Of (200, 300) pixels, with any values.
template <class T>
Array large_noise(unsigned seed, std::uint64_t most) {
  std::mt19937_64 random(seed);
  std::vector<T> pixels(200 * 300);
  for (T& pixel : pixels) pixel = static_cast<T>(random() % (most + 1));
  return Array::of({200, 300}, std::move(pixels));
}

/// Many bins, whose sums are made bin by bin.
TEST(Engine, adds_up_many_bins) {
  Poni poni = small_poni();
  poni.detector.rows = 200;
  poni.detector.cols = 300;
  for (const Split split : {Split::no, Split::bbox, Split::full}) {
    for (const ErrorModel model : {ErrorModel::none, ErrorModel::poisson}) {
      IntegrationOptions options = small_options(split);
      options.error_model = model;
      options.bins = 600;
      options.azimuthal_bins = 90;
      options.dummy = BadValue{7, 0};
      const Engine engine(poni, options, 2);
      const Engine other(poni, options, 3);
      for (const Array& image : {large_noise<std::uint16_t>(1, 20), large_noise<std::uint16_t>(2, 65535),
                                 large_noise<std::uint32_t>(3, 0xFFFFFFFF), large_noise<std::int32_t>(4, 0xFFFFFFFF),
                                 large_noise<std::int16_t>(5, 65535)}) {
        const BinSums sums = engine.sum(image);
        const auto pixels = image.to_vector<double>();
        const BinSums doubles = engine.sum(Array::of(image.shape(), pixels));
        expect_near(sums.signal, doubles.signal, 1e-8);
        EXPECT_EQ(sums.normalization, doubles.normalization);
        const double most = *std::ranges::max_element(pixels);
        for (std::size_t bin = 0; bin < sums.variance.size(); ++bin) {  // squares of parts are right to 1e-8
          EXPECT_NEAR(sums.variance[bin], doubles.variance[bin], 1e-7 * doubles.variance[bin] + 2e-8 * most);
        }
        EXPECT_EQ(other.sum(image), sums);
        EXPECT_EQ(engine.sum(packed(image)), sums);
        EXPECT_EQ(engine.sum(std::vector<Array>(5, image)).back(), sums);
        for_each_target([&] { EXPECT_EQ(engine.sum(image), sums) << name_of(image.dtype()); });
      }
    }
  }
}

TEST(Engine, loses_no_count) {
  IntegrationOptions options = small_options();
  options.bins = 500;  // pixels over one, two and three bins
  const Engine engine(small_poni(), options, 2);
  for (const Array& image : {counts<std::uint16_t>(1), counts<std::uint32_t>(2, 1e6), noise<std::int8_t>(3)}) {
    const double all = sum(image.to_vector<double>());
    EXPECT_NEAR(sum(engine.sum(image).signal), all, 1e-12 * std::abs(all));
  }
  EXPECT_NEAR(sum(engine.sum(counts<std::uint16_t>(1)).count), small_rows * small_cols, 1e-8);
}

/// Images whose sums take every way through the kernels: few and many digits, negative values, bad pixels.
std::vector<Array> all_kinds() {
  return {counts<std::uint8_t>(1),     noise<std::uint8_t>(2),  counts<std::uint16_t>(3, 0.05),
          counts<std::uint16_t>(4, 5), noise<std::uint16_t>(5), counts<std::int16_t>(6, 900),
          noise<std::int16_t>(7),      noise<std::int8_t>(8),   counts<std::uint32_t>(9, 1e5),
          noise<std::uint32_t>(10),    noise<std::int32_t>(11), with_pixel(counts<std::uint16_t>(12), 77, 65535)};
}

TEST(Engine, gives_the_same_bits_with_every_instruction_set) {
  for (const Split split : {Split::no, Split::bbox}) {
    for (const ErrorModel model : {ErrorModel::none, ErrorModel::poisson}) {
      IntegrationOptions options = small_options(split);
      options.error_model = model;
      options.dummy = BadValue{7, 0.5};
      const Engine engine(small_poni(), options, 1);
      for (const Array& image : all_kinds()) {
        const BinSums expected = engine.sum(image);
        const std::vector<Array> several(5, image);
        for_each_target([&] {
          EXPECT_EQ(engine.sum(image), expected) << name_of(image.dtype());
          for (const BinSums& sums : engine.sum(several)) EXPECT_EQ(sums, expected) << name_of(image.dtype());
        });
      }
    }
  }
}

TEST(Engine, adds_up_digits_like_plain_code) {
  const Divider divider(small_poni(), small_options());
  const Plan plan(divider, 1);
  const Array image = noise<std::uint32_t>(1);
  const BadRange bad{0, 1000};
  std::vector<std::uint16_t> digits(digits_size);
  for_each_target([&] {
    const Wanted wanted = Wanted::all;
    PlanSums sums(plan, wanted, 1);
    PlanSums expected(plan, wanted, 1);
    const std::size_t pitch = plan.tiling().pitch();
    for (std::size_t k = 0; k < plan.tiling().tiles(); ++k) {
      const TilePixels pixels = TileReader(image).place_of(plan.tiling().tile(k));
      Ahead nothing({}, 1);
      add_tile_scalar(plan, k, wanted, pixels, bad, expected);
      for (int digit = 0; digit < 4; ++digit) {
        take_digit(pixels, bad, digit, pitch, digits.data());
        add_tile(plan, k, wanted, digits.data(), digit, nothing, sums);
      }
    }
    for (std::size_t row = 0; row + 1 < plan.rows().size(); ++row) {
      EXPECT_EQ(sums.row(row), expected.row(row)) << "row " << row;
    }
  });
}

TEST(Engine, gives_the_same_bits_with_any_number_of_threads) {
  const Engine one(small_poni(), small_options(), 1);
  const Engine three(small_poni(), small_options(), 3);
  for (const Array& image : all_kinds()) EXPECT_EQ(one.sum(image), three.sum(image));
}

TEST(Engine, gives_the_same_bits_for_one_frame_or_many) {
  const Engine engine(small_poni(), small_options(), 2);
  std::vector<Array> images;
  for (unsigned k = 0; k < 37; ++k) images.push_back(k % 5 == 0 ? noise<std::uint16_t>(k) : counts<std::uint16_t>(k));
  images[20] = counts<std::int32_t>(20);
  const std::vector<BinSums> together = engine.sum(images);
  ASSERT_EQ(together.size(), images.size());
  for (std::size_t k = 0; k < images.size(); ++k) EXPECT_EQ(together[k], engine.sum(images[k])) << k;
}

TEST(Engine, reads_packed_images_block_by_block) {
  const Engine engine(small_poni(), small_options(), 2);
  for (const Array& image : all_kinds()) {
    if (image.dtype() == DType::i8) continue;
    const Array chunk = packed(image);
    EXPECT_EQ(engine.sum(chunk), engine.sum(image));
    EXPECT_EQ(engine.sum(std::vector<Array>(6, chunk)).back(), engine.sum(image));
    EXPECT_EQ(chunk, image);  // unpacked as a whole
  }
}

TEST(Engine, says_what_is_wrong_with_a_packed_image) {
  const Array image = noise<std::uint16_t>(1);
  auto bytes = codec::encode_bslz4(image.bytes(), 2);
  std::fill(bytes.begin() + 40, bytes.begin() + 200, std::byte{0xFF});
  const auto chunk = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  const auto opened = codec::PackedImage::open(*chunk, 2, image.bytes().size(), chunk, BufferPool(1));
  ASSERT_TRUE(opened);
  const Array broken(DType::u16, image.shape(), *opened);
  const Engine engine(small_poni(), small_options(), 2);
  EXPECT_THROW((void)engine.sum(broken), DataError);
  EXPECT_THROW((void)engine.sum(std::vector<Array>(6, broken)), DataError);
  EXPECT_EQ(engine.sum(image), engine.sum(packed(image)));  // nothing of it is left
}

TEST(Engine, leaves_out_bad_pixels_as_if_they_were_masked) {
  const Array image = counts<std::uint16_t>(1);
  IntegrationOptions options = small_options();
  const std::size_t bad = 3000;
  std::vector<std::uint8_t> mask(image.size());
  mask[bad] = 1;
  options.radial_range = Range{1, 60};
  IntegrationOptions masking = options;
  masking.mask = Array::of(image.shape(), std::move(mask));
  options.dummy = BadValue{60000, 0};
  const BinSums left_out = Engine(small_poni(), options, 1).sum(with_pixel(image, bad, 60000));
  const BinSums masked = Engine(small_poni(), masking, 1).sum(image);
  EXPECT_EQ(left_out.signal, masked.signal);
  EXPECT_EQ(left_out.variance, masked.variance);
  EXPECT_EQ(left_out.count, masked.count);
  expect_near(left_out.normalization, masked.normalization, 1e-13);
  expect_near(left_out.normalization_squared, masked.normalization_squared, 1e-13);
}

TEST(Engine, has_nothing_in_a_bin_without_good_pixels) {
  IntegrationOptions options = small_options();
  options.dummy = BadValue{0, 0};
  const Engine engine(small_poni(), options, 2);
  const BinSums sums =
      engine.sum(Array::of({small_rows, small_cols}, std::vector<std::uint16_t>(small_rows * small_cols)));
  const std::vector<double> nothing(options.bins);
  EXPECT_EQ(sums.count, nothing);
  EXPECT_EQ(sums.normalization, nothing);
  EXPECT_EQ(sums.signal, nothing);
  EXPECT_EQ(sums.variance, nothing);
}

TEST(Engine, adds_up_floating_point_numbers_like_integers) {
  const Engine engine(small_poni(), small_options(), 1);
  for (const double mean : {0.2, 5.0, 900.0, 30000.0}) {
    const Array image = counts<std::uint16_t>(1, mean);
    const BinSums integers = engine.sum(image);
    const BinSums floats = engine.sum(Array::of(image.shape(), image.to_vector<float>()));
    expect_near(floats.signal, integers.signal, 1e-13);
    expect_near(floats.variance, integers.variance, 1e-8);
    EXPECT_EQ(floats.count, integers.count);
  }
}

TEST(Engine, takes_the_variance_of_every_pixel) {
  const Array image = counts<std::uint16_t>(1);
  IntegrationOptions options = small_options();
  const BinSums poisson = Engine(small_poni(), options, 1).sum(image);
  options.error_model = ErrorModel::variance;
  auto variance = image.to_vector<double>();
  for (double& value : variance) value = std::max(value, 1.0);
  const Array array = Array::of(image.shape(), std::move(variance));
  const BinSums given = Engine(small_poni(), options, 1).sum(image, &array);
  expect_near(given.variance, poisson.variance, 1e-8);
}

TEST(Engine, subtracts_the_dark_and_adds_its_variance) {
  const Array image = counts<std::uint16_t>(1, 40);
  IntegrationOptions options = small_options();
  const BinSums plain = Engine(small_poni(), options, 1).sum(image);
  options.dark = Array::of({small_rows, small_cols}, std::vector<float>(small_rows * small_cols, 3.0F));
  const BinSums without_variance = Engine(small_poni(), options, 1).sum(image);
  EXPECT_EQ(without_variance.variance, plain.variance);
  for (const ErrorModel model : {ErrorModel::none, ErrorModel::poisson}) {
    options.error_model = model;
    options.dark_variance = Array::of({small_rows, small_cols}, std::vector<float>(small_rows * small_cols, 7.0F));
    const BinSums sums = Engine(small_poni(), options, 1).sum(image);
    for (std::size_t bin = 0; bin < plain.count.size(); ++bin) {
      EXPECT_NEAR(sums.signal[bin], plain.signal[bin] - 3 * plain.count[bin], 1e-9 * plain.signal[bin]);
    }
    if (model == ErrorModel::none) continue;
    const BinSums expected = expected_sums(Array::of(image.shape(), std::vector<double>(image.size(), 7)), options);
    for (std::size_t bin = 0; bin < plain.count.size(); ++bin) {
      EXPECT_NEAR(sums.variance[bin] - plain.variance[bin], expected.variance[bin], 1e-4 * expected.variance[bin]);
    }
  }
}

TEST(Engine, asks_for_the_variances_that_its_model_takes) {
  IntegrationOptions options = small_options();
  options.error_model = ErrorModel::variance;
  const Engine engine(small_poni(), options, 1);
  EXPECT_THROW((void)engine.sum(counts<std::uint16_t>(1)), DataError);
}

TEST(Engine, finds_no_spread_where_every_pixel_has_the_mean) {
  IntegrationOptions options = small_options();
  options.error_model = ErrorModel::azimuthal;
  const Engine engine(small_poni(), options, 1);
  const std::span<const double> mean = engine.divider().normalization();
  const Array flat = Array::of({small_rows, small_cols}, std::vector<double>(mean.begin(), mean.end()));
  const BinSums sums = engine.sum(flat);
  for (const double variance : sums.variance) EXPECT_LT(variance, 1e-24);
}

TEST(Engine, refuses_an_image_of_another_shape) {
  const Engine engine(small_poni(), small_options(), 1);
  EXPECT_THROW((void)engine.sum(Array::of({2, 2}, std::vector<float>(4))), DataError);
}

}  // namespace
}  // namespace annulus
