// SPDX-License-Identifier: BSD-3-Clause
// Input: a byte that says how the rest is chunked, then what a client sends.
#include <cstdint>
#include <string>
#include <string_view>

#include "service/io/net/websocket.hpp"
#include "tests/fuzz/codec_check.hpp"

namespace {

constexpr std::size_t largest = 4096;

/// Every message and the problem, when the bytes come in chunks of that size.
std::string transcript(std::string_view bytes, std::size_t chunk) {
  annulus::websocket::Reader reader(largest);
  std::string log;
  for (std::size_t i = 0; i < bytes.size(); i += chunk) {
    reader.add(bytes.substr(i, chunk));
    while (true) {
      auto message = reader.next();
      if (!message) return log + message.error().problem;
      if (!*message) break;
      annulus::fuzz::require((*message)->payload.size() <= largest);
      log += std::to_string(static_cast<int>((*message)->opcode)) + (*message)->payload + "\n";
    }
  }
  return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  annulus::fuzz::require(transcript(bytes, std::size_t{1} + *data) == transcript(bytes, size));
  const auto handshake = annulus::websocket::answer(bytes, {"http://page.example"});
  annulus::fuzz::require(handshake.accepted == handshake.reply.starts_with("HTTP/1.1 101"));
  return 0;
}
