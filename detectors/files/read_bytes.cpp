// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/read_bytes.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "operators/data/error.hpp"

namespace annulus::detail {

namespace {

std::ifstream open_file(const std::filesystem::path& path) {
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored))
    throw IoError("cannot read " + path.string() + " (it is a folder)");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw IoError("cannot open " + path.string() + " (" + std::strerror(errno) + ")");
  return file;
}

}  // namespace

std::string read_start(const std::filesystem::path& path, std::size_t count) {
  auto file = open_file(path);
  std::string start(count, '\0');
  file.read(start.data(), static_cast<std::streamsize>(count));
  start.resize(static_cast<std::size_t>(file.gcount()));
  return start;
}

std::uint64_t size_of_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) throw IoError("cannot read the size of " + path.string() + " (" + error.message() + ")");
  return size;
}

void read_exactly(const std::filesystem::path& path, std::uint64_t offset, std::span<std::byte> bytes) {
  auto file = open_file(path);
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (file.gcount() != static_cast<std::streamsize>(bytes.size()))
    throw IoError("cannot read " + path.string() + " (it ends early)");
}

void to_native_order(std::span<std::byte> bytes, WireType type) {
  const std::size_t size = size_of(type.dtype);
  if (!type.swapped || size == 1) return;
  for (std::size_t at = 0; at + size <= bytes.size(); at += size) std::ranges::reverse(bytes.subspan(at, size));
}

Array read_array(const std::filesystem::path& path, std::uint64_t offset, WireType type, Shape shape) {
  auto bytes = std::make_shared<std::vector<std::byte>>(count_of(shape) * size_of(type.dtype));
  read_exactly(path, offset, *bytes);
  to_native_order(*bytes, type);
  return Array(type.dtype, std::move(shape), *bytes, bytes);
}

}  // namespace annulus::detail
