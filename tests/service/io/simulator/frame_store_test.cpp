// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/simulator/frame_store.hpp"

#include <limits>

#include "detectors/simplon/series_tracker.hpp"
#include "tests/service/io/simulator/samples.hpp"

namespace annulus {
namespace {

using namespace testing;
using simplon::SeriesImage;
using simplon::Version;

SeriesImage image_at(std::uint64_t frame) {
  SeriesImage image;
  image.series = 3;
  image.unique_id = "01DC";
  image.frame = frame;
  image.start_time = static_cast<double>(frame);
  return image;
}

SeriesImage read_image(const WireParts& parts) {
  auto message = read_message(parts);
  if (!message) throw std::runtime_error(to_string(message.error()));
  return std::get<SeriesImage>(std::move(*message));
}

TEST(FrameStore, sends_the_images_in_turn_in_every_form) {
  for (const Version version : {Version::v1, Version::v2}) {
    for (const char* compression : {"bslz4", "lz4", "none"}) {
      FrameStore store({image_from(10), image_from(100)}, {version, compression});
      for (const std::uint64_t frame : {0U, 1U, 2U, 300U, 70001U}) {
        const SeriesImage image = read_image(store.message(image_at(frame)));
        EXPECT_EQ(image.frame, frame);
        EXPECT_EQ(image.series, 3U);
        EXPECT_EQ(image.start_time, static_cast<double>(frame));
        EXPECT_EQ(simplon::decode_array(image.channels.at(0)), image_from(frame % 2 == 0 ? 10 : 100)) << compression;
      }
    }
  }
}

TEST(FrameStore, sends_the_same_packed_bytes_again) {
  FrameStore v1({image_from(10)}, {Version::v1});
  EXPECT_EQ(v1.message(image_at(0))[2].bytes.data(), v1.message(image_at(1))[2].bytes.data());

  FrameStore v2({image_from(10)}, {Version::v2});
  const auto* first = v2.message(image_at(0)).front().owner.get();
  EXPECT_EQ(v2.message(image_at(1)).front().owner.get(), first) << "nobody has it any more";
}

TEST(FrameStore, leaves_messages_under_way_alone) {
  FrameStore store({image_from(10)}, {Version::v2});
  const WireParts first = store.message(image_at(5));
  const std::size_t kept = store.kept_bytes();
  const WireParts second = store.message(image_at(6));
  EXPECT_EQ(store.kept_bytes(), 2 * kept);
  EXPECT_EQ(read_image(first).frame, 5U);
  EXPECT_EQ(read_image(second).frame, 6U);
  SeriesImage longer = image_at(7);
  longer.user_data = std::string(200, 'x');
  EXPECT_EQ(read_image(store.message(longer)).user_data, longer.user_data) << "a head that outgrows its room";
}

TEST(FrameStore, damages_messages) {
  for (const Version version : {Version::v1, Version::v2}) {
    for (const char* compression : {"bslz4", "lz4", "none"}) {
      FrameStore store({image_from(10)}, {version, compression});
      const SeriesImage image = read_image(store.message(image_at(4), Damage::truncated));
      EXPECT_EQ(image.frame, 4U) << "the message itself can be read";
      EXPECT_FALSE(simplon::decode_pixels(image));
      EXPECT_FALSE(read_message(store.message(image_at(4), Damage::garbled)));
      EXPECT_EQ(simplon::decode_array(read_image(store.message(image_at(5))).channels.at(0)), image_from(10));
    }
  }
}

TEST(FrameStore, sends_several_thresholds) {
  const Array image = Array::of<std::uint16_t>({1, 4}, {9, 100, 65534, 65535});
  FrameStore v2({image}, {Version::v2, "bslz4", {"threshold_1", "threshold_2", "difference"}});
  const SeriesImage message = read_image(v2.message(image_at(0)));
  EXPECT_EQ(message.channels.at(2).channel, "difference");
  EXPECT_EQ(simplon::decode_pixels(message),
            (std::vector{image, Array::of<std::uint16_t>({1, 4}, {4, 50, 65534, 65535}),
                         Array::of<std::uint16_t>({1, 4}, {5, 50, 65534, 65535})}));

  FrameStore v1({image}, {Version::v1, "lz4", {"threshold_1", "threshold_2"}});
  EXPECT_EQ(simplon::decode_array(read_image(v1.message(image_at(0))).channels.at(0)),
            (Array::of<std::uint16_t>({2, 1, 4}, {9, 100, 65534, 65535, 4, 50, 65534, 65535})));
  EXPECT_THROW(FrameStore({image}, {Version::v1, "lz4", {"threshold_1", "difference"}}), DataError);
  EXPECT_THROW(FrameStore({image}, {Version::v2, "zstd"}), DataError);
  EXPECT_THROW(FrameStore({image}, {Version::v2, "lz4", {"threshold_5"}}), DataError);
  EXPECT_THROW(FrameStore({}, {}), DataError);
}

TEST(FrameStore, takes_images_as_a_detector_counts) {
  EXPECT_EQ(as_detector_image(Array::of<std::int32_t>({1, 3}, {-1, 0, 7})),
            (Array::of<std::uint32_t>({1, 3}, {std::numeric_limits<std::uint32_t>::max(), 0, 7})));
  EXPECT_EQ(as_detector_image(image_from(1)), image_from(1));
  EXPECT_THROW((void)as_detector_image(Array::of<double>({1, 1}, {1})), DataError);
  EXPECT_THROW((void)as_detector_image(Array::of<std::uint16_t>({2}, {1, 2})), DataError);
}

}  // namespace
}  // namespace annulus
