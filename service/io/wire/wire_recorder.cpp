// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/wire/wire_recorder.hpp"

#include <exception>
#include <utility>

namespace annulus::wire {
namespace {

/// What a message takes up here besides its bytes.
constexpr std::size_t overhead = 256;

std::size_t weight(const WireParts& parts) {
  std::size_t bytes = 0;
  for (const WireMessage& part : parts) bytes += part.bytes.size() + overhead;
  return bytes;
}

template <class Clock>
std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

}  // namespace

WireRecorder::WireRecorder(std::filesystem::path path, RecordingInfo info, RecorderOptions options)
    : options_(options), file_(std::move(path), std::move(info)) {
  tally_.bytes = file_.size();
  thread_ = std::thread([this] { work(); });
}

WireRecorder::~WireRecorder() { close(); }

bool WireRecorder::record(WireParts parts) {
  RecordedMessage message{.time_ns = now_ns<std::chrono::system_clock>(),
                          .monotonic_ns = now_ns<std::chrono::steady_clock>(),
                          .parts = std::move(parts)};
  const std::size_t size = weight(message.parts);
  {
    const std::lock_guard lock(mutex_);
    message.sequence = tally_.received++;
    const bool fits = message.parts.size() <= max_parts && size <= max_payload;
    if (!fits || closing_ || buffered_ >= options_.buffer || !tally_.error.empty()) {
      ++tally_.missing;
      return false;
    }
    buffered_ += size;
    waiting_.push_back(std::move(message));
  }
  work_.notify_one();
  return true;
}

bool WireRecorder::wait_for_room(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return room_.wait_for(lock, patience, [&] { return buffered_ < options_.buffer || !tally_.error.empty(); });
}

RecorderTally WireRecorder::tally() const {
  const std::lock_guard lock(mutex_);
  return tally_;
}

RecorderTally WireRecorder::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_.notify_one();
  if (!thread_.joinable()) return tally();
  thread_.join();
  const RecorderTally tally = this->tally();
  try {
    file_.end(tally.received);
  } catch (const std::exception& problem) {
    const std::lock_guard lock(mutex_);
    if (tally_.error.empty()) tally_.error = problem.what();
  }
  return this->tally();
}

void WireRecorder::work() {
  using Clock = std::chrono::steady_clock;
  bool synced = true;  // everything written is on the disk
  Clock::time_point sync_due{};
  std::unique_lock lock(mutex_);
  while (tally_.error.empty()) {
    const auto wakes = [&] { return closing_ || !waiting_.empty(); };
    if (synced) {
      work_.wait(lock, wakes);
    } else {
      work_.wait_until(lock, sync_due, wakes);
    }
    if (closing_ && waiting_.empty()) return;
    std::vector<RecordedMessage> batch = std::exchange(waiting_, {});
    const std::size_t size = buffered_;
    lock.unlock();
    std::string error;
    try {
      file_.append(batch);
      const auto now = Clock::now();
      if (synced) sync_due = now + options_.sync;
      synced = false;
      if (now >= sync_due) {
        file_.sync();
        synced = true;
      }
    } catch (const std::exception& problem) {
      error = problem.what();
    }
    batch.clear();
    lock.lock();
    buffered_ -= size;
    tally_.written = file_.written();
    tally_.bytes = file_.size();
    tally_.error = std::move(error);
    if (!tally_.error.empty()) tally_.missing = tally_.received - tally_.written;
    room_.notify_all();
  }
  waiting_.clear();
}

}  // namespace annulus::wire
