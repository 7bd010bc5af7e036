// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/parallel.hpp"

#include <exception>

namespace annulus {
namespace {

/// Looks a short while, of a few times what waking a thread takes, but lets others have the processor meanwhile.
template <class F>
bool comes_soon(const F& f) {
  for (int look = 0; look < 200; ++look) {
    if (f()) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace

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
  const auto done = [this] { return left_ == 0; };
  if (comes_soon(done)) return;
  std::unique_lock lock(mutex_);
  finished_.wait(lock, done);
}

void Team::work(std::size_t member) {
  for (std::size_t seen = 0;;) {
    const auto called = [&] { return round_ != seen || closed_; };
    if (!comes_soon(called)) {
      std::unique_lock lock(mutex_);
      begun_.wait(lock, called);
    }
    if (closed_) return;
    seen = round_;
    (*task_)(member);
    if (--left_ == 0) {
      const std::lock_guard lock(mutex_);  // else the caller might look before and sleep after
      finished_.notify_one();
    }
  }
}

}  // namespace annulus
