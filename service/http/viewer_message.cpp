// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/viewer_message.hpp"

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "service/http/status_json.hpp"
#include "service/http/tiles.hpp"

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

template <class View>
json head_of(const char* type, const View& view) {
  return {{"type", type},          {"name", view.name}, {"run", view.run},
          {"number", view.number}, {"time", view.time}, {"unit", unit_of(*view.axis)}};
}

/// The edges of blocks of bins.
std::vector<double> edges_of_blocks(const std::vector<double>& edges, std::size_t block) {
  std::vector<double> chosen;
  for (std::size_t i = 0; i + 1 < edges.size(); i += block) chosen.push_back(edges[i]);
  chosen.push_back(edges.back());
  return chosen;
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
  MessageBuilder builder(head_of("pattern", pattern));
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

ViewerMessage encode(const CakeView& cake, CakeSize most) {
  const std::size_t azimuthal_bins = cake.azimuthal_axis->bins();
  const std::size_t radial_bins = cake.axis->bins();
  const Block block{(azimuthal_bins + most.azimuthal - 1) / most.azimuthal,
                    (radial_bins + most.radial - 1) / most.radial};
  const Tiles tiles = tile(cake.intensity, block);
  const ColourLimits limits = colour_limits(tiles);
  json header = head_of("cake", cake);
  header.update({{"azimuthal_bins", azimuthal_bins},
                 {"radial_bins", radial_bins},
                 {"low", limits.low},
                 {"high", limits.high},
                 {"min", tiles.min},
                 {"max", tiles.max},
                 {"empty", cake.intensity.size() - tiles.valid}});
  MessageBuilder builder(std::move(header));
  const std::vector<double> radial_edges = edges_of_blocks(cake.axis->edges, block.cols);
  const std::vector<double> azimuthal_edges = edges_of_blocks(cake.azimuthal_axis->edges, block.rows);
  builder.add("radial_edges", "float64", radial_edges.data(), radial_edges.size());
  builder.add("azimuthal_edges", "float64", azimuthal_edges.data(), azimuthal_edges.size());
  builder.add("intensity", "float32", tiles.mean.data(), tiles.mean.size());
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
  json out = head_of("pattern", pattern);
  out["x"] = pattern.axis->centres;
  out["intensity"] = pattern.intensity;
  if (!pattern.sigma.empty()) out["sigma"] = pattern.sigma;
  return dump(out);
}

}  // namespace annulus
