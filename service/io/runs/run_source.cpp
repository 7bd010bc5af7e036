// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/runs/run_source.hpp"

#include <utility>
#include <variant>

#include <fmt/format.h>

namespace annulus {
namespace {

RunProgress begun(const std::string& uid, const Dict& start, double now) {
  RunProgress run;
  run.uid = uid;
  if (const std::int64_t scan_id = integer_at(start, "scan_id", -1); scan_id >= 0)
    run.scan_id = fmt::format("{}", scan_id);
  run.title = text_at(start, "title", text_at(start, "sample_name", text_at(start, "plan_name")));
  run.started = now;
  return run;
}

ExitStatus status_of(const std::string& text) {
  return text == "success" ? ExitStatus::success : text == "abort" ? ExitStatus::abort : ExitStatus::fail;
}

}  // namespace

void RunSource::init() {
  set_window(static_cast<std::size_t>(*window_));
  on_run_closed([this](const std::string& uid) { run_closed(uid); });
}

void RunSource::handle_all(const std::vector<RunEvent>& events) {
  for (const RunEvent& event : events) handle_event(event);
}

void RunSource::handle_event(const RunEvent& event) {
  std::visit([this](const auto& e) { handle(e); }, event);
}

void RunSource::refuse(const DecodeError& error, std::span<const std::byte> message) {
  if (const auto told = traffic_.refused(error, message)) report({}, *told);
}

void RunSource::handle(const RunStarted& event) {
  progress_.begin(begun(event.uid, *event.start, graph().clock().unix_time()));
  runs_[event.uid] = {graph().begin_run(event.uid, {this}, event.start), std::nullopt};
}

void RunSource::handle(const FrameArrived& event) {
  const RunPtr run = find_run(event.uid);
  if (!run) return;
  count_arrival(event);
  if (!emit_to(*outputs_.at(event.output), event.frame, run, event.frame.number)) {
    progress_.update(event.uid, [](RunProgress& p) { ++p.of(FrameState::dropped); });
  }
}

/// A frame may arrive for several outputs, and counts once.
void RunSource::count_arrival(const FrameArrived& event) {
  std::optional<std::uint64_t>& last = runs_[event.uid].last;
  if (last == event.frame.number) return;
  last = event.frame.number;
  progress_.update(event.uid, [](RunProgress& p) { ++p.received; });
}

void RunSource::handle(const FramesMissing& event) {
  const RunPtr run = find_run(event.uid);
  if (!run) return;
  const std::uint64_t count = event.last - event.first + 1;
  progress_.update(event.uid, [&](RunProgress& p) { p.of(event.state) += count; });
  count_dropped(count);
  const std::string frames =
      count == 1 ? fmt::format("frame {}", event.first) : fmt::format("frames {} to {}", event.first, event.last);
  report({run.get(), event.first, nullptr}, fmt::format("{} {} ({})", frames, name_of(event.state), event.reason));
  announce_gap(run, event.first, event.last, event.state, event.reason);
}

void RunSource::handle(const FramesInFile& event) {
  handle(FramesMissing{event.uid, event.first, event.first + event.count - 1, FrameState::lost,
                       "nobody reads their file any more"});
}

void RunSource::handle(const RunStopped& event) {
  const RunPtr run = find_run(event.uid);
  if (!run) return;
  runs_.erase(event.uid);
  {
    const std::lock_guard lock(closing_mutex_);
    closing_[event.uid] = run;
  }
  graph().end_run(run, status_of(event.exit_status), event.reason);
}

void RunSource::run_closed(const std::string& uid) {
  RunPtr run;
  {
    const std::lock_guard lock(closing_mutex_);
    const auto it = closing_.find(uid);
    if (it == closing_.end()) return;
    run = std::move(it->second);
    closing_.erase(it);
  }
  const double now = graph().clock().unix_time();
  progress_.update(uid, [&](RunProgress& p) {
    p.stopped = now;
    p.outcome = name_of(run->exit_status());
  });
}

void RunSource::handle(const Problem& event) {
  const RunPtr run = find_run(event.uid);
  report({run.get(), 0, nullptr}, event.message);
}

RunPtr RunSource::find_run(const std::string& uid) const {
  const auto it = runs_.find(uid);
  return it == runs_.end() ? nullptr : it->second.run;
}

}  // namespace annulus
