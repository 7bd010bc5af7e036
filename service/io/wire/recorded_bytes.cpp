// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/wire/recorded_bytes.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "operators/data/error.hpp"

namespace annulus::wire {
namespace {

/// Small pieces are read from a window of this many bytes.
constexpr std::size_t window_size = 256 * 1024;

class File final : public RecordedBytes {
 public:
  explicit File(const std::filesystem::path& path)
      : path_(path.string()), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) throw IoError(fmt::format("cannot open '{}' ({})", path_, std::strerror(errno)));
    struct stat status{};
    if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(file_);
      throw IoError(fmt::format("cannot open '{}' (it is not a file)", path_));
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() override { ::close(file_); }

  [[nodiscard]] std::uint64_t size() const override { return size_; }

  void read(std::uint64_t offset, std::span<std::byte> to) override {
    if (to.size() > window_size / 4) return read_file(offset, to);
    if (offset < window_begin_ || offset + to.size() > window_begin_ + window_.size()) {
      window_.resize(std::min<std::uint64_t>(window_size, size_ - offset));
      window_begin_ = offset;
      read_file(offset, window_);
    }
    std::memcpy(to.data(), window_.data() + (offset - window_begin_), to.size());
  }

 private:
  void read_file(std::uint64_t offset, std::span<std::byte> to) {
    while (!to.empty()) {
      const ssize_t count = ::pread(file_, to.data(), to.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        window_.clear();
        throw IoError(fmt::format("cannot read '{}' at byte {} ({})", path_, offset,
                                  count == 0 ? "the file has become shorter" : std::strerror(errno)));
      }
      offset += static_cast<std::uint64_t>(count);
      to = to.subspan(static_cast<std::size_t>(count));
    }
  }

  std::string path_;
  int file_;
  std::uint64_t size_ = 0;
  std::uint64_t window_begin_ = 0;
  std::vector<std::byte> window_;
};

class Memory final : public RecordedBytes {
 public:
  explicit Memory(std::span<const std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> to) override {
    std::ranges::copy(bytes_.subspan(offset, to.size()), to.begin());
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace

std::unique_ptr<RecordedBytes> open_recorded_file(const std::filesystem::path& path) {
  return std::make_unique<File>(path);
}
std::unique_ptr<RecordedBytes> recorded_in_memory(std::span<const std::byte> bytes) {
  return std::make_unique<Memory>(bytes);
}

}  // namespace annulus::wire
