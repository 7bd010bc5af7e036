// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/node.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "operators/stream/graph.hpp"

namespace annulus {
namespace {

template <class P>
P* find_by_name(const std::vector<P*>& list, std::string_view name) noexcept {
  const auto it = std::ranges::find_if(list, [&](const P* item) { return item->name() == name; });
  return it == list.end() ? nullptr : *it;
}

}  // namespace

constinit thread_local const Graph* InsideGraph::current_ = nullptr;

std::string what_of(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "unknown exception";
  }
}

const std::vector<std::string_view>& EnumNames<ErrorPolicy>::names() {
  static const std::vector<std::string_view> list{"skip", "fail_run", "abort"};
  return list;
}

InPort::InPort(Node& owner, std::string name, TypeId type, Presence presence)
    : node_(&owner), name_(std::move(name)), type_(type), presence_(presence), index_(owner.inputs().size()) {
  owner.add_input(*this);
}

void InPort::deliver_signal(const Signal& signal, const Context& context) noexcept {
  if (closes_circle()) return;
  if (signal.kind == Signal::Kind::gap && !node_->gaps_wanted_ && !node_->wants_gaps()) return;
  const auto lock = node_->enter();
  try {
    node_->handle_signal(signal, context, *this);
  } catch (...) {
    node_->fail_boundary(context, std::current_exception());
  }
}

OutPort::OutPort(Node& owner, std::string name, TypeId type) : node_(&owner), name_(std::move(name)), type_(type) {
  owner.add_output(*this);
}

Node::Node(std::string name) : name_(std::move(name)) {}
Node::~Node() = default;

InPort* Node::find_input(std::string_view name) const noexcept { return find_by_name(inputs_, name); }
OutPort* Node::find_output(std::string_view name) const noexcept { return find_by_name(outputs_, name); }
ParamBase* Node::find_param(std::string_view name) const noexcept { return find_by_name(params_, name); }

void Node::handle_signal(const Signal& signal, const Context& context, const InPort& from) {
  if (signal.kind == Signal::Kind::gap) {
    gap(signal, context);
  } else if (take_signal(signal, context, from)) {
    pass_taken(signal, context);
  }
}

bool Node::take_signal(const Signal& signal, const Context& context, const InPort& from) {
  if (signal.kind == Signal::Kind::run_start) return begin_here(context);
  return signal.kind == Signal::Kind::gap || is_last_stop(context, from);
}

void Node::pass_taken(const Signal& signal, const Context& context) {
  if (signal.kind == Signal::Kind::run_stop) end_here(context);
  send_signal(signal, context);
}

bool Node::begin_here(const Context& context) {
  Run::NodeState& state = context.run->state_of(index_);
  if (state.starts++ > 0) return false;
  try {
    run_started(*context.run, context);
  } catch (...) {
    context.run->mark_broken(index_);
    fail_boundary(context, std::current_exception());
  }
  return true;
}

bool Node::is_last_stop(const Context& context, const InPort& from) {
  Run::NodeState& state = context.run->state_of(index_);
  if (++state.stops == state.expected_stops) return true;
  try {
    if (!state.broken && state.starts > 0) input_ended(from, context);
  } catch (...) {
    fail_boundary(context, std::current_exception());
  }
  return false;
}

void Node::end_here(const Context& context) {
  Run::NodeState& state = context.run->state_of(index_);  // without a start when the edge went before that came
  try {
    if (!is_broken(context) && state.starts > 0) run_stopped(*context.run, context);
  } catch (...) {
    fail_boundary(context, std::current_exception());
  }
  state.ended = true;
  for (RunLocalBase* local : run_locals_) local->drop(context.run);
}

void Node::send_signal(const Signal& signal, const Context& context) {
  if (context.run != nullptr && !passes(*context.run)) return;
  for (OutPort* out : outputs_) out->send_signal(signal, context);
}

void Node::send_gap(FrameState state, const Context& context, std::string reason) {
  if (!gaps_wanted_) return;
  send_signal({Signal::Kind::gap, state, context.position, context.position, std::move(reason)}, context);
}

bool Node::is_broken(const Context& context) const {
  return context.run != nullptr && context.run->state_of(index_).broken;
}

void Node::take_change(const WantedChange& wanted) {
  graph_->want_change(*this, wanted);
  if (wanted.outcome) wanted.outcome({});
}

void Node::refuse_change(const WantedChange& wanted, const std::string& why) {
  report({}, fmt::format("{} stays as it was: {}", wanted.param->name(), why));
  if (wanted.outcome) wanted.outcome(why);
}

void Node::take_changes() {
  quiesce();
  graph_->apply_changes(*this);
}

TicketPool& Node::joint_tickets() {
  if (!joint_tickets_) joint_tickets_ = TicketPool::make(0);
  return *joint_tickets_;
}

void ForkGuard::open() noexcept {
  for (Node* join : joins_) {
    const auto lock = join->enter();
    ++join->open_forks_;
  }
}

void ForkGuard::close() noexcept {
  for (Node* join : joins_) {
    const auto lock = join->enter();
    if (--join->open_forks_ > 0) continue;
    try {
      join->settle();
    } catch (...) {
      join->fail(context_, std::current_exception());
    }
  }
}

bool Node::skips(const Context& context) {
  if (!is_broken(context)) return false;
  count_dropped();
  if (context.ticket != nullptr) context.ticket->mark_failed();
  send_gap(FrameState::failed, context, name_ + " could not start the run");
  return true;
}

void Node::fail(const Context& context, std::exception_ptr error) noexcept {
  fail_boundary(context, error);
  try {
    send_gap(FrameState::failed, context, what_of(error));
  } catch (...) {
    // Signals do not throw but for lack of memory; the report stands.
  }
}

void Node::set_aside(const Context& context, std::exception_ptr error) noexcept {
  try {
    report(context, what_of(error));
    send_gap(FrameState::failed, context, what_of(error));
  } catch (...) {
    // Signals do not throw but for lack of memory; the report stands.
  }
}

void Node::fail_boundary(const Context& context, std::exception_ptr error) noexcept {
  const std::string message = what_of(error);
  report(context, message);
  if (context.ticket != nullptr) context.ticket->mark_failed();
  if (policy_ != ErrorPolicy::skip && context.run != nullptr) context.run->fail(name_ + ": " + message);
  if (policy_ == ErrorPolicy::abort) graph_->abort(name_ + ": " + message);
}

void Node::report(const Context& context, std::string message) noexcept {
  errors_.add_shared();
  graph_->errors().report({graph_->clock().unix_time(), name_, context.run ? context.run->uid() : std::string(),
                           context.position, std::move(message)});
}

}  // namespace annulus
