// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/documents/document_source.hpp"

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

DocumentSource::DocumentSource(std::string name) : SourceNode(std::move(name)) {}

void DocumentSource::init() {
  set_window(static_cast<std::size_t>(*window_));
  on_run_closed([this](const std::string& uid) { run_closed(uid); });
  tracker_ = std::make_unique<bluesky::RunTracker>(bluesky::RunTrackerOptions{.image = *image_, .stream = {}});
}

void DocumentSource::feed(Document document) {
  handle_all(tracker_->feed(std::move(document)));
  orphans_.add(tracker_->orphans() - orphans_.value());
}

void DocumentSource::abandon_runs(const std::string& reason) { handle_all(tracker_->abandon(reason)); }

void DocumentSource::handle_all(const std::vector<bluesky::RunEvent>& events) {
  for (const bluesky::RunEvent& event : events) {
    std::visit([this](const auto& e) { handle(e); }, event);
  }
}

void DocumentSource::report_refused(const std::string& message) { report({}, message); }

void DocumentSource::handle(const bluesky::RunStarted& event) {
  progress_.begin(begun(event.uid, *event.start, graph().clock().unix_time()));
  runs_[event.uid] = graph().begin_run(event.uid, {this}, event.start);
}

void DocumentSource::handle(const bluesky::FrameArrived& event) {
  const RunPtr run = find_run(event.uid);
  if (!run) return;
  progress_.update(event.uid, [](RunProgress& p) { ++p.received; });
  if (!emit_to(frames_, event.frame, run, event.frame.number)) {
    progress_.update(event.uid, [](RunProgress& p) { ++p.of(FrameState::dropped); });
  }
}

void DocumentSource::handle(const bluesky::FramesMissing& event) {
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

void DocumentSource::handle(const bluesky::RunStopped& event) {
  const RunPtr run = find_run(event.uid);
  if (!run) return;
  runs_.erase(event.uid);
  {
    const std::lock_guard lock(closing_mutex_);
    closing_[event.uid] = run;
  }
  graph().end_run(run, status_of(event.exit_status), event.reason);
}

void DocumentSource::run_closed(const std::string& uid) {
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

void DocumentSource::handle(const bluesky::Problem& event) {
  const RunPtr run = find_run(event.uid);
  report({run.get(), 0, nullptr}, event.message);
}

RunPtr DocumentSource::find_run(const std::string& uid) const {
  const auto it = runs_.find(uid);
  return it == runs_.end() ? nullptr : it->second;
}

}  // namespace annulus
