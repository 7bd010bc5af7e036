// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

namespace annulus::detail {

/// The names of a file that is being written: NAME.partial holds the data, and NAME is a symbolic link to it until
/// publish() puts the file itself there. NAME never existed before: where it does, a number is appended to the stem.
class PendingFile final {
 public:
  /// Makes `directory` if needed and reserves the name. Throws IoError.
  PendingFile(const std::filesystem::path& directory, const std::string& name);
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  /// Takes the link away where no data were ever written.
  ~PendingFile();

  [[nodiscard]] const std::filesystem::path& final_path() const { return final_; }
  [[nodiscard]] const std::filesystem::path& partial_path() const { return partial_; }

  /// Brings the closed file to the disk and moves it to its final name. Throws IoError.
  void publish();

 private:
  std::filesystem::path final_;
  std::filesystem::path partial_;
};

}  // namespace annulus::detail
