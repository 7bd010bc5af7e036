// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/tiff.hpp"

#include <fstream>
#include <numeric>

#include <gtest/gtest.h>
#include <tiffio.h>

#include "operators/data/error.hpp"

#include "detectors/files/image_series.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using testing::Scratch;

template <class T>
class TiffTypes : public ::testing::Test {};
using AllTypes = ::testing::Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t,
                                  std::uint64_t, std::int64_t, float, double>;
TYPED_TEST_SUITE(TiffTypes, AllTypes);

TYPED_TEST(TiffTypes, keep_their_extremes) {
  const Scratch scratch;
  using Limits = std::numeric_limits<TypeParam>;
  const auto image = Array::of<TypeParam>({2, 2}, {Limits::lowest(), Limits::max(), TypeParam{0}, TypeParam{7}});
  write_tiff(scratch / "a.tif", image);
  EXPECT_EQ(read_image((scratch / "a.tif").string()), image);
}

TEST(Tiff, has_one_image_per_page) {
  const Scratch scratch;
  const auto path = (scratch / "a.tif").string();
  write_tiff(path, Array::of<std::uint16_t>({2, 1, 2}, {1, 2, 3, 4}));
  const auto series = open_images(path);
  ASSERT_EQ(series->size(), 2U);
  EXPECT_EQ(series->read(1), Array::of<std::uint16_t>({1, 2}, {3, 4}));
  EXPECT_EQ(series->read(0), Array::of<std::uint16_t>({1, 2}, {1, 2}));
  EXPECT_EQ(read_image(path + ":1"), series->read(1));
}

/// Writes `values` (rows, cols) with libtiff in tiles of 16 x 32, or in strips of 3 rows.
void write_with_libtiff(const std::string& path, const char* mode, int compression, bool tiled, std::uint32_t rows,
                        std::uint32_t cols, const std::vector<std::uint32_t>& values) {
  TIFF* tiff = TIFFOpen(path.c_str(), mode);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, rows);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, cols);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 32);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
  if (tiled) {
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 32);
    for (std::uint32_t row = 0; row < rows; row += 16) {
      for (std::uint32_t col = 0; col < cols; col += 32) {
        std::vector<std::uint32_t> tile(16 * 32, 0);
        for (std::uint32_t r = row; r < std::min(rows, row + 16); ++r)
          for (std::uint32_t c = col; c < std::min(cols, col + 32); ++c)
            tile[(r - row) * 32 + c - col] = values[r * cols + c];
        TIFFWriteTile(tiff, tile.data(), col, row, 0, 0);
      }
    }
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 3);
    for (std::uint32_t row = 0; row < rows; ++row) {
      auto line = std::vector(values.begin() + row * cols, values.begin() + (row + 1) * cols);
      TIFFWriteScanline(tiff, line.data(), row, 0);
    }
  }
  TIFFClose(tiff);
}

TEST(Tiff, reads_compressed_tiled_big_endian_and_big_files) {
  const Scratch scratch;
  const auto path = (scratch / "a.tif").string();
  std::vector<std::uint32_t> values(37 * 41);
  std::iota(values.begin(), values.end(), 0xFFFFFF00U);  // passes the largest signed and unsigned values
  for (const char* mode : {"wl", "wb", "w8"})
    for (int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS})
      for (bool tiled : {false, true}) {
        write_with_libtiff(path, mode, compression, tiled, 37, 41, values);
        EXPECT_EQ(read_image(path), Array::of<std::uint32_t>({37, 41}, values)) << mode << compression << tiled;
      }
}

TEST(Tiff, refuses_what_the_file_cannot_hold_and_prints_nothing) {
  const Scratch scratch;
  const auto path = scratch / "a.tif";
  write_tiff(path, Array::of<std::uint16_t>({8, 8}, std::vector<std::uint16_t>(64, 1)));
  std::string good(std::filesystem::file_size(path), '\0');
  std::ifstream(path, std::ios::binary).read(good.data(), static_cast<std::streamsize>(good.size()));
  ::testing::internal::CaptureStderr();
  // Every way of cutting the file, and of spoiling one byte: an image or an exception, never more.
  std::size_t refused = 0;
  const auto attempt = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      static_cast<void>(read_image(path.string()));
    } catch (const std::runtime_error&) {
      ++refused;
    }
  };
  for (std::size_t size = 0; size < good.size(); ++size) attempt(good.substr(0, size));
  EXPECT_EQ(refused, good.size());
  for (std::size_t at = 0; at < good.size(); ++at)
    for (char value : {'\0', '\1', '\x7f', '\xff'}) {
      std::string bad = good;
      bad[at] = value;
      attempt(bad);
    }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Tiff, refuses_colours) {
  const Scratch scratch;
  const auto path = (scratch / "a.tif").string();
  TIFF* tiff = TIFFOpen(path.c_str(), "w");
  for (auto [tag, value] : {std::pair{TIFFTAG_IMAGELENGTH, 1},
                            {TIFFTAG_IMAGEWIDTH, 1},
                            {TIFFTAG_BITSPERSAMPLE, 8},
                            {TIFFTAG_SAMPLESPERPIXEL, 3},
                            {TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB}})
    TIFFSetField(tiff, static_cast<std::uint32_t>(tag), value);
  char pixel[3] = {1, 2, 3};
  TIFFWriteScanline(tiff, pixel, 0, 0);
  TIFFClose(tiff);
  EXPECT_THROW(static_cast<void>(read_image(path)), DataError);
}

}  // namespace
}  // namespace annulus
