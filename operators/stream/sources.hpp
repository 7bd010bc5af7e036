// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Sources that produce by themselves; those that read files are in operators/files. Each function makes the node in the
// graph and gives its elements as a stream; producer_of() gives the node: to start and stop it by hand, to wait for its
// end.
//
//     Graph graph;
//     const auto numbers = from_iterable(graph, std::views::iota(0, 10));
//     numbers.map([](int x) { return 2 * x; }).sink([](int x) { fmt::print("{}\n", x); });
//     graph.start();
//     producer_of(numbers).wait_until_finished();
//     graph.stop();

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "operators/data/error.hpp"

#include "operators/stream/producer.hpp"
#include "operators/stream/stream.hpp"

namespace annulus {

/// The source whose elements these are. Throws ConfigError when they come from another kind of node.
template <class T>
ProducerNode& producer_of(const Stream<T>& stream) {
  if (auto* producer = dynamic_cast<ProducerNode*>(&stream.out().node())) return *producer;
  throw ConfigError(stream.out().node().name() + ": does not produce by itself (it is of another kind) ask the source");
}

/// Makes a source of class N(name, options, args...) in the graph.
template <class N, class... Args>
auto make_producer(Graph& graph, const char* word, const ProducerOptions& options, Args&&... args) {
  const std::string name = options.name.empty() ? graph.free_name(word) : options.name;
  N& node = graph.make<N>(name, options, std::forward<Args>(args)...);
  return Stream(graph, node.out());
}

// --- iterable ------------------------------------------------------------------------------------------------------

/// Emits the elements of a range, once. An element whose reading throws is reported and leaves a gap; when the
/// iterator cannot advance, the source stops.
template <std::ranges::input_range R>
class IterableSource final : public ProducerNode {
 public:
  using T = std::ranges::range_value_t<R>;

  IterableSource(std::string name, const ProducerOptions& options, R range)
      : ProducerNode(std::move(name), "from_iterable", options), range_(std::move(range)) {}
  [[nodiscard]] Out<T>& out() noexcept { return out_; }

 private:
  bool produce() override {
    if (!wait_for_room()) return true;
    if (!at_) at_.emplace(std::ranges::begin(range_));
    if (*at_ == std::ranges::end(range_)) return false;
    std::optional<T> element;
    try {
      if constexpr (std::is_copy_constructible_v<T>)
        element.emplace(**at_);
      else
        element.emplace(std::ranges::iter_move(*at_));
    } catch (...) {
      skip_failed(std::current_exception());
    }
    ++*at_;
    if (element && !offer(out_, std::move(*element))) give_up();
    return true;
  }

  R range_;
  std::optional<std::ranges::iterator_t<R>> at_;
  Out<T> out_{*this, "out"};
};

/// The elements of a container (which is copied or moved in) or of a view.
template <std::ranges::input_range R>
auto from_iterable(Graph& graph, R&& range, const ProducerOptions& options = {}) {
  return make_producer<IterableSource<std::decay_t<R>>>(graph, "from_iterable", options, std::forward<R>(range));
}
template <class T>
Stream<T> from_iterable(Graph& graph, std::initializer_list<T> elements, const ProducerOptions& options = {}) {
  return from_iterable(graph, std::vector<T>(elements), options);
}

// --- periodic ------------------------------------------------------------------------------------------------------

/// Emits f() at intervals. A time at which the window is full is left out. What f throws is reported, and leaves a
/// gap.
template <class F>
class PeriodicSource final : public ProducerNode {
 public:
  using T = std::decay_t<std::invoke_result_t<F&>>;

  PeriodicSource(std::string name, const ProducerOptions& options, F f, Clock::Duration interval)
      : ProducerNode(std::move(name), "from_periodic", options, interval), f_(std::move(f)) {}
  [[nodiscard]] Out<T>& out() noexcept { return out_; }

 private:
  bool produce() override {
    if (!has_room()) return true;
    std::optional<T> element;
    try {
      element.emplace(f_());
    } catch (...) {
      skip_failed(std::current_exception());
      return true;
    }
    if (!offer(out_, std::move(*element))) give_up();
    return true;
  }

  F f_;
  Out<T> out_{*this, "out"};
};

/// f() now and then at every interval of the graph's clock, called by the clock's thread.
template <class F>
auto from_periodic(Graph& graph, F f, Clock::Duration interval = std::chrono::milliseconds(100),
                   const ProducerOptions& options = {}) {
  return make_producer<PeriodicSource<F>>(graph, "from_periodic", options, std::move(f), interval);
}

// --- queue ---------------------------------------------------------------------------------------------------------

/// A bounded queue between any threads and a source. Thread-safe.
template <class T>
class StreamQueue {
 public:
  explicit StreamQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Waits while the queue is full; false when it is closed. From inside a graph that empties it use try_push().
  bool push(T element) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return closed_ || elements_.size() < capacity_; });
    return add(std::move(element));
  }
  /// False when it is full or closed.
  bool try_push(T element) {
    const std::lock_guard lock(mutex_);
    return elements_.size() < capacity_ && add(std::move(element));
  }
  /// Nothing more comes; what is in the queue still goes out, then the source is finished.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    room_.notify_all();
    filled_.notify_all();
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return elements_.size();
  }

  /// The oldest element; waits for one until the queue is closed or `stop` is set (then call wake()).
  std::optional<T> pop(const std::atomic<bool>& stop) {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || stop || !elements_.empty(); });
    if (stop || elements_.empty()) return std::nullopt;
    std::optional<T> element(std::move(elements_.front()));
    elements_.pop_front();
    room_.notify_one();
    return element;
  }
  void wake() {
    const std::lock_guard lock(mutex_);
    filled_.notify_all();
  }
  /// Empties it; returns how many elements there were.
  std::size_t clear() {
    const std::lock_guard lock(mutex_);
    room_.notify_all();
    return std::exchange(elements_, {}).size();
  }

 private:
  bool add(T&& element) {
    if (closed_) return false;
    elements_.push_back(std::move(element));
    filled_.notify_one();
    return true;
  }

  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable filled_;
  std::deque<T> elements_;
  std::size_t capacity_;
  bool closed_ = false;
};

/// Emits what is pushed into a queue. The queue is closed when the graph stops; what is left in it then is counted
/// as dropped and reported.
template <class T>
class QueueSource final : public ProducerNode {
 public:
  QueueSource(std::string name, const ProducerOptions& options, std::shared_ptr<StreamQueue<T>> queue)
      : ProducerNode(std::move(name), "from_queue", options), queue_(std::move(queue)) {}
  [[nodiscard]] Out<T>& out() noexcept { return out_; }

 private:
  bool produce() override {
    if (!wait_for_room()) return true;
    std::optional<T> element = queue_->pop(stop_flag());
    if (!element) return stop_asked();
    if (!offer(out_, std::move(*element))) give_up();
    return true;
  }
  void wake() override { queue_->wake(); }
  void stop_producing() override {
    ProducerNode::stop_producing();
    queue_->close();
    const std::size_t left = queue_->clear();
    if (left == 0) return;
    count_dropped(left);
    report({}, std::to_string(left) + " elements were left in the queue (the graph was stopped) close the queue first");
  }

  std::shared_ptr<StreamQueue<T>> queue_;
  Out<T> out_{*this, "out"};
};

/// The elements that any thread pushes into `queue`, until it is closed.
template <class T>
Stream<T> from_queue(Graph& graph, std::shared_ptr<StreamQueue<T>> queue, const ProducerOptions& options = {}) {
  return make_producer<QueueSource<T>>(graph, "from_queue", options, std::move(queue));
}

// --- errors --------------------------------------------------------------------------------------------------------

/// What the graph's operators report, as elements; up to `capacity` wait. Reporting never waits: what finds the queue
/// full is only in Graph::errors(). Reports of the operators that follow are left out, so that an error there cannot
/// cause the next. Before the graph starts.
Stream<ErrorReport> error_reports(Graph& graph, std::size_t capacity = 1000);

}  // namespace annulus
