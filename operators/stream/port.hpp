// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "operators/stream/context.hpp"
#include "operators/stream/type_id.hpp"

namespace annulus {

class Node;
class OutPort;

/// Whether a graph may start while the port has no connection.
enum class Presence { mandatory, optional };

/// The untyped side of an input: what wiring, drawing and checking need.
class InPort {
 public:
  InPort(const InPort&) = delete;
  InPort& operator=(const InPort&) = delete;

  [[nodiscard]] Node& node() const noexcept { return *node_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] TypeId type() const noexcept { return type_; }
  [[nodiscard]] Presence presence() const noexcept { return presence_; }
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

 private:
  friend class Graph;
  std::string name_;
  TypeId type_;
};

/// A typed input: a member of its node, bound to the member function that handles an element.
///     In<Frame> frames_{*this, "in", &DarkSubtract::on_frame};
/// A handler that wants to own the element (queues, move-only types) takes T&&: the last subscriber of an output
/// is handed the element itself, the others a copy.
template <class T>
class In final : public InPort {
 public:
  template <class N>
  In(N& owner, std::string name, void (N::*read)(const T&, const Context&), Presence presence = Presence::mandatory)
      : InPort(owner, std::move(name), type_id<T>(), presence),
        read_(static_cast<void (Node::*)(const T&, const Context&)>(read)) {}
  template <class N>
  In(N& owner, std::string name, void (N::*take)(T&&, const Context&), Presence presence = Presence::mandatory)
      : InPort(owner, std::move(name), type_id<T>(), presence),
        take_(static_cast<void (Node::*)(T&&, const Context&)>(take)) {}

  /// Hands the element to the node: counts it, takes the node's lock where threads meet, and turns an exception
  /// into a report. Never throws.
  void deliver(const T& element, const Context& context) noexcept;
  void deliver(T&& element, const Context& context) noexcept;

 private:
  void (Node::*read_)(const T&, const Context&) = nullptr;
  void (Node::*take_)(T&&, const Context&) = nullptr;
};

/// A typed output: a member of its node.
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
