// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/data/error.hpp"

#include "operators/stream/joins.hpp"

namespace annulus {

/// A frame that did not come over every input of a join_by_frame.
struct Unmatched {
  std::string run;
  std::uint64_t frame = 0;
  std::vector<std::string> missing;        ///< names of the inputs without it
  FrameState state = FrameState::missing;  ///< why, as far as it is known
};

/// Numbers that will not come, as ranges; the newest thousand.
class GapRanges {
 public:
  void add(std::uint64_t first, std::uint64_t last, FrameState state);
  /// Why `number` will not come, or nothing.
  [[nodiscard]] std::optional<FrameState> find(std::uint64_t number) const;
  [[nodiscard]] bool covers(std::uint64_t first, std::uint64_t last) const;

 private:
  struct Range {
    std::uint64_t first, last;
    FrameState state;
  };
  std::vector<Range> ranges_;
};

/// Elements with the same position in their run. That one will not come is known from gap marks; where inputs come
/// from different sources, also from a frame `lateness` later that has arrived. Frames without all partners go to the
/// output `unmatched`.
template <class V>
class JoinByFrame : public Join<V> {
 public:
  explicit JoinByFrame(std::string name, std::uint64_t lateness = 1000)
      : Join<V>(std::move(name), "join_by_frame"), lateness_(lateness) {}
  [[nodiscard]] bool wants_gaps() const override { return true; }
  [[nodiscard]] Out<Unmatched>& unmatched() noexcept { return unmatched_; }

 protected:
  using typename Join<V>::Places;
  using typename Join<V>::Waiting;
  static V&& take(V& value) { return std::move(value); }

  void arrive(std::size_t input, V&& element, const Context& context) {
    State& state = state_of(context);
    const std::uint64_t frame = context.position;
    if (state.given_up && frame <= *state.given_up) throw DataError("the frame came after its partners were given up");
    Places& row = state.rows[frame];
    this->make_places(row);
    if (row[input].value) throw DataError("the frame came twice over input '" + this->inputs()[input]->name() + "'");
    row[input] = Waiting(std::move(element), context);
    finish_if_known(state, state.rows.find(frame));
    state.newest = std::max(state.newest, frame);
    while (!state.rows.empty() && state.newest - state.rows.begin()->first > lateness_) {
      state.given_up = state.rows.begin()->first;
      finish(state, state.rows.begin());
    }
  }

 private:
  struct State {
    std::map<std::uint64_t, Places> rows;
    std::vector<GapRanges> gaps;
    std::uint64_t newest = 0;
    std::optional<std::uint64_t> given_up;  ///< the last number that was too late
  };

  State& state_of(const Context& context) {
    State& state = states_(context);
    this->make_places(state.gaps);
    return state;
  }

  void handle_signal(const Signal& signal, const Context& context, const InPort& from) override {
    if (signal.kind != Signal::Kind::gap) return Node::handle_signal(signal, context, from);
    State& state = state_of(context);
    state.gaps[from.index()].add(signal.first, signal.last, signal.state);
    for (auto it = state.rows.lower_bound(signal.first); it != state.rows.end() && it->first <= signal.last;) {
      const auto row = it++;
      finish_if_known(state, row);
    }
    bool nowhere = true;
    this->for_each_input([&](std::size_t i) { nowhere = nowhere && state.gaps[i].covers(signal.first, signal.last); });
    if (nowhere) this->send_signal(signal, context);
  }

  void run_stopped(const Run&, const Context& context) override {
    State& state = state_of(context);
    while (!state.rows.empty()) finish(state, state.rows.begin());
  }
  void input_ended(const InPort&, const Context& context) override {
    State& state = state_of(context);
    for (auto it = state.rows.begin(); it != state.rows.end();) finish_if_known(state, it++);  // the edge may have gone
  }

  using Place = typename std::map<std::uint64_t, Places>::iterator;

  void finish_if_known(State& state, Place place) {
    bool known = true;
    this->make_places(place->second);
    this->for_each_input(
        [&](std::size_t i) { known = known && (place->second[i].value || state.gaps[i].find(place->first)); });
    if (known) finish(state, place);
  }

  void finish(State& state, Place place) {
    auto node = state.rows.extract(place);  // before anything is emitted
    Places& row = node.mapped();
    const auto any = std::find_if(row.begin(), row.end(), [](const Waiting& one) { return one.value.has_value(); });
    const Context at = any->hold.context();
    const bool whole = this->emit_if_complete(at, [&](std::size_t i) -> Waiting& { return row[i]; });
    if (!whole) report_unmatched(state, node.key(), row, at);
  }

  void report_unmatched(const State& state, std::uint64_t frame, const Places& row, const Context& at) {
    Unmatched unmatched{at.run != nullptr ? at.run->uid() : std::string(), frame, {}, FrameState::missing};
    this->for_each_input([&](std::size_t i) {
      if (row[i].value) return;
      unmatched.missing.push_back(this->inputs()[i]->name());
      unmatched.state = state.gaps[i].find(frame).value_or(FrameState::missing);
    });
    if (unmatched.state == FrameState::missing) {
      this->give_up(at, "no partner had come over input '" + unmatched.missing.front() + "'");
    } else {
      if (unmatched.state != FrameState::filtered) this->count_dropped();
      this->send_gap(unmatched.state, at, "left out or lost in another branch");
    }
    unmatched_.emit(std::move(unmatched), at);
  }

  std::uint64_t lateness_;
  Out<Unmatched> unmatched_{*this, "unmatched"};
  RunLocal<State> states_{*this};
};

}  // namespace annulus
