// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace annulus::bluesky {

/// Walks over bytes and never past their end. Decoders spend much of their time here, hence the attributes.
class ByteReader final {
 public:
  explicit ByteReader(std::span<const std::byte> bytes)
      : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  [[nodiscard]] std::size_t position() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  [[nodiscard]] std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  /// The next `count` bytes, or nothing when fewer are left.
  [[nodiscard, gnu::always_inline]] std::optional<std::span<const std::byte>> take(std::size_t count) noexcept {
    if (count > remaining()) return std::nullopt;
    const std::span taken(at_, count);
    at_ += count;
    return taken;
  }

  /// The next bytes as a little-endian T.
  template <class T>
  [[nodiscard, gnu::always_inline]] std::optional<T> read() noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    if (sizeof(T) > remaining()) return std::nullopt;
    T value;
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }

  /// Skips the next byte when it is `expected` and at least `following` bytes come behind it.
  [[nodiscard, gnu::always_inline]] bool skip(std::byte expected, std::size_t following = 0) noexcept {
    if (remaining() <= following || *at_ != expected) return false;
    ++at_;
    return true;
  }

  /// The text up to the next newline, which is skipped; nothing when there is none.
  [[nodiscard]] std::optional<std::string_view> read_line() noexcept {
    const std::string_view rest(reinterpret_cast<const char*>(at_), remaining());
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    at_ += end + 1;
    return rest.substr(0, end);
  }

 private:
  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
};

/// Bytes seen as text.
[[nodiscard]] inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Text seen as bytes.
[[nodiscard]] inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text));
}

}  // namespace annulus::bluesky
