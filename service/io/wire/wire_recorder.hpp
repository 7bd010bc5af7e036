// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "service/io/wire/message.hpp"
#include "service/io/wire/wire_file_writer.hpp"

namespace annulus::wire {

struct RecorderOptions {
  std::size_t buffer = std::size_t{256} << 20U;  ///< bytes that may wait for the disk
  std::chrono::milliseconds sync{1000};          ///< how often what was written is forced onto the disk
};

/// Where a recording stands.
struct RecorderTally {
  std::uint64_t received = 0;  ///< messages
  std::uint64_t written = 0;   ///< messages
  std::uint64_t missing = 0;   ///< messages that found no room: their numbers are left out in the file
  std::uint64_t bytes = 0;     ///< of the file
  std::string error{};         ///< why nothing more can be written
};

/// Records messages with their times, in a thread of its own: who brings them never waits for the disk.
class WireRecorder final {
 public:
  /// Creates the file. Throws IoError.
  WireRecorder(std::filesystem::path path, RecordingInfo info, RecorderOptions options = {});
  WireRecorder(const WireRecorder&) = delete;
  WireRecorder& operator=(const WireRecorder&) = delete;
  ~WireRecorder();

  /// Takes a message that has just been received; its bytes are shared until they are written. False when there is no
  /// room for it: it is counted as missing.
  bool record(WireParts parts);
  /// True when a message would find room; waits at most `patience`.
  [[nodiscard]] bool wait_for_room(std::chrono::milliseconds patience);
  [[nodiscard]] RecorderTally tally() const;
  /// Writes what waits, and the end, and gives the final tally.
  RecorderTally close();

 private:
  void work();

  const RecorderOptions options_;
  WireFileWriter file_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable room_;
  std::vector<RecordedMessage> waiting_;
  std::size_t buffered_ = 0;  ///< bytes that wait or are being written
  bool closing_ = false;
  RecorderTally tally_;
  std::thread thread_;
};

}  // namespace annulus::wire
