// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/wire/wire_reader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/service/io/wire/recording_bytes.hpp"

namespace annulus::wire {
namespace {

using namespace testing;

const std::string not_closed = "the recording was not closed (its writer was killed, or is still writing)";

RecordingBytes sample() {
  RecordingBytes recording;
  recording.add(parts_of({"one"}));
  recording.add(parts_of({"two", "", "parts"}));
  recording.add(parts_of({"three"}));
  recording.end();
  return recording;
}

TEST(WireReader, reads_what_was_recorded) {
  const RecordingBytes recording = sample();
  auto reader = WireReader::open(recorded_in_memory(std::as_bytes(std::span(recording.bytes))));
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->info().endpoint, "tcp://127.0.0.1:5568");
  EXPECT_EQ(reader->info().socket, "sub");
  EXPECT_EQ(reader->info().time_ns, 1);
  (void)reader->next();
  const auto item = reader->next();
  const auto& second = std::get<RecordedMessage>(*item);
  EXPECT_EQ(second.sequence, 1U);
  EXPECT_EQ(second.time_ns, 1000);
  EXPECT_EQ(second.monotonic_ns, 500);
  EXPECT_EQ(second.parts.size(), 3U);
  EXPECT_EQ(read_all(recording.bytes), "one two//parts three");
}

TEST(WireReader, has_the_bytes_that_are_documented) {
  RecordingBytes recording;
  recording.bytes.clear();
  recording.add(parts_of({"ab", "c"}));
  EXPECT_EQ(recording.bytes.size(), 48U + 2 * 8 + 16 + 3);
  EXPECT_EQ(recording.bytes.substr(0, 8), "\xc5REC\r\x9e\n\x1a");
  EXPECT_EQ(recording.bytes[8], 77);
  EXPECT_EQ(recording.bytes[40], 1);
  EXPECT_EQ(recording.bytes[44], 2);
  EXPECT_EQ(recording.bytes[48], 2);
  EXPECT_EQ(recording.bytes[56], 1);
  EXPECT_EQ(recording.bytes.substr(80), "abc");
  EXPECT_EQ(encode_file_header({}).substr(0, 8),
            "\x89"
            "ANW\r\n\x1a\n");
}

TEST(WireReader, of_a_file_cut_anywhere_gives_every_whole_record) {
  const RecordingBytes recording = sample();
  const std::vector<std::string> texts{"one", "two//parts", "three"};
  for (std::size_t cut = recording.ends.front(); cut < recording.bytes.size(); ++cut) {
    std::string wanted;
    std::size_t whole = 0;
    for (; recording.ends[whole + 1] <= cut; ++whole) wanted += texts[whole] + " ";
    wanted += "<" + not_closed;
    if (const std::size_t rest = cut - recording.ends[whole]; rest > 0)
      wanted += fmt::format("; the last {} bytes are no whole message", rest);
    EXPECT_EQ(read_all(recording.bytes.substr(0, cut)), wanted + ">") << cut;
  }
}

TEST(WireReader, reports_a_damaged_record_and_reads_the_others_wherever_a_bit_is_wrong) {
  const RecordingBytes recording = sample();
  const std::size_t begin = recording.ends[1];
  const std::size_t end = recording.ends[2];
  const std::string wanted =
      fmt::format("one <{} bytes from byte {} on are damaged; 1 message is missing> three", end - begin, begin);
  for (std::size_t bit = 8 * begin; bit < 8 * end; ++bit) {
    std::string bytes = recording.bytes;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_EQ(read_all(bytes), wanted) << bit;
  }
}

TEST(WireReader, reports_damage_of_the_file_header_and_reads_every_record) {
  const RecordingBytes recording = sample();
  for (std::size_t at = 12; at < recording.ends.front(); ++at) {
    std::string bytes = recording.bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    EXPECT_EQ(read_all(bytes),
              fmt::format("<{} bytes from byte 0 on are damaged> one two//parts three", recording.ends.front()));
  }
}

TEST(WireReader, finds_the_next_record_where_bytes_have_gone_or_come) {
  const RecordingBytes recording = sample();
  std::string shorter = recording.bytes;
  shorter.erase(recording.ends[2] - 3, 2);
  EXPECT_NE(read_all(shorter).find("1 message is missing> three"), std::string::npos) << read_all(shorter);
  std::string longer = recording.bytes;
  longer.insert(recording.ends[1], "\xc5REC\r\x9e\n\x1a and some bytes that nobody wrote");
  EXPECT_EQ(read_all(longer),
            fmt::format("one <41 bytes from byte {} on are damaged> two//parts three", recording.ends[1]));
  EXPECT_EQ(read_all(recording.bytes + "tail"),
            fmt::format("one two//parts three <4 bytes from byte {} on are damaged>", recording.bytes.size()));
}

TEST(WireReader, takes_no_record_of_another_recording_for_its_own) {
  RecordingBytes inner;
  inner.info.id = 78;
  inner.add(parts_of({"inner"}));
  RecordingBytes outer;
  outer.add({part_of(inner.bytes)});
  outer.add(parts_of({"next"}));
  outer.end();
  std::string bytes = outer.bytes;
  bytes[outer.ends[0] + 100] ^= 1;
  EXPECT_EQ(read_all(bytes), fmt::format("<{} bytes from byte {} on are damaged; 1 message is missing> next",
                                         outer.ends[1] - outer.ends[0], outer.ends[0]));
}

TEST(WireReader, tells_messages_that_were_never_written) {
  RecordingBytes recording;
  recording.add(parts_of({"first"}));
  recording.next += 3;
  recording.add(parts_of({"second"}));
  recording.next += 1;
  recording.end();
  EXPECT_EQ(read_all(recording.bytes),
            fmt::format("first <3 messages are missing before byte {} (they were never written)> second "
                        "<1 message is missing before byte {} (they were never written)>",
                        recording.ends[1], recording.ends[2]));
}

TEST(WireReader, refuses_other_files) {
  EXPECT_EQ(read_all(""), "recording: the file does not begin as a recorded wire does (at byte 0)");
  EXPECT_EQ(read_all("[\"start\", {}]\n"), "recording: the file does not begin as a recorded wire does (at byte 0)");
  std::string newer = sample().bytes;
  newer[8] = 2;
  EXPECT_EQ(read_all(newer), "recording: version 2 is not known (this program reads version 1) (at byte 8)");
}

/// Counts the bytes that are read.
class Counted final : public RecordedBytes {
 public:
  Counted(const std::string& bytes, std::uint64_t& count)
      : bytes_(recorded_in_memory(std::as_bytes(std::span(bytes)))), count_(count) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_->size(); }
  void read(std::uint64_t offset, std::span<std::byte> to) override {
    count_ += to.size();
    bytes_->read(offset, to);
  }

 private:
  std::unique_ptr<RecordedBytes> bytes_;
  std::uint64_t& count_;
};

TEST(WireReader, opens_a_large_recording_without_reading_it) {
  RecordingBytes recording;
  recording.add({part_of(std::string(1'000'000, 'x'))});
  std::uint64_t count = 0;
  auto reader = WireReader::open(std::make_unique<Counted>(recording.bytes, count));
  EXPECT_LE(count, max_file_header);
}

TEST(WireReader, reads_no_byte_often_where_many_records_lie_about_theirs) {
  RecordingBytes recording;
  std::string bytes = recording.bytes;
  const WireMessage text = part_of(std::string(50'000, 'x'));
  for (std::uint64_t i = 0; i < 2000; ++i) {
    bytes += encode_record_header({.id = recording.info.id, .sequence = i}, {&text, 1});
  }
  std::uint64_t count = 0;
  auto reader = WireReader::open(std::make_unique<Counted>(bytes, count));
  const auto item = reader->next();
  EXPECT_TRUE(std::get<Damage>(*item).problem.starts_with(not_closed));
  EXPECT_LT(count, 10 * bytes.size());
  EXPECT_FALSE(reader->next());
}

}  // namespace
}  // namespace annulus::wire
