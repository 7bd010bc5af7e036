// SPDX-License-Identifier: BSD-3-Clause
#include "operators/files/line_splitter.hpp"

#include <algorithm>
#include <utility>

#include "operators/data/error.hpp"

namespace annulus {

LineSplitter::LineSplitter(std::string delimiter, std::size_t longest)
    : delimiter_(std::move(delimiter)), longest_(longest) {
  if (delimiter_.empty())
    throw ConfigError("delimiter: it is empty (lines would have no end) give \"\\n\", for example");
}

bool LineSplitter::has_line() {
  while (end_ == 0) {
    const std::size_t found = buffer_.find(delimiter_, scanned_);
    const std::size_t length = std::min(found, buffer_.size()) - begin_;
    if (found == std::string::npos) {
      const std::size_t kept = std::min(buffer_.size() - begin_, delimiter_.size() - 1);  // may begin a delimiter
      if (skipping_ || length > longest_ + kept) {
        skipped_ += skipping_ ? 0 : 1;
        skipping_ = true;
        forget(buffer_.size() - kept);
      } else {
        forget(begin_);
      }
      scanned_ = buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1);
      return false;
    }
    const std::size_t end = found + delimiter_.size();
    if (!skipping_ && length <= longest_) {
      end_ = end;
    } else {
      skipped_ += skipping_ ? 0 : 1;
      skipping_ = false;
      begin_ = scanned_ = end;
    }
  }
  return true;
}

std::string LineSplitter::take() {
  std::string line = buffer_.substr(begin_, end_ - begin_);
  begin_ = scanned_ = end_;
  end_ = 0;
  return line;
}

std::string LineSplitter::take_rest() {
  std::string rest = skipping_ ? std::string() : buffer_.substr(begin_);
  forget(buffer_.size());
  skipping_ = false;
  return rest;
}

void LineSplitter::forget(std::size_t bytes) {
  buffer_.erase(0, bytes);
  begin_ = scanned_ = end_ = 0;
}

}  // namespace annulus
