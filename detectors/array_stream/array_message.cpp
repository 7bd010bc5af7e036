// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/array_stream/array_message.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "detectors/array_stream/packed_length.hpp"
#include "detectors/bluesky/json.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::array_stream {
namespace {

using simplon::EncodedArray;
using simplon::Packing;
using simplon::Part;

constexpr std::size_t max_json = 1 << 20;        // bytes of the first part
constexpr std::int64_t max_length = 1 << 20;     // pixels along an edge
constexpr double epics_epoch_s = 631'152'000.0;  // EPICS counts from 1990-01-01 UTC

constexpr std::pair<Packing, std::string_view> encodings[] = {
    {Packing::none, ""},
    {Packing::lz4_block, "lz4"},
    {Packing::bslz4_headerless, "bslz4"},
    {Packing::lz4_chunk, "lz4hdf5"},
};

Unexpected<DecodeError> bad(std::string problem) { return Unexpected<DecodeError>({"array-1.0: " + problem, 0}); }

/// Whether this is ADZMQ before 1.4, which put the name into a list and the dimensions the other way round; nothing
/// when it is another kind of message.
std::optional<bool> is_old_dialect(const Dict& header) {
  const Value* htype = header.find("htype");
  if (htype == nullptr) return std::nullopt;
  const List* names = htype->get_if<List>();
  const bool old = names != nullptr;
  const std::string_view name = !old ? htype->text_or({}) : names->empty() ? "" : names->front().text_or({});
  return name == "array-1.0" ? std::optional(old) : std::nullopt;
}

std::optional<Shape> shape_of(const Dict& header, bool x_first) {
  const List* lengths = list_at(header, "shape");
  if (lengths == nullptr) return std::nullopt;
  Shape shape;
  for (const Value& value : *lengths) {
    const std::int64_t length = value.integer_or(0);
    if (length < 1 || length > max_length) return std::nullopt;
    shape.push_back(static_cast<std::size_t>(length));
  }
  if (x_first) std::ranges::reverse(shape);
  while (shape.size() > 2 && shape.front() == 1) shape.erase(shape.begin());
  return shape.size() == 2 ? std::optional(shape) : std::nullopt;
}

Expected<EncodedArray, DecodeError> image_of(const Dict& header, bool old_dialect, const Part& pixels) {
  const auto shape = shape_of(header, old_dialect);
  const auto dtype = parse_dtype(text_at(header, "type"));
  const std::string encoding = text_at(header, "encoding");
  const auto known = std::ranges::find(encodings, encoding, &std::pair<Packing, std::string_view>::second);
  if (!shape) return bad("'shape' is not that of an image (two dimensions)");
  if (!dtype) return bad("'type' is no element type");
  if (known == std::end(encodings)) {
    return bad(
        fmt::format("encoding '{}' is not known (none, lz4, bslz4 and lz4hdf5 are)", bluesky::printable(encoding)));
  }
  EncodedArray image;
  image.dtype = *dtype;
  image.shape = *shape;
  image.packing = known->first;
  image.shuffle_size = size_of(*dtype);
  image.owner = pixels.owner;
  image.bytes = pixels.bytes;
  image.bytes = pixels.bytes.first(packed_length(image));
  return image;
}

}  // namespace

Expected<StreamedArray, DecodeError> decode_array_message(std::span<const Part> parts) {
  if (parts.size() != 2) return bad(fmt::format("message has {} parts instead of 2", parts.size()));
  if (parts[0].bytes.size() > max_json) return bad("part 1 is too long for a description");
  const auto value = bluesky::decode_json(parts[0].bytes);
  if (!value) return Unexpected<DecodeError>({"array-1.0: part 1: " + value.error().problem, value.error().offset});
  const Dict* header = value->get_if<Dict>();
  const auto old_dialect = header == nullptr ? std::nullopt : is_old_dialect(*header);
  if (!old_dialect) return bad("part 1 has not the htype 'array-1.0'");
  const std::int64_t frame = integer_at(*header, "frame", -1);
  if (frame < 0) return bad("part 1 has no frame number");
  auto image = image_of(*header, *old_dialect, parts[1]);
  if (!image) return Unexpected<DecodeError>(std::move(image.error()));
  StreamedArray out;
  out.frame = static_cast<std::uint64_t>(frame);
  out.image = std::move(*image);
  const double since_1990 = number_at(*header, "timeStamp", 0);
  if (since_1990 > 0 && since_1990 < 1e12) out.time = since_1990 + epics_epoch_s;
  const Dict* attributes = dict_at(*header, "ndattr");
  if (attributes != nullptr && !attributes->empty()) out.attributes = std::make_shared<const Dict>(*attributes);
  return out;
}

std::vector<Part> encode_array_message(const StreamedArray& array) {
  const EncodedArray& image = array.image;
  const auto known = std::ranges::find(encodings, image.packing, &std::pair<Packing, std::string_view>::first);
  if (known == std::end(encodings) || image.swapped)
    throw DataError("array-1.0 has no name for this packing of an image");
  const Dict header{{"htype", "array-1.0"},
                    {"type", name_of(image.dtype)},
                    {"shape", List(image.shape.begin(), image.shape.end())},
                    {"frame", array.frame},
                    {"timeStamp", array.time > epics_epoch_s ? array.time - epics_epoch_s : 0.0},
                    {"encoding", known->second},
                    {"ndattr", array.attributes ? *array.attributes : Dict()}};
  const auto text = std::make_shared<std::string>();
  bluesky::encode_json(header, *text);
  return {{std::as_bytes(std::span(*text)), text}, {image.bytes, image.owner}};
}

}  // namespace annulus::array_stream
