// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus::codec::testing {

using Bytes = std::vector<std::byte>;

/// Elements of `element_size` bytes with small numbers, as in an image of few counts, and now and then a large one.
inline Bytes counts(std::size_t bytes, std::size_t element_size = 2) {
  std::mt19937 random(static_cast<unsigned>(bytes + element_size));
  Bytes result(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    const bool high = i % element_size != 0;
    result[i] = static_cast<std::byte>(random() % 100 == 0 ? random() : high ? 0 : random() % 4);
  }
  return result;
}

/// Bytes that nothing can pack.
inline Bytes noise(std::size_t bytes) {
  std::mt19937 random(7);
  Bytes result(bytes);
  std::ranges::generate(result, [&] { return static_cast<std::byte>(random()); });
  return result;
}

/// Room for a result, with known bytes on both sides that nobody may touch.
class Guarded {
 public:
  explicit Guarded(std::size_t size) : bytes_(size + 2 * guard, fill) {}
  ~Guarded() {
    EXPECT_EQ(std::count(bytes_.begin(), bytes_.begin() + guard, fill), guard) << "written before the beginning";
    EXPECT_EQ(std::count(bytes_.end() - guard, bytes_.end(), fill), guard) << "written behind the end";
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  [[nodiscard]] std::span<std::byte> room() { return std::span(bytes_).subspan(guard, bytes_.size() - 2 * guard); }
  [[nodiscard]] Bytes copy() { return {room().begin(), room().end()}; }

 private:
  static constexpr std::ptrdiff_t guard = 128;
  static constexpr std::byte fill{0xA5};
  Bytes bytes_;
};

/// What `decode(in, room)` makes of `in`; the test fails when it makes nothing.
template <class Decode>
Bytes decoded(const Bytes& in, std::size_t size, Decode&& decode) {
  Guarded out(size);
  const auto good = decode(std::span(in), out.room());
  EXPECT_TRUE(good) << to_string(good.error());
  return out.copy();
}

/// Why `decode(in, room)` refuses `in`; "decoded" when it does not. The error begins with `decoder` and its place is in
/// `in`.
template <class Decode>
std::string refused(const Bytes& in, std::size_t size, std::string_view decoder, Decode&& decode) {
  Guarded out(size);
  const auto good = decode(std::span(in), out.room());
  if (good) return "decoded";
  EXPECT_TRUE(good.error().problem.starts_with(decoder)) << good.error().problem;
  EXPECT_LE(good.error().offset, in.size()) << good.error().problem;
  return to_string(good.error());
}

/// Feeds every beginning of `in`, and `in` with each byte changed in three ways, to `decode`.
template <class Decode>
void spoil(const Bytes& in, std::size_t size, std::string_view decoder, Decode&& decode) {
  for (std::size_t cut = 0; cut < in.size(); ++cut) {
    const Bytes head(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(cut));  // in memory of its own
    EXPECT_NE(refused(head, size, decoder, decode), "decoded") << "cut at " << cut;
  }
  for (std::size_t i = 0; i < in.size(); ++i) {
    for (const unsigned flip : {0x01u, 0x80u, 0xFFu}) {
      Bytes changed = in;
      changed[i] ^= static_cast<std::byte>(flip);
      refused(changed, size, decoder, decode);
    }
  }
}

}  // namespace annulus::codec::testing
