// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/replay/by_reference.hpp"

#include <gtest/gtest.h>

#include "detectors/bluesky/run_tracker.hpp"
#include "detectors/hdf5/file.hpp"
#include "tests/bench.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;

constexpr std::uint64_t frames = 3;

std::unique_ptr<Recording> run(const std::filesystem::path& folder, Reference reference, Shape last = small_shape) {
  const auto frame = [last](std::uint64_t k) {
    Frame made = small_frame(k, k + 1 == frames ? last : small_shape);
    made.readings = std::make_shared<const Dict>(Dict{{"motor", 0.5 * static_cast<double>(k)}});
    return made;
  };
  return by_reference(record_frames(frames, frame, "pixels", {}), reference, "pixels", folder);
}

std::vector<FramesInFile> places_of(Recording& recording) {
  bluesky::RunTracker tracker({.image = "pixels", .stream = {}});
  std::vector<FramesInFile> places;
  while (true) {
    auto document = recording.next();
    if (!document || !*document) return places;
    for (const auto& event : tracker.feed(std::move(**document))) {
      EXPECT_FALSE(std::holds_alternative<Problem>(event));
      if (const auto* announced = std::get_if<FramesInFile>(&event)) places.push_back(*announced);
    }
  }
}

TEST(ByReference, is_in_the_file_where_the_documents_say) {
  const Scratch scratch;
  const std::filesystem::path folder = scratch / "100% new folder";
  for (const Reference reference : {Reference::stream_resource, Reference::resource}) {
    const auto places = places_of(*run(folder, reference));
    ASSERT_EQ(places.size(), frames);
    for (std::size_t k = 0; k < frames; ++k) {
      EXPECT_EQ(places[k].first, k);
      EXPECT_EQ(places[k].count, 1U);
      EXPECT_EQ(number_at(*places[k].readings, "motor", -1), 0.5 * static_cast<double>(k));
      const std::filesystem::path path = places[k].files->path;
      EXPECT_EQ(path.parent_path(), folder);
      const Array image = hdf5::File::open(path).root().dataset("entry/data/data").read_rows(places[k].image, 1);
      EXPECT_EQ(image.slice(0), small_frame(k).pixels);
    }
  }
}

TEST(ByReference, takes_images_of_one_kind_only) {
  const Scratch scratch;
  const auto recording = run(scratch.path(), Reference::resource, {2, 3});
  const std::string message = message_of([&] {
    for (int i = 0; i < 20; ++i) (void)recording->next();
  });
  EXPECT_NE(message.find("2 x 3 uint16 (those before are 6 x 8 uint16)"), std::string::npos) << message;
}

}  // namespace
}  // namespace annulus
