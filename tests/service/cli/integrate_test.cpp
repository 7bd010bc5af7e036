// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/files/npy.hpp"
#include "detectors/hdf5/file.hpp"
#include "operators/kernels/integrator.hpp"
#include "service/cli/commands.hpp"
#include "tests/bench.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;
namespace fs = std::filesystem;

/// A folder with an image, a stack of three, and options that integrate the image.
struct Bench {
  Scratch scratch;
  IntegrateOptions options;

  Bench() {
    write_npy(scratch / "image.npy", small_frame(0).pixels);
    std::vector<std::uint16_t> values;
    for (std::uint64_t k = 0; k < 3; ++k) {
      for (const auto v : small_frame(k).pixels.to_vector<std::uint16_t>()) values.push_back(v);
    }
    write_npy(scratch / "stack.npy", Array::of<std::uint16_t>({3, 6, 8}, std::move(values)));
    options.images = {(scratch / "image.npy").string()};
    options.poni = write_poni(scratch / "small.poni");
    options.bins = 5;
    options.output = scratch / "out.xy";
  }
};

struct Table {
  std::vector<std::string> head;
  std::vector<double> numbers;  ///< three columns, row by row
};

Table read_table(const fs::path& path) {
  Table table;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) {
      table.head.push_back(line);
      continue;
    }
    std::istringstream words(line);
    for (std::string word; words >> word;) table.numbers.push_back(std::stod(word));
  }
  return table;
}

Pattern expected(std::uint64_t k) {
  IntegrationOptions options;
  options.bins = 5;
  options.error_model = ErrorModel::poisson;
  return Integrator(small_poni(), options).integrate(small_frame(k));
}

TEST(Integrate, never_writes_over_what_it_reads) {
  Bench b;
  fs::create_symlink(b.scratch / "image.npy", b.scratch / "innocent.h5");
  b.options.output = b.scratch / "innocent.h5";
  EXPECT_NE(message_of([&] { integrate(b.options); }).find("is also read as"), std::string::npos);
  EXPECT_EQ(fs::file_size(b.scratch / "image.npy"), 128U + 6 * 8 * 2);
}

TEST(Integrate, writes_a_table_with_every_digit) {
  Bench b;
  b.options.error_model = "poisson";
  EXPECT_EQ(integrate(b.options), 0);
  const Table table = read_table(b.options.output);
  const Pattern pattern = expected(0);
  ASSERT_EQ(table.numbers.size(), 15U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(table.numbers[3 * i], pattern.axis->centres[i]);
    EXPECT_EQ(table.numbers[3 * i + 1], pattern.intensity[i]);
    EXPECT_EQ(table.numbers[3 * i + 2], pattern.sigma[i]);
  }
  EXPECT_NE(std::ranges::find(table.head, "# error_model: poisson"), table.head.end());
  EXPECT_NE(std::ranges::find(table.head, "# image: " + (b.scratch / "image.npy").string()), table.head.end());
  EXPECT_EQ(table.head.back(), "# q_nm^-1 [1/nm]  intensity  sigma");
}

TEST(Integrate, writes_nan_where_there_is_no_error_model) {
  Bench b;
  EXPECT_EQ(integrate(b.options), 0);
  EXPECT_TRUE(std::isnan(read_table(b.options.output).numbers.at(2)));
}

TEST(Integrate, writes_a_nexus_file_and_replaces_an_earlier_one) {
  for (const char* name : {"out.h5", "out.hdf5", "out.nxs"}) {
    Bench b;
    b.options.output = b.scratch / name;
    b.options.error_model = "poisson";
    for (int i = 0; i < 2; ++i) EXPECT_EQ(integrate(b.options), 0);
    EXPECT_EQ(std::ranges::distance(fs::directory_iterator(b.scratch.path()), fs::directory_iterator()), 4);
    const hdf5::File file = hdf5::File::open(b.options.output);
    const Pattern pattern = expected(0);
    EXPECT_EQ(file.root().dataset("entry/data/I").read().to_vector<double>(), pattern.intensity);
    EXPECT_EQ(file.root().dataset("entry/data/frame_state").read().to_vector<int>(), std::vector<int>{1});
    EXPECT_EQ(file.root().dataset("entry/reduction/input/poni").read_text(), to_poni_text(small_poni()));
  }
}

TEST(Integrate, numbers_the_files_of_several_images) {
  for (const char* ending : {"xy", "h5"}) {
    Bench b;
    b.options.images = {(b.scratch / "stack.npy").string(), (b.scratch / "image.npy").string()};
    b.options.output = b.scratch / (std::string("out.") + ending);
    EXPECT_EQ(integrate(b.options), 0);
    EXPECT_FALSE(fs::exists(b.options.output));
    for (const char* name : {"out_0000.", "out_0001.", "out_0002.", "out_0003."})
      EXPECT_TRUE(fs::is_regular_file(b.scratch / (std::string(name) + ending))) << name << ending;
    EXPECT_FALSE(fs::exists(b.scratch / (std::string("out_0004.") + ending)));
  }
}

TEST(Integrate, integrates_one_image_of_a_stack) {
  Bench b;
  b.options.images = {(b.scratch / "stack.npy").string() + ":2"};
  ASSERT_EQ(message_of([&] { integrate(b.options); }), "no exception");
  EXPECT_EQ(read_table(b.options.output).numbers.at(1), expected(2).intensity[0]);
}

TEST(Integrate, reads_raw_images_whose_form_is_given) {
  Bench b;
  const Array image = small_frame(1).pixels;
  std::ofstream(b.scratch / "image.raw", std::ios::binary)
      .write(reinterpret_cast<const char*>(image.bytes().data()), static_cast<std::streamsize>(image.bytes().size()));
  b.options.images = {(b.scratch / "image.raw").string()};
  b.options.raw_shape = {6, 8};
  for (const char* type : {"u2", "<u2", "uint16"}) {
    b.options.raw_type = type;
    ASSERT_EQ(message_of([&] { integrate(b.options); }), "no exception") << type;
    EXPECT_EQ(read_table(b.options.output).numbers.at(1), expected(1).intensity[0]) << type;
  }
}

TEST(Integrate, sizes_a_geometry_without_a_shape_by_the_image) {
  Bench b;
  b.options.poni = write_poni(b.scratch / "shapeless.poni", without_shape(small_poni()));
  EXPECT_EQ(integrate(b.options), 0);
  EXPECT_EQ(read_table(b.options.output).numbers.at(1), expected(0).intensity[0]);
}

/// What integrate says of options changed by `change`.
template <class F>
std::string refusal(F&& change) {
  Bench b;
  change(b.options, b.scratch);
  return message_of([&] { integrate(b.options); });
}

TEST(Integrate, takes_the_bounds_of_bins_from_a_file) {
  Bench b;
  b.options.unit = "r_mm";
  b.options.split = "full";
  b.options.edges = (b.scratch / "edges.txt").string();
  std::ofstream(*b.options.edges) << "# bounds\n0.05, 0.1 0.3\n1e0\n";
  EXPECT_EQ(integrate(b.options), 0);
  const Table table = read_table(b.options.output);
  ASSERT_EQ(table.numbers.size(), 9U);
  EXPECT_DOUBLE_EQ(table.numbers[0], 0.075);
  EXPECT_DOUBLE_EQ(table.numbers[6], 0.65);

  std::ofstream(*b.options.edges) << "1 2 three";
  EXPECT_EQ(message_of([&] { integrate(b.options); }), "--edges: 'three' in " + *b.options.edges + " is not a number");
  std::ofstream(*b.options.edges) << "1";
  EXPECT_EQ(message_of([&] { integrate(b.options); }),
            "--edges: " + *b.options.edges + " has no two numbers (a bin needs them)");
  b.options.edges = (b.scratch / "missing.txt").string();
  EXPECT_EQ(message_of([&] { integrate(b.options); }), "--edges: " + *b.options.edges + " cannot be read");
}

TEST(Integrate, says_what_is_wrong_with_its_arguments) {
  const auto expect = [](const std::string& part, const auto& change) {
    const std::string message = refusal(change);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  using O = IntegrateOptions;
  using S = Scratch;
  expect("--unit: 'q_nm' is not known. Did you mean 'q_nm^-1'?", [](O& o, S&) { o.unit = "q_nm"; });
  expect("'box'", [](O& o, S&) { o.split = "box"; });
  expect("'gauss'", [](O& o, S&) { o.error_model = "gauss"; });
  expect("--bins: 0 is out of range", [](O& o, S&) { o.bins = 0; });
  expect("--output: ", [](O& o, S& s) { o.output = s / "out.csv"; });
  expect("--raw-type: 'x9' is not an element type", [](O& o, S&) {
    o.raw_shape = {6, 8};
    o.raw_type = "x9";
  });
  expect("polarization", [](O& o, S&) { o.polarization = 3; });
  expect("radial", [](O& o, S&) { o.radial_range = {2, 1}; });
  expect("none.poni", [](O& o, S& s) { o.poni = s / "none.poni"; });
  expect("none.npy", [](O& o, S& s) { o.images = {(s / "none.npy").string()}; });
  expect("mask.npy", [](O& o, S& s) { o.mask = (s / "mask.npy").string(); });
  expect("3 images", [](O& o, S& s) { o.dark = (s / "stack.npy").string(); });
  expect("8 x 6", [](O& o, S& s) {
    write_npy(s / "tall.npy", small_frame(0, {8, 6}).pixels);
    o.images = {(s / "tall.npy").string()};
  });
  expect("cannot write", [](O& o, S& s) { o.output = s / "none" / "out.xy"; });
}

TEST(Integrate, leaves_nothing_behind_when_it_refuses) {
  Bench b;
  b.options.unit = "q";
  EXPECT_THROW(integrate(b.options), ConfigError);
  EXPECT_FALSE(fs::exists(b.options.output));
}

TEST(Integrate, writes_cakes) {
  Bench b;
  b.options.azimuthal_bins = 4;
  EXPECT_NE(message_of([&] { integrate(b.options); }).find("cannot hold cakes"), std::string::npos);
  b.options.output = b.scratch / "out.h5";
  ASSERT_EQ(message_of([&] { integrate(b.options); }), "no exception");
  IntegrationOptions options;
  options.bins = 5;
  options.azimuthal_bins = 4;
  const Cake wanted = Integrator(small_poni(), options).integrate2d(small_frame(0));
  const hdf5::File file = hdf5::File::open(b.options.output);
  EXPECT_EQ(file.root().dataset("entry/definition").read_text(), "NXazint2d");
  EXPECT_EQ(file.root().dataset("entry/data/count").read().shape(), (Shape{1, 4, 5}));
  EXPECT_EQ(file.root().dataset("entry/data/count").read().to_vector<double>(), wanted.count);
}

TEST(Integrate, has_no_variances) {
  EXPECT_NE(refusal([](IntegrateOptions& o, const Scratch&) {
              o.error_model = "variance";
            }).find("there are no variances here"),
            std::string::npos);
}

}  // namespace
}  // namespace annulus
