// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/websocket.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include <fmt/format.h>

namespace annulus::websocket {
namespace {

std::uint32_t word_at(std::span<const unsigned char> bytes, std::size_t i) {
  return std::uint32_t{bytes[i]} << 24 | std::uint32_t{bytes[i + 1]} << 16 | std::uint32_t{bytes[i + 2]} << 8 |
         bytes[i + 3];
}

/// SHA-1 (FIPS 180-4, 6.1), which the handshake demands; it protects nothing.
std::array<unsigned char, 20> sha1(std::string_view text) {
  std::vector<unsigned char> bytes(text.begin(), text.end());
  bytes.push_back(0x80);
  while (bytes.size() % 64 != 56) bytes.push_back(0);
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<unsigned char>(text.size() * 8 >> shift));
  std::array<std::uint32_t, 5> hash{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  for (std::size_t block = 0; block < bytes.size(); block += 64) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < 16; ++i) w[i] = word_at(bytes, block + 4 * i);
    for (std::size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = hash;
    for (std::size_t i = 0; i < 80; ++i) {
      const std::uint32_t mixed = i < 20   ? ((b & c) | (~b & d)) + 0x5A827999
                                  : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1
                                  : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC
                                           : (b ^ c ^ d) + 0xCA62C1D6;
      const std::uint32_t next = std::rotl(a, 5) + mixed + e + w[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    const std::array<std::uint32_t, 5> added{a, b, c, d, e};
    for (std::size_t i = 0; i < 5; ++i) hash[i] += added[i];
  }
  std::array<unsigned char, 20> digest{};
  for (std::size_t i = 0; i < 20; ++i) digest[i] = static_cast<unsigned char>(hash[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

std::string base64(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < bytes.size() ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : digits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The value of a header; nothing when it is not there.
std::optional<std::string> header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && lower(line.substr(0, colon)) == name) {
      return std::string(trimmed(line.substr(colon + 1)));
    }
  }
  return std::nullopt;
}

Handshake refuse(std::string_view status, std::string_view more_headers, std::string reason) {
  std::string reply =
      fmt::format("HTTP/1.1 {}\r\n{}Content-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}\n",
                  status, more_headers, reason.size() + 1, reason);
  return {false, std::move(reply), std::move(reason)};
}

Unexpected<Violation> violation(std::uint16_t code, std::string problem) {
  return Unexpected<Violation>(Violation{code, std::move(problem)});
}

}  // namespace

Handshake answer(std::string_view head, const std::vector<std::string>& origins) {
  const auto key = header(head, "sec-websocket-key");
  const bool asks = lower(header(head, "upgrade").value_or("")) == "websocket" &&
                    lower(header(head, "connection").value_or("")).find("upgrade") != std::string::npos;
  if (!head.starts_with("GET ") || !asks || !key || key->size() != 24) {
    return refuse("426 Upgrade Required", "Upgrade: websocket\r\n", "this address speaks WebSocket");
  }
  if (header(head, "sec-websocket-version").value_or("") != "13") {
    return refuse("426 Upgrade Required", "Sec-WebSocket-Version: 13\r\n", "only WebSocket version 13 is spoken here");
  }
  const auto origin = header(head, "origin");
  if (origin && std::ranges::find(origins, *origin) == origins.end()) {
    return refuse("403 Forbidden", "", fmt::format("pages of {} may not send here", *origin));
  }
  const std::string accept = base64(sha1(*key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));  // RFC 6455, 1.3
  return {true,
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
              accept + "\r\n\r\n",
          {}};
}

Expected<std::optional<Reader::Frame>, Violation> Reader::next_frame() {
  const std::string_view bytes = std::string_view(buffer_).substr(begin_);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < 2) return std::nullopt;
  const auto opcode = static_cast<Opcode>(byte(0) & 0x0F);
  const bool control = (byte(0) & 0x08) != 0;
  if ((byte(0) & 0x70) != 0) return violation(protocol_error, "reserved bits are set (no extension was agreed on)");
  if (opcode > Opcode::pong || (opcode > Opcode::binary && !control))
    return violation(protocol_error, "unknown opcode");
  if ((byte(1) & 0x80) == 0) return violation(protocol_error, "a client's frame is not masked");
  std::uint64_t length = byte(1) & 0x7F;
  if (control && (length > 125 || (byte(0) & 0x80) == 0))
    return violation(protocol_error, "a control frame is too long");
  const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (bytes.size() < 2 + more) return std::nullopt;
  if (more > 0) length = 0;
  for (std::size_t i = 0; i < more; ++i) length = length << 8 | byte(2 + i);
  const std::size_t begun = message_ ? message_->payload.size() : 0;
  if (!control && (length > largest_ || begun + length > largest_)) {
    return violation(too_big, fmt::format("a message is larger than {} bytes", largest_));
  }
  const std::size_t begin = 2 + more + 4;
  if (bytes.size() < begin + length) return std::nullopt;
  Frame frame{(byte(0) & 0x80) != 0, opcode, std::string(bytes.substr(begin, length))};
  for (std::size_t i = 0; i < length; ++i) {
    frame.payload[i] = static_cast<char>(static_cast<unsigned char>(frame.payload[i]) ^ byte(begin - 4 + i % 4));
  }
  begin_ += begin + length;
  return frame;
}

Expected<std::optional<Message>, Violation> Reader::next() {
  while (true) {
    auto read = next_frame();
    if (!read) return Unexpected<Violation>(std::move(read.error()));
    if (!*read) {
      buffer_.erase(0, std::exchange(begin_, 0));
      return std::nullopt;
    }
    Frame& frame = **read;
    if (frame.opcode >= Opcode::close) return Message{frame.opcode, std::move(frame.payload)};
    if ((frame.opcode == Opcode::more) != message_.has_value()) {
      return violation(protocol_error, "the parts of a message are out of order");
    }
    if (message_)
      message_->payload += frame.payload;
    else
      message_ = Message{frame.opcode, std::move(frame.payload)};
    if (frame.final) return std::exchange(message_, std::nullopt);
  }
}

std::string frame(Opcode opcode, std::string_view payload) {
  std::string bytes(1, static_cast<char>(0x80 | static_cast<unsigned char>(opcode)));
  if (payload.size() < 126) {
    bytes += static_cast<char>(payload.size());
  } else {
    bytes += {126, static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size() & 0xFF)};
  }
  return bytes.append(payload);
}

std::string close_frame(std::uint16_t code) {
  return frame(Opcode::close, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)});
}

}  // namespace annulus::websocket
