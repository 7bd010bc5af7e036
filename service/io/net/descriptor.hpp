// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace annulus {

/// Owns a file descriptor.
class Descriptor final {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  void close() noexcept;

 private:
  int fd_;
};

/// Wakes a thread that waits in poll(): another thread raises it, and it is readable until lowered. Thread-safe.
class WakeUp final {
 public:
  /// Throws IoError when the process has no descriptors left.
  WakeUp();
  [[nodiscard]] int fd() const noexcept { return event_.get(); }
  void raise() noexcept;
  void lower() noexcept;
  /// Waits until it is raised, or for so many milliseconds (-1: for ever); true when it is raised.
  [[nodiscard]] bool wait(int milliseconds = -1) const noexcept;

 private:
  Descriptor event_;
};

/// The text of an errno.
[[nodiscard]] std::string cause_of(int error);

/// What to do when a server cannot listen, by the cause it gave: "choose another port, ...".
[[nodiscard]] std::string listen_advice(const std::string& cause);

}  // namespace annulus
