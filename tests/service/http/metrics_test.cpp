// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/metrics.hpp"

#include <map>
#include <sstream>

#include <gtest/gtest.h>
#include <regex.h>

namespace annulus {
namespace {

Status a_status() {
  Status status;
  status.name = "x\"pd\n";  // a name that needs escapes
  status.version = "1.2.3";
  status.state = ServiceState::running;
  status.totals.received = 12;
  status.totals.lost = 2;
  status.nodes = {{"integrate", "integrate1d", 12, 10, 1, 0, 3, 16, 2.5, 2},
                  {"dark", "dark_subtract", 12, 12, 0, 0, 0, 0}};
  status.edges = {{"dark", "out", "integrate", "in", "Frame", {{"queue", "latest", 1}}}};
  status.sources = {{"raw", 14, 1000, {{"decode", 1}}}};
  return status;
}

/// A POSIX regular expression that must match whole lines.
class Grammar {
 public:
  explicit Grammar(const std::string& expression) {
    EXPECT_EQ(regcomp(&compiled_, ("^" + expression + "$").c_str(), REG_EXTENDED | REG_NOSUB), 0);
  }
  ~Grammar() { regfree(&compiled_); }
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;
  [[nodiscard]] bool matches(const std::string& line) const {
    return regexec(&compiled_, line.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t compiled_{};
};

/// Samples by "name{labels}", after checking each line against the text format's grammar.
std::map<std::string, double> parse(const std::string& text) {
  const std::string name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  const std::string label = R"([a-zA-Z_][a-zA-Z0-9_]*="([^"\]|\\.)*")";
  const Grammar sample(name + "([{]" + label + "(," + label + ")*[}])? -?[0-9.e+-]+");
  const Grammar comment("# (HELP|TYPE) " + name + " .+");
  std::map<std::string, double> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (comment.matches(line)) continue;
    EXPECT_TRUE(sample.matches(line)) << line;
    const auto space = line.rfind(' ');
    samples[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return samples;
}

TEST(Metrics, follow_the_text_format_and_tell_the_status) {
  const auto samples = parse(prometheus_text(a_status(), {.clients = 4, .skipped = 5, .dropped = 6}));
  EXPECT_EQ(samples.at("annulus_info{name=\"x\\\"pd\\n\",version=\"1.2.3\"}"), 1);
  EXPECT_EQ(samples.at("annulus_state{state=\"running\"}"), 1);
  EXPECT_EQ(samples.at("annulus_state{state=\"idle\"}"), 0);
  EXPECT_EQ(samples.at("annulus_frames_received_total"), 12);
  EXPECT_EQ(samples.at("annulus_frames_without_result_total{state=\"lost\"}"), 2);
  EXPECT_EQ(samples.at("annulus_node_errors_total{node=\"integrate\",type=\"integrate1d\"}"), 1);
  EXPECT_EQ(samples.at("annulus_queue_fill{node=\"integrate\",type=\"integrate1d\"}"), 3);
  EXPECT_EQ(samples.count("annulus_queue_fill{node=\"dark\",type=\"dark_subtract\"}"), 0U);
  EXPECT_EQ(samples.at("annulus_node_in_rate_hertz{node=\"integrate\",type=\"integrate1d\"}"), 2.5);
  EXPECT_EQ(samples.at("annulus_edge_info{from=\"dark\",from_port=\"out\",to=\"integrate\",to_port=\"in\","
                       "payload=\"Frame\",queue=\"queue\",overflow=\"latest\"}"),
            1);
  EXPECT_EQ(samples.at("annulus_source_refused_total{source=\"raw\",kind=\"decode\"}"), 1);
  EXPECT_EQ(samples.at("annulus_viewer_clients"), 4);
  EXPECT_EQ(samples.at("annulus_viewer_dropped_total"), 6);
}

TEST(Metrics, are_down_when_the_service_has_a_problem) {
  Status status = a_status();
  EXPECT_EQ(parse(prometheus_text(status, {})).at("annulus_up"), 1);
  status.problem = "disk full";
  EXPECT_EQ(parse(prometheus_text(status, {})).at("annulus_up"), 0);
}

}  // namespace
}  // namespace annulus
