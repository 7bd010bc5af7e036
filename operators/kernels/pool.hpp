// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace annulus {

/// Makes things when they are needed, and lends them again and again.
template <class T>
class Pool final {
 public:
  explicit Pool(std::function<std::unique_ptr<T>()> make) : make_(std::move(make)) {}

  /// Some of them, given back at the end.
  class Lease final {
   public:
    Lease(Pool& pool, std::size_t count) : pool_(pool) {
      for (std::size_t i = 0; i < count; ++i) lent_.push_back(pool.take());
    }
    ~Lease() {
      const std::lock_guard lock(pool_.mutex_);
      for (auto& one : lent_) pool_.free_.push_back(std::move(one));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    [[nodiscard]] T& operator[](std::size_t k) { return *lent_[k]; }
    [[nodiscard]] const T& operator[](std::size_t k) const { return *lent_[k]; }
    [[nodiscard]] std::size_t size() const { return lent_.size(); }

   private:
    Pool& pool_;
    std::vector<std::unique_ptr<T>> lent_;
  };

 private:
  std::unique_ptr<T> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<T> one = std::move(free_.back());
        free_.pop_back();
        return one;
      }
    }
    return make_();
  }

  std::function<std::unique_ptr<T>()> make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> free_;  // guarded by mutex_
};

}  // namespace annulus
