// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "operators/data/array.hpp"
#include "operators/data/buffer_pool.hpp"
#include "operators/data/error.hpp"

namespace annulus::simplon {

/// How the elements of an array are packed.
enum class Packing : std::uint8_t {
  none,              ///< as they are
  lz4_block,         ///< one bare LZ4 block (stream V1, areaDetector)
  lz4_chunk,         ///< HDF5 filter 32004: 12-byte header and blocks (stream V2)
  bslz4_chunk,       ///< HDF5 filter 32008: 12-byte header and bit-shuffled blocks (stream V1 and V2)
  bslz4_headerless,  ///< the same without the header, blocks of 8192 bytes (areaDetector)
};

/// Bytes of a block of Packing::bslz4_headerless.
inline constexpr std::size_t headerless_block = 8192;

/// An image or table as it travels; copying it copies no elements.
struct EncodedArray {
  std::string channel;  ///< "threshold_1"; empty when the message does not say
  DType dtype = DType::u8;
  bool swapped = false;  ///< big-endian elements
  Packing packing = Packing::none;
  std::size_t shuffle_size = 0;      ///< element size of the bit shuffle [bytes]; need not be the dtype's
  Shape shape;                       ///< {rows, cols}, or {planes, rows, cols} of several thresholds in one
  std::span<const std::byte> bytes;  ///< packed
  std::shared_ptr<const void> owner;
};

/// Bytes of the array once it is unpacked; fails when that is more than the packed bytes can hold (LZ4 packs at most
/// 255 : 1), so that whoever allocates afterwards allocates what the message can justify.
[[nodiscard]] Expected<std::size_t, DecodeError> unpacked_size(const EncodedArray& array);

/// Unpacks into `out`, which must have unpacked_size() bytes, in this machine's byte order.
[[nodiscard]] Expected<void, DecodeError> decode_array(const EncodedArray& array, std::span<std::byte> out);

/// Unpacks into new memory, or that of a pool; bytes that need no change are shared instead.
[[nodiscard]] Expected<Array, DecodeError> decode_array(const EncodedArray& array);
[[nodiscard]] Expected<Array, DecodeError> decode_array(const EncodedArray& array, BufferPool& pool);

/// As above, but bit-shuffled chunks stay packed until somebody looks at the array (codec::PackedImage): only their
/// header and the lengths of their blocks are checked. What cannot stay packed is unpacked.
[[nodiscard]] Expected<Array, DecodeError> wrap_array(const EncodedArray& array, BufferPool& pool);

/// The bytes of `array` packed anew: for simulators. The result shares the array's bytes when `packing` is none.
[[nodiscard]] EncodedArray encode_array(const Array& array, Packing packing, std::string channel = {});

}  // namespace annulus::simplon
