// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/runs/document_source.hpp"

#include <utility>

namespace annulus {

DocumentSource::DocumentSource(std::string name) : RunSource(std::move(name)) { use_outputs({&frames_}); }

void DocumentSource::init() {
  RunSource::init();
  tracker_ = std::make_unique<bluesky::RunTracker>(bluesky::RunTrackerOptions{.image = *image_, .stream = {}});
}

void DocumentSource::feed(Document document) {
  const std::uint64_t orphans_before = tracker_->orphans();
  handle_all(tracker_->feed(std::move(document)));
  if (const std::uint64_t more = tracker_->orphans() - orphans_before; more > 0) counter().refused("unknown_run", more);
}

void DocumentSource::abandon_runs(const std::string& reason) { handle_all(tracker_->abandon(reason)); }

}  // namespace annulus
