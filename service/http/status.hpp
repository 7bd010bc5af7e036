// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operators/data/frame.hpp"

namespace annulus {

/// What the service is doing.
enum class ServiceState : std::uint8_t { starting, idle, running, stopping, failed };

/// The name of a state: "idle", "running".
constexpr std::string_view name_of(ServiceState state) noexcept {
  constexpr std::string_view names[] = {"starting", "idle", "running", "stopping", "failed"};
  return names[static_cast<std::size_t>(state)];
}

/// Frames by what became of them. The first five count progress (a frame is in several of them), the others the
/// frames that have no result, under the name of their FrameState.
struct FrameCounts {
  std::uint64_t received = 0;   ///< arrived whole from the detector
  std::uint64_t reduced = 0;    ///< have a result
  std::uint64_t written = 0;    ///< their result is flushed to the file
  std::uint64_t published = 0;  ///< their result was sent to subscribers
  std::uint64_t filtered = 0;   ///< left out by a filter, as configured
  std::uint64_t lost = 0;       ///< announced, but never arrived
  std::uint64_t rejected = 0;   ///< arrived, but unusable
  std::uint64_t failed = 0;     ///< an operator raised an error on them
  std::uint64_t dropped = 0;    ///< given up by an edge with a lossy overflow policy

  /// Frames without a result that should have had one.
  [[nodiscard]] std::uint64_t without_result() const noexcept { return lost + rejected + failed + dropped; }
};

/// The run that goes on or, between runs, the last one.
struct RunStatus {
  std::string uid{};
  std::string scan_id{};  ///< as text, empty when the start document has none
  std::string title{};    ///< sample or plan name, empty when unknown
  double started = 0;     ///< [s since 1970-01-01 UTC]
  double stopped = 0;     ///< [s since 1970-01-01 UTC]; 0 while the run goes on
  std::string outcome{};  ///< exit status of the stop document: "success", "abort", "fail"; empty while the run goes on
  std::uint64_t expected = 0;  ///< frames announced; 0 when unknown
  FrameCounts frames{};
};

/// One node of the graph.
struct NodeStatus {
  std::string name{};
  std::string type{};
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  std::uint64_t errors = 0;
  std::uint64_t dropped = 0;
  std::uint64_t queue_fill = 0;
  std::uint64_t queue_capacity = 0;  ///< 0 for a node without a queue
  double in_hz = 0;                  ///< elements taken in per second, lately
  double out_hz = 0;                 ///< elements emitted per second, lately
};

/// A queue on an edge.
struct QueueStatus {
  std::string node{};      ///< the node that keeps it: its fill and its drops are told there
  std::string overflow{};  ///< what happens to an element that finds it full: "block", "latest"
  std::uint64_t capacity = 0;
};

/// One edge of the graph: what one node's output hands to another's input.
struct EdgeStatus {
  std::string from{};  ///< name of the node
  std::string from_port{};
  std::string to{};
  std::string to_port{};
  std::string payload{};              ///< type of the elements: "Frame"
  std::vector<QueueStatus> queues{};  ///< between the two, upstream first; empty for a call in the same thread
};

/// One source of documents or frames.
struct SourceStatus {
  std::string name{};
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::map<std::string, std::uint64_t> refused{};  ///< messages refused, by kind: "decode", "order"
};

/// One entry of the error stream.
struct ErrorStatus {
  double time = 0;     ///< [s since 1970-01-01 UTC]
  std::string node{};  ///< where it was raised
  std::string run{};   ///< uid, empty outside a run
  std::optional<std::uint64_t> frame{};
  std::string message{};
};

/// Everything that the page, /api/status, /metrics and /healthz tell about the service: plain values, filled by
/// the daemon at the moment it is asked.
struct Status {
  std::string name = "annulus";  ///< service.name of the configuration
  std::string version{};
  double time = 0;  ///< the moment this describes [s since 1970-01-01 UTC]
  double uptime_s = 0;
  ServiceState state = ServiceState::starting;
  std::string problem{};  ///< why the service cannot do its work; empty when it can
  std::optional<RunStatus> run{};
  std::uint64_t runs = 0;           ///< runs started since the service started
  FrameCounts totals{};             ///< over all runs since the service started
  double rate_hz = 0;               ///< frames reduced per second, lately
  std::string file{};               ///< the file being written; empty when none
  std::vector<NodeStatus> nodes{};  ///< upstream first
  std::vector<EdgeStatus> edges{};  ///< each output's in the order of delivery
  std::vector<SourceStatus> sources{};
  std::vector<ErrorStatus> errors{};  ///< the most recent, newest last
};

/// How the server asks for the status; called from its own threads, several at a time.
using StatusFunction = std::function<Status()>;

/// The clients of the live page.
struct ViewerStatus {
  std::uint64_t clients = 0;  ///< connected now
  std::uint64_t skipped = 0;  ///< updates not sent because a client was slow
  std::uint64_t dropped = 0;  ///< clients disconnected because they took nothing for too long
};

}  // namespace annulus
