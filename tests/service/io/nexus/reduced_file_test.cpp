// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/nexus/reduced_file.hpp"

#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "tests/scratch.hpp"

namespace annulus {
namespace {

using testing::Scratch;
namespace fs = std::filesystem;

const auto axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 4, 4));

Pattern make_pattern(std::uint64_t number) {
  const auto value = static_cast<double>(number);
  return {.number = number,
          .time = 100 + value,
          .axis = axis,
          .intensity = {value, value, value, NAN},
          .sigma = {1, 1, 1, NAN},
          .signal = {value, value, value, 0},
          .variance = {1, 1, 1, 0},
          .normalization = {1, 1, 1, 0},
          .count = {2, 2, 2, 0},
          .readings = {},
          .reduction = {}};
}

ReducedFile make_file(const fs::path& directory, FlushPolicy policy = {}, const std::optional<RowLayout>& layout = {}) {
  return ReducedFile(directory, "run.nxs", {.uid = "u", .title = "t", .start_time = 0, .start_json = "{}"}, {},
                     {.version = "1", .date = "", .config = "", .poni = "", .options = {}}, policy, layout);
}

std::vector<double> column(const fs::path& path, const std::string& name) {
  return hdf5::File::open(path).root().dataset(name).read().to_vector<double>();
}

TEST(ReducedFile, keeps_every_sum_that_patterns_carry) {
  const Scratch scratch;
  auto file = make_file(scratch.path());
  Pattern pattern = make_pattern(0);
  pattern.normalization_squared = {1, 2, 3, 0};
  pattern.std = {4, 5, 6, NAN};
  pattern.cross = {7, 8, 9, 0};
  file.append(pattern);
  EXPECT_THROW(file.append(make_pattern(1)), DataError) << "the first pattern had more fields";
  file.close({.exit_status = "success", .reason = "", .time = 1});
  EXPECT_EQ(column(file.path(), "entry/data/sum_normalization2"), (std::vector<double>{1, 2, 3, 0}));
  EXPECT_EQ(column(file.path(), "entry/data/std")[2], 6);
  EXPECT_EQ(column(file.path(), "entry/data/sum_cross"), (std::vector<double>{7, 8, 9, 0}));
}

TEST(ReducedFile, has_a_row_with_its_state_for_every_frame) {
  const Scratch scratch;
  auto file = make_file(scratch.path());
  file.append(make_pattern(0));
  file.mark(1, 2, FrameState::lost, "gap");
  file.append(make_pattern(3));
  file.close({.exit_status = "success", .reason = "", .time = 1});
  EXPECT_EQ(file.acknowledged(), 4U);
  EXPECT_EQ(column(file.path(), "entry/annulus/ledger/frame_number"), (std::vector<double>{0, 1, 2, 3}));
  EXPECT_EQ(column(file.path(), "entry/data/frame_state"), (std::vector<double>{1, 2, 2, 1}));
  const auto intensity = column(file.path(), "entry/data/I");
  EXPECT_EQ(intensity[12], 3);
  for (std::size_t i = 4; i < 12; ++i) EXPECT_TRUE(std::isnan(intensity[i])) << "missing is never zero";
  EXPECT_EQ(column(file.path(), "entry/annulus/frames_by_state"), (std::vector<double>{0, 2, 2, 0, 0, 0, 0}));
  EXPECT_EQ(column(file.path(), "entry/annulus/marks/last_frame"), (std::vector<double>{2}));
}

TEST(ReducedFile, says_from_which_row_on_another_geometry_was_used) {
  const Scratch scratch;
  auto file = make_file(scratch.path(), {.frames = 2});
  const auto made_with = [](std::uint64_t number, const char* poni, const char* mask) {
    Pattern pattern = make_pattern(number);
    pattern.reduction = std::make_shared<const Dict>(Dict{{"poni", poni}, {"parameters", Dict{{"mask", mask}}}});
    return pattern;
  };
  file.append(made_with(0, "first", "none"));
  file.append(made_with(1, "first", "none"));
  file.mark(2, 2, FrameState::lost, "gap");
  file.append(made_with(3, "second", "none"));
  file.append(make_pattern(4));
  file.append(made_with(5, "second", "m.npy"));
  file.close({.exit_status = "success", .reason = "", .time = 1});
  EXPECT_EQ(column(file.path(), "entry/annulus/reductions/first_row"), (std::vector<double>{3, 5}));
}

TEST(ReducedFile, acknowledges_only_what_was_flushed) {
  const Scratch scratch;
  auto file = make_file(scratch.path(), {.frames = 3, .seconds = 2});
  file.append(make_pattern(0));
  file.append(make_pattern(1));
  EXPECT_EQ(file.acknowledged(), 0U);
  file.append(make_pattern(2));
  EXPECT_EQ(file.acknowledged(), 3U) << "as many as the policy lets wait";
  file.append(make_pattern(3));
  file.flush_if_due(10);
  file.flush_if_due(11.9);
  EXPECT_EQ(file.acknowledged(), 3U);
  file.flush_if_due(12);
  EXPECT_EQ(file.acknowledged(), 4U) << "when it has waited long enough";
  EXPECT_EQ(column(file.partial_path(), "entry/data/frame_state").size(), 4U);
}

TEST(ReducedFile, is_a_link_until_it_is_closed) {
  const Scratch scratch;
  auto file = make_file(scratch.path() / "new" / "folder", {}, RowLayout{axis, nullptr, Sigmas::none, {}, {}});
  EXPECT_TRUE(fs::is_symlink(file.path()));
  EXPECT_EQ(fs::canonical(file.path()), fs::canonical(file.partial_path()));
  EXPECT_TRUE(column(file.path(), "entry/data/I").empty()) << "readable before the first frame";
  file.close({.exit_status = "success", .reason = "", .time = 1});
  EXPECT_FALSE(fs::is_symlink(file.path()));
  EXPECT_FALSE(fs::exists(file.partial_path()));
}

TEST(ReducedFile, never_takes_the_place_of_another) {
  const Scratch scratch;
  std::ofstream(scratch / "run.nxs") << "precious";
  std::ofstream(scratch / "run_1.nxs.partial") << "left by a crash";
  auto file = make_file(scratch.path());
  EXPECT_EQ(file.path().filename(), "run_2.nxs");
  file.append(make_pattern(0));
  file.close({.exit_status = "success", .reason = "", .time = 1});
  std::string kept;
  std::getline(std::ifstream(scratch / "run.nxs"), kept);
  EXPECT_EQ(kept, "precious");
}

TEST(ReducedFile, without_any_pattern_still_says_what_became_of_the_frames) {
  const Scratch scratch;
  auto file = make_file(scratch.path());
  file.mark(0, 1, FrameState::failed, "bad mask");
  file.mark(2, 2, FrameState::failed, "bad mask");
  file.close({.exit_status = "fail", .reason = "stopped", .time = 1});
  EXPECT_EQ(column(file.path(), "entry/annulus/ledger/frame_state"), (std::vector<double>{4, 4, 4}));
  const auto opened = hdf5::File::open(file.path());
  EXPECT_FALSE(opened.root().exists("entry/data"));
  EXPECT_EQ(opened.root().dataset("entry/annulus/exit_status").read_text(), "fail");
  EXPECT_EQ(opened.root().dataset("entry/annulus/marks/reason").shape(), Shape{1}) << "one mark for one cause";
}

TEST(ReducedFile, refuses_patterns_of_another_shape_and_goes_on) {
  const Scratch scratch;
  auto file = make_file(scratch.path());
  file.append(make_pattern(0));
  auto other_axis = make_pattern(1);
  other_axis.axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 5, 4));
  EXPECT_THROW(file.append(other_axis), DataError);
  auto short_sums = make_pattern(1);
  short_sums.signal = std::vector<double>(short_sums.signal.begin(), short_sums.signal.end() - 1);
  EXPECT_THROW(file.append(short_sums), DataError);
  EXPECT_THROW(file.mark(5, 4, FrameState::lost, ""), DataError);
  EXPECT_THROW(file.mark(0, 1ULL << 40U, FrameState::lost, ""), DataError);
  EXPECT_THROW(file.mark(~0ULL, ~0ULL, FrameState::lost, ""), DataError);
  file.append(make_pattern(1));
  file.close({.exit_status = "success", .reason = "", .time = 1});
  EXPECT_EQ(file.acknowledged(), 2U);
}

TEST(ReducedFile, has_a_column_for_every_numeric_reading_of_the_first_frame) {
  const Scratch scratch;
  auto file = make_file(scratch.path());
  auto pattern = make_pattern(0);
  pattern.readings = std::make_shared<const Dict>(Dict{{"a/b", 1.5}, {"n", 7}, {"text", "x"}});
  file.append(pattern);
  pattern.readings = std::make_shared<const Dict>(Dict{{"n", 8}, {"new", 1}, {"text", "y"}});
  file.append(pattern);
  file.close({.exit_status = "success", .reason = "", .time = 1});
  EXPECT_EQ(column(file.path(), "entry/readings/n"), (std::vector<double>{7, 8}));
  EXPECT_TRUE(std::isnan(column(file.path(), "entry/readings/a_b")[1]));
  EXPECT_EQ(column(file.path(), "entry/annulus/ignored_readings"), (std::vector<double>{1}));
}

TEST(ReducedFile, says_why_it_cannot_be_made) {
  const Scratch scratch;
  std::ofstream(scratch / "file") << "x";
  try {
    static_cast<void>(make_file(scratch / "file"));
    FAIL() << "a file is no folder";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("Not a directory"), std::string::npos) << error.what();
  }
}

TEST(IsoTime, has_microseconds_and_an_offset) {
  EXPECT_EQ(iso_time(1.7e9 + 0.25), "2023-11-14T22:13:20.250000+00:00");
  EXPECT_EQ(iso_time(NAN), "");
  EXPECT_EQ(iso_time(1e300), "");
}

}  // namespace
}  // namespace annulus
