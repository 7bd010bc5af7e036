// SPDX-License-Identifier: BSD-3-Clause
#include "operators/integrate/integrate1d.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/files/npy.hpp"
#include "tests/operators/integrate/operator_pipeline.hpp"

namespace annulus {
namespace {

using namespace testing;

struct Pipeline : OperatorPipeline<Integrate1d, Pattern> {
  explicit Pipeline(const Poni& poni = small_poni()) : OperatorPipeline({{"bins", 5}}, poni) {}

  std::string image(const std::string& name, Shape shape) const {
    const std::size_t count = count_of(shape);
    write_npy(scratch / name, Array::of<double>(std::move(shape), std::vector<double>(count, 1)));
    return (scratch / name).string();
  }
};

/// The bytes of the numbers: NaN included, unlike ==.
std::string bits(const Numbers& values) {
  std::string text(values.size() * sizeof(double), '\0');
  std::memcpy(text.data(), values.data(), text.size());
  return text;
}

TEST(Integrate1d, gives_what_the_integrator_gives) {
  Pipeline p;
  p.send({small_frame(0), small_frame(1)});
  IntegrationOptions options;
  options.bins = 5;
  const Integrator integrator(small_poni(), options);
  ASSERT_EQ(p.probe.elements().size(), 2U) << errors_of(p.graph);
  for (std::uint64_t k = 0; k < 2; ++k) {
    const Pattern& pattern = p.probe.elements()[k];
    EXPECT_EQ(pattern.number, k);
    EXPECT_EQ(pattern.time, small_frame(k).time);
    EXPECT_EQ(bits(pattern.intensity), bits(integrator.integrate(small_frame(k)).intensity));
  }
  EXPECT_EQ(p.probe.elements()[0].axis, p.probe.elements()[1].axis) << "one axis for all";
}

TEST(Integrate1d, takes_the_bounds_of_its_bins) {
  Pipeline p;
  set(p.integrate, {{"unit", "r_mm"}, {"edges", List{0.1, 0.2, 0.5, 2}}});
  p.send({small_frame(0)});
  ASSERT_EQ(p.probe.elements().size(), 1U) << errors_of(p.graph);
  EXPECT_EQ(p.probe.elements()[0].axis->edges, (std::vector<double>{0.1, 0.2, 0.5, 2}));
}

TEST(Integrate1d, hands_every_parameter_to_the_integrator) {
  Pipeline p;
  set(p.integrate, {{"mask",
                     [&] {
                       std::vector<std::uint8_t> mask(48, 0);
                       mask[3] = 1;
                       write_npy(p.scratch / "mask.npy", Array::of<std::uint8_t>({6, 8}, std::move(mask)));
                       return (p.scratch / "mask.npy").string();
                     }()},
                    {"dark", p.image("dark.npy", {6, 8})},
                    {"flat", p.image("flat.npy", {6, 8})},
                    {"unit", "2th_deg"},
                    {"split", "no"},
                    {"error_model", "poisson"},
                    {"polarization", 0.9},
                    {"solid_angle", false},
                    {"radial_range", List{0.1, 2.5}},
                    {"spacing", "logarithmic"},
                    {"polarization_offset", 0.2},
                    {"sector", List{-90, 180}},
                    {"dummy", 14},
                    {"delta_dummy", 0.5}});
  p.send({small_frame(0)});
  IntegrationOptions o;
  o.bins = 5;
  o.unit = RadialUnit::tth_deg;
  o.split = Split::no;
  o.error_model = ErrorModel::poisson;
  o.polarization = 0.9;
  o.solid_angle = SolidAngle::ignore;
  o.radial_range = Range{0.1, 2.5};
  o.spacing = Spacing::logarithmic;
  o.polarization_offset = 0.2;
  o.sector = Sector{-90, 180};
  o.dummy = BadValue{14, 0.5};
  std::vector<std::uint8_t> mask(48, 0);
  mask[3] = 1;
  o.mask = Array::of<std::uint8_t>({6, 8}, std::move(mask));
  o.dark = o.flat = Array::of<double>({6, 8}, std::vector<double>(48, 1));
  const Pattern expected = Integrator(small_poni(), o).integrate(small_frame(0));
  ASSERT_EQ(p.probe.elements().size(), 1U) << errors_of(p.graph);
  const Pattern& pattern = p.probe.elements()[0];
  EXPECT_EQ(pattern.axis->unit, RadialUnit::tth_deg);
  EXPECT_EQ(pattern.axis->edges, expected.axis->edges);
  EXPECT_EQ(bits(pattern.intensity), bits(expected.intensity));
  EXPECT_EQ(bits(pattern.sigma), bits(expected.sigma));
  EXPECT_EQ(bits(pattern.count), bits(expected.count));
}

TEST(Integrate1d, gives_the_same_bits_with_workers_and_keeps_the_order) {
  std::vector<Frame> frames;
  for (std::uint64_t k = 0; k < 40; ++k) frames.push_back(small_frame(k));
  std::string results[2];
  std::string logs[2];
  for (const int workers : {0, 2}) {
    Pipeline p;
    set(p.integrate, {{"workers", workers}, {"error_model", "poisson"}});
    p.send(frames);
    for (const Pattern& pattern : p.probe.elements()) {
      results[workers / 2] += bits(pattern.intensity) + bits(pattern.sigma) + bits(pattern.normalization);
    }
    logs[workers / 2] = p.probe.log();
  }
  EXPECT_EQ(results[0].size(), 40U * 5 * 3 * sizeof(double));
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(logs[0], logs[1]);
}

TEST(Integrate1d, a_frame_of_another_shape_fails_alone) {
  for (const int workers : {0, 2}) {
    Pipeline p;
    set(p.integrate, {{"workers", workers}});
    p.send({small_frame(0), small_frame(1, {8, 6}), small_frame(2)});
    EXPECT_EQ(p.probe.log(), "[a 0 gap 1-1 failed 2 ]a success");
    EXPECT_EQ(p.graph.errors().total(), 1U);
    EXPECT_NE(errors_of(p.graph).find("8 x 6"), std::string::npos) << errors_of(p.graph);
  }
}

TEST(Integrate1d, sizes_a_geometry_without_a_shape_by_the_first_frame) {
  Pipeline p(without_shape(small_poni()));
  EXPECT_EQ(problems_of(p.integrate), "");
  p.send({small_frame(0), small_frame(1, {3, 4}), small_frame(2)});
  EXPECT_EQ(p.probe.log(), "[a 0 gap 1-1 failed 2 ]a success");
  IntegrationOptions options;
  options.bins = 5;
  EXPECT_EQ(bits(p.probe.elements()[0].intensity),
            bits(Integrator(small_poni(), options).integrate(small_frame(0)).intensity));
}

TEST(Integrate1d, a_mask_that_does_not_fit_a_geometry_without_a_shape_fails_every_frame) {
  Pipeline p(without_shape(small_poni()));
  set(p.integrate, {{"mask", p.image("mask.npy", {2, 2})}});
  p.send({small_frame(0), small_frame(1)});
  EXPECT_EQ(p.probe.log(), "[a gap 0-0 failed gap 1-1 failed ]a success");
}

TEST(Integrate1d, says_how_a_pattern_was_made) {
  Pipeline p;
  set(p.integrate, {{"polarization", 0.95}, {"solid_angle", false}});
  p.send({small_frame(0)});
  ASSERT_NE(p.probe.elements().at(0).reduction, nullptr);
  const Dict& reduction = *p.probe.elements()[0].reduction;
  EXPECT_EQ(text_at(reduction, "name"), "integrate");
  EXPECT_EQ(text_at(reduction, "type"), "integrate1d");
  EXPECT_EQ(text_at(reduction, "poni"), to_poni_text(small_poni()));
  EXPECT_EQ(number_at(reduction, "wavelength_m", 0), 1e-10);
  EXPECT_EQ(*reduction.find("solid_angle_applied"), Value(false));
  EXPECT_EQ(*reduction.find("polarization_applied"), Value(true));
  EXPECT_EQ(*reduction.find("normalization_applied"), Value(false));
  const Dict* parameters = dict_at(reduction, "parameters");
  ASSERT_NE(parameters, nullptr);
  EXPECT_EQ(parameters->size(), p.integrate.params().size());
  EXPECT_EQ(text_at(*parameters, "bins"), "5");
  EXPECT_EQ(text_at(*parameters, "unit"), "q_nm^-1");
  EXPECT_EQ(text_at(*parameters, "mask"), "none");
}

TEST(Integrate1d, lists_all_files_that_cannot_be_read) {
  Pipeline p;
  set(p.integrate,
      {{"poni", "/none/a.poni"}, {"mask", "/none/m.npy"}, {"dark", "/none/d.npy"}, {"flat", "/none/f.npy"}});
  const std::string text = problems_of(p.integrate);
  for (const char* line : {"poni: /none/a.poni", "mask: ", "dark: ", "flat: "})
    EXPECT_NE(("\n" + text).find(std::string("\n") + line), std::string::npos) << line << " in\n" << text;
}

TEST(Integrate1d, lists_what_does_not_fit_together) {
  Poni poni = small_poni();
  poni.wavelength.reset();
  Pipeline p(poni);
  EXPECT_EQ(problems_of(p.integrate),
            "unit: q_nm^-1 needs a wavelength (the poni file has none) choose 2th_deg, 2th_rad or r_mm\n");
  set(p.integrate, {{"unit", "2th_deg"}});
  EXPECT_EQ(problems_of(p.integrate), "");

  set(p.integrate, {{"mask", p.image("mask.npy", {8, 6})}});
  EXPECT_NE(problems_of(p.integrate).find("8 x 6"), std::string::npos) << problems_of(p.integrate);
  set(p.integrate, {{"mask", nullptr}, {"radial_range", List{2, 1}}, {"polarization", 2}});
  const std::string text = problems_of(p.integrate);
  EXPECT_NE(text.find("radial"), std::string::npos) << text;
  EXPECT_NE(text.find("polarization"), std::string::npos) << text;
  EXPECT_THROW(p.graph.start(), ConfigError);
}

TEST(Integrate1d, refuses_a_geometry_whose_pixels_are_all_masked) {
  Pipeline p;
  set(p.integrate, {{"mask", p.image("mask.npy", {6, 8})}});
  EXPECT_NE(problems_of(p.integrate).find("masked"), std::string::npos) << problems_of(p.integrate);
}

/// What a detector of 6 x 8 pixels tells: the geometry of small_poni(), a mask of the first pixel.
Dict small_header() {
  std::vector<std::uint32_t> mask(48, 0);
  mask[0] = 16;
  return {{"detector_distance", 0.1},
          {"beam_center_x", 4.0},
          {"beam_center_y", 3.0},
          {"pixel_size_x", 1e-3},
          {"pixel_size_y", 1e-3},
          {"wavelength", 1e-10},
          {"shape", List{6, 8}},
          {"flatfield_applied", true},
          {"pixel_mask", Array::of<std::uint32_t>({6, 8}, std::move(mask))}};
}

/// Runs whose starts have these headers, of one frame each; integrated as they say.
struct HeaderPipeline : Pipeline {
  explicit HeaderPipeline(Value what) { set(integrate, {{"poni", nullptr}, {"from_header", std::move(what)}}); }
  void run(const std::vector<Dict>& headers, const Frame& frame = small_frame(0)) {
    graph.start();
    int number = 0;
    for (const Dict& header : headers) {
      const RunPtr run =
          graph.begin_run("r" + std::to_string(++number), {}, std::make_shared<const Dict>(Dict{{"detector", header}}));
      source.emit(frame, run, frame.number);
      graph.end_run(run);
    }
    graph.stop();
  }
};

Dict with(Dict header, const char* key, Value value) {
  header.set(key, std::move(value));
  return header;
}

TEST(Integrate1dFromHeader, takes_geometry_and_mask_of_every_run) {
  HeaderPipeline p(List{"geometry", "mask"});
  EXPECT_EQ(problems_of(p.integrate), "");
  p.run({small_header(), small_header(), with(small_header(), "detector_distance", 0.2)});
  ASSERT_EQ(p.probe.log(), "[r1 0 ]r1 success [r2 0 ]r2 success [r3 0 ]r3 success") << errors_of(p.graph);

  IntegrationOptions options;
  options.bins = 5;
  options.mask = *small_header().find("pixel_mask")->get_if<Array>();
  const auto& patterns = p.probe.elements();
  EXPECT_EQ(bits(patterns[0].intensity), bits(Integrator(small_poni(), options).integrate(small_frame(0)).intensity));
  EXPECT_EQ(patterns[1].axis, patterns[0].axis) << "the integrator of the run before";
  EXPECT_NE(patterns[2].axis->edges, patterns[0].axis->edges);
  Poni farther = small_poni();
  farther.distance = 0.2;
  EXPECT_EQ(text_at(*patterns[2].reduction, "poni"), to_poni_text(farther));
  EXPECT_EQ(number_at(*patterns[2].reduction, "wavelength_m", 0), 1e-10);
  EXPECT_EQ(text_at(*dict_at(*patterns[2].reduction, "parameters"), "from_header"), "[geometry, mask]");
}

TEST(Integrate1dFromHeader, gives_the_same_with_workers) {
  HeaderPipeline p("geometry");
  set(p.integrate, {{"workers", 2}});
  p.run({small_header(), with(small_header(), "beam_center_x", 1.0), small_header()});
  ASSERT_EQ(p.probe.elements().size(), 3U) << errors_of(p.graph);
  EXPECT_EQ(bits(p.probe.elements()[0].intensity), bits(p.probe.elements()[2].intensity));
  EXPECT_NE(bits(p.probe.elements()[0].intensity), bits(p.probe.elements()[1].intensity));
}

TEST(Integrate1dFromHeader, leaves_out_the_two_largest_values) {
  std::vector<std::uint16_t> counts(48, 7);
  counts[5] = 65535;
  counts[6] = 65534;
  counts[7] = 65533;
  HeaderPipeline p("geometry");
  p.run({small_header()}, {0, 0, Array::of<std::uint16_t>({6, 8}, std::move(counts)), nullptr});
  double sum = 0;
  for (const double signal : p.probe.elements().at(0).signal) sum += signal;
  EXPECT_NEAR(sum, 45 * 7 + 65533, 1e-6);
}

TEST(Integrate1dFromHeader, a_run_fails_at_its_start_when_something_is_missing) {
  const auto problem_with = [](Value what, const char* missing) {
    HeaderPipeline p(std::move(what));
    p.run({with(small_header(), missing, nullptr), small_header()});
    EXPECT_EQ(p.probe.log(), "[r1 gap 0-0 dropped ]r1 fail [r2 0 ]r2 success") << missing;
    return errors_of(p.graph);
  };
  EXPECT_NE(problem_with("geometry", "detector_distance")
                .find("integrate: the detector's header has no detector_distance (the detector was not told, or"),
            std::string::npos);
  EXPECT_NE(problem_with("geometry", "wavelength").find("q_nm^-1 needs a wavelength"), std::string::npos);
  EXPECT_NE(problem_with(List{"geometry", "mask"}, "pixel_mask").find("has no pixel mask"), std::string::npos);

  HeaderPipeline p("geometry");
  p.graph.start();
  p.graph.end_run(p.graph.begin_run("r1"));
  p.graph.stop();
  EXPECT_EQ(p.probe.log(), "[r1 ]r1 fail");
}

TEST(Integrate1dFromHeader, multiplies_by_the_factors_of_a_flat_field_that_was_not_applied) {
  std::vector<float> factors(48, 2.0F);
  factors[9] = 0;
  Dict header = with(small_header(), "flatfield_applied", false);
  header.set("flatfield", Array::of<float>({6, 8}, factors));
  HeaderPipeline p(List{"geometry", "flat"});
  p.run({small_header(), header});
  ASSERT_EQ(p.probe.elements().size(), 2U) << errors_of(p.graph);
  const Pattern& plain = p.probe.elements()[0];
  const Pattern& flat = p.probe.elements()[1];
  EXPECT_EQ(*plain.reduction->find("normalization_applied"), Value(false));
  EXPECT_EQ(*flat.reduction->find("normalization_applied"), Value(true));
  double pixels = 0;
  for (const double count : flat.count) pixels += count;
  EXPECT_NEAR(pixels, 47, 1e-9);
  EXPECT_NEAR(flat.intensity.back(), 2 * plain.intensity.back(), 1e-9);
}

TEST(Integrate1dFromHeader, chooses_the_mask_of_a_threshold) {
  std::vector<std::uint32_t> mask(48, 0);
  mask[1] = mask[2] = 1;
  Dict header = small_header();
  header.set("pixel_masks", Dict{{"threshold_2", Array::of<std::uint32_t>({6, 8}, std::move(mask))}});
  HeaderPipeline p(List{"geometry", "mask"});
  set(p.integrate, {{"channel", "threshold_2"}});
  p.run({header});
  double pixels = 0;
  for (const double count : p.probe.elements().at(0).count) pixels += count;
  EXPECT_NEAR(pixels, 46, 1e-9);
}

TEST(Integrate1dFromHeader, adds_the_mask_to_that_of_a_file) {
  HeaderPipeline p(List{"geometry", "mask"});
  std::vector<std::uint8_t> file(48, 0);
  file[47] = 1;
  write_npy(p.scratch / "beamstop.npy", Array::of<std::uint8_t>({6, 8}, std::move(file)));
  set(p.integrate, {{"mask", (p.scratch / "beamstop.npy").string()}});
  p.run({small_header()});
  double pixels = 0;
  for (const double count : p.probe.elements().at(0).count) pixels += count;
  EXPECT_NEAR(pixels, 46, 1e-9);
}

TEST(Integrate1dFromHeader, checks_that_everything_comes_from_one_place) {
  Pipeline p;
  set(p.integrate, {{"from_header", "geometry"}, {"channel", "threshold_2"}});
  EXPECT_EQ(problems_of(p.integrate),
            "poni: the geometry is also taken from_header (which one counts?) leave one out\n"
            "channel: has no effect (it chooses a mask or flat field of the header) remove it\n");
  set(p.integrate, {{"from_header", "flat"}, {"flat", p.image("flat.npy", {6, 8})}, {"channel", ""}});
  EXPECT_EQ(problems_of(p.integrate),
            "flat: the flat field is also taken from_header (which one counts?) leave one out\n");
  set(p.integrate, {{"from_header", List{}}, {"flat", nullptr}, {"poni", nullptr}});
  EXPECT_NE(problems_of(p.integrate).find("poni: missing"), std::string::npos);
}

}  // namespace
}  // namespace annulus
