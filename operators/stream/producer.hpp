// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "operators/stream/clock.hpp"
#include "operators/stream/source.hpp"

namespace annulus {

/// When a source that produces by itself begins.
enum class Begin : std::uint8_t {
  with_graph,  ///< at Graph::start()
  by_hand,     ///< at start_source()
};

/// What every source that produces by itself can be told.
struct ProducerOptions {
  Begin begin = Begin::with_graph;
  std::size_t window = 64;  ///< elements that may be in flight before it waits; 0 is no limit
  std::string name{};       ///< of the node; empty: a free one
};

/// Base of sources that produce by themselves, in a thread of their own or at intervals of the graph's clock. All
/// elements belong to the graph's common run, and their position is a running number over all starts.
///
/// Emission from inside the graph is refused, so nothing of this may be called there, but stop_source().
class ProducerNode : public SourceNode {
 public:
  /// Begins, or goes on after a stop. Without effect while it produces. Throws IoError when it cannot (a port in use),
  /// and std::logic_error when the graph does not run.
  void start_source() override;
  /// Returns when nothing more is emitted; called from inside the graph it only asks for that. Nothing is lost: the
  /// next start goes on with the next element.
  void stop_source() override;
  /// False before the start, after a stop, after the end, and after a failure that ended it.
  [[nodiscard]] bool producing() const override;

  /// True when a finite source has emitted its last element. What is still in queues reaches its sinks at the latest
  /// in Graph::stop().
  [[nodiscard]] bool finished() const noexcept { return finished_; }
  /// Called at that moment from the source's thread; it must neither wait for the source nor stop the graph. Before
  /// the graph starts.
  void on_finished(std::function<void()> listener) { listener_ = std::move(listener); }
  /// Returns when it does not produce: true at its end, false when it was stopped or never started.
  bool wait_until_finished();

 protected:
  /// With an interval, produce() is called by the clock, else again and again in a thread.
  ProducerNode(std::string name, std::string type, const ProducerOptions& options,
               std::optional<Clock::Duration> interval = std::nullopt);

  /// Called by each start; throws to refuse it.
  virtual void open() {}
  /// Emits what there is now; false at the end of everything. An exception is reported; a source with a thread then
  /// stops, one with an interval tries again.
  virtual bool produce() = 0;
  /// Wakes produce() from a wait of its own, since a stop was asked; from any thread.
  virtual void wake() {}
  /// The counterpart of open() for sources with a thread, called there.
  virtual void shut() noexcept {}

  [[nodiscard]] bool stop_asked() const noexcept { return stop_; }
  /// The same, for waiting functions.
  [[nodiscard]] const std::atomic<bool>& stop_flag() const noexcept { return stop_; }
  /// Emits, after waiting for room; false when the graph refused it or the source was stopped while it waited, and it
  /// is counted as dropped. Any thread outside the graph.
  template <class T>
  bool offer(Out<T>& out, T element) {
    const std::lock_guard lock(offer_mutex_);
    if (has_room() || wait_for_room()) return emit_to(out, std::move(element), common_run(), next_++);
    count_dropped();
    return false;
  }
  /// Stops, and says so, since the graph takes no more.
  void give_up();
  /// One element could not be had: reports why, and leaves a gap in its place.
  void skip_failed(const std::exception_ptr& error);

  void start() override;
  void stop_producing() override;

 private:
  void run();
  void tick();
  void conclude(bool finished);
  void report_failure() noexcept;
  [[nodiscard]] bool is_inside() const;

  Begin begin_;
  std::optional<Clock::Duration> interval_;
  std::function<void()> listener_;
  std::mutex offer_mutex_;
  std::atomic<std::uint64_t> next_{0};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool running_ = false;  ///< the graph runs
  bool wanted_ = false;   ///< started, and not stopped
  bool busy_ = false;     ///< a thread opens it or is in produce()
  std::atomic<bool> stop_{false};
  std::atomic<bool> finished_{false};
  std::thread::id worker_;
  Clock::Duration due_{0};
  std::thread thread_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace annulus
