// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "operators/data/array.hpp"

namespace annulus::detail {

/// The first bytes of a file, at most `count`. Throws IoError.
[[nodiscard]] std::string read_start(const std::filesystem::path& path, std::size_t count);

/// Size of a file [bytes]. Throws IoError.
[[nodiscard]] std::uint64_t size_of_file(const std::filesystem::path& path);

/// `bytes.size()` bytes from `offset` on. Throws IoError when there are fewer.
void read_exactly(const std::filesystem::path& path, std::uint64_t offset, std::span<std::byte> bytes);

/// Elements in the byte order of this machine from elements in the order of a file, in place.
void to_native_order(std::span<std::byte> bytes, WireType type);

/// An array of elements that lie in a file from `offset` on. Throws IoError.
[[nodiscard]] Array read_array(const std::filesystem::path& path, std::uint64_t offset, WireType type, Shape shape);

}  // namespace annulus::detail
