// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/simulator/simulated_detector.hpp"

#include <atomic>
#include <thread>

#include "tests/service/io/simulator/samples.hpp"

namespace annulus {
namespace {

using namespace testing;
using simplon::SeriesImage;
using simplon::SeriesStart;

/// What a client gets of so many series of `frames` frames each.
std::string stream_of(Faults faults, int frames, int series = 1) {
  Client client;
  SimulatedDetector detector(small_options(std::move(faults)), client.sink());
  detector.initialize();
  EXPECT_TRUE(detector.put("detector/config/nimages", frames));
  for (int i = 0; i < series; ++i) {
    detector.arm();
    detector.trigger();
    detector.disarm();
  }
  detector.finish();
  return client.log();
}

TEST(SimulatedDetector, sends_header_images_and_end) {
  EXPECT_EQ(stream_of({}, 3), "start1 image1.0 image1.1 image1.2 end1");
  EXPECT_EQ(stream_of({}, 1, 2), "start1 image1.0 end1 start2 image2.0 end2");
}

TEST(SimulatedDetector, has_faults) {
  Faults faults;
  faults.abort_after = 1;
  EXPECT_EQ(stream_of(faults, 3), "start1 image1.0 end1");
  faults.strays = 5;
  EXPECT_EQ(stream_of(faults, 3, 2), "start1 image1.0 end1 start2 image1.1 image1.2 image2.0 end2");
  faults = {};
  faults.overlap = 2;
  EXPECT_EQ(stream_of(faults, 3, 2), "start1 image1.0 start2 image1.1 image1.2 end1 image2.0 image2.1 image2.2 end2");
  faults = {};
  faults.reordered = {0, 2};
  EXPECT_EQ(stream_of(faults, 3), "start1 image1.1 image1.0 end1 image1.2");
  faults = {};
  faults.lost_header = faults.lost_end = true;
  EXPECT_EQ(stream_of(faults, 1), "image1.0");
  faults = {};
  faults.garbled = {0};
  EXPECT_EQ(stream_of(faults, 2), "start1 ? image1.1 end1");
}

TEST(SimulatedDetector, says_in_both_versions_what_it_is_and_what_it_will_do) {
  for (const char* format : {"legacy", "cbor"}) {
    Client client;
    SimulatedDetector detector(small_options(), client.sink());
    detector.initialize();
    for (const auto& [name, value] :
         std::initializer_list<std::pair<const char*, Value>>{{"stream/config/format", format},
                                                              {"stream/config/header_appendix", "sample 5"},
                                                              {"stream/config/image_appendix", "spot"},
                                                              {"detector/config/nimages", 2},
                                                              {"detector/config/ntrigger", 3},
                                                              {"detector/config/photon_energy", 10000},
                                                              {"detector/config/detector_distance", 0.5},
                                                              {"detector/config/count_time", 0.25},
                                                              {"detector/config/threshold/2/mode", "enabled"}}) {
      EXPECT_TRUE(detector.put(name, value)) << name;
    }
    EXPECT_EQ(detector.arm(), 1U);
    detector.trigger();
    const auto& start = client.nth<SeriesStart>(0);
    EXPECT_TRUE(start.problems.empty());
    EXPECT_EQ(start.images, 6U);
    EXPECT_EQ(start.rows, 4U);
    EXPECT_EQ(start.description, "Simulated EIGER2");
    EXPECT_EQ(start.energy, 10000.0);
    EXPECT_NEAR(*start.wavelength, 1.2398e-10, 1e-14);
    EXPECT_EQ(start.detector_distance, 0.5);
    EXPECT_EQ(start.beam_center_x, 3.0);
    EXPECT_EQ(start.pixel_size_y, 7.5e-5);
    EXPECT_EQ(start.sensor_material, "Si");
    EXPECT_EQ(start.threshold_energies.at(0), 5000.0);
    EXPECT_EQ(start.header.find("count_time")->number_or(0), 0.25);
    EXPECT_EQ(start.user_data, Value("sample 5"));
    EXPECT_TRUE(start.time);
    EXPECT_EQ(start.pixel_masks.at(0).values.shape(), (Shape{4, 6}));
    EXPECT_EQ(start.flatfields.at(0).values.shape(), (Shape{4, 6}));
    const auto& image = client.nth<SeriesImage>(1);
    EXPECT_EQ(image.user_data, Value("spot"));
    EXPECT_EQ(image.real_time, 0.25);
    EXPECT_GT(*image.start_time, 0.25);
  }
}

TEST(SimulatedDetector, leaves_tables_out_of_short_headers) {
  Client client;
  SimulatedDetector detector(small_options(), client.sink());
  detector.initialize();
  for (const char* detail : {"basic", "none"}) {
    for (const char* format : {"legacy", "cbor"}) {
      EXPECT_TRUE(detector.put("stream/config/header_detail", detail));
      EXPECT_TRUE(detector.put("stream/config/format", format));
      detector.arm();
      detector.disarm();
    }
  }
  for (const std::size_t n : {0U, 1U, 2U, 3U}) {
    EXPECT_TRUE(client.nth<SeriesStart>(n).pixel_masks.empty());
    EXPECT_EQ(client.nth<SeriesStart>(n).images.has_value(), n != 2) << "V1 without any detail";
  }
}

TEST(SimulatedDetector, obeys_commands_only_in_states_that_allow_them) {
  Client client;
  SimulatedDetector detector(small_options(), client.sink());
  const auto state = [&] { return detector.get("detector/status/state")->find("value")->to_text(); };
  EXPECT_EQ(state(), "'na'");
  EXPECT_THROW(detector.arm(), StateError);
  detector.initialize();
  EXPECT_EQ(state(), "'idle'");
  EXPECT_THROW(detector.trigger(), StateError);
  EXPECT_EQ(detector.disarm(), 0U) << "nothing to end";
  detector.arm();
  EXPECT_EQ(state(), "'ready'");
  EXPECT_THROW(detector.arm(), StateError);
  EXPECT_FALSE(detector.put("detector/config/nimages", 5)) << "while a series is open";
  detector.trigger();
  EXPECT_THROW(detector.trigger(), StateError) << "ntrigger is 1";
  EXPECT_EQ(detector.disarm(), 1U);
  EXPECT_EQ(state(), "'idle'");
  EXPECT_EQ(client.log(), "start1 image1.0 end1");
}

TEST(SimulatedDetector, takes_images_by_trigger_in_every_mode) {
  const auto images_of = [](const char* mode, int triggers) {
    Client client;
    SimulatedDetector detector(small_options(), client.sink());
    detector.initialize();
    EXPECT_TRUE(detector.put("detector/config/trigger_mode", mode));
    EXPECT_TRUE(detector.put("detector/config/nimages", 2));
    EXPECT_TRUE(detector.put("detector/config/ntrigger", 2));
    detector.arm();
    for (int i = 0; i < triggers; ++i) detector.trigger(0.5);
    detector.disarm();
    return client.log();
  };
  EXPECT_EQ(images_of("ints", 2), "start1 image1.0 image1.1 image1.2 image1.3 end1");
  EXPECT_EQ(images_of("ints", 1), "start1 image1.0 image1.1 end1");
  EXPECT_EQ(images_of("inte", 2), "start1 image1.0 image1.1 end1");
  EXPECT_EQ(images_of("exts", 0), "start1 image1.0 image1.1 image1.2 image1.3 end1");
  EXPECT_EQ(images_of("exte", 0), "start1 image1.0 image1.1 end1");
}

TEST(SimulatedDetector, can_be_aborted_between_two_frames) {
  Client client;
  SimulatorOptions options = small_options();
  options.paced = true;
  SimulatedDetector detector(std::move(options), client.sink());
  detector.initialize();
  EXPECT_TRUE(detector.put("detector/config/frame_time", 3600));
  EXPECT_TRUE(detector.put("detector/config/nimages", 100));
  detector.arm();
  std::thread trigger([&] { detector.trigger(); });
  while (client.log() != "start1 image1.0") std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(detector.abort(), 1U);
  trigger.join();
  EXPECT_EQ(client.log(), "start1 image1.0 end1");
  detector.arm();
  EXPECT_EQ(detector.abort(), 2U) << "and is ready for more";
}

TEST(SimulatedDetector, keeps_the_frame_time) {
  Client client;
  SimulatorOptions options = small_options();
  options.paced = true;
  SimulatedDetector detector(std::move(options), client.sink());
  detector.initialize();
  EXPECT_TRUE(detector.put("detector/config/frame_time", 0.005));
  EXPECT_TRUE(detector.put("detector/config/nimages", 21));
  detector.arm();
  const auto begun = std::chrono::steady_clock::now();
  detector.trigger();
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(100)) << "20 intervals of 5 ms";
}

TEST(SimulatedDetector, drops_and_counts_what_nobody_takes) {
  SimulatedDetector detector(small_options(), [](const WireParts&, std::chrono::milliseconds) { return false; });
  detector.initialize();
  detector.arm();
  detector.trigger();
  detector.disarm();
  EXPECT_EQ(detector.tally().dropped, 3U);
  EXPECT_EQ(detector.tally().messages, 0U);
  EXPECT_EQ(*detector.get("stream/status/dropped")->find("value"), Value(3));
  detector.initialize();
  EXPECT_EQ(detector.tally().dropped, 0U);
}

TEST(SimulatedDetector, tells_its_status_while_nobody_takes_its_header) {
  Client client;
  std::atomic<bool> listening{false};
  SimulatorOptions options = small_options();
  options.patience = std::chrono::hours(1);
  SimulatedDetector detector(std::move(options), [&](const WireParts& parts, std::chrono::milliseconds patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return listening && client.sink()(parts, patience);
  });
  detector.initialize();
  std::thread arm([&] { detector.arm(); });
  while (*detector.get("detector/status/state")->find("value") != Value("ready")) std::this_thread::yield();
  std::thread trigger([&] { detector.trigger(); });
  EXPECT_EQ(client.log(), "");
  listening = true;
  arm.join();
  trigger.join();
  EXPECT_EQ(client.log(), "start1 image1.0") << "the trigger waited for the header";
}

TEST(SimulatedDetector, sends_nothing_when_the_stream_is_disabled) {
  Client client;
  SimulatedDetector detector(small_options(), client.sink());
  detector.initialize();
  EXPECT_TRUE(detector.put("stream/config/mode", "disabled"));
  detector.arm();
  detector.trigger();
  detector.disarm();
  EXPECT_EQ(client.log(), "");
}

}  // namespace
}  // namespace annulus
