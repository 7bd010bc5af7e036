// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/tile_reader.hpp"

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "detectors/codec/bslz4.hpp"
#include "detectors/codec/chunk.hpp"

namespace annulus {
namespace {

constexpr std::size_t rows = 101;
constexpr std::size_t cols = 1237;  // neither rows nor bands end with a block

Array random_image() {
  std::mt19937 random(1);
  std::vector<std::uint16_t> pixels(rows * cols);
  for (std::uint16_t& pixel : pixels) pixel = static_cast<std::uint16_t>(random() % 1000);
  return Array::of({rows, cols}, std::move(pixels));
}

Array packed(const Array& image, std::size_t block_bytes, bool broken = false) {
  auto chunk = codec::encode_bslz4(image.bytes(), 2, block_bytes);
  if (broken) {  // the second block begins with more bytes than it has
    std::size_t position = codec::chunk_header_bytes;
    (void)codec::read_block(chunk, position, "test");
    std::memset(chunk.data() + position + 4, 0xFF, 64);
  }
  const auto kept = std::make_shared<const std::vector<std::byte>>(std::move(chunk));
  return Array(DType::u16, image.shape(),
               codec::PackedImage::open(*kept, 2, image.bytes().size(), kept, BufferPool(1)).value());
}

/// Whether a tile of `reader` has the pixels that it has in `image`.
bool is_right(const TileReader& reader, const Tile& tile, const Array& image, TileReader::Room& room) {
  const TilePixels pixels = reader.read(tile, room);
  const TilePixels expected = TileReader(image).place_of(tile);
  if (pixels.rows != tile.rows || pixels.cols != tile.cols) return false;
  for (std::size_t row = 0; row < tile.rows; ++row) {
    if (std::memcmp(pixels.row(row), expected.row(row), pixels.row_bytes()) != 0) return false;
  }
  return true;
}

TEST(TileReader, unpacks_bands_whatever_the_blocks) {
  const Array image = random_image();
  const Tiling tiling(rows, cols);
  for (const std::size_t block_bytes : {256UL, 8192UL, 65536UL, 1UL << 20}) {
    const Array chunk = packed(image, block_bytes);
    const TileReader reader(chunk);
    TileReader::Room room;
    for (std::size_t k = 0; k < tiling.tiles(); ++k) {
      EXPECT_TRUE(is_right(reader, tiling.tile(k), image, room)) << block_bytes << " bytes, tile " << k;
    }
    for (const std::size_t k : {tiling.tiles() - 1, std::size_t{0}, tiling.tiles() / 2}) {
      EXPECT_TRUE(is_right(reader, tiling.tile(k), image, room)) << block_bytes << " bytes, tile " << k << " again";
    }
    EXPECT_FALSE(room.error);
  }
}

TEST(TileReader, keeps_the_first_error_until_it_restarts) {
  const Array image = random_image();
  const Array chunk = packed(image, 8192, true);
  const TileReader reader(chunk);
  const Tiling tiling(rows, cols);
  TileReader::Room room;
  std::size_t right = 0;
  for (std::size_t k = 0; k < tiling.tiles(); ++k) right += is_right(reader, tiling.tile(k), image, room);
  EXPECT_TRUE(room.error);
  EXPECT_LT(right, tiling.tiles());
  room.restart();
  const Array good = packed(image, 8192);
  EXPECT_TRUE(is_right(TileReader(good), tiling.tile(0), image, room));
  EXPECT_FALSE(room.error);
}

}  // namespace
}  // namespace annulus
