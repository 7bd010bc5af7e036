// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The contract of the graph.
//
//  1. `init` once; per run `run_started`, data, `run_stopped`; `close` once. Run boundaries travel in band, so that
//     their order with the data is certain. A node with several inputs sees a run's start with the first that
//     brings it and the run's stop once, after every participating input has delivered it. What a node keeps for
//     a run it emits in `run_stopped`. The acknowledgement of the stop means: closed everywhere.
//  2. Handlers of one node never run at the same time (a lock is taken only where several thread domains meet).
//     Emission is depth first, in the order of connection, in the thread of the caller. Threads change only in
//     nodes that say so (`own_thread`).
//  3. Elements are immutable after emission; fan-out shares them. A move-only type has one subscriber.
//  4. An exception concerns one element: it is counted, reported to the graph's error stream with node, run and
//     position, and leaves a gap mark; siblings still run. The node's policy says what else: skip the element,
//     fail the run, or abort the graph.
//  5. Who keeps an element past the return of its handler takes a Hold: credit and acknowledgement. Who waits for a
//     *later* element gives the credit back and bounds its own memory.
//  6. Overflow policies belong to edges (buffer nodes). A lossy edge carries neither credit nor acknowledgement of
//     elements; run boundaries always pass.
//  7. A failed, filtered or dropped element leaves a gap mark in band where a node downstream wants gaps.
//  8. State is kept by run (RunLocal) and dropped at the run's end, never reset by hand.
//  9. Time comes from the graph's clock.
// 10. Shutdown: sources stop, runs end, queues drain and close, threads are joined, nodes close; acknowledgements
//     may outlive the graph.

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/stream/context.hpp"
#include "operators/stream/param.hpp"
#include "operators/stream/port.hpp"

namespace annulus {

class Graph;
class RunLocalBase;

/// What happens beside the report when a node fails on an element.
enum class ErrorPolicy : std::uint8_t { skip, fail_run, abort };
template <>
struct EnumNames<ErrorPolicy> {
  static const std::vector<std::string_view>& names();
};

/// A counter with one writer at a time and any number of readers.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void add_shared(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// How full a node's queue is; capacity 0 where there is none.
struct QueueFill {
  std::size_t size = 0;
  std::size_t capacity = 0;
};

/// Mistakes found in a node's parameters before anything starts.
class Problems {
 public:
  struct Problem {
    std::string param;    ///< name of the parameter, empty for the node as a whole
    std::string message;  ///< "problem (reason) suggestion"
  };
  void add(std::string param, std::string message) { list_.push_back({std::move(param), std::move(message)}); }
  [[nodiscard]] const std::vector<Problem>& list() const noexcept { return list_; }

 private:
  std::vector<Problem> list_;
};

/// The spine of every source, operator and sink: name, ports, parameters, life cycle, counters. Ports and
/// parameters are members of the derived class and register themselves here.
class Node {
 public:
  explicit Node(std::string name);
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// The type under which the registry knows it ("integrate1d"); for nodes made in C++ a word for drawing.
  [[nodiscard]] const std::string& type() const noexcept { return type_; }
  void set_type(std::string type) { type_ = std::move(type); }
  [[nodiscard]] const std::vector<InPort*>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] const std::vector<OutPort*>& outputs() const noexcept { return outputs_; }
  [[nodiscard]] const std::vector<ParamBase*>& params() const noexcept { return params_; }
  /// The port of that name, or null.
  [[nodiscard]] InPort* find_input(std::string_view name) const noexcept;
  [[nodiscard]] OutPort* find_output(std::string_view name) const noexcept;
  [[nodiscard]] ParamBase* find_param(std::string_view name) const noexcept;

  [[nodiscard]] std::uint64_t received() const noexcept { return received_.value(); }
  [[nodiscard]] std::uint64_t emitted() const noexcept { return emitted_.value(); }
  [[nodiscard]] std::uint64_t errors() const noexcept { return errors_.value(); }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.value(); }
  [[nodiscard]] virtual QueueFill queue() const { return {}; }

  [[nodiscard]] ErrorPolicy error_policy() const noexcept { return policy_; }
  void set_error_policy(ErrorPolicy policy) noexcept { policy_ = policy; }

  /// Looks at the parameters for what only the node can know: files that do not exist, values that do not fit
  /// together. Changes nothing.
  virtual void check(Problems&) const {}

 protected:
  /// Prepares; throws ConfigError or IoError to refuse the start.
  virtual void init() {}
  /// Threads of the node start here, when every node downstream is ready.
  virtual void start() {}
  virtual void run_started(const Run&, const Context&) {}
  /// The last chance to emit what was kept for the run.
  virtual void run_stopped(const Run&, const Context&) {}
  virtual void gap(const Signal& signal, const Context& context) { send_signal(signal, context); }
  /// Sources stop producing here; returns when the node's producing thread has ended.
  virtual void stop_producing() {}
  /// Queues refuse new elements, drain, and their threads end.
  virtual void stop_threads() {}
  virtual void close() {}

  /// True if the node emits from threads of its own.
  [[nodiscard]] virtual bool own_thread() const { return false; }
  /// True if gap marks are useful to this node (joins, ledgers).
  [[nodiscard]] virtual bool wants_gaps() const { return false; }
  /// A signal arrived; nodes with queues put it in order with their data.
  virtual void handle_signal(const Signal& signal, const Context& context);

  /// The bookkeeping of a run boundary at this node, then on to the outputs. `begin_here` and `end_here` are the
  /// two halves for nodes that answer a start when it arrives and a stop when it leaves.
  void pass_signal(const Signal& signal, const Context& context);
  /// True when this is the first start of the run here.
  bool begin_here(const Context& context);
  void end_here(const Context& context);
  /// True when this stop was the last one that the run owes this node.
  bool is_last_stop(const Context& context);

  /// Sends to every output.
  void send_signal(const Signal& signal, const Context& context);
  /// Tells downstream that one element will not come, where somebody wants to know.
  void send_gap(FrameState state, const Context& context, std::string reason = {});
  [[nodiscard]] bool gaps_wanted() const noexcept { return gaps_wanted_; }

  /// Reports what `error` says about the element, and applies the policy.
  void fail(const Context& context, std::exception_ptr error) noexcept;
  /// The same for what is no element (a run boundary, a gap): no gap mark follows.
  void fail_boundary(const Context& context, std::exception_ptr error) noexcept;
  /// Reports without an exception; the element goes on.
  void report(const Context& context, std::string message) noexcept;
  void count_dropped(std::uint64_t n = 1) noexcept { dropped_.add_shared(n); }

  [[nodiscard]] Graph& graph() const noexcept { return *graph_; }

 private:
  template <class T>
  friend class In;
  template <class T>
  friend class Out;
  friend class InPort;
  friend class OutPort;
  friend class Graph;
  friend class ParamBase;
  friend class RunLocalBase;

  void add_input(InPort& port) { inputs_.push_back(&port); }
  void add_output(OutPort& port) { outputs_.push_back(&port); }
  void add_param(ParamBase& param) { params_.push_back(&param); }
  [[nodiscard]] bool is_broken(const Context& context) const;
  /// True when the node could not start the run; the element is counted as dropped.
  bool skips(const Context& context);
  /// The lock, where several thread domains meet at this node.
  [[nodiscard]] std::unique_lock<std::mutex> enter() {
    return shared_ ? std::unique_lock(mutex_) : std::unique_lock<std::mutex>();
  }

  std::string name_;
  std::string type_;
  Graph* graph_ = nullptr;
  std::size_t index_ = 0;
  std::vector<InPort*> inputs_;
  std::vector<OutPort*> outputs_;
  std::vector<ParamBase*> params_;
  std::vector<RunLocalBase*> run_locals_;
  bool shared_ = false;
  bool gaps_wanted_ = false;
  ErrorPolicy policy_ = ErrorPolicy::skip;
  std::mutex mutex_;
  Counter received_;
  Counter emitted_;
  Counter errors_;
  Counter dropped_;
};

/// State of a node that exists once per run: made at first use, destroyed when the run has ended here.
class RunLocalBase {
 public:
  explicit RunLocalBase(Node& owner) { owner.run_locals_.push_back(this); }
  RunLocalBase(const RunLocalBase&) = delete;
  RunLocalBase& operator=(const RunLocalBase&) = delete;
  virtual void drop(const Run* run) = 0;

 protected:
  ~RunLocalBase() = default;
};

template <class S>
class RunLocal final : public RunLocalBase {
 public:
  using RunLocalBase::RunLocalBase;

  /// The state of the run that `context` belongs to.
  S& operator()(const Context& context) { return (*this)[context.run]; }
  S& operator[](const Run* run) {
    for (auto& [key, state] : states_) {
      if (key == run) return *state;
    }
    return *states_.emplace_back(run, std::make_unique<S>()).second;
  }
  /// Calls f(state) for every run that has one.
  template <class F>
  void for_each(F&& f) {
    for (auto& [run, state] : states_) f(*state);
  }
  void drop(const Run* run) override {
    std::erase_if(states_, [run](const auto& entry) { return entry.first == run; });
  }
  [[nodiscard]] std::size_t size() const noexcept { return states_.size(); }

 private:
  std::vector<std::pair<const Run*, std::unique_ptr<S>>> states_;  // few runs at a time: linear search
};

// --- definitions of the port templates -----------------------------------------------------------------------------

template <class T>
void In<T>::deliver(const T& element, const Context& context) noexcept {
  const auto lock = node_->enter();
  node_->received_.add();
  if (node_->skips(context)) return;
  try {
    if (read_ != nullptr) {
      (node_->*read_)(element, context);
    } else if constexpr (std::is_copy_constructible_v<T>) {
      (node_->*take_)(T(element), context);
    }
  } catch (...) {
    node_->fail(context, std::current_exception());
  }
}

template <class T>
void In<T>::deliver(T&& element, const Context& context) noexcept {
  if (take_ == nullptr) {
    deliver(std::as_const(element), context);
    return;
  }
  const auto lock = node_->enter();
  node_->received_.add();
  if (node_->skips(context)) return;
  try {
    (node_->*take_)(std::move(element), context);
  } catch (...) {
    node_->fail(context, std::current_exception());
  }
}

template <class T>
void Out<T>::emit(const T& element, const Context& context) {
  node_->emitted_.add();
  for (InPort* in : subscribers_) static_cast<In<T>*>(in)->deliver(element, context);
}

template <class T>
void Out<T>::emit(T&& element, const Context& context) {
  node_->emitted_.add();
  if (subscribers_.empty()) return;
  for (std::size_t i = 0; i + 1 < subscribers_.size(); ++i) {
    static_cast<In<T>*>(subscribers_[i])->deliver(std::as_const(element), context);
  }
  static_cast<In<T>*>(subscribers_.back())->deliver(std::move(element), context);
}

}  // namespace annulus
