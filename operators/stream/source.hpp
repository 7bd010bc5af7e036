// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "operators/stream/graph.hpp"
#include "operators/stream/node.hpp"

namespace annulus {

/// Where elements enter the graph. A source has one thread at a time inside it (a lock sees to it), a window of
/// elements that may be in flight, and hears when each element is done everywhere.
class SourceNode : public Node {
 public:
  explicit SourceNode(std::string name);

  /// How many elements may be in flight before an emission waits; 0 is no limit. Before the graph starts.
  void set_window(std::size_t elements) { pool_->set_window(elements); }
  /// Called when an element is done everywhere, from the thread that finished it. Before the graph starts.
  void on_acknowledge(TicketPool::Listener listener) { pool_->on_acknowledge(std::move(listener)); }
  /// Called with its uid when a run is closed in every node that it reached; any number of listeners. Before the first
  /// run.
  void on_run_closed(std::function<void(const std::string& uid)> listener);
  [[nodiscard]] std::size_t in_flight() const { return pool_->in_flight(); }
  [[nodiscard]] std::size_t unacknowledged() const { return pool_->unacknowledged(); }

  /// Lets a source that produces by itself produce, or pause; the graph runs on.
  virtual void start_source() {}
  virtual void stop_source() {}
  [[nodiscard]] virtual bool producing() const { return false; }

  /// Sends the start of the run through this source; Graph::begin_run does it for every participant.
  void begin(const RunPtr& run);
  /// Sends the stop of the run through this source: nothing of it follows. Idempotent.
  void finish(const RunPtr& run);
  /// Announces that elements [first, last] of the run will not come.
  void announce_gap(const RunPtr& run, std::uint64_t first, std::uint64_t last, FrameState state,
                    const std::string& reason);

 protected:
  /// Sends an element. Waits while the window is full. False when it was refused: the graph stops or has aborted,
  /// or the run has failed.
  template <class T>
  bool emit_to(Out<T>& out, T element, const RunPtr& run, std::uint64_t position) {
    return send(out, std::move(element), run, position, &TicketPool::acquire);
  }
  /// The same without waiting: false also when the window is full.
  template <class T>
  bool try_emit_to(Out<T>& out, T element, const RunPtr& run, std::uint64_t position) {
    return send(out, std::move(element), run, position, &TicketPool::try_acquire);
  }
  /// The run of elements that were emitted without one: begun at the first, ended when the graph stops.
  const RunPtr& common_run();

  /// True when an emission would find room in the window.
  [[nodiscard]] bool has_room() const { return pool_->has_room(); }
  /// Waits for room; false when the wait was interrupted. Exact for the only thread that emits.
  [[nodiscard]] bool wait_for_room() { return pool_->wait_for_room(); }
  void interrupt_waiting() { pool_->interrupt(); }
  void resume_waiting() { pool_->resume(); }

  void stop_threads() override;
  void stop_producing() override { pool_->close(); }
  [[nodiscard]] bool own_thread() const override { return true; }
  [[nodiscard]] std::recursive_mutex* emission_mutex() override { return &mutex_; }

 private:
  using Acquire = Ticket* (TicketPool::*)(std::uint64_t);

  template <class T>
  bool send(Out<T>& out, T&& element, const RunPtr& run, std::uint64_t position, Acquire acquire) {
    const std::lock_guard lock(lock_for_emission());
    apply_changes();
    if (!is_open(*run)) {  // its stop has gone: nothing may follow, not even a gap mark
      count_dropped();
      return false;
    }
    if (run->failed() || graph().aborted()) {
      refuse(run, position, "the run has failed before");
      return false;
    }
    Ticket* ticket = (*pool_.*acquire)(position);
    if (ticket == nullptr) {
      if (acquire == &TicketPool::acquire) refuse(run, position, "the source was stopped");
      return false;
    }
    const InsideGraph inside(graph());
    out.emit(std::move(element), Context{run.get(), position, ticket});
    pool_->finish(ticket);
    return true;
  }
  /// The emission lock; throws std::logic_error when called from inside the graph.
  std::recursive_mutex& lock_for_emission();
  void refuse_inside() const;
  void refuse(const RunPtr& run, std::uint64_t position, const char* reason);
  [[nodiscard]] bool is_open(const Run& run) const noexcept;
  void send_boundary(Signal::Kind kind, const RunPtr& run);

  std::recursive_mutex mutex_;
  TicketPool::Owner pool_;
  TicketPool::Owner boundaries_;
  std::mutex closing_mutex_;
  std::vector<std::pair<std::uint64_t, std::string>> closing_;
  std::uint64_t next_boundary_ = 0;
  std::vector<std::function<void(const std::string&)>> run_closed_;
  std::vector<const Run*> open_;
};

template <class T>
class Stream;

/// A source that is fed by calls: the entry of pipelines written in C++.
template <class T>
class Source final : public SourceNode {
 public:
  explicit Source(std::string name) : SourceNode(std::move(name)) { set_type("source"); }

  /// Sends one element outside any run; its position is a running number. Waits while the window or a queue that blocks
  /// is full. False when it was refused: the graph has stopped or aborted. Throws std::logic_error before the graph
  /// starts, and from inside of it.
  bool emit(T element) { return this->emit_to(out_, std::move(element), this->common_run(), next_++); }
  /// Sends one element of a run; false also when the run has failed or ended.
  bool emit(T element, const RunPtr& run, std::uint64_t position) {
    return this->emit_to(out_, std::move(element), run, position);
  }
  bool try_emit(T element, const RunPtr& run, std::uint64_t position) {
    return this->try_emit_to(out_, std::move(element), run, position);
  }
  [[nodiscard]] Out<T>& out() noexcept { return out_; }
  /// The elements as a stream to build on.
  [[nodiscard]] Stream<T> stream();

 private:
  Out<T> out_{*this, "out"};
  std::atomic<std::uint64_t> next_{0};
};

}  // namespace annulus
