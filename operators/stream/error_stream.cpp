// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/error_stream.hpp"

#include <algorithm>

namespace annulus {
namespace {

bool tell(const ErrorStream::Listener& listener, const ErrorReport& report) noexcept {
  try {
    listener(report);
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

void ErrorStream::report(ErrorReport report) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    ++total_;
    std::erase_if(listeners_, [&](const Listener& listener) { return !tell(listener, report); });
    recent_.push_back(std::move(report));
    if (recent_.size() > keep_) recent_.pop_front();
  } catch (...) {
    // Out of memory while reporting: the count above is what remains.
  }
}

void ErrorStream::listen(Listener listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

std::uint64_t ErrorStream::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

std::vector<ErrorReport> ErrorStream::recent() const {
  const std::lock_guard lock(mutex_);
  return {recent_.begin(), recent_.end()};
}

}  // namespace annulus
