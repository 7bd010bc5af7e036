// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "operators/data/frame.hpp"
#include "operators/data/value.hpp"

namespace annulus {

/// How a run ended, in the words of event-model.
enum class ExitStatus : std::uint8_t { success, abort, fail };

constexpr std::string_view name_of(ExitStatus status) noexcept {
  constexpr std::string_view names[] = {"success", "abort", "fail"};
  return names[static_cast<std::size_t>(status)];
}

/// One run: what is common to all elements between a start and a stop. Runs may overlap in time; every stateful
/// node keeps its state by run. Alive as long as an element of it is anywhere in the graph.
class Run : public std::enable_shared_from_this<Run> {
 public:
  /// Bookkeeping of one node for this run; written only inside that node.
  struct NodeState {
    int expected_stops = 0;  ///< edges from participating nodes
    int starts = 0;
    int stops = 0;
    bool ended = false;
    bool broken = false;  ///< the node could not start this run; its elements are skipped there
    /// The run has begun here and may still bring elements.
    [[nodiscard]] bool active() const noexcept { return starts > 0 && !ended; }
    /// The run comes here, if not yet, then later.
    [[nodiscard]] bool takes_part() const noexcept { return expected_stops > 0 || starts > 0; }
  };
  using NodeStates = std::deque<NodeState>;

  /// `parent`: the run of which this one is a group, and the index of the node that groups; or null.
  Run(std::string uid, std::shared_ptr<const Dict> metadata, std::shared_ptr<Run> parent = nullptr,
      std::size_t grouped_by = 0)
      : uid_(std::move(uid)), metadata_(std::move(metadata)), parent_(std::move(parent)), grouped_by_(grouped_by) {}

  [[nodiscard]] const std::string& uid() const noexcept { return uid_; }
  /// What the source knows of the run (a Bluesky start document); null when there is nothing.
  [[nodiscard]] const std::shared_ptr<const Dict>& metadata() const noexcept { return metadata_; }
  /// Of a group: the run that it is part of; otherwise null.
  [[nodiscard]] const std::shared_ptr<Run>& parent() const noexcept { return parent_; }
  [[nodiscard]] bool is_group_of(std::size_t node_index) const noexcept {
    return parent_ != nullptr && grouped_by_ == node_index;
  }

  /// Marks the run as failed, and the run that it is a group of; the first reason is kept. Sources refuse further
  /// elements of a failed run.
  void fail(const std::string& reason) {
    if (parent_) parent_->fail(reason);
    const std::lock_guard lock(mutex_);
    if (!failed_.exchange(true)) reason_ = reason;
    status_ = ExitStatus::fail;
  }
  [[nodiscard]] bool failed() const noexcept { return failed_.load(std::memory_order_relaxed); }

  /// Sets how the run ends; called before its stop is sent. A failed run stays failed.
  void finish(ExitStatus status, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    status_ = status;
    reason_ = reason;
  }
  [[nodiscard]] ExitStatus exit_status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }
  [[nodiscard]] std::string reason() const {
    const std::lock_guard lock(mutex_);
    return reason_;
  }

  [[nodiscard]] NodeState& state_of(std::size_t node_index) { return states_.at(node_index); }
  /// Before the run begins.
  void set_states(NodeStates states) { states_ = std::move(states); }
  /// Makes room for a node that joined later; only while nothing is emitted.
  void grow(std::size_t nodes) { states_.resize(std::max(nodes, states_.size())); }
  /// True when some node could not start the run.
  [[nodiscard, gnu::always_inline]] bool broken() const noexcept { return broken_.load(std::memory_order_relaxed); }
  void mark_broken(std::size_t node_index) {
    state_of(node_index).broken = true;
    broken_ = true;
  }

 private:
  std::string uid_;
  std::shared_ptr<const Dict> metadata_;
  std::shared_ptr<Run> parent_;
  std::size_t grouped_by_ = 0;
  NodeStates states_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> broken_{false};
  mutable std::mutex mutex_;
  ExitStatus status_ = ExitStatus::success;
  std::string reason_;
};

using RunPtr = std::shared_ptr<Run>;

/// What travels in band beside the data.
struct Signal {
  enum class Kind : std::uint8_t {
    run_start,
    run_stop,  ///< every element of the run has gone before
    gap,       ///< elements [first, last] of the run will never come this way
  };
  Kind kind = Kind::run_start;
  FrameState state = FrameState::missing;  ///< gap: why
  std::uint64_t first = 0;                 ///< gap
  std::uint64_t last = 0;                  ///< gap, inclusive
  std::string reason;                      ///< gap: in words
};

}  // namespace annulus
