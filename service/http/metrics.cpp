// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/metrics.hpp"

#include <array>
#include <utility>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace annulus {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

/// Metric families in the order they are told.
class Families {
 public:
  void add(MetricType type, const std::string& name, const std::string& help) {
    families_.push_back({name, help, type, {}});
  }

  /// A sample of the family added last.
  template <class T>
  void sample(T value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    const auto number = static_cast<double>(value);
    (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = number;
    families_.back().metric.push_back(std::move(metric));
  }

  template <class T>
  void counter(const std::string& name, const std::string& help, T value) {
    add(MetricType::Counter, name, help);
    sample(value);
  }

  template <class T>
  void gauge(const std::string& name, const std::string& help, T value) {
    add(MetricType::Gauge, name, help);
    sample(value);
  }

  /// Families without a sample say nothing and are left out.
  [[nodiscard]] std::string text() && {
    std::erase_if(families_, [](const MetricFamily& family) { return family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  std::vector<MetricFamily> families_;
};

void add_service(Families& to, const Status& status) {
  to.add(MetricType::Gauge, "annulus_info", "Always 1; the labels tell the name and version of the service.");
  to.sample(1, {{"name", status.name}, {"version", status.version}});
  to.gauge("annulus_up", "1 while the service can do its work.",
           status.problem.empty() && status.state != ServiceState::failed);
  to.gauge("annulus_uptime_seconds", "Time since the service started.", status.uptime_s);
  to.add(MetricType::Gauge, "annulus_state", "1 for the state the service is in.");
  for (auto state : {ServiceState::starting, ServiceState::idle, ServiceState::running, ServiceState::stopping,
                     ServiceState::failed}) {
    to.sample(state == status.state, {{"state", std::string(name_of(state))}});
  }
  to.counter("annulus_runs_total", "Runs started.", status.runs);
}

void add_frames(Families& to, const Status& status) {
  const FrameCounts& frames = status.totals;
  to.counter("annulus_frames_received_total", "Frames that arrived whole.", frames.received);
  to.counter("annulus_frames_reduced_total", "Frames that have a result.", frames.reduced);
  to.counter("annulus_frames_written_total", "Frames whose result is flushed to a file.", frames.written);
  to.counter("annulus_frames_published_total", "Frames whose result was sent to subscribers.", frames.published);
  to.counter("annulus_frames_filtered_total", "Frames left out by a filter.", frames.filtered);
  to.add(MetricType::Counter, "annulus_frames_without_result_total", "Frames that should have a result and have none.");
  const std::array<std::pair<FrameState, std::uint64_t>, 4> missing = {{{FrameState::lost, frames.lost},
                                                                        {FrameState::rejected, frames.rejected},
                                                                        {FrameState::failed, frames.failed},
                                                                        {FrameState::dropped, frames.dropped}}};
  for (const auto& [state, count] : missing) to.sample(count, {{"state", std::string(name_of(state))}});
  to.gauge("annulus_frame_rate_hertz", "Frames reduced per second, lately.", status.rate_hz);
}

void add_sources(Families& to, const std::vector<SourceStatus>& sources) {
  to.add(MetricType::Counter, "annulus_source_messages_total", "Messages received.");
  for (const auto& source : sources) to.sample(source.messages, {{"source", source.name}});
  to.add(MetricType::Counter, "annulus_source_bytes_total", "Bytes received.");
  for (const auto& source : sources) to.sample(source.bytes, {{"source", source.name}});
  to.add(MetricType::Counter, "annulus_source_refused_total", "Messages refused, by kind.");
  for (const auto& source : sources) {
    for (const auto& [kind, count] : source.refused) to.sample(count, {{"source", source.name}, {"kind", kind}});
  }
}

void add_nodes(Families& to, const std::vector<NodeStatus>& nodes) {
  const auto labels = [](const NodeStatus& node) { return Labels{{"node", node.name}, {"type", node.type}}; };
  const auto add = [&](MetricType type, const std::string& name, const std::string& help, auto member) {
    to.add(type, name, help);
    for (const auto& node : nodes) to.sample(node.*member, labels(node));
  };
  add(MetricType::Counter, "annulus_node_in_total", "Elements taken in.", &NodeStatus::in);
  add(MetricType::Counter, "annulus_node_out_total", "Elements emitted.", &NodeStatus::out);
  add(MetricType::Counter, "annulus_node_errors_total", "Errors raised.", &NodeStatus::errors);
  add(MetricType::Counter, "annulus_node_dropped_total", "Elements dropped by an overflow policy.",
      &NodeStatus::dropped);
  add(MetricType::Gauge, "annulus_node_in_rate_hertz", "Elements taken in per second, lately.", &NodeStatus::in_hz);
  add(MetricType::Gauge, "annulus_node_out_rate_hertz", "Elements emitted per second, lately.", &NodeStatus::out_hz);
  to.add(MetricType::Gauge, "annulus_queue_fill", "Elements waiting in the node's queue.");
  for (const auto& node : nodes) {
    if (node.queue_capacity > 0) to.sample(node.queue_fill, labels(node));
  }
  to.add(MetricType::Gauge, "annulus_queue_capacity", "Elements that fit in the node's queue.");
  for (const auto& node : nodes) {
    if (node.queue_capacity > 0) to.sample(node.queue_capacity, labels(node));
  }
}

void add_edges(Families& to, const std::vector<EdgeStatus>& edges) {
  to.add(MetricType::Gauge, "annulus_edge_info",
         "Always 1; the labels tell what is connected. 'queue' is the node that keeps the last queue in between.");
  for (const auto& edge : edges) {
    const QueueStatus queue = edge.queues.empty() ? QueueStatus{} : edge.queues.back();
    to.sample(1, {{"from", edge.from},
                  {"from_port", edge.from_port},
                  {"to", edge.to},
                  {"to_port", edge.to_port},
                  {"payload", edge.payload},
                  {"queue", queue.node},
                  {"overflow", queue.overflow}});
  }
}

}  // namespace

std::string prometheus_text(const Status& status, const ViewerStatus& viewers) {
  Families families;
  add_service(families, status);
  add_frames(families, status);
  add_sources(families, status.sources);
  add_nodes(families, status.nodes);
  add_edges(families, status.edges);
  families.gauge("annulus_viewer_clients", "Live pages connected.", viewers.clients);
  families.counter("annulus_viewer_skipped_total", "Updates not sent because a page was slow.", viewers.skipped);
  families.counter("annulus_viewer_dropped_total", "Pages disconnected because they took nothing.", viewers.dropped);
  return std::move(families).text();
}

}  // namespace annulus
