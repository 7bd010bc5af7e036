// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/param.hpp"

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "operators/stream/buffer.hpp"

namespace annulus {
namespace {

class Box final : public Node {
 public:
  using Node::Node;
  Param<int> bins{*this, "bins", 10, "bins", at_least(1)};
  Param<double> factor{*this, "factor", 0.5, "factor", between(-1.0, 1.0)};
  Param<bool> on{*this, "on", false, "switch"};
  Param<Overflow> overflow{*this, "overflow", Overflow::block, "policy"};
  Param<std::filesystem::path> file{*this, "file", required, "a file"};
  Param<std::optional<std::filesystem::path>> mask{*this, "mask", std::nullopt, "a file"};
  Param<std::optional<std::array<double, 2>>> range{*this, "range", std::nullopt, "limits"};
};

std::string refusal(ParamBase& param, const Value& value) {
  try {
    param.set(value);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Param, takes_values_of_its_type) {
  Box box("box");
  box.bins.set(20);
  box.factor.set(1);
  box.overflow.set("drop_oldest");
  box.range.set(List{0, 2.5});
  box.mask.set("mask.npy");
  EXPECT_EQ(*box.bins, 20);
  EXPECT_EQ(*box.factor, 1.0);
  EXPECT_EQ(*box.overflow, Overflow::drop_oldest);
  EXPECT_EQ((**box.range)[1], 2.5);
  EXPECT_EQ(**box.mask, "mask.npy");
  EXPECT_TRUE(box.bins.is_set());
  EXPECT_FALSE(box.on.is_set());
  box.mask.set(nullptr);
  EXPECT_FALSE(box.mask->has_value());
}

TEST(Param, refuses_with_problem_reason_and_suggestion) {
  Box box("box");
  EXPECT_EQ(refusal(box.bins, 0), "0 is out of range (must be at least 1)");
  EXPECT_EQ(refusal(box.bins, 2.5), "2.5 is not an integer");
  EXPECT_EQ(refusal(box.factor, 2), "2 is out of range (must be between -1 and 1)");
  EXPECT_EQ(refusal(box.factor, "x"), "'x' is not a number");
  EXPECT_EQ(refusal(box.on, "yes"), "'yes' is not true or false");
  EXPECT_EQ(refusal(box.overflow, "drop_oldes"), "'drop_oldes' is not known here. Did you mean 'drop_oldest'?");
  EXPECT_EQ(refusal(box.range, List{1}), "[1] is not a pair [low, high]");
  EXPECT_EQ(refusal(box.file, ""), "the path is empty");
  EXPECT_EQ(*box.bins, 10);
}

TEST(Param, tells_about_itself) {
  Box box("box");
  EXPECT_EQ(box.params().size(), 7U);
  EXPECT_EQ(box.find_param("factor")->default_text(), "0.5");
  EXPECT_EQ(box.find_param("factor")->constraint(), "between -1 and 1");
  EXPECT_EQ(box.find_param("overflow")->type_name(), "block | drop_oldest | drop_newest | latest");
  EXPECT_TRUE(box.find_param("mask")->is_path());
  EXPECT_TRUE(box.find_param("file")->required());
  EXPECT_EQ(box.find_param("nothing"), nullptr);
}

}  // namespace
}  // namespace annulus
