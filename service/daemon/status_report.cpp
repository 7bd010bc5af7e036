// SPDX-License-Identifier: BSD-3-Clause
#include "service/daemon/status_report.hpp"

#include <algorithm>

#include "operators/data/pattern.hpp"

#include "operators/stream/drawing.hpp"
#include "service/io/runs/progress.hpp"
#include "service/io/runs/traffic.hpp"

namespace annulus {
namespace {

constexpr double rate_window_s = 5;
constexpr std::size_t most_errors = 20;

/// True for operators that make frames to patterns, or to cakes: whose main output is of a type that they do not take.
template <class Result>
bool yields(const Node& node) {
  return !node.inputs().empty() && !node.outputs().empty() && node.outputs().front()->type() == type_id<Result>() &&
         node.inputs().front()->type() != type_id<Result>();
}

NodeStatus status_of(const Node& node) {
  const QueueFill fill = node.queue();
  return {.name = node.name(),
          .type = node.type(),
          .in = node.received(),
          .out = node.emitted(),
          .errors = node.errors(),
          .dropped = node.dropped(),
          .queue_fill = fill.size,
          .queue_capacity = fill.capacity};
}

EdgeStatus status_of(const Edge& edge) {
  EdgeStatus status{.from = edge.from->node().name(),
                    .from_port = edge.from->name(),
                    .to = edge.to->node().name(),
                    .to_port = edge.to->name(),
                    .payload = edge.from->type()->name};
  for (const Node* buffer : edge.buffers) {
    status.queues.push_back({buffer->name(), buffer->find_param("overflow")->text(), buffer->queue().capacity});
  }
  return status;
}

SourceStatus status_of(const std::string& name, Traffic traffic) {
  return {.name = name, .messages = traffic.messages, .bytes = traffic.bytes, .refused = std::move(traffic.refused)};
}

FrameCounts counts_of(const RunProgress& progress) {
  const auto by_state = [&](FrameState state) { return progress.by_state.at(static_cast<std::size_t>(state)); };
  return {.received = progress.received,
          .reduced = progress.reduced,
          .written = progress.written,
          .published = progress.published,
          .filtered = by_state(FrameState::filtered),
          .lost = by_state(FrameState::lost),
          .rejected = by_state(FrameState::rejected),
          .failed = by_state(FrameState::failed),
          .dropped = by_state(FrameState::dropped)};
}

RunStatus status_of(const RunProgress& progress) {
  RunStatus run;
  run.uid = progress.uid;
  run.scan_id = progress.scan_id;
  run.title = progress.title;
  run.started = progress.started;
  run.stopped = progress.stopped;
  run.outcome = progress.outcome;
  run.frames = counts_of(progress);
  return run;
}

/// Sources know which run is the newest; sinks, wherever they stand in the configuration, add what they know of it.
RunProgress newest_of(const std::vector<RunProgress>& known) {
  const auto last = std::ranges::max_element(known, {}, &RunProgress::started);
  if (last == known.end() || last->uid.empty()) return {};
  RunProgress newest = *last;
  for (const RunProgress& other : known) {
    if (other.uid == newest.uid) newest.merge(other);
  }
  return newest;
}

}  // namespace

StatusReport::StatusReport(std::string name, Graph& graph)
    : name_(std::move(name)), graph_(&graph), started_(graph.clock().unix_time()) {}

void StatusReport::sample() {
  const std::lock_guard lock(mutex_);
  const double now = graph_->clock().unix_time();
  Sample sample{now, {}};
  for (const auto& node : graph_->nodes()) sample.nodes.push_back({node->received(), node->emitted()});
  samples_.push_back(std::move(sample));
  while (samples_.size() > 2 && samples_.front().time < now - rate_window_s) samples_.pop_front();
}

void StatusReport::set_state(ServiceState state) {
  const std::lock_guard lock(mutex_);
  state_ = state;
}

void StatusReport::add_rates(Status& status) const {
  if (samples_.size() < 2) return;
  const Sample& a = samples_.front();
  const Sample& b = samples_.back();
  if (!(b.time > a.time)) return;
  const auto rate = [&](std::uint64_t from, std::uint64_t to) {
    return static_cast<double>(to - from) / (b.time - a.time);
  };
  const std::size_t known = std::min(a.nodes.size(), status.nodes.size());  // without nodes added in the meantime
  double patterns_hz = 0;
  double cakes_hz = 0;
  for (std::size_t i = 0; i < known; ++i) {
    NodeStatus& node = status.nodes[i];
    node.in_hz = rate(a.nodes[i].in, b.nodes[i].in);
    node.out_hz = rate(a.nodes[i].out, b.nodes[i].out);
    if (yields<Pattern>(*graph_->nodes()[i])) patterns_hz += node.out_hz;
    if (yields<Cake>(*graph_->nodes()[i])) cakes_hz += node.out_hz;
  }
  status.rate_hz = std::max(patterns_hz, cakes_hz);  // a frame may become both
}

Status StatusReport::status() const {
  Status status;
  status.name = name_;
  status.version = ANNULUS_VERSION;
  status.time = graph_->clock().unix_time();
  status.uptime_s = status.time - started_;
  std::vector<RunProgress> known;
  RunProgress totals;
  for (const auto& node : graph_->nodes()) {
    status.nodes.push_back(status_of(*node));
    if (!is_buffer(*node)) {
      for (const Edge& edge : edges_from(*node)) status.edges.push_back(status_of(edge));
    }
    if (const auto* source = dynamic_cast<const ReportsTraffic*>(node.get()))
      status.sources.push_back(status_of(node->name(), source->traffic()));
    if (const auto* reporter = dynamic_cast<const ReportsProgress*>(node.get())) {
      known.push_back(reporter->progress().newest());
      totals.merge(reporter->progress().all());
    }
  }
  const RunProgress newest = newest_of(known);
  status.totals = counts_of(totals);
  status.runs = totals.runs;
  if (!newest.uid.empty()) {
    status.run = status_of(newest);
    status.file = newest.file;
  }
  for (ErrorReport& error : graph_->errors().recent()) {
    status.errors.push_back(
        {error.time, std::move(error.node), std::move(error.run), error.position, std::move(error.message)});
  }
  if (status.errors.size() > most_errors) {
    status.errors.erase(status.errors.begin(), status.errors.end() - static_cast<std::ptrdiff_t>(most_errors));
  }
  if (graph_->aborted()) status.problem = graph_->abort_reason();

  const std::lock_guard lock(mutex_);
  status.state = !status.problem.empty()                                                         ? ServiceState::failed
                 : state_ == ServiceState::idle && newest.outcome.empty() && !newest.uid.empty() ? ServiceState::running
                                                                                                 : state_;
  add_rates(status);
  return status;
}

}  // namespace annulus
