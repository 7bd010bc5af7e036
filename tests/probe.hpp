// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "operators/stream/graph.hpp"

namespace annulus::testing {

/// How long a test waits for another thread before it gives up.
inline constexpr std::chrono::seconds patience{20};

/// A condition that other threads change and a test waits for.
class Changes final {
 public:
  /// Applies f under the lock and wakes who waits.
  template <class F>
  void make(F&& f) {
    {
      const std::lock_guard lock(mutex_);
      f();
    }
    changed_.notify_all();
  }
  /// Waits until holds() under the lock; false when patience ran out. It is asked at every change, and some hundred
  /// times a second besides, so that it may drive a virtual clock.
  template <class F>
  [[nodiscard]] bool wait(F&& holds) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock(mutex_);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      changed_.wait_for(lock, std::chrono::milliseconds(5));
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// A sink that keeps what reaches it: the elements, and in `log` what came in which order: "[uid", the number of an
/// element, "gap 3-5 lost", "]uid success".
template <class T>
class Probe final : public Node {
 public:
  explicit Probe(std::string name = "probe") : Node(std::move(name)) {}

  /// True when the log has become `wanted`, in time.
  [[nodiscard]] bool sees(const std::string& wanted) {
    return changes_.wait([&] { return log_.find(wanted) != std::string::npos; });
  }
  [[nodiscard]] bool has(std::size_t elements) {
    return changes_.wait([&] { return elements_.size() >= elements; });
  }
  /// The log so far.
  [[nodiscard]] std::string snapshot() {
    std::string log;
    changes_.make([&] { log = log_; });
    return log;
  }
  /// For when the graph has stopped, or after waiting.
  [[nodiscard]] const std::string& log() const { return log_; }
  [[nodiscard]] const std::vector<T>& elements() const { return elements_; }

 private:
  void say(const std::string& word) {
    changes_.make([&] { log_ += (log_.empty() ? "" : " ") + word; });
  }
  void run_started(const Run& run, const Context&) override { say("[" + run.uid()); }
  void run_stopped(const Run& run, const Context&) override {
    say("]" + run.uid() + " " + std::string(name_of(run.exit_status())));
  }
  bool wants_gaps() const override { return true; }
  void gap(const Signal& signal, const Context&) override {
    say("gap " + std::to_string(signal.first) + "-" + std::to_string(signal.last) + " " +
        std::string(name_of(signal.state)));
  }
  void on_element(const T& element, const Context& context) {
    changes_.make([&] { elements_.push_back(element); });
    say(std::to_string(context.position));
  }

  Changes changes_;
  std::string log_;
  std::vector<T> elements_;
  In<T> in_{*this, "in", &Probe::on_element};
};

/// Sets parameters by name, as a configuration does.
inline void set(Node& node, std::initializer_list<std::pair<const char*, Value>> values) {
  for (const auto& [name, value] : values) node.find_param(name)->set(value);
}

/// Connects two nodes at their first ports.
inline void chain(Graph& graph, Node& from, Node& to) { graph.connect(*from.outputs().front(), *to.inputs().front()); }

/// What is wrong with the node's parameters: "param: message" in lines.
inline std::string problems_of(const Node& node) {
  Problems problems;
  node.check(problems);
  std::string text;
  for (const auto& problem : problems.list()) text += problem.param + ": " + problem.message + "\n";
  return text;
}

/// All messages of the graph's error stream, in lines "node: message".
inline std::string errors_of(Graph& graph) {
  std::string text;
  for (const ErrorReport& report : graph.errors().recent()) text += report.node + ": " + report.message + "\n";
  return text;
}

/// The text of the exception that f throws.
template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no exception";
}

}  // namespace annulus::testing
