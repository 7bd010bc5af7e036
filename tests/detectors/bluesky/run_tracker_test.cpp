// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/run_tracker.hpp"

#include <limits>

#include "detectors/bluesky/wire.hpp"
#include "tests/detectors/bluesky/tracker_log.hpp"
#include "tests/detectors/bluesky/vectors.hpp"

namespace annulus::bluesky {
namespace {

using namespace testing;

TEST(RunTracker, follows_a_run_from_start_to_stop) {
  Log log;
  log.feed(start("r")).feed(descriptor("r")).feed(event("r", 1)).feed(event("r", 2)).feed(stop("r", 2));
  EXPECT_EQ(log.lines, (Lines{"started r", "frame r 0", "frame r 1", "stopped r success 2/0/0"}));
  EXPECT_EQ(log.frames.front().time, 3.25);
  EXPECT_EQ(Value(log.frames.front().pixels), pixels());
  EXPECT_EQ(*log.frames.front().readings, (Dict{{"motor", 0.25}}));
  EXPECT_TRUE(log.tracker.open_runs().empty());
}

TEST(RunTracker, follows_what_a_real_publisher_sent) {
  ANNULUS_NEEDS_VECTORS();
  for (const char* flavour : {"pickle_noprefix", "msgpack_prefix_an", "json_noprefix"}) {
    Log log;
    for (const char* name : {"start", "descriptor", "event", "stop"}) {
      const testing::Message message(testing::read_vector(std::string("bluesky_zmq_") + flavour + "_" + name + ".bin"));
      auto received = decode_message(message.bytes(), message.text, "", Serializer::sniff);
      log.feed(std::get<Document>(*received));
    }
    ASSERT_EQ(log.frames.size(), 1U) << flavour << " " << log.lines.back();
    EXPECT_EQ(log.frames[0].pixels, testing::vector_image()) << flavour;
    EXPECT_TRUE(log.last_is("stopped 11111111-1111-4111-8111-111111111111 success 1/0/0")) << flavour;
  }
}

TEST(RunTracker, keeps_interleaved_runs_apart) {
  Log log;
  log.feed(start("a")).feed(start("b")).feed(descriptor("b")).feed(descriptor("a"));
  log.feed(event("a", 1)).feed(event("b", 1)).feed(event("a", 2)).feed(stop("a", 2)).feed(event("b", 2));
  EXPECT_EQ(log.tracker.open_runs(), (Lines{"b"}));
  log.feed(stop("b", 2));
  EXPECT_EQ(log.lines, (Lines{"started a", "started b", "frame a 0", "frame b 0", "frame a 1",
                              "stopped a success 2/0/0", "frame b 1", "stopped b success 2/0/0"}));
}

TEST(RunTracker, reports_gaps_and_the_missing_end_as_lost) {
  Log log;
  log.feed(start("r")).feed(descriptor("r")).feed(event("r", 3)).feed(event("r", 5)).feed(stop("r", 7));
  EXPECT_EQ(log.lines, (Lines{"started r", "lost r 0-1: gap in the sequence numbers", "frame r 2",
                              "lost r 3-3: gap in the sequence numbers", "frame r 4",
                              "lost r 5-6: never came before the run's stop", "stopped r success 2/5/0"}));
}

TEST(RunTracker, never_gives_one_frame_number_twice) {
  Log log;
  log.feed(start("r")).feed(descriptor("r")).feed(event("r", 1)).feed(event("r", 1));
  EXPECT_TRUE(log.last_is("problem r event: event 1 comes again or too late (2 was due)"));
  log.feed(event("r", 3)).feed(event("r", 2));
  EXPECT_TRUE(log.last_is("problem r event: event 2 comes again or too late (4 was due)"));
  log.feed(stop("r", 3));
  EXPECT_TRUE(log.last_is("stopped r success 2/1/0"));
}

TEST(RunTracker, rejects_frames_that_are_no_image_and_goes_on) {
  Log log;
  log.feed(start("r")).feed(descriptor("r"));
  log.feed(event("r", 1, "resource/1"));
  EXPECT_TRUE(log.last_is("rejected r 0-0: image is not in the event"));
  log.feed(event("r", 2, Array::of<std::uint16_t>({3, 2}, {0, 1, 2, 3, 4, 5})));
  EXPECT_TRUE(log.last_is("rejected r 1-1: image has shape 3 x 2 (declared: 1 x 2 x 3)"));
  log.feed(event("r", 3, 7));
  EXPECT_TRUE(log.last_is("rejected r 2-2: image is not an array"));
  Document bare = event("r", 4);
  bare.content.set("data", Dict{{"motor", 1.0}});
  log.feed(bare);
  EXPECT_TRUE(log.last_is("rejected r 3-3: event has no 'image'"));
  log.feed(event("r", 5)).feed(stop("r", 5));
  EXPECT_TRUE(log.last_is("stopped r success 1/0/4"));
}

TEST(RunTracker, numbers_the_images_of_a_stack) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"image", image_key({2, 1, 2})}}));
  log.feed(event("r", 2, Array::of<std::int32_t>({2, 1, 2}, {1, 2, 3, 4})));
  EXPECT_EQ(log.lines, (Lines{"started r", "lost r 0-1: gap in the sequence numbers", "frame r 2", "frame r 3"}));
  EXPECT_EQ(log.frames[1].pixels, Array::of<std::int32_t>({1, 2}, {3, 4}));
  log.feed(event("r", 3, Array::of<std::int32_t>({3, 1, 2}, {1, 2, 3, 4, 5, 6})));
  EXPECT_TRUE(log.last_is("rejected r 4-5: image has shape 3 x 1 x 2 (declared: 2 x 1 x 2)"));
}

TEST(RunTracker, takes_lengths_that_the_descriptor_leaves_open_from_the_first_image) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"image", image_key({nullptr, 0, nullptr})}}));
  log.feed(event("r", 3, Array::of<std::int32_t>({2, 1, 2}, {1, 2, 3, 4})));
  EXPECT_EQ(log.lines, (Lines{"started r", "lost r 0-3: gap in the sequence numbers", "frame r 4", "frame r 5"}));
}

TEST(RunTracker, turns_nested_lists_into_images_of_the_declared_type) {
  Dict key = image_key({2, 2});
  key.set("dtype_numpy", "<u2");
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"image", key}}));
  log.feed(event("r", 1, List{List{1, 2}, List{3, 65535}}));
  ASSERT_EQ(log.frames.size(), 1U);
  EXPECT_EQ(log.frames[0].pixels, Array::of<std::uint16_t>({2, 2}, {1, 2, 3, 65535}));
  log.feed(event("r", 2, List{List{1, 2}, List{3, 65536}}));
  EXPECT_TRUE(log.last_is("rejected r 1-1: value 65536 does not fit uint16"));
  log.feed(event("r", 3, List{List{1, 2}, List{3}}));
  EXPECT_TRUE(log.last_is("rejected r 2-2: nested lists are not rectangular"));
  log.feed(event("r", 4, List{List{1, 2}, List{3, "x"}}));
  EXPECT_TRUE(log.last_is("rejected r 3-3: nested lists hold something else than numbers"));
}

TEST(RunTracker, infers_the_type_of_nested_lists_without_a_declaration) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"image", image_key({1, 2})}}));
  log.feed(event("r", 1, List{List{1, -2}})).feed(event("r", 2, List{List{1, 0.5}}));
  log.feed(event("r", 3, List{List{1, std::int64_t{1} << 40}}));
  log.feed(event("r", 4, List{List{1, std::numeric_limits<std::uint64_t>::max()}}));
  ASSERT_EQ(log.frames.size(), 4U);
  EXPECT_EQ(log.frames[0].pixels.dtype(), DType::i32);
  EXPECT_EQ(log.frames[1].pixels.dtype(), DType::f64);
  EXPECT_EQ(log.frames[2].pixels.dtype(), DType::i64);
  EXPECT_EQ(log.frames[3].pixels.dtype(), DType::u64);
}

TEST(RunTracker, expands_event_pages) {
  const auto page = [](Value images) {
    return Document{"event_page",
                    {{"uid", List{"e1", "e2"}},
                     {"descriptor", "r/primary"},
                     {"seq_num", List{1, 2}},
                     {"time", List{3.0, 4.0}},
                     {"data", Dict{{"motor", Array::of<double>({2}, {0.5, 0.75})}, {"image", std::move(images)}}},
                     {"timestamps", Dict{{"image", List{3.5, 4.5}}}}}};
  };
  Log lists;
  lists.feed(start("r")).feed(descriptor("r")).feed(page(List{pixels(1), pixels(2)})).feed(stop("r", 2));
  EXPECT_EQ(lists.lines, (Lines{"started r", "frame r 0", "frame r 1", "stopped r success 2/0/0"}));
  EXPECT_EQ(Value(lists.frames[1].pixels), pixels(2));
  EXPECT_EQ(lists.frames[1].time, 4.5);
  EXPECT_EQ(number_at(*lists.frames[1].readings, "motor", 0), 0.75);

  Log stacked;
  stacked.feed(start("r")).feed(descriptor("r"));
  stacked.feed(page(Array::of<std::uint16_t>({2, 2, 3}, {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2}))).feed(stop("r", 2));
  EXPECT_EQ(stacked.lines, lists.lines);
  EXPECT_EQ(Value(stacked.frames[1].pixels), pixels(2));

  Log torn;  // the image column is too short
  torn.feed(start("r")).feed(descriptor("r")).feed(page(List{pixels()})).feed(stop("r", 2));
  EXPECT_EQ(torn.lines,
            (Lines{"started r", "frame r 0", "rejected r 1-1: event has no 'image'", "stopped r success 1/0/1"}));
}

TEST(RunTracker, reads_bulk_events) {
  Log single;
  single.feed(start("r")).feed(descriptor("r")).feed(event("r", 1)).feed(event("r", 2)).feed(stop("r", 2));
  Log bulk;
  const List both{event("r", 1).content, event("r", 2).content};
  bulk.feed(start("r")).feed(descriptor("r")).feed({"bulk_events", Dict{{"r/primary", both}}}).feed(stop("r", 2));
  EXPECT_EQ(bulk.lines, single.lines);
  EXPECT_EQ(bulk.frames.size(), 2U);
  bulk.feed({"bulk_events", Dict{{"r/primary", 3}}});
  EXPECT_TRUE(bulk.last_is("problem  bulk_events: 'r/primary' does not hold a list of events"));
}

TEST(RunTracker, reports_each_orphan_once_when_two_runs_were_joined_late) {
  Log log;
  log.feed(descriptor("a")).feed(descriptor("b"));
  for (int seq_num = 7; seq_num < 12; ++seq_num) log.feed(event("a", seq_num)).feed(event("b", seq_num));
  log.feed(stop("a")).feed(stop("b"));
  EXPECT_EQ(log.lines, (Lines{"problem  descriptor: run 'a' is not known (its start was missed)",
                              "problem  descriptor: run 'b' is not known (its start was missed)",
                              "problem  event: descriptor 'a/primary' is not known (its start was missed)",
                              "problem  event: descriptor 'b/primary' is not known (its start was missed)"}));
  EXPECT_EQ(log.tracker.orphans(), 14U);
  log.feed(start("c")).feed(descriptor("c")).feed(event("c", 1)).feed(stop("c", 1));
  EXPECT_EQ(log.frames.size(), 1U);
}

TEST(RunTracker, reports_orphans_once_and_counts_all) {
  Log log;
  log.feed(event("gone", 1)).feed(event("gone", 2)).feed(event("gone", 3)).feed(stop("gone"));
  EXPECT_EQ(log.lines, (Lines{"problem  event: descriptor 'gone/primary' is not known (its start was missed)",
                              "problem  stop: run 'gone' is not known (its start was missed)"}));
  EXPECT_EQ(log.tracker.orphans(), 4U);
}

TEST(RunTracker, reports_documents_after_the_stop_and_second_starts) {
  Log log;
  log.feed(start("r")).feed(descriptor("r")).feed(start("r"));
  EXPECT_TRUE(log.last_is("problem r start: run has been started before"));
  log.feed(stop("r", 0)).feed(event("r", 1));
  EXPECT_TRUE(log.last_is("problem  event: descriptor 'r/primary' belongs to a run that has ended"));
  log.feed(start("r"));
  EXPECT_TRUE(log.last_is("problem r start: run has been started before"));
  EXPECT_TRUE(log.tracker.open_runs().empty());
}

TEST(RunTracker, reports_documents_that_lack_what_they_need) {
  Log log;
  log.feed({"start", {{"time", 1.0}}});
  EXPECT_TRUE(log.last_is("problem  start: 'uid' is missing"));
  log.feed({"start", {{"uid", std::string(100000, 'x')}}});
  EXPECT_TRUE(log.last_is("problem  start: 'uid' is missing or no identifier"));
  log.feed(start("r")).feed({"descriptor", {{"uid", "d"}, {"run_start", "r"}}});
  EXPECT_TRUE(log.last_is("problem r descriptor: 'data_keys' is missing"));
  log.feed(descriptor("r")).feed(descriptor("r"));
  EXPECT_TRUE(log.last_is("problem r descriptor: descriptor has come before"));
  Document bad = event("r", 1);
  bad.content.set("seq_num", 0);
  log.feed(bad);
  EXPECT_TRUE(log.last_is("problem r event: 'seq_num' is missing or not a whole number from 1 on"));
  log.feed({"event", {}}).feed({"stop", {}});
  EXPECT_TRUE(log.last_is("problem  stop: 'run_start' is missing"));
}

TEST(RunTracker, does_not_take_an_absurd_sequence_number_for_a_loss) {
  Log log;
  log.feed(start("r")).feed(descriptor("r")).feed(event("r", 1));
  Document wild = event("r", 1);
  wild.content.set("seq_num", std::numeric_limits<std::int64_t>::max());
  log.feed(wild);
  EXPECT_TRUE(log.last_is("problem r event: sequence numbers jump from 1"));
  log.feed(event("r", 2));
  EXPECT_TRUE(log.last_is("frame r 1"));
}

TEST(RunTracker, suggests_the_data_key_that_was_meant) {
  Log log({.image = "imag", .stream = {}});
  log.feed(start("r")).feed(descriptor("r")).feed(event("r", 1)).feed(stop("r", 1));
  EXPECT_EQ(log.lines,
            (Lines{"started r", "problem r stop: run has no data key 'imag' in any stream. Did you mean 'image'?",
                   "stopped r success 0/0/0"}));
}

TEST(RunTracker, explains_why_a_data_key_cannot_be_used) {
  Log scalar({.image = "motor", .stream = {}});
  scalar.feed(start("r")).feed(descriptor("r"));
  EXPECT_TRUE(scalar.last_is("problem r descriptor: data key 'motor' is no image (dtype 'number' with 0 dimensions)"));
}

TEST(RunTracker, passes_over_baseline_and_takes_the_named_stream) {
  const Dict keys{{"image", image_key({2, 3})}};
  Log first;
  first.feed(start("r")).feed(descriptor("r", keys, "baseline")).feed(descriptor("r", keys)).feed(event("r", 1));
  EXPECT_TRUE(first.last_is("frame r 0"));
  first.feed(descriptor("r", keys, "dark"));
  EXPECT_TRUE(first.last_is("problem r descriptor: stream 'dark' has images too"));

  Log named({.image = {}, .stream = "dark"});
  named.feed(start("r")).feed(descriptor("r", keys)).feed(descriptor("r", keys, "dark")).feed(event("r", 1));
  EXPECT_EQ(named.lines, (Lines{"started r"}));
  Document dark = event("r", 1);
  dark.content.set("descriptor", "r/dark");
  named.feed(dark);
  EXPECT_TRUE(named.last_is("frame r 0"));
}

TEST(RunTracker, gives_up_open_runs_on_demand) {
  Log log;
  log.feed(start("a")).feed(start("b")).feed(descriptor("b")).feed(event("b", 1));
  const auto events = log.tracker.abandon("shutdown");
  const auto* stopped = std::get_if<RunStopped>(&events.back());
  ASSERT_NE(stopped, nullptr);
  EXPECT_EQ(stopped->uid, "b");
  EXPECT_EQ(stopped->reason, "shutdown");
  EXPECT_EQ(stopped->exit_status, "abort");
  EXPECT_EQ(stopped->stop, nullptr);
  EXPECT_EQ(stopped->counts, (RunCounts{1, 0, 0}));
  EXPECT_TRUE(log.tracker.open_runs().empty());
}

TEST(RunTracker, stays_small_when_stops_never_come) {
  Log log;
  for (int i = 0; i < 200; ++i) log.feed(start("r" + std::to_string(i))).feed(descriptor("r" + std::to_string(i)));
  EXPECT_EQ(log.tracker.open_runs().size(), 64U);
  EXPECT_EQ(log.tracker.open_runs().front(), "r136");
  log.feed(event("r0", 1));
  EXPECT_TRUE(log.last_is("problem  event: descriptor 'r0/primary' belongs to a run that has ended"));
}

}  // namespace
}  // namespace annulus::bluesky
