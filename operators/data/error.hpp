// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace annulus {

/// A value, or the reason there is none. Decoders return it: bad bytes never throw.
template <class T, class E>
using Expected = tl::expected<T, E>;
template <class E>
using Unexpected = tl::unexpected<E>;

/// Why bytes from a wire or a file could not be decoded.
struct DecodeError {
  std::string problem;     ///< what is wrong, in words: "pickle: opcode 0x63 at byte 12 is not allowed (...)"
  std::size_t offset = 0;  ///< first byte that could not be used, counted from the start of the message
};

/// "problem (at byte offset)".
[[nodiscard]] std::string to_string(const DecodeError& error);

/// A mistake in a configuration or a command line: nothing has started yet. The text follows the grammar
/// "where: problem (reason) suggestion" and may hold several lines, one per mistake.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(const std::string& message) : std::runtime_error(message) {}
  explicit ConfigError(const std::vector<std::string>& messages);
};

/// A call on the outside world (file, socket, HDF5) that failed; the text names the object and the cause.
class IoError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Input that has the right form but cannot be processed, such as a frame of another shape than the mask.
class DataError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace annulus
