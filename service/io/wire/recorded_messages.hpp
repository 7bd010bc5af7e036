// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

#include "service/io/wire/wire_reader.hpp"

namespace annulus {

/// True when the file begins as a recorded wire does.
[[nodiscard]] bool is_recorded_wire(const std::filesystem::path& path);
/// Opens a recorded wire. Throws IoError, and DataError when the file is none.
[[nodiscard]] wire::WireReader open_recorded_wire(const std::filesystem::path& path);

/// The messages of a recorded wire in place of a socket, as fast as they are taken. Damage is thrown once, as IoError.
class RecordedMessages final : public MessageSource {
 public:
  /// Throws IoError, and DataError when the file is no recorded wire.
  explicit RecordedMessages(const std::filesystem::path& path);

  std::optional<WireParts> receive(std::chrono::milliseconds patience) override;
  [[nodiscard]] bool ended() const override { return ended_; }

 private:
  std::string path_;
  wire::WireReader reader_;
  bool ended_ = false;
};

}  // namespace annulus
