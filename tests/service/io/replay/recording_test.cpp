// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/replay/recording.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "detectors/bluesky/document_file.hpp"
#include "detectors/bluesky/run_tracker.hpp"
#include "detectors/files/npy.hpp"
#include "tests/bench.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;

/// The names of the documents, "!" for one that could not be read.
std::string names_of(Recording& recording, std::vector<Document>* documents = nullptr) {
  std::string names;
  while (true) {
    auto document = recording.next();
    if (!document) {
      names += "! ";
    } else if (!*document) {
      return names;
    } else {
      names += (*document)->name + " ";
      if (documents) documents->push_back(std::move(**document));
    }
  }
}

TEST(Recording, of_frames_is_one_run_with_its_metadata) {
  std::string asked;
  const auto recording = record_frames(
      3,
      [&](std::uint64_t k) {
        asked += std::to_string(k);
        return small_frame(k);
      },
      "pixels", Dict{{"scan_id", 4}});
  std::vector<Document> documents;
  EXPECT_EQ(names_of(*recording, &documents), "start descriptor event event event stop ");
  EXPECT_EQ(asked, "012") << "every frame is made once";
  EXPECT_EQ(integer_at(documents[0].content, "scan_id", 0), 4);
  bluesky::RunTracker tracker({.image = "pixels", .stream = {}});
  std::uint64_t frames = 0;
  for (Document& document : documents) {
    for (const auto& event : tracker.feed(std::move(document))) {
      EXPECT_FALSE(std::holds_alternative<Problem>(event));
      if (const auto* arrived = std::get_if<FrameArrived>(&event)) {
        EXPECT_EQ(arrived->frame.pixels, small_frame(frames++).pixels);
      }
    }
  }
  EXPECT_EQ(frames, 3U);
  EXPECT_EQ(names_of(*recording), "") << "it stays at its end";
}

TEST(Recording, of_no_frames_still_starts_and_stops) {
  const auto recording = record_frames(0, [](std::uint64_t k) { return small_frame(k); }, "pixels", {});
  EXPECT_EQ(names_of(*recording), "start stop ");
}

TEST(Recording, of_json_lines_skips_a_broken_line) {
  const Scratch scratch;
  const auto source = record_frames(2, [](std::uint64_t k) { return small_frame(k); }, "pixels", {});
  {
    bluesky::DocumentWriter writer(scratch / "run.jsonl");
    for (auto document = source->next(); *document; document = source->next()) writer.write(**document);
  }
  EXPECT_EQ(names_of(*open_recording((scratch / "run.jsonl").string(), "")), "start descriptor event event stop ");
  std::string text;
  {
    std::ifstream in(scratch / "run.jsonl");
    for (std::string line; std::getline(in, line);) text += line + "\n" + (text.empty() ? "[\"event\", {]}\n" : "");
  }
  std::ofstream(scratch / "broken.jsonl") << text;
  EXPECT_EQ(names_of(*open_recording((scratch / "broken.jsonl").string(), "")), "start ! descriptor event event stop ");
}

TEST(Recording, of_an_image_stack_has_one_event_per_image) {
  const Scratch scratch;
  std::vector<std::uint16_t> values;
  for (std::uint64_t k = 0; k < 3; ++k) {
    for (const auto v : small_frame(k).pixels.to_vector<std::uint16_t>()) values.push_back(v);
  }
  write_npy(scratch / "stack.npy", Array::of<std::uint16_t>({3, 6, 8}, std::move(values)));
  const auto recording = open_recording((scratch / "stack.npy").string(), "my_image");
  std::vector<Document> documents;
  EXPECT_EQ(names_of(*recording, &documents), "start descriptor event event event stop ");
  EXPECT_EQ(text_at(documents[0].content, "title"), "stack.npy");
  for (std::uint64_t k = 0; k < 3; ++k) {
    const Dict* data = dict_at(documents[2 + k].content, "data");
    ASSERT_NE(data, nullptr);
    EXPECT_EQ(*data->find("my_image"), Value(small_frame(k).pixels));
  }
}

TEST(Recording, says_which_file_cannot_be_read) {
  const Scratch scratch;
  EXPECT_NE(message_of([&] { (void)open_recording((scratch / "none.jsonl").string(), ""); }).find("none.jsonl"),
            std::string::npos);
  std::ofstream(scratch / "cut.npy") << "\x93NUMPY\x01";
  EXPECT_NE(message_of([&] { (void)open_recording((scratch / "cut.npy").string(), ""); }).find("cut.npy"),
            std::string::npos);
}

}  // namespace
}  // namespace annulus
