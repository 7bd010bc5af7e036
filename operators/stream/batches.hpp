// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "operators/stream/stage.hpp"

// Operators that put several elements into a std::vector. What they keep for a run comes out at its end at the latest.
// Elements wait there without holding up their source, and are acknowledged with the vector that they went into.

namespace annulus {

/// What sliding_window() does while it has fewer elements than it is wide.
enum class Partial { emit, leave_out };

/// The last `n` elements at every element; with Partial::emit also the first, shorter windows.
template <class T>
class SlidingWindow final : public Stage<T, std::vector<T>> {
 public:
  using Partial = annulus::Partial;

  SlidingWindow(std::string name, std::size_t n, Partial partial)
      : Stage<T, std::vector<T>>(std::move(name), "sliding_window"),
        n_(std::max<std::size_t>(n, 1)),
        partial_(partial) {}

 private:
  using Window = std::deque<Kept<T>>;

  void on_element(T&& element, const Context& context) override {
    Window& window = windows_(context);
    window.emplace_back(std::move(element), context);
    if (window.size() < n_ && partial_ == Partial::leave_out) return this->leave_out(context);
    std::vector<T> values;
    values.reserve(window.size());
    for (const Kept<T>& kept : window) values.push_back(kept.value);
    this->emit_joint(this->out_, std::move(values), context, [&](auto&& take) {
      for (const Kept<T>& kept : window) take(kept.hold.ticket());
    });
    if (window.size() == n_) window.pop_front();
  }

  std::size_t n_;
  Partial partial_;
  RunLocal<Window> windows_{*this};
};

/// Every `n` elements of one key; fewer when `timeout` has passed since the first of them, or the run ends.
template <class T, class KeyOf>
class Partition final : public Batcher<T> {
 public:
  using Key = std::decay_t<std::invoke_result_t<KeyOf&, const T&>>;

  /// A timeout of 0 is none.
  Partition(std::string name, std::size_t n, Clock::Duration timeout, KeyOf key_of)
      : Batcher<T>(std::move(name), "partition"),
        n_(std::max<std::size_t>(n, 1)),
        timeout_(timeout),
        key_of_(std::move(key_of)) {}
  [[nodiscard]] bool own_thread() const override { return timeout_.count() > 0; }

 private:
  struct Part {
    typename Batcher<T>::Batch batch;
    Clock::Duration due{};
  };
  using Parts = std::map<Key, Part>;

  void on_element(T&& element, const Context& context) override {
    Key key = std::invoke(key_of_, std::as_const(element));
    Parts& parts = parts_(context);
    Part& part = parts[key];
    part.batch.emplace_back(std::move(element), context);
    if (part.batch.size() == n_) {
      auto batch = std::move(part.batch);
      parts.erase(key);
      this->emit_batch(std::move(batch));
    } else if (part.batch.size() == 1 && own_thread()) {
      part.due = this->now() + timeout_;
      wait_for_next();
    }
  }

  void on_time() override {
    parts_.for_each([&](Parts& parts) {
      for (auto it = parts.begin(); it != parts.end();) {
        if (it->second.due > this->now()) {
          ++it;
          continue;
        }
        auto batch = std::move(it->second.batch);
        it = parts.erase(it);
        this->emit_batch(std::move(batch));
      }
    });
    wait_for_next();
  }

  void wait_for_next() {
    Clock::Duration next = Clock::Duration::max();
    parts_.for_each([&](const Parts& parts) {
      for (const auto& [key, part] : parts) next = std::min(next, part.due);
    });
    if (next == Clock::Duration::max()) {
      this->cancel_timer();
    } else {
      this->set_timer(next);
    }
  }

  void run_stopped(const Run&, const Context& context) override {
    Parts parts = std::exchange(parts_(context), {});
    for (auto& [key, part] : parts) this->emit_batch(std::move(part.batch));
  }

  std::size_t n_;
  Clock::Duration timeout_;
  KeyOf key_of_;
  RunLocal<Parts> parts_{*this};
};

/// Which of several elements with the same key stays.
enum class Keep { first, last };

/// Base of batches in which every key is once.
template <class T, class KeyOf>
class UniqueBatcher : public Batcher<T> {
 protected:
  using Key = std::decay_t<std::invoke_result_t<KeyOf&, const T&>>;
  using Batch = typename Batcher<T>::Batch;

  UniqueBatcher(std::string name, std::string type, KeyOf key_of, Keep keep)
      : Batcher<T>(std::move(name), std::move(type)), key_of_(std::move(key_of)), keep_(keep) {}

  /// With Keep::last, an element whose key returns goes to the end.
  void add_unique(Batch& batch, T&& element, const Context& context) {
    const Key key = std::invoke(key_of_, std::as_const(element));
    const auto old = std::find_if(batch.begin(), batch.end(),
                                  [&](const Kept<T>& kept) { return std::invoke(key_of_, kept.value) == key; });
    if (old != batch.end() && keep_ == Keep::first) return this->leave_out(context);
    if (old != batch.end()) batch.erase(old);
    batch.emplace_back(std::move(element), context);
  }

 private:
  KeyOf key_of_;
  Keep keep_;
};

/// `n` elements with different keys.
template <class T, class KeyOf>
class PartitionUnique final : public UniqueBatcher<T, KeyOf> {
 public:
  PartitionUnique(std::string name, std::size_t n, KeyOf key_of, Keep keep)
      : UniqueBatcher<T, KeyOf>(std::move(name), "partition_unique", std::move(key_of), keep), n_(n) {}
  [[nodiscard]] bool own_thread() const override { return false; }

 private:
  using Batch = typename Batcher<T>::Batch;

  void on_element(T&& element, const Context& context) override {
    Batch& batch = batches_(context);
    this->add_unique(batch, std::move(element), context);
    if (batch.size() >= n_) this->emit_batch(std::exchange(batch, {}));
  }
  void on_time() override {}
  void run_stopped(const Run&, const Context& context) override {
    this->emit_batch(std::exchange(batches_(context), {}));
  }

  std::size_t n_;
  RunLocal<Batch> batches_{*this};
};

/// What arrived since the last time, every `interval` from the start of the run on, also when it is nothing; with a key
/// each key once. A window that reaches `max_size` comes early.
template <class T, class KeyOf>
class TimedWindow final : public UniqueBatcher<T, KeyOf> {
 public:
  enum class Keys { all, unique };

  TimedWindow(std::string name, Clock::Duration interval, Keys keys, KeyOf key_of, Keep keep, std::size_t max_size)
      : UniqueBatcher<T, KeyOf>(std::move(name), keys == Keys::all ? "timed_window" : "timed_window_unique",
                                std::move(key_of), keep),
        interval_(std::max(interval, Clock::Duration(1))),
        keys_(keys),
        max_size_(max_size) {}

 private:
  struct Window {
    typename Batcher<T>::Batch batch;
    Clock::Duration due{};
    Hold run;  ///< keeps the run, for windows without elements
  };

  void run_started(const Run&, const Context& context) override {
    Window& window = windows_(context);
    window.run = context.hold_run();
    window.due = this->now();
    wait_for_next();
  }

  void on_element(T&& element, const Context& context) override {
    Window& window = windows_(context);
    if (keys_ == Keys::all) {
      window.batch.emplace_back(std::move(element), context);
    } else {
      this->add_unique(window.batch, std::move(element), context);
    }
    if (window.batch.size() >= max_size_) this->emit_batch(std::exchange(window.batch, {}));
  }

  void on_time() override {
    windows_.for_each([&](Window& window) {
      if (window.due > this->now()) return;
      window.due = std::max(window.due + interval_, this->now());
      emit(window);
    });
    wait_for_next();
  }

  void emit(Window& window) {
    if (window.batch.empty()) {
      this->out_.emit(std::vector<T>{}, window.run.context());
    } else {
      this->emit_batch(std::exchange(window.batch, {}));
    }
  }

  void wait_for_next() {
    Clock::Duration next = Clock::Duration::max();
    windows_.for_each([&](const Window& window) { next = std::min(next, window.due); });
    if (next != Clock::Duration::max()) this->set_timer(next);
  }

  void run_stopped(const Run&, const Context& context) override {
    this->emit_batch(std::exchange(windows_(context).batch, {}));
  }

  Clock::Duration interval_;
  Keys keys_;
  std::size_t max_size_;
  RunLocal<Window> windows_{*this};
};

/// What tells collect() to let go.
struct Flush {};

/// Keeps elements until something arrives at the input `flush`, or the run ends; a flush of nothing emits an empty
/// vector.
template <class T>
class Collect final : public Batcher<T> {
 public:
  Collect(std::string name, std::size_t max_size) : Batcher<T>(std::move(name), "collect"), max_size_(max_size) {}
  [[nodiscard]] bool own_thread() const override { return false; }
  [[nodiscard]] In<Flush>& flush() noexcept { return flush_; }

 private:
  using Batch = typename Batcher<T>::Batch;

  void on_element(T&& element, const Context& context) override {
    Batch& batch = batches_(context);
    batch.emplace_back(std::move(element), context);
    if (batch.size() >= max_size_) this->emit_batch(std::exchange(batch, {}));
  }
  void on_flush(const Flush&, const Context& context) {
    Batch batch = std::exchange(batches_(context), {});
    if (batch.empty()) {
      this->out_.emit(std::vector<T>{}, context);
    } else {
      this->emit_batch(std::move(batch));
    }
  }
  void on_time() override {}
  void run_stopped(const Run&, const Context& context) override {
    this->emit_batch(std::exchange(batches_(context), {}));
  }

  std::size_t max_size_;
  In<Flush> flush_{*this, "flush", &Collect::on_flush, Presence::optional};
  RunLocal<Batch> batches_{*this};
};

}  // namespace annulus
