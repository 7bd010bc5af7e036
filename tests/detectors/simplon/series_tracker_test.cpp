// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/series_tracker.hpp"

#include <sstream>

#include "tests/detectors/simplon/samples.hpp"

namespace annulus::simplon {
namespace {

using testing::counting;

/// Plays a line of words, each a message or a step of time, and writes down what the tracker says.
///   S3    header of the series that announces 3 frames; S? one that announces none
///   0, 1  images; 1! one that cannot be decoded; E the end
///   .     2 seconds pass (the patience); , 1 second
/// A letter and a colon before a message name its series; without, it is A. The answer has [A and A] for start and stop
/// (with exit status and counts arrived/lost/rejected), numbers for frames, x2-3 for lost ones, !2-2 for rejected ones,
/// ? for a problem.
class Player {
 public:
  explicit Player(SeriesTrackerOptions options = {}) : tracker(options) {}

  std::string play(const std::string& line) {
    log_.clear();
    std::istringstream words(line);
    for (std::string word; words >> word;) step(word);
    return log_;
  }

  SeriesTracker tracker;
  std::vector<RunEvent> events;
  bool with_unique_ids = true;

 private:
  void step(std::string word) {
    if (word == "." || word == ",") {
      now_ += word == "." ? 2 : 1;
      return write(tracker.tick(now_));
    }
    const bool named = word.size() > 1 && word[1] == ':';
    const char series = named ? word[0] : 'A';
    if (named) word.erase(0, 2);
    message(series, word);
  }

  template <class M>
  M of(char series) const {
    M out;
    out.series = static_cast<std::uint64_t>(series - 'A' + 1);
    if (with_unique_ids) out.unique_id = series;
    return out;
  }

  void message(char series, const std::string& word) {
    if (word[0] == 'S') {
      auto start = of<SeriesStart>(series);
      if (word[1] != '?') start.images = std::stoull(word.substr(1));
      write(tracker.feed(std::move(start), now_));
    } else if (word == "E") {
      write(tracker.feed(of<SeriesEnd>(series), now_));
    } else {
      auto image = of<SeriesImage>(series);
      image.frame = std::stoull(word);
      image.channels.push_back(encode_array(counting({1, 2}, static_cast<std::uint32_t>(image.frame)), Packing::none));
      Pixels pixels = decode_pixels(image);
      if (word.back() == '!') pixels = Unexpected<DecodeError>({"bslz4: cut", 12});
      write(tracker.feed(std::move(image), std::move(pixels), now_));
    }
  }

  void write(std::vector<RunEvent> said) {
    for (RunEvent& event : said) {
      std::visit([this](const auto& e) { word(e); }, event);
      events.push_back(std::move(event));
    }
  }
  void put(const std::string& text) { log_ += (log_.empty() ? "" : " ") + text; }
  void word(const RunStarted& e) { put("[" + (with_unique_ids ? e.uid : std::string())); }
  void word(const FrameArrived& e) {
    EXPECT_EQ(e.frame.pixels, counting({1, 2}, static_cast<std::uint32_t>(e.frame.number)));
    put(std::to_string(e.frame.number));
  }
  void word(const FramesMissing& e) {
    put((e.state == FrameState::lost ? "x" : "!") + std::to_string(e.first) + "-" + std::to_string(e.last));
  }
  void word(const FramesInFile&) { put("file"); }  // of no stream
  void word(const RunStopped& e) {
    put((with_unique_ids ? e.uid : std::string()) + "]" + e.exit_status + " " + std::to_string(e.counts.arrived) + "/" +
        std::to_string(e.counts.lost) + "/" + std::to_string(e.counts.rejected));
  }
  void word(const Problem&) { put("?"); }

  double now_ = 1000;
  std::string log_;
};

std::string played(const std::string& line, SeriesTrackerOptions options = {}) { return Player(options).play(line); }

TEST(SeriesTracker, makes_a_run_of_a_series) {
  EXPECT_EQ(played("S3 0 1 2 E"), "[A 0 1 2 A]success 3/0/0");
  EXPECT_EQ(played("S1 0 E B:S1 B:0 B:E"), "[A 0 A]success 1/0/0 [B 0 B]success 1/0/0");
}

TEST(SeriesTracker, puts_frames_into_order) {
  EXPECT_EQ(played("S5 1 0 4 2 3 E"), "[A 0 1 2 3 4 A]success 5/0/0");
  EXPECT_EQ(played("S5 1 0 4 2 3 E", {.reorder_window = 2}), "[A 0 1 2 3 4 A]success 5/0/0");
}

TEST(SeriesTracker, gives_up_a_frame_that_stays_away_longer_than_the_window) {
  EXPECT_EQ(played("S? 0 2 3 4 1 5", {.reorder_window = 2}), "[A 0 x1-1 2 3 4 ? 5");
}

TEST(SeriesTracker, gives_up_a_frame_that_stays_away_longer_than_the_patience) {
  EXPECT_EQ(played("S? 0 2 , 3 ,"), "[A 0 x1-1 2 3");
  EXPECT_EQ(played("S? 0 2", {.patience = 0}), "[A 0 x1-1 2");
}

TEST(SeriesTracker, calls_gaps_lost_at_the_end_once) {
  EXPECT_EQ(played("S5 0 2 4 E ."), "[A 0 x1-1 2 x3-3 4 A]success 3/2/0");
}

TEST(SeriesTracker, waits_after_the_end_for_frames_of_other_sockets) {
  EXPECT_EQ(played("S3 0 E 2 , 1"), "[A 0 1 2 A]success 3/0/0");
  EXPECT_EQ(played("S? 0 E , 1 ,"), "[A 0 1 A]success 2/0/0");
}

TEST(SeriesTracker, calls_announced_frames_lost_that_never_came) {
  Player player;
  EXPECT_EQ(player.play("S9 0 1 E ."), "[A 0 1 x2-8 A]abort 2/7/0");
  EXPECT_EQ(std::get<FramesMissing>(player.events[3]).reason,
            "the series ended after 2 of 9 frames (it was cancelled or aborted, or its last frames were lost)");
  EXPECT_EQ(played("S5000000 0 E ."), "[A 0 A]abort 1/0/0") << "a detector that runs until it is stopped";
}

TEST(SeriesTracker, aborts_a_series_when_another_begins) {
  EXPECT_EQ(played("S9 0 2 B:S1 1 B:0 B:E . 3"), "[A 0 [B 1 2 0 B]success 1/0/0 A]abort 3/0/0");
  EXPECT_EQ(played("S9 0 B:S1 .", {.patience = 0}), "[A 0 A]abort 1/0/0 [B");
  EXPECT_EQ(played("S2 0 1 B:S1 ."), "[A 0 1 [B A]success 2/0/0") << "its end went to another client";
}

TEST(SeriesTracker, keeps_an_ended_series_open_beside_the_next) {
  EXPECT_EQ(played("S3 0 1 E B:S1 2 B:0"), "[A 0 1 [B 2 A]success 3/0/0 0");
}

TEST(SeriesTracker, ignores_what_belongs_to_a_series_that_is_over) {
  Player player;
  EXPECT_EQ(player.play("S1 0 E 0 E B:S1 0 B:0 B:E"), "[A 0 A]success 1/0/0 [B 0 B]success 1/0/0");
  EXPECT_EQ(player.tracker.stale(), 3U);
}

TEST(SeriesTracker, keeps_images_that_overtook_their_header) {
  EXPECT_EQ(played("1 0 S3 2 E"), "[A 0 1 2 A]success 3/0/0");
  EXPECT_EQ(played("0 E S1"), "[A 0 A]success 1/0/0");
}

TEST(SeriesTracker, ignores_a_series_whose_header_was_missed) {
  Player player;
  EXPECT_EQ(player.play("5 6 . 7 E B:S1 B:0 B:E"), "? [B 0 B]success 1/0/0");
  EXPECT_EQ(player.tracker.stale(), 4U);
  EXPECT_EQ(played("5 B:S1 B:0"), "[B 0");
  EXPECT_EQ(played("0 1 2 3 4 S5 E .", {.reorder_window = 2}), "[A 0 1 x2-4 A]abort 2/3/0") << "memory has an end";
}

TEST(SeriesTracker, never_lets_a_frame_go_twice) {
  Player player;
  EXPECT_EQ(player.play("S3 0 0 2 2 1 2 E"), "[A 0 ? 1 2 A]success 3/0/0");
  EXPECT_EQ(player.tracker.repeated(), 3U);
}

TEST(SeriesTracker, rejects_a_frame_that_cannot_be_decoded) {
  EXPECT_EQ(played("S3 0 1! 2 E"), "[A 0 !1-1 2 A]success 2/0/1");
}

TEST(SeriesTracker, does_not_believe_a_number_far_beyond) { EXPECT_EQ(played("S? 0 90000000000 1"), "[A 0 ? 1"); }

TEST(SeriesTracker, takes_more_frames_than_were_announced) { EXPECT_EQ(played("S1 0 1 E"), "[A 0 1 A]success 2/0/0"); }

TEST(SeriesTracker, ignores_a_header_that_comes_twice) { EXPECT_EQ(played("S2 0 S2 1 E"), "[A 0 ? 1 A]success 2/0/0"); }

TEST(SeriesTracker, takes_a_number_that_begins_again_for_another_series) {
  Player v1;
  v1.with_unique_ids = false;
  EXPECT_EQ(v1.play("S2 S2 0 S1 0 E"), "[ ? 0 ]abort 1/0/0 [ 0 ]success 1/0/0");
  EXPECT_NE(std::get<RunStarted>(v1.events.front()).uid, v1.tracker.open_runs().empty() ? "" : "open");
}

TEST(SeriesTracker, gives_a_series_that_is_played_again_a_uid_of_its_own) {
  Player player;
  (void)player.play("S1 0 E S1 0 E");
  const auto& again = std::get<RunStarted>(player.events.at(3));
  EXPECT_NE(again.uid, "A");
}

TEST(SeriesTracker, keeps_a_few_runs_open_at_most) {
  EXPECT_EQ(played("S1 B:S1 C:S1 D:S1 E:S1"), "[A [B [C [D A]abort 0/0/0 [E");
}

TEST(SeriesTracker, aborts_what_is_open_at_a_shutdown) {
  Player player;
  (void)player.play("S3 0 2");
  const auto events = player.tracker.abandon("shutdown");
  EXPECT_EQ(std::get<RunStopped>(events.back()).exit_status, "abort");
  EXPECT_EQ(std::get<RunStopped>(events.back()).counts, (RunCounts{2, 1, 0}));
  EXPECT_TRUE(player.tracker.open_runs().empty());
}

std::vector<FrameArrived> frames_in(const std::vector<RunEvent>& events) {
  std::vector<FrameArrived> frames;
  for (const RunEvent& event : events) {
    if (const auto* frame = std::get_if<FrameArrived>(&event)) frames.push_back(*frame);
  }
  return frames;
}

TEST(SeriesTracker, gives_each_channel_an_output) {
  SeriesTracker tracker;
  SeriesStart start = testing::sample_start();
  start.channels = {"1", "2"};
  (void)tracker.feed(start, 0);
  SeriesImage image = testing::sample_image(Packing::none, 0);
  image.channels[0].channel = "threshold_2";
  image.channels.push_back(image.channels[0]);
  image.channels[1].channel = "threshold_1";
  const auto frames = frames_in(tracker.feed(image, decode_pixels(image), 0));
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].output, 1U);
  EXPECT_EQ(frames[1].output, 0U);
  EXPECT_EQ(frames[0].frame.number, 0U);
}

TEST(SeriesTracker, gives_each_plane_an_output) {
  SeriesTracker tracker;
  SeriesImage image = testing::sample_image(Packing::none, 0);
  image.channels[0] = encode_array(counting({2, 1, 2}), Packing::none);
  (void)tracker.feed(testing::sample_start(), 0);
  const auto frames = frames_in(tracker.feed(image, decode_pixels(image), 0));
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[1].frame.pixels, counting({1, 2}, 2));
  EXPECT_EQ(frames[1].output, 1U);
}

TEST(SeriesTracker, says_when_a_frame_was_taken) {
  const auto time_of_second = [](auto change) {
    SeriesTracker tracker;
    (void)tracker.feed(testing::sample_start(), 0);
    double time = 0;
    for (std::uint64_t i = 0; i < 2; ++i) {
      SeriesImage image = testing::sample_image(Packing::none, i);
      image.start_time = 100 + 0.5 * static_cast<double>(i);
      change(image);
      time = frames_in(tracker.feed(image, decode_pixels(image), 0)).at(0).frame.time;
    }
    return time;
  };
  EXPECT_EQ(time_of_second([](SeriesImage&) {}), 1704161045.625) << "V1: after the arming, as the first frame";
  EXPECT_EQ(time_of_second([](SeriesImage& image) { image.series_time = 1000; }), 1100.5);
  EXPECT_EQ(time_of_second([](SeriesImage& image) { image.start_time.reset(); }), 1704161045.125);
}

TEST(SeriesTracker, tells_the_run_what_the_detector_told) {
  SeriesTracker tracker;
  SeriesStart start = testing::sample_start();
  start.header = {{"count_time", 0.5}};
  start.problems = {"mask is cut"};
  const auto events = tracker.feed(start, 0);
  const Dict& told = *std::get<RunStarted>(events.at(0)).start;
  EXPECT_EQ(text_at(told, "uid"), "01DC");
  EXPECT_EQ(integer_at(told, "scan_id", 0), 7);
  EXPECT_EQ(integer_at(told, "num_points", 0), 3);
  EXPECT_EQ(number_at(*dict_at(told, "simplon"), "count_time", 0), 0.5);
  const Dict& detector = *dict_at(told, "detector");
  EXPECT_EQ(number_at(detector, "detector_distance", 0), 0.25);
  EXPECT_EQ(number_at(detector, "beam_center_x", 0), 2.5);
  EXPECT_EQ(number_at(detector, "energy", 0), 12700);
  EXPECT_EQ(*detector.find("pixel_mask"), Value(counting({4, 6})));
  EXPECT_EQ(std::get<Problem>(events.at(1)).message, "mask is cut");
}

}  // namespace
}  // namespace annulus::simplon
