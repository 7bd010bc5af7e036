// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "operators/data/error.hpp"

namespace annulus {

/// What came into a source from outside.
struct Traffic {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::map<std::string, std::uint64_t> refused;  ///< messages that were not used, by kind: "pickle", "other prefix"
};

/// Counts what comes into a source. Thread-safe.
class TrafficCounter {
 public:
  void received(std::size_t bytes);
  /// Counts messages that were not used.
  void refused(std::string_view kind, std::uint64_t count = 1);
  /// Counts a message that could not be decoded, by the decoder that says so. Gives what is to be reported of it, with
  /// its first bytes in hexadecimal; nothing when enough of this kind have been told.
  std::optional<std::string> refused(const DecodeError& error, std::span<const std::byte> message);
  [[nodiscard]] Traffic traffic() const;

 private:
  mutable std::mutex mutex_;
  Traffic traffic_;
};

/// Implemented by sources that get messages from outside.
class ReportsTraffic {
 public:
  virtual ~ReportsTraffic() = default;
  [[nodiscard]] virtual Traffic traffic() const = 0;
};

}  // namespace annulus
