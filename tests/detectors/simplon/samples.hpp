// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "detectors/simplon/series.hpp"
#include "tests/detectors/bluesky/vectors.hpp"

namespace annulus::simplon::testing {

using bluesky::testing::read_file;
using bluesky::testing::read_vector;

inline Part part_of(std::string content) {
  const auto text = std::make_shared<const std::string>(std::move(content));
  return {std::as_bytes(std::span(*text)), text};
}

inline std::string text_of(const Part& part) {
  return {reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size()};
}

/// The parts in one of the containers among the vectors: per part its length (int64, little-endian) and its bytes.
inline std::vector<Part> parts_in(const std::string& container) {
  std::vector<Part> parts;
  for (std::size_t at = 0; at < container.size();) {
    std::int64_t length = 0;
    std::memcpy(&length, container.data() + at, sizeof length);
    parts.push_back(part_of(container.substr(at + sizeof length, static_cast<std::size_t>(length))));
    at += sizeof length + static_cast<std::size_t>(length);
  }
  return parts;
}

inline std::filesystem::path data_path() { return std::filesystem::path(ANNULUS_SHARED_DIR) / "data"; }

/// A small image: pixel i is first + i.
inline Array counting(Shape shape, std::uint32_t first = 0) {
  std::vector<std::uint32_t> values(count_of(shape));
  for (std::uint32_t& value : values) value = first++;
  return Array::of<std::uint32_t>(std::move(shape), std::move(values));
}

inline SeriesStart sample_start() {
  SeriesStart start;
  start.series = 7;
  start.unique_id = "01DC";
  start.time = 1704161045.125;
  start.images = 3;
  start.rows = 4;
  start.cols = 6;
  start.channels = {"threshold_1", "threshold_2"};
  start.beam_center_x = 2.5;
  start.beam_center_y = 1.5;
  start.detector_distance = 0.25;
  start.pixel_size_x = start.pixel_size_y = 7.5e-5;
  start.energy = 12700;
  start.sensor_material = "Si";
  start.saturation = 33000;
  start.pixel_masks = {{"threshold_1", counting({4, 6})}};
  start.flatfields = {{"threshold_1", Array::of<float>({4, 6}, std::vector<float>(24, 1.5F))}};
  start.countrate_table = Array::of<float>({3, 2}, {0, 0, 1, 1.5, 2, 4});
  start.user_data = "sample 5";
  return start;
}

inline SeriesImage sample_image(Packing packing, std::uint64_t frame = 1) {
  SeriesImage image;
  image.series = 7;
  image.unique_id = "01DC";
  image.frame = frame;
  image.channels.push_back(encode_array(counting({4, 6}, 5), packing, "threshold_1"));
  image.start_time = 0.5;
  image.stop_time = 0.75;
  image.real_time = 0.25;
  return image;
}

/// Calls `f` with `count` copies of `text` in which a few bytes are changed, always the same ones.
template <class F>
void for_each_mutation(const std::string& text, int count, F&& f) {
  std::mt19937 random(42);
  for (int i = 0; i < count; ++i) {
    std::string changed = text;
    for (unsigned n = random() % 4 + 1; n > 0 && !changed.empty(); --n) {
      changed[random() % changed.size()] = static_cast<char>(random());
    }
    f(std::move(changed));
  }
}

}  // namespace annulus::simplon::testing
