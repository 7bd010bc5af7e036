// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace annulus::wire {

/// The bytes of a recording, wherever they lie. Their number does not change.
class RecordedBytes {
 public:
  virtual ~RecordedBytes() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Fills `to` with the bytes from `offset` on, which must be there. Throws IoError.
  virtual void read(std::uint64_t offset, std::span<std::byte> to) = 0;
};

/// Opens a file; a large one is not read by that. Throws IoError.
[[nodiscard]] std::unique_ptr<RecordedBytes> open_recorded_file(const std::filesystem::path& path);
/// Bytes in memory, which must outlive the result.
[[nodiscard]] std::unique_ptr<RecordedBytes> recorded_in_memory(std::span<const std::byte> bytes);

}  // namespace annulus::wire
