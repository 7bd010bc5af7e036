// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/graph.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "operators/stream/source.hpp"
#include "operators/stream/wiring.hpp"

namespace annulus {
namespace {

std::string end_name(const Node& node, const std::string& port) { return node.name() + "." + port; }

std::string ends_of(const OutPort& from, const InPort& to) {
  return fmt::format("{} -> {}", end_name(from.node(), from.name()), end_name(to.node(), to.name()));
}

/// One more node brings the run to `node`; where it is new, also to what is below.
void expect_stop(Run& run, const Node& node, std::size_t index) {
  Run::NodeState& state = run.state_of(index);
  const bool is_new = state.expected_stops == 0 || state.ended;
  if (state.ended) state = {};
  ++state.expected_stops;
  if (!is_new || !node.passes(run)) return;
  for_each_edge(node, [&](const OutPort&, const InPort& in) { expect_stop(run, in.node(), in.node().index()); });
}

}  // namespace

/// Pauses every emission of a running graph while it lives. It waits for emissions that are under way, with nothing
/// locked in the meantime, so that they can end in any order.
class Graph::Edit {
 public:
  explicit Edit(Graph& graph) : inside_(graph) {
    if (graph.state_ == State::running && !try_lock(graph)) {
      do {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      } while (!try_lock(graph));
    }
  }

 private:
  bool try_lock(Graph& graph) {
    wiring_ = std::unique_lock(graph.edit_mutex_, std::try_to_lock);
    if (!wiring_) return false;
    for (const auto& node : graph.nodes_) {
      std::recursive_mutex* mutex = node->emission_mutex();
      if (mutex == nullptr) continue;
      std::unique_lock lock(*mutex, std::try_to_lock);
      if (!lock) {
        emissions_.clear();
        wiring_ = {};
        return false;
      }
      emissions_.push_back(std::move(lock));
    }
    return true;
  }

  InsideGraph inside_;
  std::unique_lock<std::shared_mutex> wiring_;
  std::vector<std::unique_lock<std::recursive_mutex>> emissions_;
};

Graph::Graph(Clock* clock) : clock_(clock ? clock : &system_clock_) {}
Graph::~Graph() { stop(); }

Node& Graph::add(std::unique_ptr<Node> node) {
  if (state_ == State::stopped)
    throw ConfigError(node->name() + ": a node cannot be added to a graph that has stopped");
  if (find(node->name()) != nullptr) {
    throw ConfigError(fmt::format("the name '{}' is given twice (nodes are told apart by name)", node->name()));
  }
  refuse_inside("a node is added");
  {
    const Edit edit(*this);
    node->graph_ = this;
    node->index_ = nodes_.size();
    if (state_ == State::running) {
      for (const RunPtr& run : runs_alive()) run->grow(nodes_.size() + 1);
      node->init();
      node->start();
    }
    nodes_.push_back(std::move(node));
    if (state_ == State::running) arrange();
  }
  if (auto* source = dynamic_cast<SourceNode*>(nodes_.back().get())) join_common_run(*source);
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

void Graph::refuse_inside(const char* what) const {
  if (!InsideGraph::is(*this)) return;
  throw std::logic_error(fmt::format("{} from inside the graph (it could wait for itself) do so from outside", what));
}

void Graph::refuse_edge(const OutPort& from, const InPort& to) const {
  const std::string ends = ends_of(from, to);
  if (state_ == State::stopped) throw ConfigError(ends + ": the graph has stopped (make a new one)");
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
}

void Graph::connect(OutPort& from, InPort& to) {
  refuse_edge(from, to);
  refuse_inside("an edge is added");
  const Edit edit(*this);
  from.subscribers_.push_back(&to);
  to.upstreams_.push_back(&from);
  if (state_ != State::running) return;
  for (const Mistake& mistake : check()) {
    if (mistake.input != nullptr) continue;
    from.subscribers_.pop_back();
    to.upstreams_.pop_back();
    throw ConfigError(fmt::format("{}: {}: {}", ends_of(from, to), mistake.node->name(), mistake.message));
  }
  arrange();
  begin_over(from, to);
}

void Graph::disconnect(OutPort& from, InPort& to) {
  if (std::ranges::find(from.subscribers_, &to) == from.subscribers_.end()) {
    throw ConfigError(ends_of(from, to) + ": there is no such connection");
  }
  refuse_inside("an edge is taken away");
  const Edit edit(*this);
  std::erase(from.subscribers_, &to);
  std::erase(to.upstreams_, &from);
  if (state_ != State::running) return;
  end_over(from, to);
  arrange();
}

void Graph::detach(Node& node) {
  for (InPort* in : node.inputs()) {
    const std::vector<OutPort*> upstreams = in->upstreams();
    for (OutPort* out : upstreams) disconnect(*out, *in);
  }
}

void Graph::begin_over(const OutPort& from, InPort& to) {
  if (to.closes_circle()) return;
  for (const RunPtr& run : runs_alive()) {
    const Run::NodeState& state = run->state_of(from.node().index_);
    if (!state.takes_part() || state.ended || !from.node().passes(*run)) continue;
    expect_stop(*run, to.node(), to.node().index_);
    if (state.active()) to.deliver_signal({}, {run.get(), 0, nullptr});  // else its start is still in a queue above
  }
}

void Graph::end_over(const OutPort& from, InPort& to) {
  if (to.closes_circle()) return;
  for (const RunPtr& run : runs_alive()) {
    const Run::NodeState& state = run->state_of(from.node().index_);
    if (!state.takes_part() || state.ended || !from.node().passes(*run)) continue;
    to.deliver_signal({.kind = Signal::Kind::run_stop, .state = {}, .first = 0, .last = 0, .reason = {}},
                      {run.get(), 0, nullptr});
  }
}

void Graph::arrange() {
  order_ = flow_order(nodes_);
  assign_gap_wishes();
  const auto domains = thread_domains(order_);
  for (Node* node : order_) node->shared_ = node->own_lock() || arriving_domains(*node, domains).size() > 1;
  for (Node* node : order_) {
    for (OutPort* out : node->outputs()) {
      out->joins_.clear();
      for (Node* join : order_) {
        if (join->settles() && meets_again(*out, *join, order_, domains)) out->joins_.push_back(join);
      }
    }
  }
}

void Graph::assign_gap_wishes() {
  for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
    bool wanted = false;
    for_each_edge(**it, [&](const OutPort&, const InPort& in) {
      wanted = wanted || in.node().gaps_wanted_ || in.node().wants_gaps();
    });
    (*it)->gaps_wanted_ = wanted;
  }
}

void Graph::start() {
  if (state_ != State::wiring) throw ConfigError("the graph has been started before (make a new one)");
  std::vector<std::string> mistakes;
  for (const Mistake& mistake : check()) mistakes.push_back(mistake.node->name() + ": " + mistake.message);
  if (!mistakes.empty()) throw ConfigError(mistakes);
  order_ = flow_order(nodes_);
  state_ = State::running;
  try {
    for (Node* node : order_) node->init();
    arrange();
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) (*it)->start();
  } catch (...) {
    stop();
    throw;
  }
}

void Graph::stop() {
  if (state_ != State::running) return;
  refuse_inside("the graph is stopped");
  state_ = State::stopped;
  for (auto it = order_.rbegin(); it != order_.rend(); ++it) (*it)->stop_producing();  // who waits below lets go first
  std::vector<OpenRun> open;
  {
    const std::unique_lock wiring(edit_mutex_);  // a run that is just beginning has begun then, or never does
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

}  // namespace annulus
