// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>

namespace annulus {

/// Memory for images that is used again when nobody holds it any more: the first touch of fresh memory costs a page
/// fault every 4 KiB, which for large images takes as long as filling them. Thread-safe; buffers may outlive the
/// pool, and a copy is the same pool.
class BufferPool final {
 public:
  /// Keeps at most `spare` buffers that nobody uses.
  explicit BufferPool(std::size_t spare);
  ~BufferPool();

  /// At least `bytes` bytes of any content, aligned to 64. Throws std::bad_alloc.
  [[nodiscard]] std::shared_ptr<std::byte[]> take(std::size_t bytes);

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace annulus
