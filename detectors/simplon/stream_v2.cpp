// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/stream_v2.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "detectors/bluesky/utf8.hpp"
#include "detectors/simplon/cbor_reader.hpp"
#include "detectors/simplon/cbor_tags.hpp"
#include "detectors/simplon/cbor_writer.hpp"
#include "detectors/simplon/series_header.hpp"

namespace annulus::simplon {
namespace {

constexpr std::size_t max_channels = 64;
constexpr std::size_t max_keys = 1000;
constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

/// A message by its keys, which come in any order.
struct Fields {
  Dict plain;
  std::vector<EncodedArray> data;
  std::vector<EncodedArray> pixel_masks;
  std::vector<EncodedArray> flatfields;
};

/// Reads a mapping from channel to array; a null in place of either says nothing.
void read_channels(CborReader& in, std::vector<EncodedArray>& channels) {
  if (in.skip_null()) return;
  in.each_key([&](std::string_view channel) {
    if (in.skip_null()) return;
    if (channels.size() == max_channels) return in.fail(fmt::format("message has more than {} channels", max_channels));
    channels.push_back(in.read_array());
    channels.back().channel = channel;
  });
}

void read_field(CborReader& in, std::string_view key, Fields& fields) {
  if (key == "data") return read_channels(in, fields.data);
  if (key == "pixel_mask") return read_channels(in, fields.pixel_masks);
  if (key == "flatfield") return read_channels(in, fields.flatfields);
  if (fields.plain.size() == max_keys) return in.fail(fmt::format("message has more than {} keys", max_keys));
  if (fields.plain.contains(key)) return in.fail(fmt::format("key '{}' occurs twice", bluesky::printable(key)));
  fields.plain.append(std::string(key), in.read_value());
}

Unexpected<DecodeError> bad(std::string problem) { return Unexpected<DecodeError>({"simplon: " + problem, 0}); }

/// Seconds of a fraction [numerator, denominator].
std::optional<double> seconds_at(const Dict& fields, std::string_view key) {
  const List* fraction = list_at(fields, key);
  if (fraction == nullptr || fraction->size() != 2) return std::nullopt;
  const auto numerator = number_of(&(*fraction)[0]);
  const auto denominator = number_of(&(*fraction)[1]);
  if (!numerator || !denominator || *denominator == 0) return std::nullopt;
  return *numerator / *denominator;
}

Value user_data_of(const Dict& fields) {
  const Value* value = fields.find("user_data");
  return value == nullptr ? Value() : *value;
}

void unpack_tables(std::string_view what, const std::vector<EncodedArray>& packed, std::vector<Table>& tables,
                   std::vector<std::string>& problems) {
  for (const EncodedArray& table : packed) {
    auto values = decode_array(table);
    if (values && values->shape().size() != 2) values = bad("it has not two dimensions");
    if (values) {
      tables.push_back({table.channel, std::move(*values)});
    } else {
      problems.push_back(
          fmt::format("{} of '{}' is not used: {}", what, bluesky::printable(table.channel), values.error().problem));
    }
  }
}

Message start_of(Fields fields, std::vector<std::string> problems) {
  SeriesStart start;
  start.header = std::move(fields.plain);
  start.problems = std::move(problems);
  read_header(start);
  if (const List* channels = list_at(start.header, "channels")) {
    for (const Value& channel : *channels) {
      if (start.channels.size() < max_channels) start.channels.emplace_back(channel.text_or({}));
    }
  }
  unpack_tables("pixel mask", fields.pixel_masks, start.pixel_masks, start.problems);
  unpack_tables("flat field", fields.flatfields, start.flatfields, start.problems);
  const Value* table = start.header.find("countrate_correction_lookup_table");
  if (table != nullptr && table->get_if<Array>() != nullptr) start.countrate_table = *table->get_if<Array>();
  start.user_data = user_data_of(start.header);
  return start;
}

Expected<Message, DecodeError> image_of(Fields fields) {
  SeriesImage image;
  const auto frame = natural_of(fields.plain.find("image_id"));
  if (!frame) return bad("image has no 'image_id'");
  if (fields.data.empty()) return bad("image has no data");
  for (const EncodedArray& channel : fields.data) {
    if (channel.shape.size() != 2) return bad("image has not two dimensions");
  }
  image.frame = *frame;
  image.channels = std::move(fields.data);
  image.series_time = parse_time(text_at(fields.plain, "series_date"));
  image.start_time = seconds_at(fields.plain, "start_time");
  image.stop_time = seconds_at(fields.plain, "stop_time");
  image.real_time = seconds_at(fields.plain, "real_time");
  image.user_data = user_data_of(fields.plain);
  return image;
}

Expected<Message, DecodeError> message_of(Fields fields, std::vector<std::string> problems) {
  const std::string type = text_at(fields.plain, "type");
  if (type == "start") return start_of(std::move(fields), std::move(problems));
  if (type == "image") return image_of(std::move(fields));
  if (type == "end") return SeriesEnd{};
  return bad(fmt::format("message has type '{}' (start, image and end are known)", bluesky::printable(type)));
}

/// The beginning of a message of `keys` keys, three of which it writes.
CborWriter begin_message(std::string_view type, std::uint64_t series, std::string_view unique_id, std::size_t keys) {
  CborWriter out;
  out.tag(cbor::self_described);
  out.map(keys);
  out.text("type");
  out.text(type);
  out.text("series_id");
  out.natural(series);
  out.text("series_unique_id");
  out.text(unique_id);
  return out;
}

void write_time(CborWriter& out, std::string_view time) {
  out.tag(cbor::date_time);
  out.text(time);
}

/// Everything but the pixels: their key is the last.
CborWriter begin_image(const SeriesImage& image) {
  const std::pair<std::string_view, std::optional<double>> times[] = {
      {"start_time", image.start_time}, {"stop_time", image.stop_time}, {"real_time", image.real_time}};
  std::size_t keys = 5 + (image.series_time ? 1 : 0) + (image.user_data.is_null() ? 0 : 1);
  for (const auto& [key, seconds] : times) keys += seconds ? 1 : 0;
  CborWriter out = begin_message("image", image.series, image.unique_id, keys);
  out.text("image_id");
  out.natural(image.frame);
  if (image.series_time) {
    out.text("series_date");
    write_time(out, format_time(*image.series_time));
  }
  for (const auto& [key, seconds] : times) {
    if (!seconds) continue;
    out.text(key);
    out.value(List{std::int64_t{std::llround(*seconds * nanoseconds_per_second)}, nanoseconds_per_second});
  }
  if (!image.user_data.is_null()) {
    out.text("user_data");
    out.value(image.user_data);
  }
  out.text("data");
  return out;
}

void write_pixels(CborWriter& out, std::span<const EncodedArray> channels) {
  std::size_t packed = 0;
  for (const EncodedArray& channel : channels) packed += channel.bytes.size();
  out.reserve(packed + 1024);
  out.map(channels.size());
  for (const EncodedArray& channel : channels) {
    out.text(channel.channel.empty() ? "threshold_1" : channel.channel);
    out.array(channel);
  }
}

Dict by_channel(const std::vector<Table>& tables) {
  Dict out;
  for (const Table& table : tables) out.set(table.channel.empty() ? "threshold_1" : table.channel, table.values);
  return out;
}

}  // namespace

Expected<Message, DecodeError> decode_v2(const Part& message) {
  CborReader in(message);
  Fields fields;
  in.skip_tag(cbor::self_described);
  in.each_key([&](std::string_view key) { read_field(in, key, fields); });
  if (in.ok() && in.remaining() > 0) in.fail(fmt::format("{} bytes follow the message", in.remaining()));
  if (!in.ok()) return Unexpected<DecodeError>(in.error());
  const auto series = natural_of(fields.plain.find("series_id"));
  if (!series) return bad("message has no 'series_id'");
  const std::string unique_id = text_at(fields.plain, "series_unique_id");
  auto decoded = message_of(std::move(fields), std::move(in.problems()));
  if (!decoded) return decoded;
  std::visit(
      [&](auto& m) {
        m.series = *series;
        m.unique_id = unique_id;
      },
      *decoded);
  return decoded;
}

std::string encode_v2(const SeriesStart& start) {
  Dict fields = write_header(start, Version::v2);
  if (!start.channels.empty()) fields.set("channels", List(start.channels.begin(), start.channels.end()));
  if (start.header_detail != "basic" && start.header_detail != "none") {
    if (!start.pixel_masks.empty()) fields.set("pixel_mask", by_channel(start.pixel_masks));
    if (!start.flatfields.empty()) fields.set("flatfield", by_channel(start.flatfields));
    if (!start.countrate_table.empty()) fields.set("countrate_correction_lookup_table", start.countrate_table);
  }
  if (!start.user_data.is_null()) fields.set("user_data", start.user_data);
  Dict rest;
  for (const auto& [key, value] : fields) {
    if (key != "type" && key != "series_id" && key != "series_unique_id") rest.append(key, value);
  }
  CborWriter out = begin_message("start", start.series, start.unique_id, 3 + rest.size());
  for (const auto& [key, value] : rest) {
    out.text(key);
    key == "arm_date" ? write_time(out, value.text_or({})) : out.value(value);
  }
  return out.take();
}

std::string encode_v2(const SeriesImage& image) {
  CborWriter out = begin_image(image);
  write_pixels(out, image.channels);
  return out.take();
}

std::string encode_v2_head(const SeriesImage& image) { return begin_image(image).take(); }

std::string encode_v2_pixels(std::span<const EncodedArray> channels) {
  CborWriter out;
  write_pixels(out, channels);
  return out.take();
}

std::string encode_v2(const SeriesEnd& end) { return begin_message("end", end.series, end.unique_id, 3).take(); }

}  // namespace annulus::simplon
