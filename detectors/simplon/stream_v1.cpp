// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/stream_v1.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "detectors/bluesky/json.hpp"
#include "detectors/bluesky/utf8.hpp"
#include "detectors/simplon/series_header.hpp"

namespace annulus::simplon {
namespace {

constexpr std::size_t max_json = 1 << 20;    // bytes of a part that describes
constexpr std::size_t max_length = 1 << 20;  // pixels along an edge
constexpr std::size_t max_planes = 64;
constexpr std::size_t max_parts = 16;

std::string_view text_in(const Part& part) {
  return {reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size()};
}

Value appendix_of(const Part& part) {
  std::string text(text_in(part));
  if (bluesky::is_utf8(text)) return text;
  return Bytes{std::move(text)};
}

Unexpected<DecodeError> bad(std::string problem) { return Unexpected<DecodeError>({"simplon: " + problem, 0}); }

/// The JSON object in part `index`.
Expected<Dict, DecodeError> object_in(std::span<const Part> parts, std::size_t index) {
  if (index >= parts.size()) return bad(fmt::format("part {} is missing", index + 1));
  const auto& bytes = parts[index].bytes;
  if (bytes.size() > max_json) return bad(fmt::format("part {} is too long for a description", index + 1));
  auto value = bluesky::decode_json(bytes);
  if (!value) {
    return Unexpected<DecodeError>(
        {fmt::format("simplon: part {}: {}", index + 1, value.error().problem), value.error().offset});
  }
  Dict* object = value->get_if<Dict>();
  if (object == nullptr) return bad(fmt::format("part {} is not a JSON object", index + 1));
  return std::move(*object);
}

/// V1's shape, x first, as ours.
std::optional<Shape> shape_of(const Dict& description) {
  const List* lengths = list_at(description, "shape");
  if (lengths == nullptr || lengths->size() < 2 || lengths->size() > 3) return std::nullopt;
  Shape shape;
  for (auto length = lengths->rbegin(); length != lengths->rend(); ++length) {
    const auto number = natural_of(&*length);
    if (!number || *number > max_length) return std::nullopt;
    shape.push_back(*number);
  }
  if (shape.size() == 3 && shape[0] == 1) shape.erase(shape.begin());
  if (shape.size() == 3 && shape[0] > max_planes) return std::nullopt;
  return shape;
}

/// Reads "[bs<bits>][-][lz4][<|>]" (SIMPLON API reference 1.8, section 5.4.3); false when it is anything else.
bool read_encoding(std::string_view text, EncodedArray& array) {
  if (text.ends_with('<') || text.ends_with('>')) {
    array.swapped = text.ends_with('>');
    text.remove_suffix(1);
  }
  if (text.empty()) return true;
  const std::size_t packed = text.rfind("lz4");
  if (packed == std::string_view::npos || packed + 3 != text.size()) return false;
  text.remove_suffix(3);
  if (text.ends_with('-')) text.remove_suffix(1);
  array.packing = Packing::lz4_block;
  if (text.empty()) return true;
  if (!text.starts_with("bs")) return false;
  text.remove_prefix(2);
  std::size_t bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits % 8 != 0) return false;
  array.packing = Packing::bslz4_chunk;
  array.shuffle_size = bits / 8;
  return true;
}

std::string encoding_of(const EncodedArray& array) {
  const char order = array.swapped ? '>' : '<';
  switch (array.packing) {
    case Packing::none: return std::string(1, order);
    case Packing::lz4_block: return fmt::format("lz4{}", order);
    case Packing::bslz4_chunk: return fmt::format("bs{}-lz4{}", 8 * array.shuffle_size, order);
    case Packing::lz4_chunk:
    case Packing::bslz4_headerless: break;
  }
  throw DataError("simplon: stream V1 has no name for this packing of an image");
}

/// Seconds of a time in nanoseconds.
std::optional<double> seconds_at(const Dict& dict, std::string_view key) {
  const auto nanoseconds = number_of(dict.find(key));
  return nanoseconds ? std::optional(*nanoseconds * 1e-9) : std::nullopt;
}

/// What the tables of a header are called, and where they go.
void take_table(SeriesStart& start, std::string_view htype, Array values) {
  if (htype.starts_with("dflatfield")) {
    start.flatfields.push_back({{}, std::move(values)});
  } else if (htype.starts_with("dpixelmask")) {
    start.pixel_masks.push_back({{}, std::move(values)});
  } else {
    start.countrate_table = std::move(values);
  }
}

bool describes_table(const Dict& description) {
  const std::string htype = text_at(description, "htype");
  return htype.starts_with("dflatfield") || htype.starts_with("dpixelmask") || htype.starts_with("dcountrate_table");
}

Expected<Array, DecodeError> table_of(const Dict& description, const Part& part) {
  const auto shape = shape_of(description);
  const auto dtype = parse_dtype(text_at(description, "type"));
  if (!shape || !dtype) return bad("its shape or type cannot be used");
  EncodedArray table;
  table.dtype = *dtype;
  table.shape = *shape;
  table.bytes = part.bytes;
  table.owner = part.owner;
  return decode_array(table);
}

/// Reads the tables from part `next` on and returns the first part that is not one. A table without usable values is a
/// problem, not a reason to lose the header.
std::size_t read_tables(std::span<const Part> parts, std::size_t next, SeriesStart& start) {
  while (next < parts.size()) {
    const auto description = object_in(parts, next);
    if (!description || !describes_table(*description)) break;
    const std::string htype = text_at(*description, "htype");
    auto values = next + 1 < parts.size() ? table_of(*description, parts[next + 1]) : bad("its values are missing");
    if (!values) {
      start.problems.push_back(fmt::format("{} is not used: {}", bluesky::printable(htype), values.error().problem));
      const auto skipped = object_in(parts, next + 1);
      next += skipped && describes_table(*skipped) ? 1 : 2;
      continue;
    }
    if (!values->empty()) take_table(start, htype, std::move(*values));
    next += 2;
  }
  return std::min(next, parts.size());
}

Expected<Message, DecodeError> decode_header(std::span<const Part> parts, const Dict& first, std::uint64_t series) {
  SeriesStart start;
  start.series = series;
  start.header_detail = text_at(first, "header_detail");
  std::size_t next = 1;
  if (start.header_detail != "none" && parts.size() > 1) {
    auto header = object_in(parts, 1);
    if (!header) return Unexpected<DecodeError>(std::move(header.error()));
    start.header = std::move(*header);
    read_header(start);
    next = read_tables(parts, 2, start);
  }
  if (next < parts.size()) start.user_data = appendix_of(parts[next++]);
  if (next < parts.size()) start.problems.push_back(fmt::format("{} parts too many", parts.size() - next));
  return start;
}

Expected<Message, DecodeError> decode_image(std::span<const Part> parts, const Dict& first, std::uint64_t series) {
  const auto frame = natural_of(first.find("frame"));
  if (!frame) return bad("part 1 has no frame number");
  const auto description = object_in(parts, 1);
  if (!description) return Unexpected<DecodeError>(description.error());
  if (parts.size() < 3) return bad("part 3 (the image) is missing");

  SeriesImage image;
  image.series = series;
  image.frame = *frame;
  image.hash = text_at(first, "hash");
  EncodedArray pixels;
  const auto shape = shape_of(*description);
  const auto dtype = parse_dtype(text_at(*description, "type"));
  const std::string encoding = text_at(*description, "encoding");
  if (!shape) return bad("part 2: 'shape' is not [width, height]");
  if (!dtype) return bad("part 2: 'type' is no element type");
  if (!read_encoding(encoding, pixels)) {
    return bad(fmt::format("part 2: encoding '{}' is not known", bluesky::printable(encoding)));
  }
  pixels.shape = *shape;
  pixels.dtype = *dtype;
  pixels.bytes = parts[2].bytes;
  pixels.owner = parts[2].owner;
  image.channels.push_back(std::move(pixels));
  if (parts.size() > 3) {
    const auto times = object_in(parts, 3);
    if (!times) return Unexpected<DecodeError>(times.error());
    image.start_time = seconds_at(*times, "start_time");
    image.stop_time = seconds_at(*times, "stop_time");
    image.real_time = seconds_at(*times, "real_time");
  }
  if (parts.size() > 4) image.user_data = appendix_of(parts[4]);
  return image;
}

Part json_part(const Dict& object) {
  const auto text = std::make_shared<std::string>();
  bluesky::encode_json(object, *text);
  return {std::as_bytes(std::span(*text)), text};
}

/// The appendix is text; whatever else it is goes as JSON.
void append_appendix(const Value& user_data, std::vector<Part>& parts) {
  if (user_data.is_null()) return;
  const auto text = std::make_shared<std::string>();
  if (const auto* plain = user_data.get_if<std::string>()) {
    *text = *plain;
  } else if (const auto* bytes = user_data.get_if<Bytes>()) {
    *text = bytes->data;
  } else {
    bluesky::encode_json(user_data, *text);
  }
  parts.push_back({std::as_bytes(std::span(*text)), text});
}

List v1_shape(const Shape& shape) {
  List lengths;
  for (auto length = shape.rbegin(); length != shape.rend(); ++length) lengths.push_back(std::uint64_t{*length});
  return lengths;
}

void append_table(std::string_view htype, const Array* table, DType dtype, std::vector<Part>& parts) {
  const Array values = table == nullptr || table->empty() ? Array(dtype, {0, 0}, {}, nullptr) : *table;
  parts.push_back(
      json_part({{"htype", htype}, {"shape", v1_shape(values.shape())}, {"type", name_of(values.dtype())}}));
  parts.push_back({values.bytes(), std::make_shared<const Array>(values)});
}

const Array* first_of(const std::vector<Table>& tables) { return tables.empty() ? nullptr : &tables.front().values; }

std::int64_t nanoseconds(std::optional<double> seconds) { return std::llround(seconds.value_or(0) * 1e9); }

}  // namespace

Expected<Message, DecodeError> decode_v1(std::span<const Part> parts) {
  if (parts.size() > max_parts) return bad(fmt::format("{} parts are too many for a message", parts.size()));
  const auto first = object_in(parts, 0);
  if (!first) return Unexpected<DecodeError>(first.error());
  const std::string htype = text_at(*first, "htype");
  const auto series = natural_of(first->find("series"));
  if (!series) return bad("part 1 has no number of a series");
  if (htype.starts_with("dheader-")) return decode_header(parts, *first, *series);
  if (htype.starts_with("dimage-")) return decode_image(parts, *first, *series);
  if (htype.starts_with("dseries_end-")) return SeriesEnd{*series, {}};
  return bad(
      fmt::format("part 1 has htype '{}' (dheader, dimage and dseries_end are known)", bluesky::printable(htype)));
}

std::vector<Part> encode_v1(const SeriesStart& start) {
  const bool none = start.header_detail == "none";
  const bool all = !none && start.header_detail != "basic";
  std::vector<Part> parts;
  parts.push_back(json_part({{"htype", "dheader-1.0"},
                             {"series", start.series},
                             {"header_detail", all ? std::string("all") : start.header_detail}}));
  if (!none) parts.push_back(json_part(write_header(start, Version::v1)));
  if (all) {
    append_table("dflatfield-1.0", first_of(start.flatfields), DType::f32, parts);
    append_table("dpixelmask-1.0", first_of(start.pixel_masks), DType::u32, parts);
    append_table("dcountrate_table-1.0", &start.countrate_table, DType::f32, parts);
  }
  append_appendix(start.user_data, parts);
  return parts;
}

std::vector<Part> encode_v1(const SeriesImage& image) {
  const EncodedArray& pixels = image.channels.at(0);
  std::vector<Part> parts;
  parts.push_back(
      json_part({{"htype", "dimage-1.0"}, {"series", image.series}, {"frame", image.frame}, {"hash", image.hash}}));
  parts.push_back(json_part({{"htype", "dimage_d-1.0"},
                             {"shape", v1_shape(pixels.shape)},
                             {"type", name_of(pixels.dtype)},
                             {"encoding", encoding_of(pixels)},
                             {"size", std::uint64_t{pixels.bytes.size()}}}));
  parts.push_back({pixels.bytes, pixels.owner});
  parts.push_back(json_part({{"htype", "dconfig-1.0"},
                             {"start_time", nanoseconds(image.start_time)},
                             {"stop_time", nanoseconds(image.stop_time)},
                             {"real_time", nanoseconds(image.real_time)}}));
  append_appendix(image.user_data, parts);
  return parts;
}

std::vector<Part> encode_v1(const SeriesEnd& end) {
  return {json_part({{"htype", "dseries_end-1.0"}, {"series", end.series}})};
}

}  // namespace annulus::simplon
