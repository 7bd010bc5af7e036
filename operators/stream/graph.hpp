// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "operators/stream/clock.hpp"
#include "operators/stream/error_stream.hpp"
#include "operators/stream/node.hpp"

namespace annulus {

class SourceNode;

/// A live parameter took a new value.
struct ParamChange {
  double time = 0;  ///< [s since 1970-01-01 UTC]
  std::string node;
  std::string param;
  std::string before;
  std::string after;
};

/// Owns the nodes and their connections, and takes them through their life. Wiring is done from one thread. It may be
/// changed while the graph runs, from outside of it: between two elements, with every emission paused.
class Graph {
 public:
  /// `clock` must outlive the graph; without one the machine's clock is used.
  explicit Graph(Clock* clock = nullptr);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// Takes a node in; in a running graph it starts at once. Throws ConfigError if its name is taken.
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

  /// Adds an edge; runs that are under way begin at its end. Throws ConfigError naming both ends when the types differ,
  /// when the connection exists, when a type that cannot be copied would get a second subscriber, and, in a running
  /// graph, when the edge would be refused by check().
  void connect(OutPort& from, InPort& to);
  /// Takes an edge away; runs that are under way end there. Throws ConfigError if there is none.
  void disconnect(OutPort& from, InPort& to);
  /// Takes all edges to a node away. It stays in the graph, and can be connected again.
  void detach(Node& node);

  /// Something wrong with the wiring at a node.
  struct Mistake {
    const Node* node;
    const InPort* input;  ///< the input without a connection; null for anything else
    std::string message;  ///< "problem (reason) suggestion", without the node's name
  };
  /// Everything wrong with the wiring: inputs without a connection, circles, joins that cannot work. Empty when the
  /// graph can start.
  [[nodiscard]] std::vector<Mistake> check() const;

  /// Checks, initialises every node and starts the threads, sinks first. Throws ConfigError or IoError; then
  /// nothing runs.
  void start();
  /// Stops the sources, ends the runs that are open, drains the queues, joins the threads, closes the nodes.
  /// Idempotent. Throws std::logic_error from inside the graph.
  void stop();

  /// A new run in which `sources` take part (all when empty); its start goes out through each of them. Ends with
  /// end_run(), or with each source's finish(). After stop(), a run in which nothing takes part. Throws
  /// std::logic_error before start().
  RunPtr begin_run(std::string uid, std::vector<SourceNode*> sources = {},
                   std::shared_ptr<const Dict> metadata = nullptr);
  /// The run of elements emitted without one; begun at the first call, ended by stop().
  const RunPtr& common_run();
  void end_run(const RunPtr& run, ExitStatus status = ExitStatus::success, const std::string& reason = {});
  /// A part of `parent` that begins at the outputs of `at`, which sends its boundaries; called from inside that node.
  RunPtr begin_group(const Node& at, Run& parent, std::string uid);

  /// Asks a node to take a new value for one of its live parameters before its next element, or, when it must get ready
  /// first, before the first that comes then; `outcome` hears when it is ready, or why it cannot be (see WantedChange).
  /// Throws ConfigError when there is no such parameter, when it is not live, or when the value does not fit.
  void change(std::string_view node, std::string_view param, const Value& value,
              std::function<void(const std::string&)> outcome = {});
  /// Every change that has taken effect.
  [[nodiscard]] std::vector<ParamChange> changes() const;
  /// The value of a parameter that may be changing, as ParamBase::text() writes it.
  [[nodiscard]] std::string text_of(const ParamBase& param) const;

  [[nodiscard]] ErrorStream& errors() noexcept { return errors_; }
  [[nodiscard]] Clock& clock() const noexcept { return *clock_; }

  /// Called by a node whose policy is abort: sources refuse from now on, and whoever runs the graph should stop it.
  void abort(const std::string& reason);
  [[nodiscard]] bool aborted() const noexcept { return aborted_.load(); }
  [[nodiscard]] std::string abort_reason() const;

 private:
  friend class Node;
  friend class SourceNode;
  class Edit;
  struct OpenRun {
    RunPtr run;
    std::vector<SourceNode*> sources;
  };
  enum class State { wiring, running, stopped };

  void refuse_inside(const char* what) const;
  void refuse_edge(const OutPort& from, const InPort& to) const;
  void arrange();
  void assign_gap_wishes();
  [[nodiscard]] std::vector<SourceNode*> sources() const;
  [[nodiscard]] Run::NodeStates expected_stops(const std::vector<const Node*>& origins, const Run& run) const;
  void remember(const RunPtr& run);
  [[nodiscard]] std::vector<RunPtr> runs_alive();
  void begin_over(const OutPort& from, InPort& to);
  void end_over(const OutPort& from, InPort& to);
  void join_common_run(SourceNode& late);
  void forget_source(const Run& run, const SourceNode& source);
  void want_change(Node& node, const WantedChange& wanted);
  void apply_changes(Node& node);
  void close_nodes() noexcept;

  SystemClock system_clock_;
  Clock* clock_;
  ErrorStream errors_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Node*> order_;
  std::shared_mutex edit_mutex_;  // held exclusively while the wiring of a running graph changes
  std::mutex runs_mutex_;
  std::vector<OpenRun> open_runs_;
  std::vector<std::weak_ptr<Run>> runs_;
  std::mutex common_mutex_;
  std::atomic<bool> common_begun_{false};
  RunPtr common_run_;
  mutable std::mutex changes_mutex_;
  std::vector<std::pair<Node*, WantedChange>> wanted_changes_;
  std::vector<ParamChange> changes_;
  std::atomic<bool> aborted_{false};
  mutable std::mutex abort_mutex_;
  std::string abort_reason_;
  std::atomic<State> state_{State::wiring};
};

}  // namespace annulus
