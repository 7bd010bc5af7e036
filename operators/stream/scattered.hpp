// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <tuple>
#include <utility>

#include "operators/stream/stream.hpp"

namespace annulus {

/// A stream whose maps are done by several threads, each element by one of them, in order.
template <class T>
class Scattered {
 public:
  Scattered(Stream<T> stream, int workers) : stream_(stream), workers_(workers) {}
  template <class F>
  auto map(F f) const {
    return again(stream_.parallel_map(std::move(f), workers_));
  }
  template <class F>
  auto starmap(F f) const {
    return map([f = std::move(f)](const T& items) mutable { return std::apply(f, items); });
  }
  /// In order, and so in one thread at a time.
  template <class... Args>
  auto accumulate(Args&&... args) const {
    return again(stream_.accumulate(std::forward<Args>(args)...));
  }
  template <class U>
  auto zip(const Scattered<U>& other) const {
    return again(stream_.zip(other.gather()));
  }
  Scattered<T> buffer(int capacity) const { return again(stream_.buffer(capacity)); }
  [[nodiscard]] Stream<T> gather() const { return stream_; }

 private:
  template <class U>
  Scattered<U> again(Stream<U> stream) const {
    return {stream, workers_};
  }
  Stream<T> stream_;
  int workers_;
};

}  // namespace annulus
