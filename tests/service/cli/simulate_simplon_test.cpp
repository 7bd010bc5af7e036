// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/files/npy.hpp"
#include "service/cli/commands.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;

/// One image of 6 x 8 pixels, for nobody.
SimulateSimplonOptions options(const Scratch& folder) {
  write_npy(folder / "image.npy", Array::of<std::uint16_t>({6, 8}, std::vector<std::uint16_t>(48, 1)));
  SimulateSimplonOptions o;
  o.images = {(folder / "image.npy").string()};
  o.bind = "tcp://127.0.0.1:*";
  o.wait_s = 0;
  return o;
}

std::string problem_of(const SimulateSimplonOptions& o) {
  return message_of([&] { simulate_simplon(o); });
}

TEST(SimulateSimplon, needs_images_and_says_so) {
  EXPECT_EQ(problem_of({}), "no images (nothing says what is sent) name files with --images, or --generate them");
}

TEST(SimulateSimplon, names_the_option_that_is_wrong) {
  const Scratch scratch;
  SimulateSimplonOptions o = options(scratch);
  o.strays = 2;
  EXPECT_EQ(problem_of(o), "--strays: nothing is left to come (the series are not aborted) give --abort-after too");
  o = options(scratch);
  o.channels = {"treshold_2"};
  EXPECT_EQ(problem_of(o), "--channels: 'treshold_2' is not known. Did you mean 'threshold_2'?");
  o = options(scratch);
  o.compression = "zip";
  EXPECT_EQ(problem_of(o),
            "--compression: detector/config/compression: 'zip' cannot be its value (allowed: ['bslz4', "
            "'lz4', 'none'])");
  o = options(scratch);
  o.rest = "nowhere:";
  EXPECT_THROW(simulate_simplon(o), ConfigError);
  o = {};
  o.generate = true;
  o.detector = "Eiger2_1N";
  EXPECT_EQ(problem_of(o), "--detector: 'Eiger2_1N' is not known. Did you mean 'Eiger2_1M'?");
  o.detector = "Eiger2";
  EXPECT_EQ(problem_of(o), "--detector: 'Eiger2' has no size (it is a family) name a model, such as Eiger2_1M");
}

TEST(SimulateSimplon, refuses_images_and_tables_that_do_not_fit) {
  const Scratch scratch;
  write_npy(scratch / "small.npy", Array::of<std::uint16_t>({2, 2}, {1, 1, 1, 1}));
  write_npy(scratch / "real.npy", Array::of<double>({6, 8}, std::vector<double>(48, 1.5)));
  SimulateSimplonOptions o = options(scratch);
  o.images.push_back((scratch / "small.npy").string());
  EXPECT_EQ(problem_of(o), "--images: the images differ in shape or type (a detector's do not) name those of one kind");
  o = options(scratch);
  o.images = {(scratch / "real.npy").string()};
  EXPECT_THROW(simulate_simplon(o), DataError);
  o = options(scratch);
  o.mask = (scratch / "small.npy").string();
  EXPECT_EQ(problem_of(o), "--mask: shape 2 x 2, the images have 6 x 8");
  o = options(scratch);
  o.flat = (scratch / "small.npy").string();
  EXPECT_EQ(problem_of(o), "--flat: shape 2 x 2, the images have 6 x 8");
}

TEST(SimulateSimplon, does_not_wait_forever_for_a_receiver) {
  const Scratch scratch;
  EXPECT_NE(problem_of(options(scratch)).find("nobody listens at tcp://127.0.0.1:"), std::string::npos);
}

}  // namespace
}  // namespace annulus
