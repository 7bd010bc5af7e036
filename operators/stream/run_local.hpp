// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "operators/stream/node.hpp"

namespace annulus {

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
    S* state = find(run);
    return state != nullptr ? *state : *states_.emplace_back(run, std::make_unique<S>()).second;
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
  /// The state of the run, or null when it has none yet.
  [[nodiscard]] S* find(const Run* run) {
    const auto it =
        std::find_if(states_.begin(), states_.end(), [run](const auto& entry) { return entry.first == run; });
    return it == states_.end() ? nullptr : it->second.get();
  }

 private:
  std::vector<std::pair<const Run*, std::unique_ptr<S>>> states_;  // few runs at a time: linear search
};

}  // namespace annulus
