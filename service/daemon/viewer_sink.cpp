// SPDX-License-Identifier: BSD-3-Clause
#include "service/daemon/viewer_sink.hpp"

namespace annulus {

void ViewerSink::check(Problems& problems) const {
  if (patterns_.upstreams().empty() && frames_.upstreams().empty()) {
    problems.add("", "has nothing to show (neither patterns nor frames are connected) name a node with 'in'");
  }
}

void ViewerSink::run_started(const Run& run, const Context&) {
  hub_->run_started(run.uid(), run.metadata() ? without_large_arrays(*run.metadata()) : Dict{});
}

void ViewerSink::run_stopped(const Run& run, const Context&) {
  hub_->run_stopped(std::string(name_of(run.exit_status())));
}

void ViewerSink::on_pattern(const Pattern& pattern, const Context&) {
  hub_->publish(pattern, pattern.reduction ? text_at(*pattern.reduction, "name", name()) : name());
}

void ViewerSink::on_frame(const Frame& frame, const Context&) { hub_->publish_preview(frame); }

}  // namespace annulus
