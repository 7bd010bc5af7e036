// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/nexus/pending_file.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "operators/data/error.hpp"

namespace annulus::detail {

namespace fs = std::filesystem;

namespace {

constexpr int max_number = 9999;

fs::path numbered(const fs::path& path, int number) {
  if (number == 0) return path;
  return path.parent_path() / fmt::format("{}_{}{}", path.stem().string(), number, path.extension().string());
}

bool is_taken(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

/// Waits until the disk has what was written. A rename is durable once its folder is.
void sync(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool ok = descriptor >= 0 && ::fsync(descriptor) == 0;
  const std::error_code error(errno, std::generic_category());
  if (descriptor >= 0) ::close(descriptor);
  // Some file systems cannot sync folders; that is no reason to give up a good file.
  if (!ok && !fs::is_directory(path)) throw IoError("cannot sync " + path.string() + " (" + error.message() + ")");
}

}  // namespace

PendingFile::PendingFile(const fs::path& directory, const std::string& name) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw IoError("cannot make folder " + directory.string() + " (" + error.message() + ")");
  for (int number = 0; number <= max_number; ++number) {
    final_ = numbered(directory / name, number);
    partial_ = final_;
    partial_ += ".partial";
    if (is_taken(partial_)) continue;
    // Making a link fails where the name is taken, in one step: two processes never get the same.
    fs::create_symlink(partial_.filename(), final_, error);
    if (!error) return;
    if (error != std::errc::file_exists)
      throw IoError("cannot write in " + directory.string() + " (" + error.message() + ")");
  }
  throw IoError(fmt::format("cannot find a free name for {} ({} are taken)", (directory / name).string(), max_number));
}

PendingFile::~PendingFile() {
  std::error_code ignored;
  if (!is_taken(partial_) && fs::is_symlink(final_, ignored)) fs::remove(final_, ignored);
}

void PendingFile::publish() {
  sync(partial_);
  std::error_code error;
  fs::rename(partial_, final_, error);
  if (error) throw IoError("cannot rename " + partial_.string() + " (" + error.message() + ")");
  sync(final_.parent_path());
}

}  // namespace annulus::detail
