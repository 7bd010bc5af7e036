// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace annulus {

/// Cuts a flow of bytes into lines, however the bytes are chunked. Its memory is bounded: a line longer than
/// `longest` [bytes, without delimiter] is skipped and counted.
class LineSplitter {
 public:
  /// Throws ConfigError when the delimiter is empty.
  explicit LineSplitter(std::string delimiter = "\n", std::size_t longest = std::size_t{1} << 20);

  void add(std::string_view bytes) { buffer_.append(bytes); }
  /// True when a whole line is there.
  [[nodiscard]] bool has_line();
  /// That line with its delimiter.
  [[nodiscard]] std::string take();
  /// What follows the last delimiter; forgets it.
  [[nodiscard]] std::string take_rest();
  /// Lines that were too long, since the beginning.
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }
  [[nodiscard]] std::size_t longest() const noexcept { return longest_; }
  [[nodiscard]] const std::string& delimiter() const noexcept { return delimiter_; }

 private:
  void forget(std::size_t bytes);

  std::string delimiter_;
  std::size_t longest_;
  std::string buffer_;
  std::size_t begin_ = 0;    ///< of the line in the buffer
  std::size_t scanned_ = 0;  ///< no delimiter begins before
  std::size_t end_ = 0;      ///< of the line, behind its delimiter; 0: unknown
  bool skipping_ = false;
  std::uint64_t skipped_ = 0;
};

}  // namespace annulus
