// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <vector>

#include "operators/stream/clock.hpp"
#include "operators/stream/error_stream.hpp"
#include "operators/stream/node.hpp"

namespace annulus {

class SourceNode;

/// Owns the nodes and their connections, and takes them through their life. Wiring is done before start(), from one
/// thread; after that the graph does not change.
class Graph {
 public:
  /// `clock` must outlive the graph; without one the machine's clock is used.
  explicit Graph(Clock* clock = nullptr);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// Takes a node in. Throws ConfigError if its name is taken.
  Node& add(std::unique_ptr<Node> node);
  /// Makes a node of class N.
  template <class N, class... Args>
  N& make(Args&&... args) {
    return static_cast<N&>(add(std::make_unique<N>(std::forward<Args>(args)...)));
  }
  /// A name not yet taken: "map", "map-2", ...
  [[nodiscard]] std::string free_name(const std::string& stem) const;
  [[nodiscard]] Node* find(std::string_view name) const noexcept;
  [[nodiscard]] const std::vector<std::unique_ptr<Node>>& nodes() const noexcept { return nodes_; }

  /// Adds an edge. Throws ConfigError naming both ends when the types differ, when the connection exists, or when a
  /// type that cannot be copied would get a second subscriber.
  void connect(OutPort& from, InPort& to);

  /// Something wrong with the wiring at a node.
  struct Mistake {
    const Node* node;
    const InPort* input;  ///< the input without a connection; null for a circle
    std::string message;  ///< "problem (reason) suggestion", without the node's name
  };
  /// Everything wrong with the wiring: required inputs without a connection, circles. Empty when it can start.
  [[nodiscard]] std::vector<Mistake> check() const;

  /// Checks, initialises every node and starts the threads, sinks first. Throws ConfigError or IoError; then
  /// nothing runs.
  void start();
  /// Stops the sources, ends the runs that are open, drains the queues, joins the threads, closes the nodes.
  /// Idempotent.
  void stop();

  /// A new run in which `sources` take part (all when empty); its start goes out through each of them. Ends with
  /// end_run(), or with each source's finish().
  RunPtr begin_run(std::string uid, std::vector<SourceNode*> sources = {},
                   std::shared_ptr<const Dict> metadata = nullptr);
  /// The run of elements emitted without one; begun at the first call, ended by stop().
  RunPtr common_run();
  void end_run(const RunPtr& run, ExitStatus status = ExitStatus::success, const std::string& reason = {});

  [[nodiscard]] ErrorStream& errors() noexcept { return errors_; }
  [[nodiscard]] Clock& clock() const noexcept { return *clock_; }

  /// Called by a node whose policy is abort: sources refuse from now on, and whoever runs the graph should stop it.
  void abort(const std::string& reason);
  [[nodiscard]] bool aborted() const noexcept { return aborted_.load(); }
  [[nodiscard]] std::string abort_reason() const;

 private:
  friend class SourceNode;
  struct OpenRun {
    RunPtr run;
    std::vector<SourceNode*> sources;
  };

  [[nodiscard]] std::vector<Node*> in_flow_order() const;
  void assign_thread_domains(const std::vector<Node*>& order);
  void assign_gap_wishes(const std::vector<Node*>& order);
  [[nodiscard]] std::vector<SourceNode*> sources() const;
  [[nodiscard]] std::vector<Run::NodeState> expected_stops(const std::vector<SourceNode*>& sources) const;
  void forget_source(const Run& run, const SourceNode& source);
  void close_nodes() noexcept;

  SystemClock system_clock_;
  Clock* clock_;
  ErrorStream errors_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Node*> order_;
  std::mutex runs_mutex_;
  std::vector<OpenRun> open_runs_;
  std::mutex common_mutex_;
  RunPtr common_run_;
  std::atomic<bool> aborted_{false};
  mutable std::mutex abort_mutex_;
  std::string abort_reason_;
  enum class State { wiring, running, stopped } state_ = State::wiring;
};

}  // namespace annulus
