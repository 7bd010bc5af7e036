// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/status_json.hpp"

#include <nlohmann/json.hpp>

namespace annulus {
namespace {

using nlohmann::json;

template <class T>
json json_of(const std::vector<T>& items);

json json_of(const FrameCounts& frames) {
  return {{"received", frames.received},   {"reduced", frames.reduced},   {"written", frames.written},
          {"published", frames.published}, {"filtered", frames.filtered}, {"lost", frames.lost},
          {"rejected", frames.rejected},   {"failed", frames.failed},     {"dropped", frames.dropped}};
}

json json_of(const RunStatus& run) {
  return {{"uid", run.uid},           {"scan_id", run.scan_id},       {"title", run.title},
          {"started", run.started},   {"stopped", run.stopped},       {"outcome", run.outcome},
          {"expected", run.expected}, {"frames", json_of(run.frames)}};
}

json json_of(const NodeStatus& node) {
  return {{"name", node.name},
          {"type", node.type},
          {"in", node.in},
          {"out", node.out},
          {"errors", node.errors},
          {"dropped", node.dropped},
          {"queue_fill", node.queue_fill},
          {"queue_capacity", node.queue_capacity},
          {"in_hz", node.in_hz},
          {"out_hz", node.out_hz}};
}

json json_of(const QueueStatus& queue) {
  return {{"node", queue.node}, {"overflow", queue.overflow}, {"capacity", queue.capacity}};
}

json json_of(const EdgeStatus& edge) {
  return {{"from", edge.from},       {"from_port", edge.from_port}, {"to", edge.to},
          {"to_port", edge.to_port}, {"payload", edge.payload},     {"queues", json_of(edge.queues)}};
}

json json_of(const SourceStatus& source) {
  return {{"name", source.name}, {"messages", source.messages}, {"bytes", source.bytes}, {"refused", source.refused}};
}

json json_of(const ErrorStatus& error) {
  return {{"time", error.time},
          {"node", error.node},
          {"run", error.run},
          {"frame", error.frame ? json(*error.frame) : json()},
          {"message", error.message}};
}

template <class T>
json json_of(const std::vector<T>& items) {
  json list = json::array();
  for (const T& item : items) list.push_back(json_of(item));
  return list;
}

}  // namespace

json to_json(const Status& status, const ViewerStatus& viewers) {
  return {{"type", "status"},
          {"name", status.name},
          {"version", status.version},
          {"time", status.time},
          {"uptime_s", status.uptime_s},
          {"state", name_of(status.state)},
          {"problem", status.problem},
          {"run", status.run ? json_of(*status.run) : json()},
          {"runs", status.runs},
          {"totals", json_of(status.totals)},
          {"rate_hz", status.rate_hz},
          {"file", status.file},
          {"nodes", json_of(status.nodes)},
          {"edges", json_of(status.edges)},
          {"sources", json_of(status.sources)},
          {"errors", json_of(status.errors)},
          {"viewers", {{"clients", viewers.clients}, {"skipped", viewers.skipped}, {"dropped", viewers.dropped}}}};
}

Health health_of(const Status& status) {
  const bool failed = status.state == ServiceState::failed;
  if (status.problem.empty() && !failed) {
    return {200, dump({{"status", "ok"}, {"state", name_of(status.state)}})};
  }
  const std::string reason = status.problem.empty() ? "the service has failed" : status.problem;
  return {503, dump({{"status", "failing"}, {"state", name_of(status.state)}, {"reason", reason}})};
}

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace annulus
