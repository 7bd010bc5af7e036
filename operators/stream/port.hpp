// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "operators/stream/context.hpp"
#include "operators/stream/type_id.hpp"

namespace annulus {

class Node;
class OutPort;

/// Whether a graph may start while the port has no connection. A feedback port closes a circle: elements come back
/// through it, run boundaries and gaps do not.
enum class Presence { mandatory, optional, feedback };

/// An element on which a node failed, as its dead-letter port yields it.
template <class T>
struct Failed {
  T element;
  std::string node;
  std::string message;
};

/// The untyped side of an input: what wiring, drawing and checking need.
class InPort {
 public:
  InPort(const InPort&) = delete;
  InPort& operator=(const InPort&) = delete;

  [[nodiscard]] Node& node() const noexcept { return *node_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] TypeId type() const noexcept { return type_; }
  [[nodiscard]] Presence presence() const noexcept { return presence_; }
  [[nodiscard]] bool closes_circle() const noexcept { return presence_ == Presence::feedback; }
  /// The number of this port among the inputs of its node.
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] const std::vector<OutPort*>& upstreams() const noexcept { return upstreams_; }

  /// Run boundaries and gaps; never throws.
  void deliver_signal(const Signal& signal, const Context& context) noexcept;

 protected:
  InPort(Node& owner, std::string name, TypeId type, Presence presence);
  ~InPort() = default;

  Node* node_;

 private:
  friend class Graph;
  std::string name_;
  TypeId type_;
  Presence presence_;
  std::size_t index_;
  std::vector<OutPort*> upstreams_;
};

/// The untyped side of an output.
class OutPort {
 public:
  OutPort(const OutPort&) = delete;
  OutPort& operator=(const OutPort&) = delete;

  [[nodiscard]] Node& node() const noexcept { return *node_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] TypeId type() const noexcept { return type_; }
  /// In the order of connection, which is the order of delivery.
  [[nodiscard]] const std::vector<InPort*>& subscribers() const noexcept { return subscribers_; }

  void send_signal(const Signal& signal, const Context& context) noexcept {
    for (InPort* in : subscribers_) in->deliver_signal(signal, context);
  }

 protected:
  OutPort(Node& owner, std::string name, TypeId type);
  ~OutPort() = default;

  Node* node_;
  std::vector<InPort*> subscribers_;
  std::vector<Node*> joins_;  ///< where branches from here meet again in this thread

 private:
  friend class Graph;
  std::string name_;
  TypeId type_;
};

namespace detail {
template <class T>
inline constexpr bool is_failed = false;
template <class T>
inline constexpr bool is_failed<Failed<T>> = true;
}  // namespace detail

template <class T>
class Out;

/// A typed input: a member of its node, bound to the member function that handles an element.
///     In<Frame> frames_{*this, "in", &DarkSubtract::on_frame};
/// A handler that wants to own the element (queues, move-only types) takes T&&: the last subscriber of an output
/// is handed the element itself, the others a copy. A third argument receives the number of the input.
template <class T>
class In final : public InPort {
 public:
  static constexpr bool guardable = std::is_copy_constructible_v<T> && !detail::is_failed<T>;

  template <class N>
  In(N& owner, std::string name, void (N::*read)(const T&, const Context&), Presence presence = Presence::mandatory)
      : InPort(owner, std::move(name), type_id<T>(), presence),
        read_(static_cast<void (Node::*)(const T&, const Context&)>(read)) {}
  template <class N>
  In(N& owner, std::string name, void (N::*take)(T&&, const Context&), Presence presence = Presence::mandatory)
      : InPort(owner, std::move(name), type_id<T>(), presence),
        take_(static_cast<void (Node::*)(T&&, const Context&)>(take)) {}
  template <class N>
  In(N& owner, std::string name, void (N::*take)(T&&, const Context&, std::size_t),
     Presence presence = Presence::mandatory)
      : InPort(owner, std::move(name), type_id<T>(), presence),
        take_from_(static_cast<void (Node::*)(T&&, const Context&, std::size_t)>(take)) {}

  /// Hands the element to the node: counts it, takes the node's lock where threads meet, and turns an exception
  /// into a report. Never throws.
  void deliver(const T& element, const Context& context) noexcept;
  void deliver(T&& element, const Context& context) noexcept;

  /// Calls the handler up to `times` more when it throws. For handlers that throw before they emit.
  void set_retries(int times)
    requires guardable
  {
    guard().retries = times;
  }
  /// Where elements go on which the handler fails; who listens there is responsible for them. Before the start.
  [[nodiscard]] Out<Failed<T>>& dead_letters()
    requires guardable;

  // For nodes that do their work after the handler has returned.
  [[nodiscard]] int retries() const noexcept { return guard_ ? guard_->retries : 0; }
  /// What becomes of an element on which all tries have failed.
  void refuse(const T& element, const Context& context, const std::exception_ptr& error) noexcept;

 private:
  struct Guard {
    int retries = 0;
    std::unique_ptr<Out<Failed<T>>> dead_letters;
  };
  Guard& guard() {
    if (!guard_) guard_ = std::make_unique<Guard>();
    return *guard_;
  }
  void call(T&& element, const Context& context) {
    if (take_ != nullptr) {
      (node_->*take_)(std::move(element), context);
    } else {
      (node_->*take_from_)(std::move(element), context, index());
    }
  }
  void deliver_guarded(const T& element, const Context& context) noexcept;

  void (Node::*read_)(const T&, const Context&) = nullptr;
  void (Node::*take_)(T&&, const Context&) = nullptr;
  void (Node::*take_from_)(T&&, const Context&, std::size_t) = nullptr;
  std::unique_ptr<Guard> guard_;
};

/// A typed output: a member of its node.
///     Out<Frame> out_{*this, "out"};
template <class T>
class Out final : public OutPort {
 public:
  Out(Node& owner, std::string name) : OutPort(owner, std::move(name), type_id<T>()) {}

  /// Delivers to every subscriber, depth first, in this thread.
  void emit(const T& element, const Context& context);
  void emit(T&& element, const Context& context);
};

}  // namespace annulus

// The templates above need the node; its header ends with their definitions.
#include "operators/stream/node.hpp"
