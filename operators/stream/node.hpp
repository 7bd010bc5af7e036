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
//     Something made of several elements is emitted with emit_joint: they are done when it is.
//  6. Overflow policies belong to edges (buffer nodes). A lossy edge carries neither credit nor acknowledgement of
//     elements; run boundaries always pass.
//     Feedback edges carry elements only, and never block.
//  7. A failed, filtered or dropped element leaves a gap mark in band where a node downstream wants gaps. Where
//  branches of one thread
//     meet again, a node that `settles` emits once per element of the fork.
//  8. State is kept by run (RunLocal) and dropped at the run's end, never reset by hand.
//  9. Time comes from the graph's clock. A live parameter changes between two elements, and the change is recorded.
// 10. Shutdown: sources stop, runs end, queues drain and close, threads are joined, nodes close; acknowledgements
//     may outlive the graph.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
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

/// How full a node's queue is; capacity 0 where there is none.
struct QueueFill {
  std::size_t size = 0;
  std::size_t capacity = 0;
};

/// The message of an exception.
[[nodiscard]] std::string what_of(const std::exception_ptr& error) noexcept;

/// A new value for a live parameter.
struct WantedChange {
  ParamBase* param;
  Value value;
  /// Hears once, from any thread, an empty text when the value takes effect before the next element, else why the old
  /// one stays. May be empty.
  std::function<void(const std::string&)> outcome;
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

  [[nodiscard]] Graph& graph() const noexcept { return *graph_; }
  /// The number of this node in its graph.
  [[nodiscard]] std::size_t index() const noexcept { return index_; }

  // What the graph asks to check and arrange the wiring.

  /// True if the node emits from threads of its own.
  [[nodiscard]] virtual bool own_thread() const { return false; }
  /// True if such a thread enters handlers, so that the node's lock is always needed.
  [[nodiscard]] virtual bool own_lock() const { return false; }
  /// What the node's own threads lock while they emit; null where there are none.
  [[nodiscard]] virtual std::recursive_mutex* emission_mutex() { return own_lock() ? &mutex_ : nullptr; }
  /// True if elements may be dropped here for lack of room.
  [[nodiscard]] virtual bool is_lossy() const { return false; }
  /// True if elements of several inputs are combined by their count.
  [[nodiscard]] virtual bool pairs_by_count() const { return false; }
  /// True if the node emits once per element where branches of one fork meet: see settle().
  [[nodiscard]] virtual bool settles() const { return false; }
  /// How many levels of groups are added (group_by) or taken away (ungroup) here.
  [[nodiscard]] virtual int group_step() const { return 0; }
  /// False if the run ends here and is not passed on (a group at its ungroup).
  [[nodiscard]] virtual bool passes(const Run&) const { return true; }

 protected:
  /// Prepares; throws ConfigError or IoError to refuse the start.
  virtual void init() {}
  /// Threads of the node start here, when every node downstream is ready.
  virtual void start() {}
  virtual void run_started(const Run&, const Context&) {}
  /// The run's end has come over `input`, and maybe not yet over others.
  virtual void input_ended(const InPort&, const Context&) {}
  /// The last chance to emit what was kept for the run.
  virtual void run_stopped(const Run&, const Context&) {}
  virtual void gap(const Signal& signal, const Context& context) { send_signal(signal, context); }
  /// A fork is over in whose branches elements may have arrived here.
  virtual void settle() {}
  /// A live parameter has changed.
  virtual void param_changed(const ParamBase&) {}
  /// Whether the node can take a new value of a live parameter, which fits by itself, before the next element. If not,
  /// it gets ready in a thread of its own, goes on with the old value, and then calls take_change(), or refuse_change()
  /// when it cannot. Any thread may ask. Throws ConfigError to refuse.
  virtual bool ready_for_change(const WantedChange&) { return true; }
  /// Has the parameter take the value before the next element. From any thread.
  void take_change(const WantedChange& wanted);
  /// Reports that the parameter keeps its value, and why.
  void refuse_change(const WantedChange& wanted, const std::string& why);
  /// Sources stop producing here; returns when the node's producing thread has ended. Who waits in a handler gives up.
  virtual void stop_producing() {}
  /// Queues refuse new elements, drain, and their threads end.
  virtual void stop_threads() {}
  virtual void close() {}

  /// Returns when no thread of the node works with its parameters.
  virtual void quiesce() {}
  /// True if gap marks are useful to this node (joins, ledgers).
  [[nodiscard]] virtual bool wants_gaps() const { return false; }
  /// A signal arrived; nodes with queues put it in order with their data.
  virtual void handle_signal(const Signal& signal, const Context& context, const InPort& from);

  // The two halves for nodes that put signals in line with their elements.

  /// The bookkeeping of a run boundary that arrives at this node; false when it goes no further.
  bool take_signal(const Signal& signal, const Context& context, const InPort& from);
  /// The bookkeeping of a signal that was taken, and on to the outputs.
  void pass_taken(const Signal& signal, const Context& context);

  /// Emits something made of the elements that `each_ticket(f)` calls f(ticket) for, f taking a Ticket* that may be
  /// null. They are acknowledged when it is, wherever it is kept.
  template <class T, class EachTicket>
  void emit_joint(Out<T>& out, T element, const Context& at, EachTicket&& each_ticket);
  /// Lets other threads into this node until holds() is true; only in the handler of a node where threads meet.
  template <class F>
  void wait_until(F&& holds) {
    std::unique_lock lock(mutex_, std::adopt_lock);
    ++waiting_;
    changed_.wait(lock, std::forward<F>(holds));
    --waiting_;
    lock.release();
  }
  /// Lets those look who wait; under the lock.
  void wake() noexcept {
    if (waiting_ > 0) changed_.notify_all();
  }
  /// True where several threads come in, so that waiting for another input can end.
  [[nodiscard]] bool threads_meet() const noexcept { return shared_; }
  /// True while a fork is open whose branches meet here.
  [[nodiscard]] bool in_fork() const noexcept { return open_forks_ > 0; }
  /// The lock, where several thread domains meet at this node.
  [[nodiscard]] std::unique_lock<std::recursive_mutex> enter() {
    return shared_ ? std::unique_lock(mutex_) : std::unique_lock<std::recursive_mutex>();
  }

  /// Sends to every output.
  void send_signal(const Signal& signal, const Context& context);
  /// Tells downstream that one element will not come, where somebody wants to know.
  void send_gap(FrameState state, const Context& context, std::string reason = {});
  [[nodiscard]] bool gaps_wanted() const noexcept { return gaps_wanted_; }

  /// Reports what `error` says about the element, and applies the policy.
  void fail(const Context& context, std::exception_ptr error) noexcept;
  /// The same for what is no element (a run boundary, a gap): no gap mark follows.
  void fail_boundary(const Context& context, std::exception_ptr error) noexcept;
  /// Reports an element that goes to the dead letters: a gap mark follows, but the policy is not applied.
  void set_aside(const Context& context, std::exception_ptr error) noexcept;
  /// Reports without an exception; the element goes on.
  void report(const Context& context, std::string message) noexcept;
  void count_dropped(std::uint64_t n = 1) noexcept { dropped_.add_shared(n); }
  /// Applies what Graph::change asked for; for nodes that emit without being called.
  void apply_changes() {
    if (changes_waiting_.load(std::memory_order_acquire)) [[unlikely]]
      take_changes();
  }

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
  friend class ForkGuard;

  /// True when this is the first start of the run here.
  bool begin_here(const Context& context);
  void end_here(const Context& context);
  /// True when this stop was the last one that the run owes this node.
  bool is_last_stop(const Context& context, const InPort& from);

  void add_input(InPort& port) { inputs_.push_back(&port); }
  void add_output(OutPort& port) { outputs_.push_back(&port); }
  void add_param(ParamBase& param) { params_.push_back(&param); }
  [[nodiscard]] bool is_broken(const Context& context) const;
  /// Counts an arriving element. False when the node could not start its run; then it is counted as dropped.
  [[gnu::always_inline]] bool admits(const Context& context) {
    received_.add();
    apply_changes();
    return context.run == nullptr || !context.run->broken() || !skips(context);
  }
  bool skips(const Context& context);
  void take_changes();
  TicketPool& joint_tickets();

  std::string name_;
  std::string type_;
  Graph* graph_ = nullptr;
  std::size_t index_ = 0;
  std::vector<InPort*> inputs_;
  std::vector<OutPort*> outputs_;
  std::vector<ParamBase*> params_;
  std::vector<RunLocalBase*> run_locals_;
  TicketPool::Owner joint_tickets_;
  bool shared_ = false;
  bool gaps_wanted_ = false;
  int open_forks_ = 0;
  ErrorPolicy policy_ = ErrorPolicy::skip;
  std::recursive_mutex mutex_;
  std::condition_variable_any changed_;
  int waiting_ = 0;
  std::atomic<bool> changes_waiting_{false};
  Counter received_;
  Counter emitted_;
  Counter errors_;
  Counter dropped_;
};

}  // namespace annulus

// What the ports do needs the node; these headers end the declaration of both.
#include "operators/stream/delivery.hpp"
#include "operators/stream/run_local.hpp"
