// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <utility>

namespace annulus::hdf5 {

/// An identifier given out by the HDF5 library (hid_t); negative means none.
using Id = std::int64_t;

/// Owns one reference to an HDF5 object of any kind.
class Handle final {
 public:
  Handle() = default;
  explicit Handle(Id id) noexcept : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle();

  [[nodiscard]] Id get() const noexcept { return id_; }
  [[nodiscard]] bool valid() const noexcept { return id_ >= 0; }
  /// Gives the identifier away: the caller closes it.
  [[nodiscard]] Id release() noexcept { return std::exchange(id_, -1); }

 private:
  Id id_ = -1;
};

}  // namespace annulus::hdf5
