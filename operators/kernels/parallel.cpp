// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/parallel.hpp"

#include <exception>

namespace annulus {

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& f) {
  std::exception_ptr error;
  std::mutex mutex;
  const auto guarded = [&](std::size_t k) noexcept {
    try {
      f(k);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t k = 1; k < count; ++k) threads.emplace_back(guarded, k);
  if (count > 0) guarded(0);
  for (std::thread& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

Team::Team(std::size_t members) {
  for (std::size_t k = 1; k < members; ++k) threads_.emplace_back([this, k] { work(k); });
}

Team::~Team() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  begun_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::run(const std::function<void(std::size_t)>& f) {
  std::unique_lock use(in_use_, std::try_to_lock);
  if (!use) {
    for (std::size_t k = 0; k < members(); ++k) f(k);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    task_ = &f;
    left_ = threads_.size();
    ++round_;
  }
  begun_.notify_all();
  f(0);
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [this] { return left_ == 0; });
}

void Team::work(std::size_t member) {
  std::unique_lock lock(mutex_);
  for (std::size_t seen = 0;;) {
    begun_.wait(lock, [&] { return round_ != seen || closed_; });
    if (closed_) return;
    seen = round_;
    const auto* task = task_;
    lock.unlock();
    (*task)(member);
    lock.lock();
    if (--left_ == 0) finished_.notify_one();
  }
}

}  // namespace annulus
