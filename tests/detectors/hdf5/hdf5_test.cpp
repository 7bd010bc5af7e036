// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <csignal>
#include <fstream>
#include <functional>
#include <limits>
#include <thread>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "operators/data/error.hpp"

#include "detectors/hdf5/file.hpp"
#include "tests/scratch.hpp"

namespace annulus::hdf5 {
namespace {

using testing::Scratch;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string cause_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

TEST(File, keeps_fields_and_attributes) {
  const Scratch scratch;
  {
    File file = File::create(scratch / "a.h5");
    Group entry = file.root().make_group("entry", "NXentry");
    entry.write("title", "LaB6 \xC2\xB5m");
    entry.write("count", std::int64_t{7}).set("units", "1");
    entry.write("applied", true);
    entry.write("axis", std::vector<double>{1, 2.5}).set("long_name", "q");
    entry.link("alias", "/entry/axis");
    file.close();
  }
  const File file = File::open(scratch / "a.h5");
  const Group entry = file.root().group("entry");
  EXPECT_EQ(entry.text_attribute("NX_class"), "NXentry");
  EXPECT_EQ(entry.text_attribute("absent"), std::nullopt);
  EXPECT_EQ(entry.dataset("title").read_text(), "LaB6 \xC2\xB5m");
  EXPECT_EQ(entry.dataset("count").read(), Array::of<std::int64_t>({}, {7}));
  EXPECT_EQ(entry.dataset("applied").read(), Array::of<std::int8_t>({}, {1}));
  EXPECT_EQ(entry.dataset("alias").read(), Array::of<double>({2}, {1, 2.5}));
  EXPECT_EQ(entry.dataset("alias").text_attribute("long_name"), "q");
  EXPECT_FALSE(entry.exists("absent/deeper"));
  EXPECT_EQ(file.root().dataset_names(),
            (std::vector<std::string>{"entry/applied", "entry/axis", "entry/count", "entry/title"}));
}

TEST(Dataset, fills_rows_that_were_never_written) {
  const Scratch scratch;
  File file = File::create(scratch / "a.h5");
  Dataset table =
      file.root().make_dataset("t", {.shape = {0, 2}, .growth = Growth::rows, .chunk_rows = 2, .fill = nan});
  table.resize_rows(3);
  table.write_rows<double>(1, std::vector<double>{1, 2});
  const Array all = table.read();
  const auto values = all.as<double>();
  EXPECT_TRUE(std::isnan(values[0]) && std::isnan(values[5]));
  EXPECT_EQ(table.read_rows(1, 1), Array::of<double>({1, 2}, {1, 2}));
}

TEST(Dataset, refuses_rows_outside_its_extent_and_part_rows) {
  const Scratch scratch;
  File file = File::create(scratch / "a.h5");
  Dataset table = file.root().make_dataset("t", {.shape = {1, 2}, .growth = Growth::rows, .chunk_rows = 2});
  EXPECT_THROW(table.write_rows<double>(1, std::vector<double>{1, 2}), DataError);
  EXPECT_THROW(table.write_rows<double>(0, std::vector<double>{1}), DataError);
  EXPECT_THROW(static_cast<void>(table.read_rows(1, 1)), DataError);
}

TEST(Dataset, cuts_text_between_characters) {
  const Scratch scratch;
  File file = File::create(scratch / "a.h5");
  Dataset note = file.root().make_text_dataset("note", 4, {}, Growth::fixed);
  note.write_text("abc\xC2\xB5");
  EXPECT_EQ(note.read_text(), "abc");
}

TEST(File, shows_appended_rows_to_a_reader_while_it_is_written) {
  const Scratch scratch;
  File writer = File::create(scratch / "a.h5");
  Dataset table =
      writer.root().make_dataset("t", {.dtype = DType::u16, .shape = {0}, .growth = Growth::rows, .chunk_rows = 4});
  writer.start_swmr();
  const File reader = File::open(scratch / "a.h5");
  Dataset seen = reader.root().dataset("t");
  table.resize_rows(2);
  table.write_rows<std::uint16_t>(0, std::vector<std::uint16_t>{5, 6});
  table.flush();
  seen.refresh();
  EXPECT_EQ(seen.read(), Array::of<std::uint16_t>({2}, {5, 6}));
}

TEST(File, names_the_cause_of_a_failure) {
  const Scratch scratch;
  const auto missing = cause_of([&] { static_cast<void>(File::open(scratch / "none.h5")); });
  EXPECT_NE(missing.find("none.h5"), std::string::npos) << missing;
  EXPECT_NE(missing.find("No such file or directory"), std::string::npos) << missing;

  std::ofstream(scratch / "text.h5") << "no HDF5 at all";
  const auto text = cause_of([&] { static_cast<void>(File::open(scratch / "text.h5")); });
  EXPECT_NE(text.find("signature"), std::string::npos) << text;

  static_cast<void>(File::create(scratch / "taken.h5"));
  const auto taken = cause_of([&] { static_cast<void>(File::create(scratch / "taken.h5")); });
  EXPECT_NE(taken.find("File exists"), std::string::npos) << taken;
}

TEST(File, prints_nothing_from_any_thread) {
  const Scratch scratch;
  ::testing::internal::CaptureStderr();
  std::thread other(
      [&] { EXPECT_NE(cause_of([&] { static_cast<void>(File::open(scratch / "none.h5")); }), "no error"); });
  other.join();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

/// Lets no file of this process grow beyond some bytes, as a full disk does.
class FileSizeLimit final {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(File, that_cannot_be_closed_does_no_harm_to_the_next) {
  const Scratch scratch;
  const std::vector<double> values(100'000, 1.0);
  const auto fill = [&](const std::string& name) {
    File file = File::create(scratch / name);
    Dataset table = file.root().make_dataset("t", {.shape = {0}, .growth = Growth::rows, .chunk_rows = 1000});
    file.start_swmr();
    table.resize_rows(values.size());
    table.write_rows<double>(0, values);
    file.close();
  };
  {
    const FileSizeLimit limit(100'000);
    const auto cause = cause_of([&] { fill("full.h5"); });
    EXPECT_NE(cause.find("File too large"), std::string::npos) << cause;
  }
  fill("next.h5");
  EXPECT_EQ(File::open(scratch / "next.h5").root().dataset("t").read(), Array::of<double>({values.size()}, values));
}

TEST(Dataset, refuses_elements_that_are_no_numbers) {
  const Scratch scratch;
  File file = File::create(scratch / "a.h5");
  EXPECT_THROW(static_cast<void>(file.root().write("text", "x").read()), DataError);
}

}  // namespace
}  // namespace annulus::hdf5
