// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/runs/file_frames.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace annulus {
namespace {

constexpr std::size_t max_waiting = 16 * 1024;  // events, of all runs together
constexpr Clock::Duration poll = std::chrono::milliseconds(50);

const std::string& uid_of(const RunEvent& event) {
  return std::visit([](const auto& e) -> const std::string& { return e.uid; }, event);
}

}  // namespace

bool FileFrames::keep(RunEvent& event) {
  std::unique_lock lock(mutex_);
  const bool in_file = std::holds_alternative<FramesInFile>(event);
  if (closed_ || std::holds_alternative<Problem>(event)) return false;
  const auto found = runs_.find(uid_of(event));
  if (!in_file && found == runs_.end()) return false;
  // A stop also closes the files of a run and takes its counts along.
  const bool is_stop = std::holds_alternative<RunStopped>(event);
  if (!in_file && !is_stop && found->second.events.empty()) return false;
  changed_.wait(lock, [this] { return waiting_ < max_waiting || given_up_; });
  if (auto* frames = std::get_if<FramesInFile>(&event); frames != nullptr && frames->time == 0) {
    frames->time = clock_.unix_time();
  }
  RunQueue& run = runs_[uid_of(event)];
  if (run.events.empty()) run.next_try = {};
  run.events.push_back({std::move(event), clock_.now()});
  ++waiting_;
  woken_ = true;
  changed_.notify_all();
  return true;
}

bool FileFrames::step() {
  std::vector<RunQueue*> runs;
  {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    for (auto& [uid, run] : runs_) {
      if (!run.events.empty() && (given_up_ || clock_.now() >= run.next_try)) runs.push_back(&run);
    }
  }
  bool any = false;
  for (RunQueue* run : runs) any |= advance(*run);
  return any;
}

bool FileFrames::advance(RunQueue& run) {
  std::unique_lock lock(mutex_);
  Waiting& first = run.events.front();  // stays where it is while more comes behind it
  lock.unlock();
  if (auto* frames = std::get_if<FramesInFile>(&first.event)) return read_frame(run, *frames, first.since);
  if (auto* stop = std::get_if<RunStopped>(&first.event)) {
    stop->counts.arrived += run.counts.arrived;
    stop->counts.lost += run.counts.lost;
    stop->counts.rejected += run.counts.rejected;
  }
  emit_(first.event);
  pop(run);
  return true;
}

bool FileFrames::read_frame(RunQueue& run, FramesInFile& frames, Clock::Duration since) {
  Expected<Array, std::string> image;
  try {
    image = read(run, frames, frames.image);
  } catch (const std::exception& error) {
    const std::uint64_t count = frames.files->number ? 1 : frames.count;
    miss(run, frames, count, FrameState::rejected, error.what());
    return true;
  }
  if (image) {
    ++run.counts.arrived;
    emit_(FrameArrived{
        frames.uid,
        Frame{.number = frames.first, .time = frames.time, .pixels = std::move(*image), .readings = frames.readings},
        0});
    run.last_progress = clock_.now();
    ++frames.first;
    ++frames.image;
    if (--frames.count == 0) pop(run);
    return true;
  }
  bool given_up = false;
  {
    const std::lock_guard lock(mutex_);
    given_up = given_up_;
  }
  if (!given_up && clock_.now() < std::max(since, run.last_progress) + wait_) {
    run.next_try = clock_.now() + poll;
    return false;
  }
  // One numbered file may be missing and the next be there; what a growing file has not, it has not to the end.
  std::uint64_t count = frames.count;
  if (frames.files->number && !given_up) {
    count = 1;
    while (count < frames.count && !read(run, frames, frames.image + count)) ++count;
  }
  const std::string how = given_up ? "the service was stopped before they could be read"
                                   : fmt::format("waited {} s", std::chrono::duration<double>(wait_).count());
  miss(run, frames, count, FrameState::lost, fmt::format("{}: {}", how, image.error()));
  return true;
}

/// The next `count` of the frames will not come.
void FileFrames::miss(RunQueue& run, FramesInFile& frames, std::uint64_t count, FrameState state,
                      const std::string& reason) {
  (state == FrameState::lost ? run.counts.lost : run.counts.rejected) += count;
  emit_(FramesMissing{frames.uid, frames.first, frames.first + count - 1, state, reason});
  frames.first += count;
  frames.image += count;
  frames.count -= count;
  if (frames.count == 0) pop(run);
}

Expected<Array, std::string> FileFrames::read(RunQueue& run, const FramesInFile& frames, std::uint64_t image) {
  if (!run.files || *run.files != *frames.files) {
    run.images = open_(*frames.files);
    run.files = frames.files;
  }
  return run.images->read(image);
}

void FileFrames::pop(RunQueue& run) {
  const std::lock_guard lock(mutex_);
  const std::string uid = uid_of(run.events.front().event);
  run.ended |= std::holds_alternative<RunStopped>(run.events.front().event);
  run.events.pop_front();
  --waiting_;
  if (run.ended && run.events.empty()) runs_.erase(uid);
  changed_.notify_all();
}

void FileFrames::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = woken_ = true;
  changed_.notify_all();
}

void FileFrames::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  give_up();
}

bool FileFrames::wait_for_work(Timer& timer) {
  std::unique_lock lock(mutex_);
  if (waiting_ > 0) {
    lock.unlock();
    timer.set(clock_.now() + poll);
    lock.lock();
  }
  changed_.wait(lock, [this] { return woken_ || (waiting_ == 0 && closed_); });
  return waiting_ > 0 || !closed_;
}

void FileFrames::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void FileFrames::wait_until_empty() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_ == 0; });
}

}  // namespace annulus
