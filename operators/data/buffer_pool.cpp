// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/buffer_pool.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace annulus {
namespace {

constexpr std::align_val_t alignment{64};

struct Release {
  void operator()(std::byte* memory) const noexcept { ::operator delete[](memory, alignment); }
};

struct Block {
  std::unique_ptr<std::byte[], Release> memory;
  std::size_t size = 0;
};

}  // namespace

class BufferPool::State final {
 public:
  explicit State(std::size_t most) : most_(most) { spare_.reserve(most); }

  Block take(std::size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      const auto fits = [bytes](const Block& block) { return block.size >= bytes && block.size / 2 <= bytes; };
      const auto found = std::ranges::find_if(spare_, fits);
      if (found != spare_.end()) {
        Block block = std::move(*found);
        spare_.erase(found);
        return block;
      }
      if (!spare_.empty()) spare_.erase(spare_.begin());  // images of another size have gone out of use
    }
    auto* memory = static_cast<std::byte*>(::operator new[](bytes, alignment));
    return {std::unique_ptr<std::byte[], Release>(memory), bytes};
  }

  void give_back(Block block) noexcept {
    const std::lock_guard lock(mutex_);
    if (spare_.size() < most_) spare_.push_back(std::move(block));
  }

 private:
  std::mutex mutex_;
  std::size_t most_;
  std::vector<Block> spare_;  // has room for `most_`, so that giving back cannot fail
};

BufferPool::BufferPool(std::size_t spare) : state_(std::make_shared<State>(spare)) {}
BufferPool::~BufferPool() = default;

std::shared_ptr<std::byte[]> BufferPool::take(std::size_t bytes) {
  Block block = state_->take(bytes);
  auto give_back = [state = state_, size = block.size](std::byte* returned) {
    state->give_back({std::unique_ptr<std::byte[], Release>(returned), size});
  };
  return {block.memory.release(), std::move(give_back)};  // gives back also when it throws
}

}  // namespace annulus
