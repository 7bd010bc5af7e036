// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/viewer_hub.hpp"

#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "tests/service/http/samples.hpp"

namespace annulus {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using std::chrono::steady_clock;

constexpr HubOptions at_once{.pattern_interval = 0ms, .cake_interval = 0ms, .preview_interval = 0ms};

/// Type and number of what a feed has now: "pattern 3".
std::vector<std::string> taken(ViewerFeed& feed) {
  std::vector<std::string> out;
  while (const auto message = feed.next(steady_clock::now())) {
    std::uint32_t length = 0;
    std::memcpy(&length, message->bytes.data(), sizeof(length));
    const json header = message->form == ViewerMessage::Form::text
                            ? json::parse(message->bytes)
                            : json::parse(message->bytes.substr(sizeof(length), length));
    out.push_back(header["type"].get<std::string>() +
                  (header.contains("number") ? " " + header["number"].dump() : std::string()));
  }
  return out;
}

using Names = std::vector<std::string>;

TEST(ViewerHub, gives_a_feed_only_the_newest_of_each_kind) {
  ViewerHub hub(at_once);
  const auto feed = hub.subscribe();
  for (std::uint64_t number = 0; number < 100; ++number) {
    hub.publish(test::sample_pattern(number), "integrate");
    hub.publish(test::sample_cake(number), "cake");
    hub.publish_preview(test::sample_frame(number));
  }
  EXPECT_EQ(taken(*feed), (Names{"pattern 99", "cake 99", "preview 99"}));
  EXPECT_EQ(taken(*feed), Names{});
}

TEST(ViewerHub, gives_a_late_joiner_what_is_there_then_only_what_is_newer) {
  ViewerHub hub(at_once);
  hub.run_started("some-uid", {{"scan_id", 3}});
  hub.publish(test::sample_pattern(1), "integrate");
  hub.publish(test::sample_cake(3), "cake");
  hub.publish_preview(test::sample_frame(2));
  const auto feed = hub.subscribe();
  EXPECT_EQ(taken(*feed), (Names{"run", "pattern 1", "cake 3", "preview 2"}));
  hub.publish(test::sample_pattern(5), "integrate");
  EXPECT_EQ(taken(*feed), (Names{"pattern 5"}));
}

TEST(ViewerHub, keeps_outputs_apart) {
  ViewerHub hub(at_once);
  const auto feed = hub.subscribe();
  hub.publish(test::sample_pattern(1), "fine");
  hub.publish(test::sample_pattern(2), "coarse");
  EXPECT_EQ(taken(*feed).size(), 2U);
  EXPECT_EQ(hub.latest_pattern("fine")->number, 1U);
  EXPECT_EQ(hub.latest_pattern()->number, 2U);
  EXPECT_FALSE(hub.latest_pattern("none"));
}

TEST(ViewerHub, keeps_the_cakes_of_outputs_apart) {
  ViewerHub hub(at_once);
  const auto feed = hub.subscribe();
  hub.publish(test::sample_cake(1), "coarse");
  hub.publish(test::sample_cake(2), "fine");
  hub.publish(test::sample_cake(3), "fine");
  EXPECT_EQ(taken(*feed), (Names{"cake 1", "cake 3"}));
}

TEST(ViewerHub, ignores_more_outputs_than_it_may_show) {
  ViewerHub hub({.most_outputs = 1});
  hub.publish(test::sample_pattern(1), "first");
  hub.publish(test::sample_pattern(2), "second");
  EXPECT_FALSE(hub.latest_pattern("second"));
  hub.publish(test::sample_cake(3), "third");
  hub.publish(test::sample_cake(4), "fourth");
  const auto feed = hub.subscribe();
  EXPECT_EQ(taken(*feed), (Names{"pattern 1", "cake 3"}));
}

TEST(ViewerHub, marks_patterns_with_their_run) {
  ViewerHub hub(at_once);
  hub.run_started("run-a", {});
  hub.publish(test::sample_pattern(1), "integrate");
  hub.run_stopped("success");
  EXPECT_EQ(hub.latest_pattern()->run, "run-a");
}

TEST(ViewerHub, sends_no_faster_than_the_interval) {
  ViewerHub hub({.pattern_interval = 1h});
  const auto feed = hub.subscribe();
  hub.publish(test::sample_pattern(1), "integrate");
  EXPECT_EQ(taken(*feed), (Names{"pattern 1"}));
  hub.publish(test::sample_pattern(2), "integrate");
  EXPECT_EQ(taken(*feed), Names{});
}

TEST(ViewerHub, sends_cakes_no_faster_than_their_interval) {
  ViewerHub hub({.cake_interval = 1h});
  const auto feed = hub.subscribe();
  hub.publish(test::sample_cake(1), "cake");
  EXPECT_EQ(taken(*feed), (Names{"cake 1"}));
  hub.publish(test::sample_cake(2), "cake");
  EXPECT_EQ(taken(*feed), Names{});
}

TEST(ViewerHub, refuses_a_cake_whose_intensity_does_not_fit_its_axes) {
  ViewerHub hub(at_once);
  Cake cake = test::sample_cake(1);
  cake.intensity = std::vector<double>(cake.intensity.begin(), cake.intensity.end() - 1);
  EXPECT_THROW(hub.publish(cake, "cake"), DataError);
}

TEST(ViewerHub, lets_other_kinds_pass_while_one_waits_for_its_interval) {
  ViewerHub hub({.pattern_interval = 1h, .preview_interval = 0ms});
  const auto feed = hub.subscribe();
  hub.publish(test::sample_pattern(1), "integrate");
  EXPECT_EQ(taken(*feed), (Names{"pattern 1"}));
  hub.publish(test::sample_pattern(2), "integrate");
  std::thread publisher([&] { hub.publish_preview(test::sample_frame(3)); });
  EXPECT_NE(feed->next(steady_clock::now() + 10s), nullptr);
  publisher.join();
}

TEST(ViewerHub, wakes_a_waiting_feed) {
  ViewerHub hub(at_once);
  const auto feed = hub.subscribe();
  std::thread publisher([&] { hub.publish(test::sample_pattern(1), "integrate"); });
  EXPECT_NE(feed->next(steady_clock::now() + 10s), nullptr);
  publisher.join();
}

TEST(ViewerHub, ends_a_waiting_feed_when_it_is_closed) {
  ViewerHub hub(at_once);
  const auto feed = hub.subscribe();
  std::thread closer([&] { feed->close(); });
  EXPECT_EQ(feed->next(steady_clock::now() + 10s), nullptr);
  closer.join();
  hub.publish(test::sample_pattern(1), "integrate");
  EXPECT_EQ(feed->next(steady_clock::now()), nullptr);
}

TEST(ViewerHub, encodes_once_for_all_feeds) {
  ViewerHub hub(at_once);
  const auto one = hub.subscribe();
  const auto two = hub.subscribe();
  hub.publish(test::sample_pattern(1), "integrate");
  EXPECT_EQ(one->next(steady_clock::now()), two->next(steady_clock::now()));
}

TEST(ViewerHub, passes_over_a_frame_that_is_not_an_image) {
  ViewerHub hub(at_once);
  const auto feed = hub.subscribe();
  hub.publish_preview({7, 0, Array::of<std::uint8_t>({4}, {1, 2, 3, 4}), nullptr});
  EXPECT_EQ(taken(*feed), Names{});
  hub.publish_preview(test::sample_frame(8));
  EXPECT_EQ(taken(*feed), (Names{"preview 8"}));
}

TEST(ViewerHub, releases_the_pixels_of_older_frames) {
  ViewerHub hub(at_once);
  auto pixels = std::make_shared<const std::vector<std::uint8_t>>(6, std::uint8_t{1});
  const std::weak_ptr<const std::vector<std::uint8_t>> watched = pixels;
  hub.publish_preview({1, 0, Array(DType::u8, {2, 3}, std::as_bytes(std::span(*pixels)), pixels), nullptr});
  pixels.reset();
  EXPECT_FALSE(watched.expired());
  hub.publish_preview(test::sample_frame(2));
  EXPECT_TRUE(watched.expired());
}

TEST(ViewerHub, serves_many_threads_at_once) {
  ViewerHub hub(at_once);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      const auto feed = hub.subscribe();
      for (int k = 0; k < 200; ++k) (void)feed->next(steady_clock::now() + 1ms);
    });
  }
  for (std::uint64_t number = 0; number < 2000; ++number) {
    hub.publish(test::sample_pattern(number), "integrate");
    if (number % 10 == 0) hub.publish(test::sample_cake(number), "cake");
    if (number % 100 == 0) hub.publish_preview(test::sample_frame(number));
    if (number % 500 == 0) hub.run_started(std::to_string(number), {});
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(hub.latest_pattern()->number, 1999U);
}

}  // namespace
}  // namespace annulus
