// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/viewer_hub.hpp"

#include <algorithm>
#include <utility>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

constexpr std::chrono::milliseconds glance{20};

}  // namespace

ViewerHub::ViewerHub(HubOptions options) : options_(options) {
  run_slot_.snapshot = [this] { return [run = run_] { return encode(run); }; };
  preview_slot_.interval = options_.preview_interval;
  preview_slot_.snapshot = [this] {
    return [this, frame = frame_, run = frame_run_, revision = preview_slot_.revision] {
      return encode(*drawn(frame, run, revision));
    };
  };
}

ViewerHub::~ViewerHub() = default;

void ViewerHub::touch(Slot& slot) {
  ++slot.revision;
  if (idle_feeds_ > 0) changed_.notify_all();
}

/// Where the newest of an output is kept; null when there are as many outputs as may be shown.
template <class View>
ViewerHub::Output<View>* ViewerHub::output_of(Outputs<View>& outputs, const std::string& name,
                                              std::chrono::milliseconds interval) const {
  const auto found = outputs.find(name);
  if (found != outputs.end()) return &found->second;
  if (outputs.size() == options_.most_outputs) return nullptr;
  Output<View>& output = outputs.try_emplace(name).first->second;
  output.view.name = name;
  output.slot.interval = interval;
  output.slot.snapshot = [&view = output.view] { return [copy = view] { return encode(copy); }; };
  return &output;
}

/// What patterns and cakes have alike.
template <class Result, class View>
void ViewerHub::set_head(const Result& result, View& view) const {
  view.run = run_.uid;
  view.number = result.number;
  view.time = result.time;
  view.axis = result.axis;
}

void ViewerHub::publish(const Pattern& pattern, const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto* const output = output_of(patterns_, name, options_.pattern_interval);
  if (output == nullptr) return;
  PatternView& view = output->view;
  set_head(pattern, view);
  view.intensity = pattern.intensity;
  view.sigma = pattern.sigma;
  newest_pattern_ = name;
  touch(output->slot);
}

void ViewerHub::publish(const Cake& cake, const std::string& name) {
  // The intensity before is released after the lock: a cake can have a million bins.
  Array intensity = cake.intensity.as_array({cake.azimuthal_axis->bins(), cake.axis->bins()});
  const std::lock_guard lock(mutex_);
  auto* const output = output_of(cakes_, name, options_.cake_interval);
  if (output == nullptr) return;
  CakeView& view = output->view;
  set_head(cake, view);
  view.azimuthal_axis = cake.azimuthal_axis;
  std::swap(view.intensity, intensity);
  touch(output->slot);
}

void ViewerHub::publish_preview(const Frame& frame) {
  Frame old = frame;  // the frame before is released after the lock: it may be the last owner of its pixels
  const std::lock_guard lock(mutex_);
  std::swap(frame_, old);
  frame_run_ = run_.uid;
  touch(preview_slot_);
}

void ViewerHub::run_started(const std::string& uid, Dict start) {
  const std::lock_guard lock(mutex_);
  run_ = RunView{uid, {}, std::move(start)};
  touch(run_slot_);
}

void ViewerHub::run_stopped(const std::string& outcome) {
  const std::lock_guard lock(mutex_);
  run_.outcome = outcome;
  touch(run_slot_);
}

std::unique_ptr<ViewerFeed> ViewerHub::subscribe() { return std::make_unique<ViewerFeed>(*this); }

std::optional<PatternView> ViewerHub::latest_pattern(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = patterns_.find(name.empty() ? newest_pattern_ : name);
  if (found == patterns_.end()) return std::nullopt;
  return found->second.view;
}

std::shared_ptr<const PreviewView> ViewerHub::latest_preview() {
  std::unique_lock lock(mutex_);
  if (preview_slot_.revision == 0) return nullptr;
  const Frame frame = frame_;
  const std::string run = frame_run_;
  const std::uint64_t revision = preview_slot_.revision;
  lock.unlock();
  return drawn(frame, run, revision);
}

std::shared_ptr<const PreviewView> ViewerHub::drawn(const Frame& frame, const std::string& run,
                                                    std::uint64_t revision) {
  const std::lock_guard lock(drawing_);
  if (drawn_ && drawn_revision_ >= revision) return drawn_;
  PreviewView view{
      .run = run, .number = frame.number, .time = frame.time, .frame_rows = 0, .frame_cols = 0, .preview = {}};
  view.preview = draw_preview(frame.pixels, options_.preview_side);
  view.frame_rows = frame.rows();
  view.frame_cols = frame.cols();
  drawn_ = std::make_shared<const PreviewView>(std::move(view));
  drawn_revision_ = revision;
  return drawn_;
}

std::pair<ViewerHub::Message, std::uint64_t> ViewerHub::encoded(Slot& slot) {
  const std::lock_guard encoding(slot.encoding);
  std::unique_lock lock(mutex_);
  if (slot.message_revision != slot.revision) {
    const std::uint64_t revision = slot.revision;
    const auto encode_copy = slot.snapshot();
    lock.unlock();
    Message message;
    try {
      message = std::make_shared<const ViewerMessage>(encode_copy());
    } catch (const DataError&) {
      // Whatever feeds the hub reports the frame's shape on its own account; the viewer has nothing to show.
    }
    slot.message = std::move(message);
    slot.message_revision = revision;
  }
  return {slot.message, slot.message_revision};
}

ViewerHub::Slot* ViewerFeed::choose(TimePoint now, TimePoint& wake) {
  ViewerHub::Slot* chosen = nullptr;
  TimePoint oldest = TimePoint::max();
  const auto consider = [&](ViewerHub::Slot& slot) {
    const Taken& taken = taken_[&slot];
    if (slot.revision == taken.revision) return;
    if (taken.due > now) {
      wake = std::min(wake, taken.due);
    } else if (taken.due < oldest) {
      chosen = &slot;
      oldest = taken.due;
    }
  };
  consider(hub_.run_slot_);
  for (auto& [name, pattern] : hub_.patterns_) consider(pattern.slot);
  for (auto& [name, cake] : hub_.cakes_) consider(cake.slot);
  consider(hub_.preview_slot_);
  return chosen;
}

std::shared_ptr<const ViewerMessage> ViewerFeed::next(TimePoint deadline) {
  std::unique_lock lock(hub_.mutex_);
  while (!closed_) {
    const TimePoint now = ViewerHub::Clock::now();
    TimePoint wake = deadline;
    if (ViewerHub::Slot* slot = choose(now, wake)) {
      lock.unlock();
      auto [message, revision] = hub_.encoded(*slot);
      lock.lock();
      taken_[slot] = {revision, now + slot->interval};
      if (message) return closed_ ? nullptr : message;
      continue;
    }
    if (now >= deadline) break;
    if (wake < deadline) {
      // Something is pending but not yet due. Being woken by every publication in the meantime would cost a wake-up
      // per pattern; a glance now and then keeps the other kinds flowing.
      due_.wait_until(lock, std::min(wake, now + glance), [&] { return closed_; });
    } else {
      ++hub_.idle_feeds_;
      hub_.changed_.wait_until(lock, deadline);
      --hub_.idle_feeds_;
    }
  }
  return nullptr;
}

void ViewerFeed::close() {
  const std::lock_guard lock(hub_.mutex_);
  closed_ = true;
  due_.notify_all();
  hub_.changed_.notify_all();
}

}  // namespace annulus
