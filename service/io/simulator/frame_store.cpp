// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/simulator/frame_store.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/simplon/encoded_array.hpp"
#include "detectors/simplon/stream_v1.hpp"
#include "detectors/simplon/stream_v2.hpp"
#include "service/io/simulator/series_messages.hpp"

namespace annulus {
namespace {

using simplon::EncodedArray;
using simplon::Packing;
using simplon::SeriesImage;
using simplon::Version;

constexpr std::size_t spare_head = 64;  // bytes by which a head may grow with the frame's number and times

Packing packing_of(const FrameForm& form) {
  if (form.compression == "bslz4") return Packing::bslz4_chunk;
  if (form.compression == "none") return Packing::none;
  if (form.compression == "lz4") return form.version == Version::v1 ? Packing::lz4_block : Packing::lz4_chunk;
  throw DataError(fmt::format("compression '{}' is not known (bslz4, lz4 and none are)", form.compression));
}

/// 1 for "threshold_1"; 0 for "difference".
unsigned threshold_of(const std::string& channel) {
  if (channel == "difference") return 0;
  for (const unsigned n : {1U, 2U, 3U, 4U}) {
    if (channel == fmt::format("threshold_{}", n)) return n;
  }
  throw DataError(fmt::format("channel '{}' is not known (threshold_1 to threshold_4 and difference are)", channel));
}

template <class T>
Array channel_of(const Array& image, unsigned threshold) {
  constexpr T bad = std::numeric_limits<T>::max() - 1;
  auto pixels = image.to_vector<T>();
  for (T& pixel : pixels) {
    if (pixel >= bad) continue;
    pixel = static_cast<T>(threshold == 0 ? pixel - pixel / 2 : pixel / threshold);
  }
  return Array::of(image.shape(), std::move(pixels));
}

template <class Signed>
Array unsigned_of(const Array& image) {
  using T = std::make_unsigned_t<Signed>;
  std::vector<T> pixels(image.size());
  const auto values = image.as<Signed>();
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = values[i] < 0 ? std::numeric_limits<T>::max() : static_cast<T>(values[i]);
  }
  return Array::of(image.shape(), std::move(pixels));
}

/// (channels, rows, cols): how stream V1 sends several thresholds.
Array stacked(const std::vector<Array>& planes) {
  const auto bytes = std::make_shared<std::vector<std::byte>>();
  for (const Array& plane : planes) bytes->insert(bytes->end(), plane.bytes().begin(), plane.bytes().end());
  Shape shape = planes.front().shape();
  shape.insert(shape.begin(), planes.size());
  return Array(planes.front().dtype(), std::move(shape), *bytes, bytes);
}

/// Nobody but the list has it: ZeroMQ has let go of it, in another thread, whose reading is over for this one too.
template <class T>
bool is_free(const std::shared_ptr<T>& buffer) {
  if (buffer.use_count() != 1) return false;
  std::atomic_thread_fence(std::memory_order_acquire);
  return true;
}

}  // namespace

Array channel_image(const Array& image, const std::string& channel) {
  const unsigned threshold = threshold_of(channel);
  if (threshold == 1) return image;
  switch (image.dtype()) {
    case DType::u8: return channel_of<std::uint8_t>(image, threshold);
    case DType::u16: return channel_of<std::uint16_t>(image, threshold);
    case DType::u32: return channel_of<std::uint32_t>(image, threshold);
    default: throw DataError(fmt::format("images of {} have no thresholds", name_of(image.dtype())));
  }
}

Array as_detector_image(const Array& image) {
  if (image.shape().size() != 2) throw DataError(fmt::format("shape {} is no image", to_string(image.shape())));
  switch (image.dtype()) {
    case DType::u8:
    case DType::u16:
    case DType::u32: return image;
    case DType::i8: return unsigned_of<std::int8_t>(image);
    case DType::i16: return unsigned_of<std::int16_t>(image);
    case DType::i32: return unsigned_of<std::int32_t>(image);
    default: break;
  }
  throw DataError(
      fmt::format("an image of {} cannot come from this detector (it counts in 8, 16 or 32 bits) convert it",
                  name_of(image.dtype())));
}

FrameStore::FrameStore(std::vector<Array> images, FrameForm form) : images_(std::move(images)), form_(std::move(form)) {
  if (images_.empty()) throw DataError("there is no image to send");
  for (std::size_t k = 0; form_.version == Version::v1 && k < form_.channels.size(); ++k) {
    if (threshold_of(form_.channels[k]) == k + 1) continue;
    throw DataError(
        fmt::format("stream V1 cannot send '{}' here (it has the thresholds from the first on, without names)"
                    " use stream V2",
                    form_.channels[k]));
  }
  for (const Array& image : images_) {
    Packed packed;
    packed.channels = pack(image);
    if (form_.version == Version::v2) {
      packed.pixels = simplon::encode_v2_pixels(packed.channels);
      packed.channels.clear();
    }
    packed_.push_back(std::move(packed));
  }
}

std::vector<EncodedArray> FrameStore::pack(const Array& image) const {
  std::vector<Array> planes;
  for (const std::string& channel : form_.channels) planes.push_back(channel_image(image, channel));
  if (form_.version == Version::v1) {
    return {simplon::encode_array(planes.size() == 1 ? planes.front() : stacked(planes), packing_of(form_))};
  }
  std::vector<EncodedArray> channels;
  for (std::size_t k = 0; k < planes.size(); ++k) {
    channels.push_back(simplon::encode_array(planes[k], packing_of(form_), form_.channels[k]));
  }
  return channels;
}

WireParts FrameStore::message(SeriesImage image, Damage damage) {
  if (damage == Damage::truncated) return truncated(std::move(image));
  Packed& packed = packed_[image.frame % packed_.size()];
  WireParts parts;
  if (form_.version == Version::v2) {
    parts = message_v2(image, packed);
  } else {
    image.channels = packed.channels;
    parts = wire_parts(simplon::encode_v1(image));
  }
  if (damage == Damage::garbled) {
    for (WireMessage& part : parts) part.bytes = part.bytes.first(part.bytes.size() / 2);
  }
  return parts;
}

WireParts FrameStore::truncated(SeriesImage image) const {
  image.channels = pack(images_[image.frame % images_.size()]);
  for (EncodedArray& channel : image.channels) channel.bytes = channel.bytes.first(channel.bytes.size() / 2);
  if (form_.version == Version::v1) return wire_parts(simplon::encode_v1(image));
  const auto bytes = std::make_shared<const std::string>(simplon::encode_v2(image));
  return {{std::as_bytes(std::span(*bytes)), bytes}};
}

WireParts FrameStore::message_v2(const SeriesImage& image, Packed& packed) {
  const std::string head = simplon::encode_v2_head(image);
  const auto has_room = [&](const Buffer& buffer) { return buffer.size() >= head.size() + packed.pixels.size(); };
  auto found = std::ranges::find_if(packed.buffers, [&](const auto& b) { return has_room(*b) && is_free(b); });
  if (found == packed.buffers.end()) {
    std::erase_if(packed.buffers, [&](const auto& buffer) { return !has_room(*buffer); });
    packed.buffers.push_back(std::make_shared<Buffer>(head.size() + spare_head + packed.pixels.size()));
    found = packed.buffers.end() - 1;
    std::memcpy((*found)->data() + head.size() + spare_head, packed.pixels.data(), packed.pixels.size());
  }
  // The head ends where the pixels begin, whatever its length.
  Buffer& buffer = **found;
  std::byte* begin = buffer.data() + (buffer.size() - packed.pixels.size() - head.size());
  std::memcpy(begin, head.data(), head.size());
  return {{std::span<const std::byte>(begin, head.size() + packed.pixels.size()), *found}};
}

std::size_t FrameStore::kept_bytes() const {
  std::size_t bytes = 0;
  for (const Packed& packed : packed_) {
    for (const auto& buffer : packed.buffers) bytes += buffer->size();
  }
  return bytes;
}

}  // namespace annulus
