// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <mutex>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "detectors/simplon/encoded_array.hpp"
#include "detectors/simplon/stream_v1.hpp"
#include "detectors/simplon/stream_v2.hpp"
#include "service/io/simulator/simulated_detector.hpp"

namespace annulus::testing {

/// An image of 4 x 6 pixels that begins to count at `first`.
inline Array image_from(std::uint16_t first) {
  std::vector<std::uint16_t> values(24);
  for (std::uint16_t& value : values) value = first++;
  return Array::of<std::uint16_t>({4, 6}, std::move(values));
}

inline simplon::SeriesStart small_detector() {
  simplon::SeriesStart start;
  start.rows = 4;
  start.cols = 6;
  start.description = "Simulated EIGER2";
  start.beam_center_x = 3;
  start.beam_center_y = 2;
  start.detector_distance = 0.2;
  start.pixel_size_x = start.pixel_size_y = 7.5e-5;
  start.energy = 12400;
  start.sensor_material = "Si";
  start.sensor_thickness = 4.5e-4;
  start.pixel_masks = {{"threshold_1", Array::of<std::uint32_t>({4, 6}, std::vector<std::uint32_t>(24, 0))}};
  start.flatfields = {{"threshold_1", Array::of<float>({4, 6}, std::vector<float>(24, 1.0F))}};
  return start;
}

/// Reads the message in the version in which it is.
inline Expected<simplon::Message, DecodeError> read_message(const WireParts& parts) {
  std::vector<simplon::Part> list;
  for (const WireMessage& part : parts) list.push_back({part.bytes, part.owner});
  const bool v1 = !list.front().bytes.empty() && list.front().bytes.front() == std::byte{'{'};
  return v1 ? simplon::decode_v1(list) : simplon::decode_v2(list.front());
}

/// Takes the messages of a simulated detector and tells what they are.
class Client final {
 public:
  MessageSink sink() {
    return [this](const WireParts& parts, std::chrono::milliseconds) {
      const std::lock_guard lock(mutex_);
      const auto message = read_message(parts);
      log_ +=
          (log_.empty() ? "" : " ") + (message ? std::visit([](const auto& m) { return text_of(m); }, *message) : "?");
      if (message) messages.push_back(*message);
      return true;
    };
  }
  /// "start1 image1.0 image1.1 end1": series and frame.
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  template <class M>
  const M& nth(std::size_t n) const {
    for (const simplon::Message& message : messages) {
      const auto* found = std::get_if<M>(&message);
      if (found != nullptr && n-- == 0) return *found;
    }
    throw std::out_of_range("no such message");
  }

  std::vector<simplon::Message> messages;

 private:
  static std::string text_of(const simplon::SeriesStart& start) { return "start" + std::to_string(start.series); }
  static std::string text_of(const simplon::SeriesEnd& end) { return "end" + std::to_string(end.series); }
  static std::string text_of(const simplon::SeriesImage& image) {
    return "image" + std::to_string(image.series) + "." + std::to_string(image.frame);
  }
  std::mutex mutex_;
  std::string log_;
};

inline SimulatorOptions small_options(Faults faults = {}) {
  return {.detector = small_detector(),
          .images = {image_from(10), image_from(100)},
          .faults = std::move(faults),
          .paced = false,
          .patience = std::chrono::milliseconds(50)};
}

}  // namespace annulus::testing
