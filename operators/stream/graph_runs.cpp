// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "operators/stream/source.hpp"
#include "operators/stream/wiring.hpp"

namespace annulus {

std::vector<SourceNode*> Graph::sources() const {
  std::vector<SourceNode*> list;
  for (const auto& node : nodes_) {
    if (auto* source = dynamic_cast<SourceNode*>(node.get())) list.push_back(source);
  }
  return list;
}

Run::NodeStates Graph::expected_stops(const std::vector<const Node*>& origins, const Run& run) const {
  Run::NodeStates states(nodes_.size());
  std::vector<bool> takes_part(nodes_.size());
  for (const Node* origin : origins) takes_part[origin->index_] = true;
  for (const Node* node : order_) {
    if (!takes_part[node->index_] || !node->passes(run)) continue;
    for_each_edge(*node, [&](const OutPort&, const InPort& in) {
      takes_part[in.node().index_] = true;
      ++states[in.node().index_].expected_stops;
    });
  }
  return states;
}

RunPtr Graph::begin_run(std::string uid, std::vector<SourceNode*> participants, std::shared_ptr<const Dict> metadata) {
  if (state_ == State::wiring) {
    throw std::logic_error("a run or an emission before the graph has started (its nodes are not ready) call start()");
  }
  const std::shared_lock wiring(edit_mutex_);
  auto run = std::make_shared<Run>(std::move(uid), std::move(metadata));
  if (state_ == State::stopped) return run;  // it begins nowhere, so that sources refuse its elements
  if (participants.empty()) participants = sources();
  run->set_states(expected_stops({participants.begin(), participants.end()}, *run));
  {
    const std::lock_guard lock(runs_mutex_);
    open_runs_.push_back({run, participants});
    remember(run);
  }
  for (SourceNode* source : participants) source->begin(run);
  return run;
}

RunPtr Graph::begin_group(const Node& at, Run& parent, std::string uid) {
  auto run = std::make_shared<Run>(std::move(uid), parent.metadata(), parent.shared_from_this(), at.index());
  run->set_states(expected_stops({&at}, *run));
  run->state_of(at.index()).starts = 1;
  const std::lock_guard lock(runs_mutex_);
  remember(run);
  return run;
}

void Graph::remember(const RunPtr& run) {
  std::erase_if(runs_, [](const std::weak_ptr<Run>& old) { return old.expired(); });
  runs_.push_back(run);
}

std::vector<RunPtr> Graph::runs_alive() {
  const std::lock_guard lock(runs_mutex_);
  std::vector<RunPtr> alive;
  for (const std::weak_ptr<Run>& entry : runs_) {
    if (RunPtr run = entry.lock()) alive.push_back(std::move(run));
  }
  return alive;
}

const RunPtr& Graph::common_run() {
  if (!common_begun_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(common_mutex_);
    if (!common_run_) common_run_ = begin_run({});
    common_begun_.store(true, std::memory_order_release);
  }
  return common_run_;
}

void Graph::join_common_run(SourceNode& late) {
  if (!common_begun_.load(std::memory_order_acquire)) return;
  {
    const std::lock_guard lock(runs_mutex_);
    for (OpenRun& entry : open_runs_) {
      if (entry.run == common_run_) entry.sources.push_back(&late);
    }
  }
  late.begin(common_run_);
}

void Graph::end_run(const RunPtr& run, ExitStatus status, const std::string& reason) {
  run->finish(status, reason);
  std::vector<SourceNode*> participants;
  {
    const std::lock_guard lock(runs_mutex_);
    for (const OpenRun& entry : open_runs_) {
      if (entry.run == run) participants = entry.sources;
    }
  }
  for (SourceNode* source : participants) source->finish(run);
}

void Graph::forget_source(const Run& run, const SourceNode& source) {
  const std::lock_guard lock(runs_mutex_);
  for (OpenRun& entry : open_runs_) {
    if (entry.run.get() == &run) std::erase(entry.sources, &source);
  }
  std::erase_if(open_runs_, [](const OpenRun& entry) { return entry.sources.empty(); });
}

void Graph::abort(const std::string& reason) {
  const std::lock_guard lock(abort_mutex_);
  if (!aborted_.exchange(true)) abort_reason_ = reason;
}

std::string Graph::abort_reason() const {
  const std::lock_guard lock(abort_mutex_);
  return abort_reason_;
}

}  // namespace annulus
