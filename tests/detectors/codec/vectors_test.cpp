// SPDX-License-Identifier: BSD-3-Clause
// Bytes that others have packed: a detector's own, and those of the reference implementations.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>

#include "detectors/codec/bslz4.hpp"
#include "detectors/codec/lz4.hpp"
#include "tests/detectors/codec/bytes.hpp"

namespace annulus::codec {
namespace {

using testing::Bytes;
using testing::decoded;

const std::filesystem::path shared = ANNULUS_SHARED_DIR;

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// The byte string with two bytes of length (CBOR: 59 hi lo) that follows `mark` in a message.
Bytes string_behind(const Bytes& message, std::string_view mark) {
  const auto wanted = std::as_bytes(std::span(mark));
  const auto found = std::search(message.begin(), message.end(), wanted.begin(), wanted.end());
  EXPECT_NE(found, message.end());
  const auto length = found + static_cast<std::ptrdiff_t>(mark.size());
  const auto size = std::to_integer<std::ptrdiff_t>(length[0]) * 256 + std::to_integer<std::ptrdiff_t>(length[1]);
  return {length + 2, length + 2 + size};
}

/// Part `index` of a file of parts, each behind its length (8 bytes, little endian).
Bytes part_of(const Bytes& file, int index) {
  std::size_t position = 0;
  for (;; --index) {
    std::uint64_t size = 0;
    std::memcpy(&size, file.data() + position, sizeof size);
    const auto part = std::span(file).subspan(position + sizeof size, size);
    if (index == 0) return {part.begin(), part.end()};
    position += sizeof size + size;
  }
}

class Vectors : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(shared / "vectors"))
      GTEST_SKIP() << "the golden vectors are not there (" << shared << ")";
    image_ = read_file(shared / "vectors" / "dectris_image_65x48_u32.raw");
  }
  static Bytes vector(std::string_view name) { return read_file(shared / "vectors" / name); }
  Bytes image_;
};

constexpr auto bslz4_of_4 = [](auto in, auto out) { return decode_bslz4(in, 4, out); };

TEST_F(Vectors, bslz4_of_a_simplon_v2_image) {
  const Bytes packed = string_behind(vector("dectris_v2_image_bslz4.cbor"), "bslz4\x04\x59");
  EXPECT_EQ(decoded(packed, image_.size(), bslz4_of_4), image_);
}

TEST_F(Vectors, lz4_of_a_simplon_v2_image) {
  const Bytes packed = string_behind(vector("dectris_v2_image_lz4.cbor"), std::string_view("lz4\0\x59", 5));
  EXPECT_EQ(decoded(packed, image_.size(), [](auto in, auto out) { return decode_lz4_chunk(in, out); }), image_);
}

TEST_F(Vectors, bslz4_of_a_simplon_v1_image) {
  const Bytes packed = part_of(vector("dectris_v1_image_bs32_lz4le.lendump"), 2);
  EXPECT_EQ(decoded(packed, image_.size(), bslz4_of_4), image_);
}

TEST_F(Vectors, lz4_of_a_simplon_v1_image) {
  const Bytes packed = part_of(vector("dectris_v1_image_lz4le.lendump"), 2);
  EXPECT_EQ(decoded(packed, image_.size(), [](auto in, auto out) { return decode_lz4_block(in, out); }), image_);
}

TEST_F(Vectors, a_frame_recorded_from_an_eiger) {
  const auto path = shared / "data" / "stream_eiger1_4m_v1" / "streamfile_12";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const std::size_t pixels = 2070 * 2167;
  const Bytes frame = decoded(read_file(path), 2 * pixels, [](auto in, auto out) { return decode_bslz4(in, 2, out); });
  std::vector<std::uint16_t> counts(pixels);
  std::memcpy(counts.data(), frame.data(), frame.size());
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), 16473358719u);
  EXPECT_EQ(std::ranges::count(counts, 65535), 251297);
  EXPECT_EQ(decoded(encode_bslz4(frame, 2), frame.size(), [](auto in, auto out) { return decode_bslz4(in, 2, out); }),
            frame);
}

}  // namespace
}  // namespace annulus::codec
