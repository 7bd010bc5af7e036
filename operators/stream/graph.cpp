// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/graph.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "operators/stream/source.hpp"

namespace annulus {
namespace {

std::string end_name(const Node& node, const std::string& port) { return node.name() + "." + port; }

template <class F>
void for_each_downstream(const Node& node, F&& visit) {
  for (const OutPort* out : node.outputs()) {
    for (const InPort* in : out->subscribers()) visit(in->node());
  }
}

/// The nodes on a circle that `node` closes, or empty. `path` is the way down to it.
std::vector<const Node*> find_circle(const Node& node, std::vector<const Node*>& path, std::set<const Node*>& done) {
  if (const auto it = std::ranges::find(path, &node); it != path.end()) return {it, path.end()};
  if (done.contains(&node)) return {};
  path.push_back(&node);
  std::vector<const Node*> circle;
  for_each_downstream(node, [&](const Node& next) {
    if (circle.empty()) circle = find_circle(next, path, done);
  });
  path.pop_back();
  done.insert(&node);
  return circle;
}

}  // namespace

Graph::Graph(Clock* clock) : clock_(clock ? clock : &system_clock_) {}
Graph::~Graph() { stop(); }

Node& Graph::add(std::unique_ptr<Node> node) {
  if (state_ != State::wiring) throw ConfigError(node->name() + ": a node cannot be added to a graph that has started");
  if (find(node->name()) != nullptr) {
    throw ConfigError(fmt::format("the name '{}' is given twice (nodes are told apart by name)", node->name()));
  }
  node->graph_ = this;
  node->index_ = nodes_.size();
  nodes_.push_back(std::move(node));
  return *nodes_.back();
}

std::string Graph::free_name(const std::string& stem) const {
  std::string name = stem;
  for (int i = 2; find(name) != nullptr; ++i) name = fmt::format("{}-{}", stem, i);
  return name;
}

Node* Graph::find(std::string_view name) const noexcept {
  const auto it = std::ranges::find_if(nodes_, [&](const auto& node) { return node->name() == name; });
  return it == nodes_.end() ? nullptr : it->get();
}

void Graph::connect(OutPort& from, InPort& to) {
  const std::string ends = fmt::format("{} -> {}", end_name(from.node(), from.name()), end_name(to.node(), to.name()));
  if (state_ != State::wiring) throw ConfigError(ends + ": the graph has started (connect before start)");
  if (from.type() != to.type()) {
    throw ConfigError(fmt::format("{}: cannot connect (the output yields {}, the input takes {})", ends,
                                  from.type()->name, to.type()->name));
  }
  if (std::ranges::find(from.subscribers_, &to) != from.subscribers_.end()) {
    throw ConfigError(ends + ": connected twice (every element would arrive twice) remove one");
  }
  if (!from.subscribers_.empty() && !from.type()->copyable) {
    throw ConfigError(fmt::format("{}: a second subscriber ({} cannot be copied) share it with std::shared_ptr", ends,
                                  from.type()->name));
  }
  from.subscribers_.push_back(&to);
  to.upstreams_.push_back(&from);
}

std::vector<Graph::Mistake> Graph::check() const {
  std::vector<Mistake> mistakes;
  for (const auto& node : nodes_) {
    for (const InPort* in : node->inputs()) {
      if (in->presence() == Presence::mandatory && in->upstreams().empty()) {
        mistakes.push_back({node.get(), in,
                            fmt::format("input '{}' is not connected (it takes {}) name a node for it with 'in'",
                                        in->name(), in->type()->name)});
      }
    }
  }
  std::set<const Node*> done;
  for (const auto& node : nodes_) {
    std::vector<const Node*> path;
    const auto circle = find_circle(*node, path, done);
    if (circle.empty()) continue;
    std::string names;
    for (const Node* member : circle) names += member->name() + " -> ";
    mistakes.push_back({circle.front(), nullptr,
                        fmt::format("{}{} is a circle (an element would go round for ever) remove one connection",
                                    names, circle.front()->name())});
  }
  return mistakes;
}

std::vector<Node*> Graph::in_flow_order() const {
  std::map<const Node*, std::size_t> missing;
  for (const auto& node : nodes_) {
    for (const InPort* in : node->inputs()) missing[node.get()] += in->upstreams().size();
  }
  std::vector<Node*> order;
  for (const auto& node : nodes_) {
    if (missing[node.get()] == 0) order.push_back(node.get());
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    for_each_downstream(*order[i], [&](Node& next) {
      if (--missing[&next] == 0) order.push_back(&next);
    });
  }
  return order;
}

void Graph::assign_thread_domains(const std::vector<Node*>& order) {
  std::map<const Node*, std::size_t> domain;  // the thread domain in which a node emits
  std::size_t next_domain = 0;
  for (Node* node : order) {
    std::set<std::size_t> arriving;
    for (const InPort* in : node->inputs()) {
      for (const OutPort* out : in->upstreams()) arriving.insert(domain[&out->node()]);
    }
    node->shared_ = arriving.size() > 1;
    domain[node] = arriving.size() == 1 && !node->own_thread() ? *arriving.begin() : next_domain++;
  }
}

void Graph::assign_gap_wishes(const std::vector<Node*>& order) {
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    Node& node = **it;
    node.gaps_wanted_ = false;
    for_each_downstream(node, [&](const Node& next) { node.gaps_wanted_ |= next.gaps_wanted_ || next.wants_gaps(); });
  }
}

void Graph::start() {
  if (state_ != State::wiring) throw ConfigError("the graph has been started before (make a new one)");
  std::vector<std::string> mistakes;
  for (const Mistake& mistake : check()) mistakes.push_back(mistake.node->name() + ": " + mistake.message);
  if (!mistakes.empty()) throw ConfigError(mistakes);
  order_ = in_flow_order();
  assign_gap_wishes(order_);
  state_ = State::running;
  try {
    for (Node* node : order_) node->init();
    assign_thread_domains(order_);
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) (*it)->start();
  } catch (...) {
    stop();
    throw;
  }
}

void Graph::stop() {
  if (state_ != State::running) return;
  state_ = State::stopped;
  for (Node* node : order_) node->stop_producing();
  std::vector<OpenRun> open;
  {
    const std::lock_guard lock(runs_mutex_);
    open = open_runs_;
  }
  for (const OpenRun& entry : open) {
    if (!entry.run->uid().empty()) entry.run->finish(ExitStatus::abort, "the graph was stopped");
    for (SourceNode* source : entry.sources) source->finish(entry.run);
  }
  for (Node* node : order_) node->stop_threads();
  close_nodes();
}

void Graph::close_nodes() noexcept {
  for (Node* node : order_) {
    try {
      node->close();
    } catch (...) {
      node->fail_boundary({}, std::current_exception());
    }
  }
}

std::vector<SourceNode*> Graph::sources() const {
  std::vector<SourceNode*> list;
  for (const auto& node : nodes_) {
    if (auto* source = dynamic_cast<SourceNode*>(node.get())) list.push_back(source);
  }
  return list;
}

std::vector<Run::NodeState> Graph::expected_stops(const std::vector<SourceNode*>& sources) const {
  std::vector<Run::NodeState> states(nodes_.size());
  std::vector<bool> takes_part(nodes_.size());
  for (const SourceNode* source : sources) takes_part[source->index_] = true;
  for (const Node* node : order_) {
    if (!takes_part[node->index_]) continue;
    for_each_downstream(*node, [&](const Node& next) {
      takes_part[next.index_] = true;
      ++states[next.index_].expected_stops;
    });
  }
  return states;
}

RunPtr Graph::begin_run(std::string uid, std::vector<SourceNode*> participants, std::shared_ptr<const Dict> metadata) {
  if (participants.empty()) participants = sources();
  auto run = std::make_shared<Run>(std::move(uid), std::move(metadata), expected_stops(participants));
  {
    const std::lock_guard lock(runs_mutex_);
    open_runs_.push_back({run, participants});
  }
  for (SourceNode* source : participants) source->begin(run);
  return run;
}

RunPtr Graph::common_run() {
  const std::lock_guard lock(common_mutex_);
  if (!common_run_) common_run_ = begin_run({});
  return common_run_;
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
