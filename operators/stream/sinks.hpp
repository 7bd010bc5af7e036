// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A sink beside Stream::sink, which calls a function: into a list. operators/files has one into a text file.

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "operators/stream/stream.hpp"

namespace annulus {

/// What sink_to_list() has collected. A handle: copies show the same list, which may outlive the graph. Thread-safe.
template <class T>
class Collected {
 public:
  /// All elements so far, oldest first.
  [[nodiscard]] std::vector<T> values() const {
    const std::lock_guard lock(list_->mutex);
    return list_->elements;
  }
  /// The same, and forgets them.
  [[nodiscard]] std::vector<T> take() {
    const std::lock_guard lock(list_->mutex);
    return std::exchange(list_->elements, {});
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(list_->mutex);
    return list_->elements.size();
  }
  void add(T element) {
    const std::lock_guard lock(list_->mutex);
    list_->elements.push_back(std::move(element));
  }

 private:
  struct List {
    mutable std::mutex mutex;
    std::vector<T> elements;
  };
  std::shared_ptr<List> list_ = std::make_shared<List>();
};

/// Ends the branch in a list.
template <class T>
Collected<T> sink_to_list(const Stream<T>& stream, const std::string& name = "list") {
  Collected<T> list;
  stream.sink([list](T element) mutable { list.add(std::move(element)); }, name);
  return list;
}

}  // namespace annulus
