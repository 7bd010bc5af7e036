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

/// Base of the rules. Each says in arrive(input, element, context) what it does with an element, and in take(value)
/// whether a row takes the values away or copies them.
template <class V>
class Join : public Node {
 public:
  Join(std::string name, std::string type) : Node(std::move(name)) { set_type(std::move(type)); }

 protected:
  /// A place for an element that waits for its partners; without a value it is empty.
  using Waiting = Kept<std::optional<V>>;
  /// A place for every input.
  using Places = std::vector<Waiting>;
  /// One element of every input, in their order.
  using Row = std::vector<Waiting*>;

  /// Emits one row.
  virtual void emit_row(const Row& row, const Context& at) = 0;
  template <class T>
  void emit_made_of(const Row& row, Out<T>& out, T element, const Context& at) {
    emit_joint(out, std::move(element), at, [&](auto&& take) {
      for (const Waiting* waiting : row) take(waiting->hold.ticket());
    });
  }

  [[nodiscard]] bool is_connected(std::size_t input) const { return !inputs()[input]->upstreams().empty(); }
  [[nodiscard]] bool counts(std::size_t input) const { return needs_all_ || is_connected(input); }
  template <class F>
  void for_each_input(F&& f) const {
    for (std::size_t i = 0; i < inputs().size(); ++i) {
      if (counts(i)) f(i);
    }
  }
  /// Emits what is in the places `at_input(i)`, if none is empty.
  template <class F>
  bool emit_if_complete(const Context& at, F&& at_input) {
    row_.clear();
    bool complete = true;
    for_each_input([&](std::size_t i) { complete = row_.emplace_back(&at_input(i))->value.has_value() && complete; });
    complete = complete && !row_.empty();
    if (complete) emit_row(row_, at);
    return complete;
  }
  /// An input may have come since the last element.
  template <class Each>
  void make_places(std::vector<Each>& places) const {
    if (places.size() < inputs().size()) places.resize(inputs().size());
  }
  static void replace(Waiting& place, V&& element, const Context& context) {
    if (place.value) {
      place.change_to(std::move(element), context);
    } else {
      place = Waiting(std::move(element), context);
    }
  }
  /// What an input had brought leaves with its edge.
  void forget_if_gone(Places& latest, const InPort& in) const {
    if (!is_connected(in.index()) && in.index() < latest.size()) latest[in.index()] = {};
  }
  /// An element for which no partner came: counted, reported, not acknowledged as good.
  void give_up(const Context& context, const std::string& why) {
    count_dropped();
    if (context.ticket != nullptr) context.ticket->mark_failed();
    report(context, why);
    send_gap(FrameState::dropped, context, why);
  }

  bool needs_all_ = false;  ///< an input whose edge was taken away holds the others up, as in a tuple

 private:
  Row row_;  ///< kept between calls, so that a row costs no memory
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
    this->needs_all_ = true;
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
    this->arrive(I, V(std::in_place_index<I>, std::move(element)), context);
  }
  using typename Join<V>::Row;
  void emit_row(const Row& row, const Context& at) override { emit_tuple(row, at, Indices()); }
  template <std::size_t... I>
  void emit_tuple(const Row& row, const Context& at, std::index_sequence<I...>) {
    this->emit_made_of(row, out_, std::tuple<Ts...>(std::get<I>(Rule<V>::take(*row[I]->value))...), at);
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
    this->arrive(input, std::move(element), context);
  }
  void emit_row(const typename Join<T>::Row& row, const Context& at) override {
    std::vector<T> values;
    values.reserve(row.size());
    for (auto* waiting : row) values.push_back(Rule<T>::take(*waiting->value));
    this->emit_made_of(row, out_, std::move(values), at);
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
  static V&& take(V& value) { return std::move(value); }

  void arrive(std::size_t input, V&& element, const Context& context) {
    Queues* all = &queues(context);
    if ((*all)[input].size() >= max_size_) {
      wait_for_room(input, context);
      all = &queues(context);
    }
    (*all)[input].emplace_back(std::move(element), context);
    emit_rows(*all, context);
  }

 private:
  /// An element, or any number of empty places.
  struct Place : Waiting {
    using Waiting::Waiting;
    std::uint64_t times = 1;
  };
  using Queue = std::deque<Place>;
  using Queues = std::vector<Queue>;

  Queues& queues(const Context& context) {
    Queues& all = queues_(context);
    this->make_places(all);
    return all;
  }

  /// Lets the partners of `n` elements that will not come go without them. It never waits, and takes one place.
  void leave_empty(std::size_t input, std::uint64_t n, const Context& context) {
    Queue& queue = queues(context)[input];
    if (!queue.empty() && !queue.back().value) {
      queue.back().times += n;
    } else {
      queue.emplace_back().times = n;
    }
  }
  [[noreturn]] void refuse(std::size_t input, const Context& context) {
    leave_empty(input, 1, context);
    refuse_to_wait(*this->inputs()[input], max_size_);
  }

  void wait_for_room(std::size_t input, const Context& context) {
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

  /// How many rows are as the first one; 0 while an input has nothing.
  [[nodiscard]] std::uint64_t rows_like_first(const Queues& all) const {
    constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t rows = none;
    this->for_each_input([&](std::size_t i) { rows = all[i].empty() ? 0 : std::min(rows, all[i].front().times); });
    return rows == none ? 0 : rows;
  }
  void emit_rows(Queues& all, const Context& context) {
    while (const std::uint64_t rows = rows_like_first(all)) {
      const bool whole = this->emit_if_complete(context, [&](std::size_t i) -> Waiting& { return all[i].front(); });
      if (!whole) this->send_gap(FrameState::failed, context, "an element of the row failed before");
      this->for_each_input([&](std::size_t i) {
        if ((all[i].front().times -= rows) == 0) all[i].pop_front();
      });
      this->wake();
    }
  }

  [[nodiscard]] bool wants_gaps() const override { return true; }
  void handle_signal(const Signal& signal, const Context& context, const InPort& from) override {
    if (signal.kind != Signal::Kind::gap) return Node::handle_signal(signal, context, from);
    if (signal.state == FrameState::filtered) return;
    leave_empty(from.index(), signal.last - signal.first + 1, context);
    emit_rows(queues(context), context);
  }

  void input_ended(const InPort& in, const Context& context) override {
    ended_(context).resize(this->inputs().size());
    ended_(context)[in.index()] = this->counts(in.index());
    emit_rows(queues(context), context);  // an input whose edge has gone holds up nobody
    this->wake();
  }
  void run_stopped(const Run&, const Context& context) override {
    emit_rows(queues(context), context);
    for (Queue& queue : queues(context)) {
      for (const Place& place : queue) {
        if (place.value) this->give_up(place.hold.context(), "no partner had come when the run ended");
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
  using typename Join<V>::Places;
  using typename Join<V>::Waiting;
  static const V& take(const V& value) { return value; }

  void arrive(std::size_t input, V&& element, const Context& context) {
    State& state = states_(context);
    this->make_places(state.latest);
    this->replace(state.latest[input], std::move(element), context);
    if (!emit_on_.empty() && std::find(emit_on_.begin(), emit_on_.end(), input) == emit_on_.end()) return;
    if (this->in_fork()) {
      state.changed = input;
    } else {
      emit(state, context);
    }
  }

 private:
  struct State {
    Places latest;
    std::optional<std::size_t> changed;  ///< the input that asks for an emission when the fork is over
  };

  void input_ended(const InPort& in, const Context& context) override {
    this->forget_if_gone(states_(context).latest, in);
  }
  void settle() override {
    states_.for_each([this](State& state) {
      const auto changed = std::exchange(state.changed, std::nullopt);
      if (changed) emit(state, state.latest[*changed].hold.context());
    });
  }
  void emit(State& state, const Context& at) {
    this->emit_if_complete(at, [&](std::size_t i) -> Waiting& { return state.latest[i]; });
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
  using typename Join<V>::Places;
  using typename Join<V>::Waiting;
  static const V& take(const V& value) { return value; }

  void arrive(std::size_t input, V&& element, const Context& context) {
    State& state = states_(context);
    if (input > 0) {
      this->make_places(state.latest);
      this->replace(state.latest[input], std::move(element), context);
    } else if (state.first.size() < max_size_) {
      state.first.emplace_back(std::move(element), context);
    } else {
      refuse_to_wait(*this->inputs()[0], max_size_);
    }
    if (!this->in_fork()) emit(state);
  }

 private:
  struct State {
    std::deque<Waiting> first;
    Places latest;
  };

  void input_ended(const InPort& in, const Context& context) override {
    this->forget_if_gone(states_(context).latest, in);
  }
  void settle() override {
    states_.for_each([this](State& state) { emit(state); });
  }
  void emit(State& state) {
    this->make_places(state.latest);
    const auto at_input = [&](std::size_t i) -> Waiting& { return i == 0 ? state.first.front() : state.latest[i]; };
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
