// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/runs/document_source.hpp"

#include <chrono>
#include <utility>

#include "service/io/runs/file_places.hpp"

namespace annulus {

DocumentSource::DocumentSource(std::string name) : RunSource(std::move(name)) { use_outputs({&frames_}); }

DocumentSource::~DocumentSource() {
  if (reader_.joinable()) DocumentSource::stop_producing();
}

void DocumentSource::check(Problems& problems) const {
  for (const auto& [there, here] : *root_map_) {
    if (const auto problem = folder_problem(there); !problem.empty()) problems.add("root_map", problem);
    if (!here.starts_with('/')) problems.add("root_map", folder_problem("./" + here));
  }
  for (const std::string& folder : *allow_) {
    if (!folder.starts_with('/')) problems.add("allow", folder_problem(folder));
  }
}

void DocumentSource::init() {
  RunSource::init();
  tracker_ = std::make_unique<bluesky::RunTracker>(bluesky::RunTrackerOptions{.image = *image_, .stream = {}});
  const auto wait = std::chrono::duration_cast<Clock::Duration>(std::chrono::duration<double>(*wait_));
  files_ = std::make_unique<FileFrames>(
      graph().clock(), wait, [this](const ImageFiles& files) { return open(files); },
      [this](const RunEvent& event) { emit(event); });
}

void DocumentSource::release() {
  if (files_) files_->give_up();
  SourceNode::stop_producing();
}

void DocumentSource::stop_producing() {
  SourceNode::stop_producing();
  if (files_) files_->close();
  const std::lock_guard lock(reader_mutex_);
  if (reader_.joinable()) reader_.join();
  timer_.reset();
}

void DocumentSource::feed(Document document) {
  const std::uint64_t orphans_before = tracker_->orphans();
  pass_on(tracker_->feed(std::move(document)));
  if (const std::uint64_t more = tracker_->orphans() - orphans_before; more > 0) counter().refused("unknown_run", more);
}

void DocumentSource::abandon_runs(const std::string& reason) {
  pass_on(tracker_->abandon(reason));
  files_->wait_until_empty();
}

void DocumentSource::pass_on(std::vector<RunEvent> events) {
  for (RunEvent& event : events) {
    if (files_->keep(event)) {
      start_reader();
    } else {
      emit(event);
    }
  }
}

void DocumentSource::start_reader() {
  const std::lock_guard lock(reader_mutex_);
  if (reader_.joinable()) return;
  timer_ = graph().clock().make_timer([this] { files_->wake(); });
  reader_ = std::thread([this] { read_files(); });
}

void DocumentSource::emit(const RunEvent& event) {
  const std::lock_guard lock(emit_mutex_);
  handle_event(event);
}

void DocumentSource::read_files() {
  bool more = true;
  while (more) {
    try {
      if (!files_->step()) more = files_->wait_for_work(*timer_);
    } catch (const std::exception& error) {
      report_trouble(error.what());
    }
  }
}

std::unique_ptr<LiveImages> DocumentSource::open(const ImageFiles& files) const {
  const auto found = FilePlaces{*root_map_, *allow_}.find(files);
  if (!found) throw DataError(found.error());
  return follow_images(*found);
}

}  // namespace annulus
