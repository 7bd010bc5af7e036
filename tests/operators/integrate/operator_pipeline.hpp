// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <initializer_list>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/bench.hpp"
#include "tests/frame_pipeline.hpp"

namespace annulus::testing {

/// An operator that integrates frames of a geometry.
template <class Operator, class Result>
struct OperatorPipeline : FramePipeline<Operator, Result> {
  Operator& integrate = this->node;

  explicit OperatorPipeline(std::initializer_list<std::pair<const char*, Value>> parameters,
                            const Poni& poni = small_poni())
      : FramePipeline<Operator, Result>("integrate") {
    set(integrate, {{"poni", write_poni(this->scratch / "small.poni", poni)}});
    set(integrate, parameters);
  }
  std::vector<Result> results_of(const std::vector<Frame>& frames) {
    this->send(frames);
    return this->probe.elements();
  }
};

/// Equal, or both NaN.
inline void expect_numbers(const Numbers& found, const Numbers& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (std::isnan(wanted[i])) {
      EXPECT_TRUE(std::isnan(found[i])) << i;
    } else {
      EXPECT_EQ(found[i], wanted[i]) << i;
    }
  }
}

}  // namespace annulus::testing
