// SPDX-License-Identifier: BSD-3-Clause
// A geometry or a mask that changes while the graph runs.
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/files/npy.hpp"
#include "operators/integrate/integrate1d.hpp"
#include "operators/integrate/sigma_clip.hpp"
#include "operators/stream/graph.hpp"
#include "tests/operators/integrate/operator_pipeline.hpp"

namespace annulus {
namespace {

using namespace testing;

constexpr std::uint64_t many = 2'000'000;  // frames pass in the time that a new geometry needs

Poni farther(double distance = 0.2) {
  Poni poni = small_poni();
  poni.distance = distance;
  return poni;
}

/// A graph that runs, whose frames keep coming until something has happened.
template <class Operator = Integrate1d>
struct Live : OperatorPipeline<Operator, Pattern> {
  explicit Live(int workers = 0, const Poni& poni = small_poni())
      : OperatorPipeline<Operator, Pattern>({{"bins", 2}, {"workers", workers}}) {
    set(this->integrate, {{"poni", file("first.poni", poni)}});
    this->graph.start();
    run = this->graph.begin_run("a");
  }
  ~Live() { this->graph.stop(); }

  std::string file(const char* name, const Poni& poni) { return write_poni(this->scratch / name, poni); }
  std::string mask(const char* name, Shape shape = small_shape) {
    std::vector<std::uint8_t> values(count_of(shape));
    values[5] = 1;
    write_npy(this->scratch / name, Array::of<std::uint8_t>(std::move(shape), std::move(values)));
    return (this->scratch / name).string();
  }
  void change(const char* param, Value value) { this->graph.change("integrate", param, value); }
  void send() {
    this->source.emit(small_frame(number % 100), run, number);
    ++number;
  }
  template <class F>
  void send_until(F&& holds) {
    while (!holds() && number < many) send();
    ASSERT_LT(number, many) << errors_of(this->graph);
  }
  void end() {
    this->graph.end_run(run);
    this->graph.stop();
  }
  [[nodiscard]] bool changed(std::size_t times = 1) { return this->graph.changes().size() == times; }

  RunPtr run;
  std::uint64_t number = 0;
};

/// The edges of the bins of a geometry.
std::vector<double> edges_of(const Poni& poni) {
  IntegrationOptions options;
  options.bins = 2;
  return Integrator(poni, options).axis()->edges;
}

/// How many patterns have the first edges, when all others have the second and come after them.
std::size_t before_the_change(const std::vector<Pattern>& patterns, const Poni& first, const Poni& second) {
  std::size_t count = 0;
  while (count < patterns.size() && patterns[count].axis->edges == edges_of(first)) ++count;
  for (std::size_t k = count; k < patterns.size(); ++k) {
    EXPECT_EQ(patterns[k].axis->edges, edges_of(second)) << "pattern " << k;
  }
  return count;
}

TEST(LiveGeometry, is_taken_between_two_frames) {
  for (const int workers : {0, 2}) {
    Live live(workers);
    for (int k = 0; k < 5; ++k) live.send();
    const std::string path = live.file("second.poni", farther());
    live.change("poni", path);
    live.send_until([&] { return live.changed(); });
    for (int k = 0; k < 5; ++k) live.send();
    live.end();
    const std::vector<Pattern> patterns = live.probe.elements();
    ASSERT_EQ(patterns.size(), live.number) << errors_of(live.graph);
    const std::size_t before = before_the_change(patterns, small_poni(), farther());
    EXPECT_GE(before, 5U);
    EXPECT_EQ(before, live.number - 6) << "taken before the frame at which it was ready";
    EXPECT_EQ(text_at(*patterns.front().reduction, "poni"), to_poni_text(small_poni()));
    EXPECT_EQ(text_at(*patterns.back().reduction, "poni"), to_poni_text(farther()));
    EXPECT_EQ(text_at(*dict_at(*patterns.back().reduction, "parameters"), "poni"), path);
    const ParamChange change = live.graph.changes().front();
    EXPECT_EQ(change.node + "." + change.param, "integrate.poni");
    EXPECT_EQ(change.after, path);
  }
}

TEST(LiveGeometry, stays_when_the_new_one_is_broken) {
  Live live;
  live.send();
  live.change("poni", "/none/second.poni");
  live.send_until([&] { return live.graph.errors().total() == 1; });
  EXPECT_NE(errors_of(live.graph).find("poni stays as it was: /none/second.poni"), std::string::npos)
      << errors_of(live.graph);
  EXPECT_TRUE(live.graph.changes().empty());

  live.change("poni", live.file("third.poni", farther()));  // the next one is taken
  live.send_until([&] { return live.changed(); });
  live.end();
  EXPECT_EQ(live.probe.log().find("failed"), std::string::npos) << "no frame was lost";
  EXPECT_EQ(live.probe.elements().size(), live.number);
  EXPECT_EQ(live.probe.elements().back().axis->edges, edges_of(farther()));
}

TEST(LiveGeometry, takes_a_mask_and_leaves_it_off_again) {
  Live live;
  live.send();
  live.change("mask", live.mask("mask.npy"));
  live.send_until([&] { return live.changed(1); });
  live.change("mask", live.mask("other.npy", {2, 9}));  // does not fit
  live.send_until([&] { return live.graph.errors().total() == 1; });
  const auto pixels = [&] {
    const Pattern pattern = live.probe.elements().back();
    return pattern.count[0] + pattern.count[1];
  };
  EXPECT_NEAR(pixels(), 47, 1e-9);
  live.change("mask", nullptr);
  live.send_until([&] { return live.changed(2); });
  EXPECT_NEAR(pixels(), 48, 1e-9);
  live.end();
}

TEST(LiveGeometry, takes_one_change_after_the_other) {
  Live live;
  live.send();
  live.change("poni", live.file("second.poni", farther(0.3)));
  live.change("mask", live.mask("mask.npy"));
  live.change("poni", live.file("third.poni", farther(0.2)));
  live.send_until([&] { return live.changed(3); });
  live.end();
  const Pattern pattern = live.probe.elements().back();
  EXPECT_EQ(text_at(*pattern.reduction, "poni"), to_poni_text(farther(0.2)));
  EXPECT_NEAR(pattern.count[0] + pattern.count[1], 47, 1e-9);
}

TEST(LiveGeometry, knows_the_shape_of_images_that_were_there) {
  Live live(0, without_shape(small_poni()));
  live.send();
  live.change("poni", live.file("second.poni", without_shape(farther())));
  live.send_until([&] { return live.changed(); });
  live.end();
  EXPECT_EQ(live.probe.elements().back().axis->edges, edges_of(farther()));
}

TEST(LiveGeometry, tells_whether_it_is_ready_for_a_file) {
  Live live;
  std::promise<std::string> good;
  live.graph.change("integrate", "poni", Value(live.file("second.poni", farther())),
                    [&](const std::string& refusal) { good.set_value(refusal); });
  EXPECT_EQ(good.get_future().get(), "");
  std::promise<std::string> bad;
  live.graph.change("integrate", "poni", Value("none.poni"),
                    [&](const std::string& refusal) { bad.set_value(refusal); });
  EXPECT_NE(bad.get_future().get().find("none.poni: the poni file cannot be read"), std::string::npos);
  EXPECT_NE(errors_of(live.graph).find("poni stays as it was: none.poni"), std::string::npos);
  live.end();
}

TEST(LiveGeometry, serves_all_operators) {
  Live<SigmaClip1d> live(2);
  live.send();
  live.change("poni", live.file("second.poni", farther()));
  live.send_until([&] { return live.changed(); });
  live.end();
  EXPECT_EQ(text_at(*live.probe.elements().back().reduction, "poni"), to_poni_text(farther()));
}

TEST(LiveGeometry, cannot_change_what_each_run_tells) {
  OperatorPipeline<Integrate1d, Pattern> p({{"poni", nullptr}, {"from_header", "geometry"}});
  p.graph.start();
  EXPECT_THROW(p.graph.change("integrate", "mask", Value("mask.npy")), ConfigError);
  p.graph.stop();
}

}  // namespace
}  // namespace annulus
