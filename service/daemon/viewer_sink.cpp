// SPDX-License-Identifier: BSD-3-Clause
#include "service/daemon/viewer_sink.hpp"

#include <utility>

namespace annulus {

ViewerSink::ViewerSink(std::string name, ViewerHub& hub) : Node(std::move(name)), hub_(&hub) {}

void ViewerSink::check(Problems& problems) const {
  if (patterns_.upstreams().empty() && cakes_.upstreams().empty() && frames_.upstreams().empty()) {
    problems.add("", "has nothing to show (no patterns, cakes or frames are connected) name a node with 'in'");
  }
}

void ViewerSink::run_started(const Run& run, const Context&) {
  hub_->run_started(run.uid(), run.metadata() ? without_large_arrays(*run.metadata()) : Dict{});
}

void ViewerSink::run_stopped(const Run& run, const Context&) {
  hub_->run_stopped(std::string(name_of(run.exit_status())));
}

template <class Result>
void ViewerSink::on_result(const Result& result, const Context&) {
  hub_->publish(result, result.reduction ? text_at(*result.reduction, "name", name()) : name());
}

void ViewerSink::on_frame(const Frame& frame, const Context&) { hub_->publish_preview(frame); }

}  // namespace annulus
