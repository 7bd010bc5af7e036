// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/wire/wire_file_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include "operators/data/error.hpp"

namespace annulus::wire {
namespace {

/// Linux takes so many pieces in one call.
constexpr std::size_t max_pieces = 1024;

std::uint64_t draw_id() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

/// A file's name is durable once its folder is.
void sync_folder(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;  // a folder that may be written but not read
  (void)::fsync(handle);
  ::close(handle);
}

}  // namespace

WireFileWriter::WireFileWriter(std::filesystem::path path, RecordingInfo info)
    : path_(std::move(path)),
      id_(draw_id()),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666)) {
  if (file_ < 0) {
    const int error = errno;
    throw IoError(fmt::format("cannot create '{}' ({}){}", path_.string(), std::strerror(error),
                              error == EEXIST ? " a recording never replaces a file: choose another name" : ""));
  }
  info.id = id_;
  const std::string header = encode_file_header(info);
  const std::span<const std::byte> piece = bytes_of(header);
  try {
    write_all({&piece, 1}, {});
    size_ = header.size();
    sync();
  } catch (...) {
    ::close(file_);
    ::unlink(path_.c_str());
    throw;
  }
  sync_folder(path_);
}

WireFileWriter::~WireFileWriter() { ::close(file_); }

void WireFileWriter::append(std::span<const RecordedMessage> messages) {
  while (!messages.empty()) {
    std::vector<std::string> headers;
    std::vector<std::span<const std::byte>> pieces;
    std::vector<std::uint64_t> ends;
    const std::size_t most = std::min(messages.size(), max_pieces);
    headers.reserve(most);  // pieces point into it
    std::uint64_t bytes = 0;
    while (headers.size() < most) {
      const RecordedMessage& message = messages[headers.size()];
      if (!pieces.empty() && pieces.size() + 1 + message.parts.size() > max_pieces) break;
      headers.push_back(encode_record_header({.id = id_,
                                              .sequence = message.sequence,
                                              .time_ns = message.time_ns,
                                              .monotonic_ns = message.monotonic_ns,
                                              .kind = RecordKind::message},
                                             message.parts));
      pieces.push_back(bytes_of(headers.back()));
      bytes += headers.back().size();
      for (const WireMessage& part : message.parts) {
        pieces.push_back(part.bytes);
        bytes += part.bytes.size();
      }
      ends.push_back(bytes);
    }
    messages = messages.subspan(headers.size());
    write_all(pieces, ends);
    size_ += bytes;
    written_ += ends.size();
  }
}

/// `ends`: where records end, counted from the first piece.
void WireFileWriter::write_all(std::span<const std::span<const std::byte>> pieces,
                               std::span<const std::uint64_t> ends) {
  std::vector<iovec> left;
  for (const auto& piece : pieces) {
    // The kernel takes what it writes as it is.
    if (!piece.empty()) left.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
  }
  std::uint64_t done = 0;
  for (std::size_t first = 0; first < left.size();) {
    const std::size_t count = std::min(left.size() - first, max_pieces);
    const ssize_t taken = ::writev(file_, &left[first], static_cast<int>(count));
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) give_up(done, ends, errno);
    done += static_cast<std::uint64_t>(taken);
    auto rest = static_cast<std::size_t>(taken);
    while (first < left.size() && rest >= left[first].iov_len) rest -= left[first++].iov_len;
    if (rest > 0) left[first] = {static_cast<std::byte*>(left[first].iov_base) + rest, left[first].iov_len - rest};
  }
}

void WireFileWriter::give_up(std::uint64_t done, std::span<const std::uint64_t> ends, int error) {
  const auto whole = std::ranges::upper_bound(ends, done);
  if (whole != ends.begin()) size_ += *(whole - 1);
  written_ += static_cast<std::uint64_t>(whole - ends.begin());
  const bool cut = ::ftruncate(file_, static_cast<off_t>(size_)) == 0;
  const std::string state =
      size_ == 0 ? std::string("nothing was recorded") : fmt::format("the {} messages before are in it", written_);
  throw IoError(fmt::format("cannot write '{}' ({}): {}{}{}", path_.string(), std::strerror(error), state,
                            cut ? "" : ", and behind them a piece of one that readers skip",
                            error == ENOSPC || error == EDQUOT ? ". Free space, or record to another disk." : ""));
}

void WireFileWriter::sync() {
  if (::fdatasync(file_) != 0) {
    throw IoError(fmt::format("cannot write '{}' to the disk ({})", path_.string(), std::strerror(errno)));
  }
}

void WireFileWriter::end(std::uint64_t messages) {
  const std::string record = encode_record_header({.id = id_, .sequence = messages, .kind = RecordKind::end}, {});
  const std::span<const std::byte> piece = bytes_of(record);
  write_all({&piece, 1}, {});
  size_ += record.size();
  sync();
}

}  // namespace annulus::wire
