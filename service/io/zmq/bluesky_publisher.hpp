// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "operators/data/pattern.hpp"

#include "detectors/bluesky/reduced_run.hpp"
#include "detectors/bluesky/wire.hpp"
#include "operators/stream/node.hpp"
#include "service/io/runs/progress.hpp"
#include "service/io/zmq/bluesky_source.hpp"
#include "service/io/zmq/socket.hpp"

namespace annulus {

/// Publishes each run's patterns as a Bluesky run of its own (own uid, `parent_uids`, `original_run_uid`,
/// `analysis_stage`) over ZeroMQ: bind for RemoteDispatchers to connect to, or connect to a bluesky Proxy's input.
///   in "in": Pattern
class BlueskyPublisher final : public Node, public ReportsProgress {
 public:
  explicit BlueskyPublisher(std::string name) : Node(std::move(name)) {}

  void check(Problems& problems) const override;
  [[nodiscard]] const ProgressBook& progress() const override { return progress_; }

 private:
  struct RunState {
    std::unique_ptr<bluesky::ReducedRun> documents;
  };

  void init() override;
  void run_started(const Run& run, const Context& context) override;
  void on_pattern(const Pattern& pattern, const Context& context);
  void run_stopped(const Run& run, const Context& context) override;
  void send(const Document& document);

  Param<std::optional<std::string>> bind_{*this, "bind", std::nullopt, "endpoint to which RemoteDispatchers connect"};
  Param<std::optional<std::string>> connect_{*this, "connect", std::nullopt, "endpoint of a bluesky Proxy's input"};
  Param<std::string> prefix_{*this, "prefix", "", "put before every document; receivers filter by it"};
  Param<bluesky::Serializer> serializer_{*this, "serializer", bluesky::Serializer::pickle,
                                         "form of the payload; pickle is Bluesky's default"};
  Param<std::string> stage_{*this, "analysis_stage", "integrated", "written into the start document"};
  Param<int> queue_{*this, "queue", 10000, "messages kept for a slow receiver before it loses some", at_least(1)};
  CurveParams curve_{*this};
  In<Pattern> patterns_{*this, "in", &BlueskyPublisher::on_pattern};

  std::optional<OutSocket> socket_;
  RunLocal<RunState> runs_{*this};
  ProgressBook progress_;
};

}  // namespace annulus
