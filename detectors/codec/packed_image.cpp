// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/codec/packed_image.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "detectors/codec/bitshuffle.hpp"
#include "detectors/codec/bslz4.hpp"
#include "detectors/codec/chunk.hpp"
#include "detectors/codec/lz4.hpp"

namespace annulus::codec {

Expected<std::shared_ptr<const PackedImage>, DecodeError> PackedImage::open(std::span<const std::byte> chunk,
                                                                            std::size_t element_size, std::size_t bytes,
                                                                            std::shared_ptr<const void> owner,
                                                                            BufferPool pool) {
  const auto block_bytes = block_bytes_of(chunk, element_size);
  if (!block_bytes) return Unexpected(block_bytes.error());
  if (const auto header = read_chunk_header(chunk); header->bytes != bytes) {
    return Unexpected(DecodeError{fmt::format("bslz4: a chunk of {} bytes ({} are wanted)", header->bytes, bytes), 0});
  }
  std::shared_ptr<PackedImage> image(new PackedImage(chunk, element_size, bytes, std::move(owner), std::move(pool)));
  image->block_bytes_ = *block_bytes;
  std::size_t place = chunk_header_bytes;
  const std::size_t raw = bytes % (8 * element_size);
  for (std::size_t done = 0; done < bytes - raw; done += std::min(*block_bytes, bytes - raw - done)) {
    image->places_.push_back(place);
    if (const auto block = read_block(chunk, place, "bslz4"); !block) return Unexpected(block.error());
  }
  image->places_.push_back(place);
  if (chunk.size() - place < raw) {
    return Unexpected(DecodeError{fmt::format("bslz4: ends in the {} bytes behind the last block", raw), place});
  }
  if (const auto end = require_end(chunk, place + raw, "bslz4"); !end) return Unexpected(end.error());
  return image;
}

Expected<void, DecodeError> PackedImage::unpack(std::size_t first, std::span<std::byte> out,
                                                std::span<std::byte> planes) const {
  const std::size_t raw = bytes_ % (8 * element_size_);
  for (std::size_t block = first / block_bytes_; !out.empty(); ++block) {
    if (block + 1 == places_.size()) {
      std::ranges::copy(chunk_.subspan(places_.back(), out.size()), out.begin());
      return {};
    }
    const std::size_t size = std::min(block_bytes_, bytes_ - raw - block * block_bytes_);
    std::size_t place = places_[block];
    const auto packed = read_block(chunk_, place, "bslz4");
    const auto sorted = planes.first(size);
    if (auto done = decode_lz4_block(*packed, sorted, "bslz4", place - packed->size()); !done) return done;
    bit_unshuffle(sorted, element_size_, out.first(size));
    out = out.subspan(size);
  }
  return {};
}

std::span<const std::byte> PackedImage::unpacked() const {
  const std::lock_guard lock(mutex_);
  if (!memory_) {
    auto memory = pool_.take(bytes_);
    const auto done = decode_bslz4(chunk_, element_size_, std::span(memory.get(), bytes_));
    if (!done) throw DataError(to_string(done.error()));
    memory_ = std::move(memory);
  }
  return {memory_.get(), bytes_};
}

}  // namespace annulus::codec
