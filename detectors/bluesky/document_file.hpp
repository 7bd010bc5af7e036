// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "operators/data/document.hpp"
#include "operators/data/error.hpp"

#include "detectors/bluesky/json_cutter.hpp"

namespace annulus::bluesky {

/// Reads recorded documents one by one, in the formats in which Bluesky records them, told apart by content and
/// decompressed when gzipped:
/// - JSON, one `["name", {...}]` (suitcase-jsonl) or `{"name": ..., "doc": {...}}` (bluesky's JSONLinesWriter) after
///   the other, or all of them in one list (JSONWriter);
/// - msgpack, one 2-array (name, document) after the other (suitcase-msgpack).
class DocumentReader final {
 public:
  /// Throws IoError when the file cannot be opened.
  explicit DocumentReader(const std::filesystem::path& path);
  ~DocumentReader();

  /// The next document, or nothing at the end. Errors give the byte in the (decompressed) file; after one, reading goes
  /// on behind the broken document where its end is known, and ends where it is not. Throws IoError when reading fails.
  [[nodiscard]] Expected<std::optional<Document>, DecodeError> next();

 private:
  struct File;
  enum class Format { unknown, json, msgpack };

  [[nodiscard]] Format detect();
  [[nodiscard]] Expected<std::optional<std::string_view>, DecodeError> next_json();
  [[nodiscard]] Expected<std::optional<std::string_view>, DecodeError> next_msgpack();
  [[nodiscard]] bool refill();
  [[nodiscard]] Unexpected<DecodeError> stop_at(std::string_view problem);
  [[nodiscard]] std::string_view ahead() const noexcept { return std::string_view(buffer_).substr(begin_); }
  [[nodiscard]] std::string_view take(std::size_t length);

  std::unique_ptr<File> file_;
  std::string buffer_;
  std::size_t begin_ = 0;   ///< what lies before has been handed out
  std::size_t offset_ = 0;  ///< place of the buffer in the file
  Format format_ = Format::unknown;
  JsonCutter cutter_;
  bool ended_ = false;
};

/// Writes documents as JSON lines `["name", {...}]`.
class DocumentWriter final {
 public:
  /// Replaces the file. Throws IoError when it cannot be written.
  explicit DocumentWriter(const std::filesystem::path& path);
  void write(const Document& document);

 private:
  std::filesystem::path path_;
  std::ofstream out_;
};

}  // namespace annulus::bluesky
