// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "operators/stream/node.hpp"

// What happens when an output emits and an input takes: the definitions of the port templates.

namespace annulus {

template <class T>
Out<Failed<T>>& In<T>::dead_letters()
  requires guardable
{
  if (!guard().dead_letters) guard().dead_letters = std::make_unique<Out<Failed<T>>>(*node_, "dead_letters");
  return *guard().dead_letters;
}

template <class T>
void In<T>::deliver(const T& element, const Context& context) noexcept {
  const auto lock = node_->enter();
  if (!node_->admits(context)) return;
  if constexpr (guardable) {
    if (guard_) return deliver_guarded(element, context);
  }
  try {
    if (read_ != nullptr) {
      (node_->*read_)(element, context);
    } else if constexpr (std::is_copy_constructible_v<T>) {
      call(T(element), context);
    }
  } catch (...) {
    node_->fail(context, std::current_exception());
  }
}

// Part of emit(), so that a hop is one call less: a deep chain outgrows what processors remember of returns.
template <class T>
[[gnu::always_inline]] inline void In<T>::deliver(T&& element, const Context& context) noexcept {
  if (guard_ != nullptr) return deliver(std::as_const(element), context);
  const auto lock = node_->enter();
  if (!node_->admits(context)) return;
  try {
    read_ != nullptr ? (node_->*read_)(element, context) : call(std::move(element), context);
  } catch (...) {
    node_->fail(context, std::current_exception());
  }
}

template <class T>
void In<T>::deliver_guarded(const T& element, const Context& context) noexcept {
  if constexpr (guardable) {
    for (int tries_left = guard_->retries;; --tries_left) {
      try {
        return read_ != nullptr ? (node_->*read_)(element, context) : call(T(element), context);
      } catch (...) {
        if (tries_left == 0) return refuse(element, context, std::current_exception());
      }
    }
  }
}

template <class T>
void In<T>::refuse(const T& element, const Context& context, const std::exception_ptr& error) noexcept {
  if constexpr (guardable) {
    if (guard_ != nullptr && guard_->dead_letters) {
      node_->set_aside(context, error);
      guard_->dead_letters->emit({element, node_->name(), what_of(error)}, context);
      return;
    }
  }
  node_->fail(context, error);
}

/// Opens the joins below a fork, and lets them settle when the fork is over.
class ForkGuard {
 public:
  ForkGuard(const std::vector<Node*>& joins, const Context& context) : joins_(joins), context_(context) {
    if (!joins_.empty()) [[unlikely]]
      open();
  }
  ~ForkGuard() {
    if (!joins_.empty()) [[unlikely]]
      close();
  }
  ForkGuard(const ForkGuard&) = delete;
  ForkGuard& operator=(const ForkGuard&) = delete;

 private:
  void open() noexcept;
  void close() noexcept;
  const std::vector<Node*>& joins_;
  const Context& context_;
};

template <class T>
void Out<T>::emit(const T& element, const Context& context) {
  node_->emitted_.add();
  const ForkGuard fork(joins_, context);
  for (InPort* in : subscribers_) static_cast<In<T>*>(in)->deliver(element, context);
}

template <class T>
void Out<T>::emit(T&& element, const Context& context) {
  node_->emitted_.add();
  if (subscribers_.empty()) return;
  const ForkGuard fork(joins_, context);
  for (std::size_t i = 0; i + 1 < subscribers_.size(); ++i) {
    static_cast<In<T>*>(subscribers_[i])->deliver(std::as_const(element), context);
  }
  static_cast<In<T>*>(subscribers_.back())->deliver(std::move(element), context);
}

template <class T, class EachTicket>
void Node::emit_joint(Out<T>& out, T element, const Context& at, EachTicket&& each_ticket) {
  Ticket* only = nullptr;
  bool several = false;
  each_ticket([&](Ticket* ticket) {
    several |= only != nullptr && ticket != nullptr && ticket != only;
    if (ticket != nullptr) only = ticket;
  });
  if (!several) return out.emit(std::move(element), {at.run, at.position, only});
  Ticket* joint = joint_tickets().acquire(at.position);
  out.emit(std::move(element), {at.run, at.position, joint});
  const bool kept = joint->is_kept();
  each_ticket([&](Ticket* ticket) {
    if (ticket != nullptr && kept) joint->stand_for(*ticket);
    if (ticket != nullptr && !kept && joint->has_failed()) ticket->mark_failed();
  });
  joint_tickets().finish(joint);
}

}  // namespace annulus
