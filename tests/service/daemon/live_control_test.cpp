// SPDX-License-Identifier: BSD-3-Clause
#include "service/daemon/live_control.hpp"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "operators/integrate/integrate1d.hpp"
#include "operators/stream/source.hpp"
#include "tests/bench.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;

/// A graph that runs and integrates with first.poni; second.poni lies beside it.
struct Running {
  Scratch scratch;
  Graph graph;
  Source<Frame>& source = graph.make<Source<Frame>>("source");
  Integrate1d& integrate = graph.make<Integrate1d>("integrate");
  Probe<Pattern>& probe = graph.make<Probe<Pattern>>();
  LiveControl control{graph, scratch.path()};

  Running() {
    set(integrate, {{"poni", write_poni(scratch / "first.poni")}, {"bins", 2}});
    Poni farther = small_poni();
    farther.distance = 0.2;
    write_poni(scratch / "second.poni", farther);
    chain(graph, source, integrate);
    chain(graph, integrate, probe);
    graph.start();
  }
  ~Running() { graph.stop(); }

  std::string poni() const { return graph.text_of(*integrate.find_param("poni")); }
  std::string complaint(const std::string& node, const std::string& parameter, const Value& value) {
    return message_of([&] { (void)control.change(node, parameter, value); });
  }
};

TEST(LiveControl, lists_what_may_be_changed) {
  const Running r;
  const auto list = r.control.parameters();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].node + "." + list[0].name + " " + list[0].type, "integrate.poni path");
  EXPECT_EQ(list[0].value, (r.scratch / "first.poni").string());
  EXPECT_EQ(list[1].name, "mask");
  EXPECT_EQ(list[1].value, "none");
}

TEST(LiveControl, changes_a_file_that_lies_in_its_folder) {
  Running r;
  EXPECT_EQ(r.control.change("integrate", "poni", Value("second.poni")), ChangeState::ready);
  r.source.emit(small_frame(0));
  EXPECT_EQ(r.poni(), (r.scratch / "second.poni").string());
  ASSERT_EQ(r.graph.changes().size(), 1U);
}

TEST(LiveControl, keeps_what_it_had_when_the_new_does_not_do) {
  Running r;
  std::ofstream(r.scratch / "broken.poni") << "Distance: far\n";
  const std::string old = (r.scratch / "first.poni").string();
  const std::string broken = r.complaint("integrate", "poni", Value("broken.poni"));
  EXPECT_TRUE(broken.starts_with("integrate.poni stays as it was: ")) << broken;
  EXPECT_NE(broken.find("broken.poni:1: "), std::string::npos) << broken;
  EXPECT_NE(r.complaint("integrate", "poni", Value("none.poni")).find("cannot be read"), std::string::npos);
  EXPECT_NE(r.complaint("integrate", "poni", nullptr).find("the geometry is missing"), std::string::npos);
  EXPECT_EQ(r.complaint("integrate", "poni", Value(List{})), "integrate.poni: [] is not a text");
  EXPECT_EQ(
      r.complaint("integrate", "bins", Value(3)),
      "integrate.bins: cannot be changed while the graph runs (it is not declared live) restart with the new value");
  EXPECT_EQ(r.complaint("integrate", "pony", Value("a")),
            "integrate.pony: there is no such parameter. Did you mean 'poni'?");
  EXPECT_EQ(r.complaint("integrat", "poni", Value("a")), "there is no node 'integrat'. Did you mean 'integrate'?");
  r.source.emit(small_frame(0));
  EXPECT_EQ(r.poni(), old);
  EXPECT_EQ(r.probe.elements().size(), 1U);
}

TEST(LiveControl, says_so_when_the_service_stops) {
  Running r;
  r.graph.stop();
  EXPECT_EQ(r.complaint("integrate", "poni", Value("second.poni")),
            "integrate.poni stays as it was: the service is stopping");
}

}  // namespace
}  // namespace annulus
