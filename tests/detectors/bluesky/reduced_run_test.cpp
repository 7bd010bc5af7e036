// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/reduced_run.hpp"

#include <gtest/gtest.h>

namespace annulus::bluesky {
namespace {

const Dict raw_start{{"uid", "raw"},
                     {"time", 1.0},
                     {"scan_id", 7},
                     {"motors", List{"stage"}},
                     {"sample", Dict{{"name", "CeO2"}, {"a.b/c", 1}}},
                     {"projections", List{}}};

Pattern pattern(std::uint64_t number, bool with_sigma = true) {
  Pattern out;
  out.number = number;
  out.time = 100.0 + static_cast<double>(number);
  out.axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 4, 2));
  out.intensity = {1.5, 2.5};
  if (with_sigma) out.sigma = {0.1, 0.2};
  out.signal = {10, 20};
  out.count = {4, 8};
  return out;
}

ReducedRun make_run(ReducedRunOptions options = {}) { return ReducedRun(raw_start, std::move(options), 50.0); }

TEST(ReducedRun, starts_as_a_run_of_its_own_that_names_its_parent) {
  const ReducedRun run = make_run(
      {.analysis_stage = "integrated", .stream = "primary", .description = Dict{{"version", "1.2"}, {"q.max", 3}}});
  const Dict& start = run.start().content;
  EXPECT_EQ(run.start().name, "start");
  EXPECT_EQ(text_at(start, "uid"), run.uid());
  EXPECT_NE(run.uid(), "raw");
  EXPECT_EQ(number_at(start, "time", 0), 50.0);
  EXPECT_EQ(integer_at(start, "scan_id", 0), 7);
  EXPECT_EQ(text_at(start, "original_run_uid"), "raw");
  EXPECT_EQ(*start.find("parent_uids"), Value(List{"raw"}));
  EXPECT_EQ(text_at(start, "analysis_stage"), "integrated");
  EXPECT_EQ(*start.find("annulus"), Value(Dict{{"version", "1.2"}, {"q_max", 3}}));
  EXPECT_EQ(*start.find("sample"), Value(Dict{{"name", "CeO2"}, {"a_b_c", 1}}));
  EXPECT_FALSE(start.contains("projections"));
}

TEST(ReducedRun, keeps_the_dimensions_of_the_raw_run_and_spells_them_out_when_there_are_none) {
  EXPECT_EQ(*dict_at(make_run().start().content, "hints")->find("dimensions"),
            Value(List{List{List{"time"}, "primary"}}));
  Dict with_hints = raw_start;
  with_hints.set("hints", Dict{{"dimensions", List{List{List{"x"}, "primary"}}}});
  const ReducedRun run(with_hints, {}, 50.0);
  EXPECT_EQ(*run.start().content.find("hints"), *with_hints.find("hints"));
}

TEST(ReducedRun, describes_the_first_pattern_and_gives_every_key_a_value) {
  ReducedRun run = make_run();
  Pattern first = pattern(4);
  first.readings = std::make_shared<const Dict>(Dict{{"stage", 0.5},
                                                     {"shutter", "open"},
                                                     {"beam", true},
                                                     {"intensity", 3},
                                                     {"spectrum", Array::of<double>({1}, {1.0})},
                                                     {"nothing", nullptr}});
  const auto documents = run.pattern(first, 60.0);
  ASSERT_EQ(documents.size(), 2U);
  const Dict& descriptor = documents[0].content;
  const Dict& event = documents[1].content;
  EXPECT_EQ(documents[0].name, "descriptor");
  EXPECT_EQ(documents[1].name, "event");
  EXPECT_EQ(text_at(descriptor, "run_start"), run.uid());
  EXPECT_EQ(text_at(event, "descriptor"), text_at(descriptor, "uid"));

  const Dict& keys = *dict_at(descriptor, "data_keys");
  const Dict& data = *dict_at(event, "data");
  std::string names;
  for (const auto& [key, value] : keys) {
    names += key + " ";
    EXPECT_TRUE(data.contains(key)) << key;
    EXPECT_EQ(number_at(*dict_at(event, "timestamps"), key, 0), 104.0) << key;
  }
  EXPECT_EQ(names, "q intensity sigma sum_signal count frame_number signal_sum stage shutter beam raw_intensity ");
  EXPECT_EQ(data.size(), keys.size());
  EXPECT_EQ(*keys.find("q"), Value(Dict{{"source", "annulus"},
                                        {"dtype", "array"},
                                        {"shape", List{2}},
                                        {"object_name", "annulus"},
                                        {"dtype_numpy", "<f8"},
                                        {"units", "1/nm"}}));
  EXPECT_EQ(*data.find("q"), Value(Array::of<double>({2}, {1.0, 3.0})));
  EXPECT_EQ(*data.find("sigma"), Value(Array::of<double>({2}, {0.1, 0.2})));
  EXPECT_EQ(*data.find("sum_signal"), Value(Array::of<double>({2}, {10, 20})));
  EXPECT_EQ(integer_at(data, "frame_number", 0), 4);
  EXPECT_EQ(number_at(data, "signal_sum", 0), 30.0);
  EXPECT_EQ(integer_at(data, "raw_intensity", 0), 3);
  EXPECT_EQ(text_at(*dict_at(keys, "beam"), "dtype"), "boolean");
  EXPECT_EQ(integer_at(event, "seq_num", 0), 1);
  EXPECT_EQ(number_at(event, "time", 0), 104.0);
  EXPECT_EQ(
      *descriptor.find("object_keys"),
      Value(Dict{{"annulus", List{"q", "intensity", "sigma", "sum_signal", "count", "frame_number", "signal_sum"}},
                 {"raw", List{"stage", "shutter", "beam", "raw_intensity"}}}));
  EXPECT_EQ(*descriptor.find("hints"),
            Value(Dict{{"annulus", Dict{{"fields", List{"signal_sum"}}}}, {"raw", Dict{{"fields", List{}}}}}));
}

TEST(ReducedRun, describes_again_only_when_the_data_change) {
  ReducedRun run = make_run();
  Pattern with_reading = pattern(0);
  with_reading.readings = std::make_shared<const Dict>(Dict{{"stage", 1}});
  EXPECT_EQ(run.pattern(with_reading, 60.0).size(), 2U);
  with_reading.readings = std::make_shared<const Dict>(Dict{{"stage", 1.5}});
  EXPECT_EQ(run.pattern(with_reading, 60.0).size(), 1U);
  EXPECT_EQ(run.pattern(pattern(2, false), 60.0).size(), 2U);
  const auto last = run.pattern(pattern(3, false), 60.0);
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(integer_at(last[0].content, "seq_num", 0), 4);
}

TEST(ReducedRun, stops_with_the_number_of_events) {
  ReducedRun run = make_run();
  (void)run.pattern(pattern(0), 60.0);
  (void)run.pattern(pattern(1), 60.0);
  const Dict stop = run.stop("abort", "beam lost", 70.0).content;
  EXPECT_EQ(text_at(stop, "run_start"), run.uid());
  EXPECT_EQ(text_at(stop, "exit_status"), "abort");
  EXPECT_EQ(text_at(stop, "reason"), "beam lost");
  EXPECT_EQ(*stop.find("num_events"), Value(Dict{{"primary", 2}}));
  EXPECT_EQ(text_at(run.stop("done", "", 70.0).content, "exit_status"), "fail");
}

}  // namespace
}  // namespace annulus::bluesky
