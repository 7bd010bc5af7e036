// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "operators/stream/stage.hpp"

// Operators that remember: one element in, at most one out. What they remember belongs to the run.

namespace annulus {

/// What arrives at the `reset` input of operators that can forget.
struct Reset {};

/// Base of operators that forget, for the run of the signal, when something arrives at their input `reset`.
template <class A, class B>
class ResettableStage : public Stage<A, B> {
 public:
  using Stage<A, B>::Stage;
  [[nodiscard]] In<Reset>& reset() noexcept { return reset_; }

 protected:
  virtual void forget(const Context& context) = 0;

 private:
  void on_reset(const Reset&, const Context& context) { forget(context); }
  In<Reset> reset_{*this, "reset", &ResettableStage::on_reset, Presence::optional};
};

/// What accumulate() emits.
struct EmitsState {};                          ///< the new state
struct EmitsResult {};                         ///< the function returns {state, result}: the result
struct EmitsBoth {};                           ///< {state, result}
inline constexpr EmitsResult returns_state{};  ///< accumulate(f, start, returns_state)
inline constexpr EmitsBoth with_state{};       ///< accumulate(f, start, with_state)

namespace detail {

template <class R>
struct Maybe {
  using Type = R;
  static constexpr bool is_optional = false;
};
template <class R>
struct Maybe<std::optional<R>> {
  using Type = R;
  static constexpr bool is_optional = true;
};
/// What a function that returns R says beside the new state S: the result of {state, result}, or the state again.
template <class S, class R>
struct Outcome {
  using Result = S;
};
template <class S, class R>
struct Outcome<S, std::pair<S, R>> {
  using Result = typename Maybe<R>::Type;
};
template <class T, class S, class F>
using ResultOf = typename Outcome<S, std::invoke_result_t<F&, const S&, const T&>>::Result;
template <class S, class R, class Emits>
using Emitted = std::conditional_t<std::is_same_v<Emits, EmitsState>, S,
                                   std::conditional_t<std::is_same_v<Emits, EmitsResult>, R, std::pair<S, R>>>;

}  // namespace detail

/// state = f(state, element). `f` returns the new state, or {new state, result}; where either is a std::optional, an
/// empty one emits nothing (an empty state also changes nothing). Without a start, the first element becomes the state
/// and is emitted as it is. When `f` throws, the state stays.
template <class T, class S, class F, class Emits>
class Accumulate final : public ResettableStage<T, detail::Emitted<S, detail::ResultOf<T, S, F>, Emits>> {
  using Returned = std::invoke_result_t<F&, const S&, const T&>;
  static constexpr bool returns_pair = !std::is_convertible_v<Returned, S> && !detail::Maybe<Returned>::is_optional;
  static_assert(
      !std::is_floating_point_v<Returned> || !std::is_integral_v<S>,
      "accumulate would cut its state to an integer: give a start of the type that the function returns (0.0)");

 public:
  Accumulate(std::string name, F f) : Accumulate::ResettableStage(std::move(name), "accumulate"), f_(std::move(f)) {}
  Accumulate(std::string name, F f, S start) : Accumulate(std::move(name), std::move(f)) { start_ = std::move(start); }

 private:
  struct State {
    std::optional<S> value;
    bool begun = false;
  };

  void on_element(T&& element, const Context& context) override {
    State& state = states_(context);
    if (!std::exchange(state.begun, true)) state.value = start_;
    if (!state.value) return begin(state, std::move(element), context);
    Returned returned = f_(std::as_const(*state.value), std::as_const(element));
    if constexpr (returns_pair) {
      state.value = std::move(returned.first);
      emit(*state.value, std::move(returned.second), context);
    } else if constexpr (detail::Maybe<Returned>::is_optional) {
      if (!returned) return this->leave_out(context);
      state.value = std::move(*returned);
      emit(*state.value, *state.value, context);
    } else {
      state.value = std::move(returned);
      emit(*state.value, *state.value, context);
    }
  }

  void begin(State& state, T&& element, const Context& context) {
    if constexpr (std::is_convertible_v<T, S> && std::is_convertible_v<T, detail::ResultOf<T, S, F>>) {
      state.value = element;
      emit(*state.value, std::move(element), context);
    }
  }

  template <class R>
  void emit(const S& state, R&& result, const Context& context) {
    if constexpr (std::is_same_v<Emits, EmitsState>) {
      this->out_.emit(state, context);
    } else if constexpr (detail::Maybe<std::decay_t<R>>::is_optional) {
      if (result) return emit(state, *std::forward<R>(result), context);
      this->leave_out(context);
    } else if constexpr (std::is_same_v<Emits, EmitsResult>) {
      this->out_.emit(std::forward<R>(result), context);
    } else {
      this->out_.emit({state, std::forward<R>(result)}, context);
    }
  }

  void forget(const Context& context) override { states_(context) = {}; }

  F f_;
  std::optional<S> start_;
  RunLocal<State> states_{*this};
};

/// Elements number start, start + step, ... before stop of each run, like a slice of a Python list.
template <class T>
class Slice final : public Stage<T, T> {
 public:
  explicit Slice(std::string name) : Stage<T, T>(std::move(name), "slice") {}
  Slice(std::string name, int start, std::optional<int> stop, int step) : Slice(std::move(name)) {
    start_.set(Value(start));
    if (stop) stop_.set(Value(*stop));
    step_.set(Value(step));
  }

 private:
  void on_element(T&& element, const Context& context) override {
    const std::int64_t number = counts_(context)++;
    if (number >= *start_ && (!*stop_ || number < **stop_) && (number - *start_) % *step_ == 0) {
      this->out_.emit(std::move(element), context);
    } else {
      this->leave_out(context);
    }
  }

  Param<int> start_{*this, "start", 0, "number of the first element, from 0", at_least(0)};
  Param<std::optional<int>> stop_{*this,
                                  "stop",
                                  std::nullopt,
                                  "number of the element before which it ends",
                                  {[](const std::optional<int>& v) { return !v || *v >= 0; }, "at least 0"}};
  Param<int> step_{*this, "step", 1, "how far it is from one element to the next", at_least(1)};
  RunLocal<std::int64_t> counts_{*this};
};

/// Passes an element on when its key is not among the `max_size` keys that were seen last.
template <class T, class KeyOf>
class Unique final : public ResettableStage<T, T> {
 public:
  using Key = std::decay_t<std::invoke_result_t<KeyOf&, const T&>>;

  Unique(std::string name, KeyOf key_of, std::size_t max_size)
      : ResettableStage<T, T>(std::move(name), "unique"), key_of_(std::move(key_of)), max_size_(max_size) {}

 private:
  static constexpr bool hashable = requires(const Key& key) { std::hash<Key>{}(key); };
  struct Seen {
    std::list<Key> keys;  ///< the newest first
    std::conditional_t<hashable, std::unordered_map<Key, typename std::list<Key>::iterator>, Reset> where;

    [[nodiscard]] auto find(const Key& key) {
      if constexpr (hashable) {
        const auto it = where.find(key);
        return it == where.end() ? keys.end() : it->second;
      } else {
        return std::find(keys.begin(), keys.end(), key);
      }
    }
    void add(Key key) {
      keys.push_front(std::move(key));
      if constexpr (hashable) where.emplace(keys.front(), keys.begin());
    }
    /// Takes the place of the oldest: no memory comes or goes.
    void replace_oldest(Key key) {
      keys.splice(keys.begin(), keys, std::prev(keys.end()));
      if constexpr (hashable) {
        Key copy = key;
        auto entry = where.extract(keys.front());
        entry.key() = std::move(copy);
        where.insert(std::move(entry));
      }
      keys.front() = std::move(key);
    }
  };

  void on_element(T&& element, const Context& context) override {
    Seen& seen = seen_(context);
    Key key = std::invoke(key_of_, std::as_const(element));
    if (const auto it = seen.find(key); it != seen.keys.end()) {
      seen.keys.splice(seen.keys.begin(), seen.keys, it);
      return this->leave_out(context);
    }
    if (seen.keys.size() < max_size_) {
      seen.add(std::move(key));
    } else if (max_size_ > 0) {
      seen.replace_oldest(std::move(key));
    }
    this->out_.emit(std::move(element), context);
  }
  void forget(const Context& context) override { seen_(context) = {}; }

  KeyOf key_of_;
  std::size_t max_size_;
  RunLocal<Seen> seen_{*this};
};

}  // namespace annulus
