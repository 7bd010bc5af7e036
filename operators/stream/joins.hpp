// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "operators/stream/stage.hpp"

// Operators with several inputs. A rule (Zip, CombineLatest, ZipLatest, JoinByFrame) says which elements belong
// together; a shape says how they come in and out: TupleJoin takes inputs of different types and emits a std::tuple,
// ListJoin any number of inputs of one type and emits a std::vector. A rule sees all elements as one type V.

namespace annulus {

/// Throws DataError: `max_size` elements wait at `in`, and their partners do not come.
[[noreturn]] void refuse_to_wait(const InPort& in, std::size_t max_size);
/// True if elements of `in` and of another input of its node come from one source.
[[nodiscard]] bool shares_source(const InPort& in);

/// Base of the rules.
template <class V>
class Join : public Node {
 public:
  Join(std::string name, std::string type) : Node(std::move(name)) { set_type(std::move(type)); }
  /// What a rule does with an element; shapes call it.
  virtual void arrive(std::size_t input, V&& element, const Context& context) = 0;

 protected:
  /// An element that waits for its partners.
  using Waiting = Kept<std::optional<V>>;
  /// The newest element of every input.
  using Latest = std::vector<std::optional<Waiting>>;

  /// Emits one row, in the order of the inputs. The shape takes the values away or copies them.
  virtual void emit_row(std::vector<Waiting*>& row, const Context& at) = 0;

  /// True if an input whose edge was taken away holds the others up, as in a tuple; else it does not count.
  [[nodiscard]] virtual bool needs_all() const { return false; }
  [[nodiscard]] bool is_connected(std::size_t input) const { return !inputs()[input]->upstreams().empty(); }
  [[nodiscard]] bool counts(std::size_t input) const { return needs_all() || is_connected(input); }
  template <class F>
  void for_each_input(F&& f) const {
    for (std::size_t i = 0; i < inputs().size(); ++i) {
      if (counts(i)) f(i);
    }
  }
  /// Emits what `at_input(i)` says of each input, if it is there for all.
  template <class F>
  bool emit_if_complete(const Context& at, F&& at_input) {
    row_.clear();
    bool complete = true;
    for_each_input(
        [&](std::size_t i) { complete = complete && (row_.emplace_back(at_input(i)), row_.back() != nullptr); });
    if (complete && !row_.empty()) emit_row(row_, at);
    return complete && !row_.empty();
  }
  /// What an input had brought leaves with its edge.
  void forget_if_gone(Latest& latest, const InPort& in) const {
    if (!is_connected(in.index()) && in.index() < latest.size()) latest[in.index()].reset();
  }
  /// An element for which no partner came: counted, reported, not acknowledged as good.
  void give_up(const Context& context, const std::string& why) {
    count_dropped();
    if (context.ticket != nullptr) context.ticket->mark_failed();
    report(context, why);
    send_gap(FrameState::dropped, context, why);
  }

  std::vector<Waiting*> row_;  ///< kept between calls, so that a row costs no memory
};

/// Inputs of different types; emits a tuple.
template <template <class> class Rule, class... Ts>
class TupleJoin final : public Rule<std::variant<Ts...>> {
  using V = std::variant<Ts...>;
  using Indices = std::index_sequence_for<Ts...>;

 public:
  template <class... Options>
  explicit TupleJoin(std::string name, Options&&... options)
      : Rule<V>(std::move(name), std::forward<Options>(options)...) {
    make_inputs(Indices());
  }
  template <std::size_t I>
  [[nodiscard]] auto& in() noexcept {
    return *std::get<I>(ins_);
  }
  [[nodiscard]] Out<std::tuple<Ts...>>& out() noexcept { return out_; }

 private:
  template <std::size_t... I>
  void make_inputs(std::index_sequence<I...>) {
    ((std::get<I>(ins_) = std::make_unique<In<Ts>>(*this, "in" + std::to_string(I), &TupleJoin::on_element<I>)), ...);
  }
  template <std::size_t I>
  void on_element(std::tuple_element_t<I, std::tuple<Ts...>>&& element, const Context& context) {
    static_cast<Join<V>&>(*this).arrive(I, V(std::in_place_index<I>, std::move(element)), context);
  }
  [[nodiscard]] bool needs_all() const override { return true; }
  void emit_row(std::vector<typename Rule<V>::Waiting*>& row, const Context& at) override {
    emit_tuple(row, at, Indices());
  }
  template <std::size_t... I>
  void emit_tuple(std::vector<typename Rule<V>::Waiting*>& row, const Context& at, std::index_sequence<I...>) {
    this->emit_joint(out_, std::tuple<Ts...>(std::get<I>(Rule<V>::take(*row[I]->value))...), at, [&](auto&& take) {
      for (const auto* waiting : row) take(waiting->hold.ticket());
    });
  }

  std::tuple<std::unique_ptr<In<Ts>>...> ins_;
  Out<std::tuple<Ts...>> out_{*this, "out"};
};

/// Any number of inputs of one type; emits a vector.
template <template <class> class Rule, class T>
class ListJoin final : public Rule<T> {
 public:
  using Rule<T>::Rule;
  /// A new input, after the others.
  [[nodiscard]] In<T>& add_input() {
    return *ins_.emplace_back(
        std::make_unique<In<T>>(*this, "in" + std::to_string(ins_.size()), &ListJoin::on_element));
  }
  [[nodiscard]] Out<std::vector<T>>& out() noexcept { return out_; }

 private:
  void on_element(T&& element, const Context& context, std::size_t input) {
    static_cast<Join<T>&>(*this).arrive(input, std::move(element), context);
  }
  void emit_row(std::vector<typename Rule<T>::Waiting*>& row, const Context& at) override {
    std::vector<T> values;
    values.reserve(row.size());
    for (auto* waiting : row) values.push_back(Rule<T>::take(*waiting->value));
    this->emit_joint(out_, std::move(values), at, [&](auto&& take) {
      for (const auto* waiting : row) take(waiting->hold.ticket());
    });
  }

  std::vector<std::unique_ptr<In<T>>> ins_;
  Out<std::vector<T>> out_{*this, "out"};
};

/// The first element of every input, the second of every input, and so on. Up to `max_size` elements of an input wait
/// for the others; then the sender waits, or, where the others come from the same source and so never would, the
/// element is refused. An element that was refused, or failed upstream, leaves its place empty, so that the others keep
/// their partners.
template <class V>
class Zip : public Join<V> {
 public:
  explicit Zip(std::string name, std::size_t max_size = 10)
      : Join<V>(std::move(name), "zip"), max_size_(std::max<std::size_t>(max_size, 1)) {}
  [[nodiscard]] bool pairs_by_count() const override { return true; }

 protected:
  using typename Join<V>::Waiting;
  static V take(V& value) { return std::move(value); }

 private:
  /// An element, or any number of empty places.
  struct Place {
    Waiting kept;
    std::uint64_t times = 1;
  };
  using Queue = std::deque<Place>;
  using Queues = std::vector<Queue>;

  Queues& queues(const Context& context) {
    Queues& all = queues_(context);
    if (all.size() < this->inputs().size()) all.resize(this->inputs().size());
    return all;
  }

  void arrive(std::size_t input, V&& element, const Context& context) override {
    make_room(input, context);
    queues(context)[input].push_back({Waiting(std::move(element), context)});
    emit_rows(context);
  }

  /// Lets the partners of `n` elements that will not come go without them. It never waits, and takes one place.
  void leave_empty(std::size_t input, std::uint64_t n, const Context& context) {
    Queue& queue = queues(context)[input];
    if (!queue.empty() && !queue.back().kept.value) {
      queue.back().times += n;
    } else {
      queue.push_back({Waiting(std::nullopt, {context.run, context.position, nullptr}), n});
    }
  }
  [[noreturn]] void refuse(std::size_t input, const Context& context) {
    leave_empty(input, 1, context);
    refuse_to_wait(*this->inputs()[input], max_size_);
  }

  void make_room(std::size_t input, const Context& context) {
    if (queues(context)[input].size() < max_size_) return;
    if (!this->threads_meet() || shares_source(*this->inputs()[input])) refuse(input, context);
    this->wait_until(
        [&] { return closed_ || !partners_come(input, context) || queues(context)[input].size() < max_size_; });
    if (queues(context)[input].size() >= max_size_) refuse(input, context);
  }
  /// False when the run has ended, or never begins, at another input that has nothing waiting.
  [[nodiscard]] bool partners_come(std::size_t input, const Context& context) {
    const std::vector<bool>& ended = ended_(context);
    bool come = true;
    this->for_each_input([&](std::size_t i) {
      if (i == input || !queues(context)[i].empty()) return;
      come = come && !(i < ended.size() && ended[i]) && takes_part(i, *context.run);
    });
    return come;
  }
  [[nodiscard]] bool takes_part(std::size_t input, Run& run) const {
    const auto& upstreams = this->inputs()[input]->upstreams();
    return std::any_of(upstreams.begin(), upstreams.end(),
                       [&](const OutPort* out) { return run.state_of(out->node().index()).takes_part(); });
  }

  void emit_rows(const Context& context) {
    Queues& all = queues(context);
    const auto has_front = [&] {
      bool all_have = false;
      this->for_each_input([&, first = true](std::size_t i) mutable {
        all_have = (first || all_have) && !all[i].empty();
        first = false;
      });
      return all_have;
    };
    while (has_front()) {
      const bool whole = this->emit_if_complete(
          context, [&](std::size_t i) { return all[i].front().kept.value ? &all[i].front().kept : nullptr; });
      std::uint64_t rows = whole ? 1 : std::numeric_limits<std::uint64_t>::max();
      this->for_each_input([&](std::size_t i) { rows = std::min(rows, all[i].front().times); });
      if (!whole) this->send_gap(FrameState::failed, context, "an element of the row failed before");
      this->for_each_input([&](std::size_t i) {
        if ((all[i].front().times -= rows) == 0) all[i].pop_front();
      });
      if (this->threads_meet()) this->wake();
    }
  }

  [[nodiscard]] bool wants_gaps() const override { return true; }
  void handle_signal(const Signal& signal, const Context& context, const InPort& from) override {
    if (signal.kind != Signal::Kind::gap) return Node::handle_signal(signal, context, from);
    if (signal.state == FrameState::filtered) return;
    leave_empty(from.index(), signal.last - signal.first + 1, context);
    emit_rows(context);
  }

  void input_ended(const InPort& in, const Context& context) override {
    ended_(context).resize(this->inputs().size());
    ended_(context)[in.index()] = this->counts(in.index());
    emit_rows(context);  // an input whose edge has gone holds up nobody
    this->wake();
  }
  void run_stopped(const Run&, const Context& context) override {
    emit_rows(context);
    for (Queue& queue : queues(context)) {
      for (const Place& place : queue) {
        if (place.kept.value) this->give_up(place.kept.hold.context(), "no partner had come when the run ended");
      }
    }
    this->wake();
  }
  void stop_producing() override {
    const auto lock = this->enter();
    closed_ = true;
    this->wake();
  }

  std::size_t max_size_;
  bool closed_ = false;
  RunLocal<Queues> queues_{*this};
  RunLocal<std::vector<bool>> ended_{*this};
};

/// The latest element of every input, whenever one of the inputs `emit_on` brings a new one and none is missing. Where
/// branches of one thread meet again, once for each element of the fork.
template <class V>
class CombineLatest : public Join<V> {
 public:
  using EmitOn = std::vector<std::size_t>;
  /// `emit_on`: numbers of inputs; empty: all.
  explicit CombineLatest(std::string name, EmitOn emit_on = {})
      : Join<V>(std::move(name), "combine_latest"), emit_on_(std::move(emit_on)) {}
  [[nodiscard]] bool settles() const override { return true; }

 protected:
  using typename Join<V>::Latest;
  using typename Join<V>::Waiting;
  static V take(const V& value) { return value; }

 private:
  struct State {
    Latest latest;
    std::optional<std::size_t> changed;  ///< the input that asks for an emission
  };

  void arrive(std::size_t input, V&& element, const Context& context) override {
    State& state = states_(context);
    state.latest.resize(this->inputs().size());
    if (state.latest[input]) {
      state.latest[input]->change_to(std::move(element), context);
    } else {
      state.latest[input].emplace(std::move(element), context);
    }
    if (emit_on_.empty() || std::find(emit_on_.begin(), emit_on_.end(), input) != emit_on_.end()) state.changed = input;
    if (!this->in_fork()) emit(state);
  }
  void input_ended(const InPort& in, const Context& context) override {
    this->forget_if_gone(states_(context).latest, in);
  }
  void settle() override {
    states_.for_each([this](State& state) { emit(state); });
  }
  void emit(State& state) {
    const auto changed = std::exchange(state.changed, std::nullopt);
    if (!changed) return;
    const Context at = state.latest[*changed]->hold.context();
    this->emit_if_complete(at, [&](std::size_t i) { return state.latest[i] ? &*state.latest[i] : nullptr; });
  }

  EmitOn emit_on_;
  RunLocal<State> states_{*this};
};

/// Every element of the first input with the latest of the others. Elements of the first wait, up to `max_size`, until
/// all others have brought something.
template <class V>
class ZipLatest : public Join<V> {
 public:
  explicit ZipLatest(std::string name, std::size_t max_size = 1000)
      : Join<V>(std::move(name), "zip_latest"), max_size_(max_size) {}
  [[nodiscard]] bool settles() const override { return true; }

 protected:
  using typename Join<V>::Latest;
  using typename Join<V>::Waiting;
  static V take(const V& value) { return value; }

 private:
  struct State {
    std::deque<Waiting> first;
    Latest latest;
  };

  void arrive(std::size_t input, V&& element, const Context& context) override {
    State& state = states_(context);
    state.latest.resize(this->inputs().size());
    if (input > 0) {
      state.latest[input].emplace(std::move(element), context);
    } else if (state.first.size() < max_size_) {
      state.first.emplace_back(std::move(element), context);
    } else {
      refuse_to_wait(*this->inputs()[0], max_size_);
    }
    if (!this->in_fork()) emit(state);
  }
  void input_ended(const InPort& in, const Context& context) override {
    this->forget_if_gone(states_(context).latest, in);
  }
  void settle() override {
    states_.for_each([this](State& state) { emit(state); });
  }
  void emit(State& state) {
    state.latest.resize(this->inputs().size());
    const auto at_input = [&](std::size_t i) {
      if (i == 0) return &state.first.front();
      return state.latest[i] ? &*state.latest[i] : nullptr;
    };
    while (!state.first.empty() && this->emit_if_complete(state.first.front().hold.context(), at_input)) {
      state.first.pop_front();
    }
  }
  void run_stopped(const Run&, const Context& context) override {
    for (const Waiting& waiting : states_(context).first) {
      this->give_up(waiting.hold.context(), "the other inputs had brought nothing when the run ended");
    }
  }

  std::size_t max_size_;
  RunLocal<State> states_{*this};
};

/// Passes on what comes from any number of senders.
template <class T>
class Union final : public Stage<T, T> {
 public:
  explicit Union(std::string name) : Stage<T, T>(std::move(name), "union") {}

 private:
  void on_element(T&& element, const Context& context) override { this->out_.emit(std::move(element), context); }
};

}  // namespace annulus
