// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "service/io/wire/wire_format.hpp"
#include "service/io/wire/wire_reader.hpp"

namespace annulus::wire {

/// Writes a recording: whatever has been appended survives the end of the process, and of the machine once it has been
/// synced. Every function throws IoError. One thread at a time.
class WireFileWriter final {
 public:
  /// Creates the file, with its header, and syncs it; one that exists is never touched. The id of `info` is drawn here.
  WireFileWriter(std::filesystem::path path, RecordingInfo info);
  WireFileWriter(const WireFileWriter&) = delete;
  WireFileWriter& operator=(const WireFileWriter&) = delete;
  ~WireFileWriter();

  /// When the disk is full, the file is cut behind its last whole record before this throws.
  void append(std::span<const RecordedMessage> messages);
  void sync();
  /// The last record: `messages` have been received, be they in the file or not.
  void end(std::uint64_t messages);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

 private:
  void write_all(std::span<const std::span<const std::byte>> pieces, std::span<const std::uint64_t> ends);
  [[noreturn]] void give_up(std::uint64_t done, std::span<const std::uint64_t> ends, int error);

  std::filesystem::path path_;
  std::uint64_t id_;
  int file_ = -1;
  std::uint64_t size_ = 0;     ///< bytes, up to the end of the last whole record
  std::uint64_t written_ = 0;  ///< messages
};

}  // namespace annulus::wire
