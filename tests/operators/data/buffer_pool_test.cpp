// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/buffer_pool.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace annulus {
namespace {

TEST(BufferPool, uses_memory_again_that_nobody_holds) {
  BufferPool pool(1);
  auto first = pool.take(1000);
  const auto second = pool.take(1000);
  EXPECT_NE(first, second);
  const std::byte* place = first.get();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(place) % 64, 0U);
  const auto shared = first;
  first.reset();
  EXPECT_NE(pool.take(1000).get(), place) << "somebody still holds it";
}

TEST(BufferPool, gives_back_what_fits) {
  BufferPool pool(1);
  const std::byte* place = pool.take(1000).get();  // let go at once
  EXPECT_EQ(pool.take(990).get(), place);
  auto larger = pool.take(2000);
  larger[1999] = std::byte{1};
  const std::byte* large = larger.get();
  larger.reset();
  EXPECT_EQ(pool.take(2000).get(), large) << "the spare one of the old size has made room";
}

TEST(BufferPool, may_be_gone_before_its_buffers) {
  std::shared_ptr<std::byte[]> buffer;
  {
    BufferPool pool(1);
    buffer = pool.take(10);
  }
  buffer[9] = std::byte{1};
}

}  // namespace
}  // namespace annulus
