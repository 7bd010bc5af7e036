// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/source.hpp"

#include <algorithm>
#include <stdexcept>

namespace annulus {

SourceNode::SourceNode(std::string name)
    : Node(std::move(name)), pool_(TicketPool::make(0)), boundaries_(TicketPool::make(0)) {}

void SourceNode::on_run_closed(std::function<void(const std::string&)> listener) {
  run_closed_.push_back(std::move(listener));
  if (run_closed_.size() > 1) return;
  boundaries_->on_acknowledge([this](const Acknowledgement& done) {
    std::string uid;
    {
      const std::lock_guard lock(closing_mutex_);
      const auto it = std::ranges::find(closing_, done.position, [](const auto& entry) { return entry.first; });
      if (it == closing_.end()) return;
      uid = std::move(it->second);
      closing_.erase(it);
    }
    for (const auto& tell : run_closed_) tell(uid);
  });
}

void SourceNode::begin(const RunPtr& run) {
  const std::lock_guard lock(lock_for_emission());
  open_.push_back(run.get());
  run->state_of(index()).starts = 1;
  send_boundary(Signal::Kind::run_start, run);
}

void SourceNode::finish(const RunPtr& run) {
  {
    const std::lock_guard lock(lock_for_emission());
    if (std::erase(open_, run.get()) == 0) return;
    run->state_of(index()).ended = true;
    send_boundary(Signal::Kind::run_stop, run);
  }
  graph().forget_source(*run, *this);
}

void SourceNode::send_boundary(Signal::Kind kind, const RunPtr& run) {
  const std::uint64_t number = next_boundary_++;
  if (kind == Signal::Kind::run_stop && !run_closed_.empty()) {
    const std::lock_guard lock(closing_mutex_);
    closing_.emplace_back(number, run->uid());
  }
  Ticket* ticket = boundaries_->acquire(number);
  if (ticket == nullptr) return;
  const InsideGraph inside(graph());
  send_signal({.kind = kind, .state = {}, .first = 0, .last = 0, .reason = {}}, Context{run.get(), number, ticket});
  boundaries_->finish(ticket);
}

void SourceNode::announce_gap(const RunPtr& run, std::uint64_t first, std::uint64_t last, FrameState state,
                              const std::string& reason) {
  const std::lock_guard lock(lock_for_emission());
  if (!is_open(*run)) return;
  const InsideGraph inside(graph());
  send_signal({Signal::Kind::gap, state, first, last, reason}, Context{run.get(), first, nullptr});
}

void SourceNode::stop_threads() { boundaries_->close(); }

const RunPtr& SourceNode::common_run() {
  refuse_inside();
  return graph().common_run();
}

void SourceNode::refuse_inside() const {
  if (!InsideGraph::is(graph())) return;
  throw std::logic_error(name() + ": emission from inside the graph (it could wait for itself) connect the nodes");
}

std::recursive_mutex& SourceNode::lock_for_emission() {
  refuse_inside();
  return mutex_;
}

bool SourceNode::is_open(const Run& run) const noexcept { return std::ranges::find(open_, &run) != open_.end(); }

void SourceNode::refuse(const RunPtr& run, std::uint64_t position, const char* reason) {
  count_dropped();
  const InsideGraph inside(graph());
  send_gap(FrameState::dropped, Context{run.get(), position, nullptr}, reason);
}

}  // namespace annulus
