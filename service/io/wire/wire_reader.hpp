// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "operators/data/error.hpp"

#include "service/io/wire/message.hpp"
#include "service/io/wire/recorded_bytes.hpp"
#include "service/io/wire/wire_format.hpp"

namespace annulus::wire {

struct RecordedMessage {
  std::uint64_t sequence = 0;
  std::int64_t time_ns = 0;       ///< when it was received [ns since 1970-01-01 UTC]
  std::int64_t monotonic_ns = 0;  ///< [ns since an unknown moment]
  WireParts parts{};
};

/// What is not there although it should be.
struct Damage {
  std::uint64_t offset = 0;   ///< in the file
  std::uint64_t bytes = 0;    ///< that are of no use; 0: nothing is damaged, but messages were never written
  std::uint64_t missing = 0;  ///< messages that are known to be gone
  std::string problem{};      ///< in words
};

/// Reads a recording from its beginning to its end, message by message, whatever its bytes are. Behind damage it looks
/// for the next whole record; the time for that, and the memory, are in proportion to the file and its largest message.
class WireReader final {
 public:
  /// An error when this is no recording.
  [[nodiscard]] static Expected<WireReader, DecodeError> open(std::unique_ptr<RecordedBytes> bytes);

  [[nodiscard]] const RecordingInfo& info() const noexcept { return info_; }
  /// The next message, or what is damaged before it; nothing at the end. Throws IoError.
  [[nodiscard]] std::optional<std::variant<RecordedMessage, Damage>> next();

 private:
  using Item = std::variant<RecordedMessage, Damage>;
  struct Found {
    std::uint64_t offset;
    RecordHeader header;
  };

  WireReader(std::unique_ptr<RecordedBytes> bytes, const FileHeader& header);
  [[nodiscard]] std::optional<Item> deliver(const Found& found, WireParts parts);
  [[nodiscard]] std::optional<Item> end_at(const Found& found);
  [[nodiscard]] std::optional<Item> finish();
  [[nodiscard]] std::optional<Found> find(std::uint64_t from);
  [[nodiscard]] std::optional<RecordHeader> header_at(std::uint64_t offset);
  [[nodiscard]] std::optional<WireParts> parts_of(const Found& found);

  std::unique_ptr<RecordedBytes> bytes_;
  RecordingInfo info_;
  bool knows_id_;
  std::uint64_t position_;      ///< what lies before has been told
  std::uint64_t expected_ = 0;  ///< sequence number that comes next
  std::optional<Item> waiting_;
  bool ended_ = false;
};

}  // namespace annulus::wire
