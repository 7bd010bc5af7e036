// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/image_spec.hpp"

#include <charconv>

namespace annulus {

namespace {

std::optional<std::size_t> parse_index(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

ImageSpec parse_image_spec(std::string_view text) {
  ImageSpec spec;
  std::error_code ignored;
  if (std::filesystem::exists(text, ignored)) return {.path = text, .dataset = {}, .index = {}};
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    spec.index = parse_index(text.substr(colon + 1));
    if (spec.index) text = text.substr(0, colon);
  }
  if (const auto colon = text.rfind(":/"); colon != std::string_view::npos) {
    spec.dataset = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  spec.path = text;
  return spec;
}

}  // namespace annulus
