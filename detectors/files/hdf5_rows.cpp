// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/hdf5_rows.hpp"

#include <memory>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/codec/bslz4.hpp"
#include "detectors/codec/chunk.hpp"
#include "detectors/codec/lz4.hpp"

namespace annulus::detail {
namespace {

constexpr int bitshuffle = 32008;
constexpr int lz4 = 32004;
constexpr std::size_t compressor = 4;  // the bitshuffle setting that says what comes after: 2 is LZ4

/// Whether chunks can be decoded here: one a row, one known filter, numbers as in memory.
bool is_ours(const hdf5::Dataset& dataset) {
  const auto filters = dataset.filters();
  if (filters.size() != 1) return false;
  const auto& [number, name, settings] = filters.front();
  const bool shuffled = number == bitshuffle && settings.size() > compressor && settings[compressor] == 2;
  if (!shuffled && number != lz4) return false;
  Shape row = dataset.shape();
  if (row.empty()) return false;
  row[0] = 1;
  return dataset.chunk_shape() == row && dataset.is_stored_as_read();
}

}  // namespace

void require_readable(const hdf5::Dataset& dataset) {
  if (is_ours(dataset)) return;
  try {
    dataset.require_filters();
  } catch (const IoError& error) {
    throw DataError(error.what());
  }
}

Array read_row(const hdf5::Dataset& dataset, std::size_t row) {
  if (!is_ours(dataset)) return dataset.read_rows(row, 1);
  Shape shape = dataset.shape();
  shape[0] = 1;
  const DType dtype = dataset.dtype();
  const std::vector<std::byte> packed = dataset.read_stored_chunk(row);
  auto pixels = std::make_shared<std::vector<std::byte>>(count_of(shape) * size_of(dtype));
  const auto refuse = [&](const std::string& why) {
    throw DataError(fmt::format("{}: row {} cannot be decoded ({})", dataset.path(), row, why));
  };
  const auto header = codec::read_chunk_header(packed);
  if (!header) refuse(to_string(header.error()));
  if (header->bytes != pixels->size()) refuse(fmt::format("{} bytes instead of {}", header->bytes, pixels->size()));
  const auto decoded = dataset.filters().front().number == bitshuffle
                           ? codec::decode_bslz4(packed, size_of(dtype), *pixels)
                           : codec::decode_lz4_chunk(packed, *pixels);
  if (!decoded) refuse(to_string(decoded.error()));
  return Array(dtype, std::move(shape), *pixels, pixels);
}

}  // namespace annulus::detail
