// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace annulus::bluesky {
namespace {

constexpr unsigned byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

/// Length of the well-formed character at `i`, or 0 (Unicode standard, table 3-7).
std::size_t length_at(std::string_view text, std::size_t i) noexcept {
  const unsigned lead = byte_at(text, i);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() - i < length) return 0;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte_at(text, i + 1) < low || byte_at(text, i + 1) > high) return 0;
  for (std::size_t k = 2; k < length; ++k) {
    if ((byte_at(text, i + k) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

/// Most text is, and eight characters are looked at in one step.
bool is_ascii(std::string_view text) noexcept {
  std::uint64_t bits = 0;
  std::uint64_t word = 0;
  std::size_t i = 0;
  for (; text.size() - i >= sizeof(word); i += sizeof(word)) {
    std::memcpy(&word, text.data() + i, sizeof(word));
    bits |= word;
  }
  if (text.size() >= sizeof(word)) {  // the last eight, some of them once more
    std::memcpy(&word, text.data() + text.size() - sizeof(word), sizeof(word));
    bits |= word;
  } else {
    for (; i < text.size(); ++i) bits |= byte_at(text, i);
  }
  return (bits & 0x8080808080808080U) == 0;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  if (is_ascii(text)) return true;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = length_at(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::optional<std::string> latin1_from_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = length_at(text, i);
    if (length == 1) {
      out.push_back(text[i]);
    } else if (length == 2 && byte_at(text, i) <= 0xC3) {
      out.push_back(static_cast<char>((byte_at(text, i) & 0x03U) << 6U | (byte_at(text, i + 1) & 0x3FU)));
    } else {
      return std::nullopt;
    }
    i += length;
  }
  return out;
}

void append_utf8(char32_t code, std::string& out) {
  const auto tail = [&](unsigned shift) { out.push_back(static_cast<char>(0x80U | (code >> shift & 0x3FU))); };
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0U | code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0U | code >> 12U));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0U | code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::optional<std::string> utf8_from_utf32(std::span<const std::byte> bytes, bool swapped) {
  std::string out;
  std::size_t length = 0;  // up to the last character that is not zero
  for (std::uint32_t code = 0; bytes.size() >= sizeof(code); bytes = bytes.subspan(sizeof(code))) {
    std::memcpy(&code, bytes.data(), sizeof(code));
    if (swapped) code = __builtin_bswap32(code);
    if (code > 0x10FFFF) return std::nullopt;
    append_utf8(code, out);
    if (code != 0) length = out.size();
  }
  if (!bytes.empty()) return std::nullopt;
  out.resize(length);
  return out;
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, 60));
  std::ranges::replace_if(out, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  if (text.size() > out.size()) out += "...";
  return out;
}

}  // namespace annulus::bluesky
