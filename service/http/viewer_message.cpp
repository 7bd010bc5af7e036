// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/viewer_message.hpp"

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "service/http/status_json.hpp"

namespace annulus {
namespace {

using nlohmann::json;
static_assert(std::endian::native == std::endian::little, "the sections of a message are little-endian");

constexpr std::size_t alignment = 8;  // of every section, so that a browser can view it in place
constexpr std::size_t most_start_keys = 40;

std::string padded(std::string bytes, char with) {
  bytes.resize((bytes.size() + alignment - 1) / alignment * alignment, with);
  return bytes;
}

/// Collects sections behind a header.
class MessageBuilder {
 public:
  explicit MessageBuilder(json header) : header_(std::move(header)) { header_["sections"] = json::array(); }

  template <class T>
  void add(const std::string& name, const char* dtype, const T* values, std::size_t count) {
    header_["sections"].push_back({{"name", name}, {"dtype", dtype}, {"offset", sections_.size()}, {"count", count}});
    std::string bytes(count * sizeof(T), '\0');
    std::memcpy(bytes.data(), values, bytes.size());
    sections_ += padded(std::move(bytes), '\0');
  }

  [[nodiscard]] ViewerMessage message() const {
    // The length and the header together are a multiple of the alignment.
    const std::string head = padded(std::string(sizeof(std::uint32_t), '\0') + dump(header_), ' ');
    const auto length = static_cast<std::uint32_t>(head.size() - sizeof(std::uint32_t));
    ViewerMessage out{ViewerMessage::Form::binary, head + sections_};
    std::memcpy(out.bytes.data(), &length, sizeof(length));
    return out;
  }

 private:
  json header_;
  std::string sections_;
};

json unit_of(const RadialAxis& axis) {
  const RadialUnitInfo& unit = info(axis.unit);
  return {{"name", unit.name}, {"quantity", unit.quantity}, {"symbol", unit.symbol}};
}

json head_of(const PatternView& pattern) {
  return {{"type", "pattern"},        {"name", pattern.name}, {"run", pattern.run},
          {"number", pattern.number}, {"time", pattern.time}, {"unit", unit_of(*pattern.axis)}};
}

std::vector<float> to_float(const Numbers& values) { return {values.begin(), values.end()}; }

/// Text, numbers and lists of text; what nests deeper is not for a page's header.
json plain(const Value& value) {
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (const auto* flag = value.get_if<bool>()) return *flag;
  if (const auto* number = value.get_if<std::int64_t>()) return *number;
  if (const auto* number = value.get_if<std::uint64_t>()) return *number;
  if (const auto* number = value.get_if<double>()) return *number;
  if (const auto* list = value.get_if<List>()) {
    json texts = json::array();
    for (const Value& item : *list) {
      if (const auto* text = item.get_if<std::string>()) texts.push_back(*text);
    }
    if (!texts.empty()) return texts;
  }
  return nullptr;
}

json plain(const Dict& start) {
  json out = json::object();
  for (const auto& [key, value] : start) {
    if (out.size() == most_start_keys) break;
    if (json item = plain(value); !item.is_null()) out[key] = std::move(item);
  }
  return out;
}

}  // namespace

ViewerMessage encode(const PatternView& pattern) {
  MessageBuilder builder(head_of(pattern));
  const std::vector<double>& x = pattern.axis->centres;
  builder.add("x", "float64", x.data(), x.size());
  const std::vector<float> intensity = to_float(pattern.intensity);
  builder.add("intensity", "float32", intensity.data(), intensity.size());
  if (!pattern.sigma.empty()) {
    const std::vector<float> sigma = to_float(pattern.sigma);
    builder.add("sigma", "float32", sigma.data(), sigma.size());
  }
  return builder.message();
}

ViewerMessage encode(const PreviewView& view) {
  const Preview& preview = view.preview;
  MessageBuilder builder({{"type", "preview"},
                          {"run", view.run},
                          {"number", view.number},
                          {"time", view.time},
                          {"frame_rows", view.frame_rows},
                          {"frame_cols", view.frame_cols},
                          {"rows", preview.rows},
                          {"cols", preview.cols},
                          {"low", preview.low},
                          {"high", preview.high},
                          {"min", preview.min},
                          {"max", preview.max},
                          {"total", preview.total},
                          {"masked", preview.masked}});
  builder.add("png", "uint8", preview.png.data(), preview.png.size());
  return builder.message();
}

ViewerMessage encode(const RunView& run) {
  return {ViewerMessage::Form::text,
          dump({{"type", "run"}, {"uid", run.uid}, {"outcome", run.outcome}, {"start", plain(run.start)}})};
}

std::string json_of(const PatternView& pattern) {
  json out = head_of(pattern);
  out["x"] = pattern.axis->centres;
  out["intensity"] = pattern.intensity;
  if (!pattern.sigma.empty()) out["sigma"] = pattern.sigma;
  return dump(out);
}

}  // namespace annulus
