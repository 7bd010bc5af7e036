// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include "tests/probe.hpp"

namespace annulus::testing {

/// A gate that holds a sink until the test opens it.
class Gate {
 public:
  void pass() {
    EXPECT_TRUE(changes_.wait([&] { return passes_ > 0; }));
    changes_.make([&] { --passes_; });
  }
  void open(int passes) {
    changes_.make([&] { passes_ += passes; });
  }

 private:
  Changes changes_;
  int passes_ = 0;
};

}  // namespace annulus::testing
