// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace annulus {

/// Calls f(0), f(1), ... f(count - 1), each in a thread of its own but the first, which is the caller's, and waits for
/// all. Throws the first exception that one of them threw.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& f);

/// Threads that wait for work, so that a share of a frame can be given to them without starting a thread.
class Team final {
 public:
  /// `members`, the caller of run() included; at least 1.
  explicit Team(std::size_t members);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  [[nodiscard]] std::size_t members() const noexcept { return threads_.size() + 1; }

  /// Calls f(k) for 0 <= k < members(), side by side when nobody else uses the team, else one after the other in the
  /// caller's thread. `f` must not throw.
  void run(const std::function<void(std::size_t)>& f);

 private:
  void work(std::size_t member);

  std::mutex in_use_;
  std::mutex mutex_;
  std::condition_variable begun_;
  std::condition_variable finished_;
  const std::function<void(std::size_t)>* task_ = nullptr;
  std::atomic<std::size_t> round_ = 0;  // changed under mutex_, as closed_ is
  std::atomic<std::size_t> left_ = 0;
  std::atomic<bool> closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace annulus
