// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/value.hpp"

namespace annulus::bluesky::testing {

/// Bytes as the decoders take them: an owner and a view of what it keeps.
struct Message {
  std::shared_ptr<const std::string> text;
  explicit Message(std::string content) : text(std::make_shared<const std::string>(std::move(content))) {}
  [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span(*text)); }
};

/// Text with embedded zeros: chars("\x80\x04N.").
template <std::size_t N>
std::string chars(const char (&text)[N]) {
  return std::string(text, N - 1);
}

inline std::filesystem::path vectors_path() { return std::filesystem::path(ANNULUS_SHARED_DIR) / "vectors"; }

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A golden wire vector: bytes that the real Python libraries wrote.
inline std::string read_vector(std::string_view name) { return read_file(vectors_path() / name); }

/// The image of every document in the vectors: np.arange(12, dtype='<u2').reshape(3, 4).
inline Array vector_image() { return Array::of<std::uint16_t>({3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}); }

/// Calls `f` with every proper prefix of `text`, each in a block of memory of its own, so that a sanitizer sees
/// any step past its end.
template <class F>
void for_each_prefix(const std::string& text, F&& f) {
  for (std::size_t size = 0; size < text.size(); ++size) f(Message(std::string(text, 0, size)));
}

}  // namespace annulus::bluesky::testing

#define ANNULUS_NEEDS_VECTORS()                                            \
  if (!std::filesystem::exists(annulus::bluesky::testing::vectors_path())) \
  GTEST_SKIP() << "the golden vectors are not there (" << annulus::bluesky::testing::vectors_path() << ")"
