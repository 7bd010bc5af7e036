// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/mistakes.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "service/config/build.hpp"
#include "tests/service/config/test_nodes.hpp"

namespace annulus {
namespace {

std::string whole_complaint(const std::string& text) {
  try {
    Graph graph;
    build_graph(parse_config(text, "/c/x.yaml"), test_registry(), graph);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

/// What is said of a file with a source in line 2 and `body` from line 3.
std::string complaint(const std::string& body) {
  return whole_complaint("version: 1\nsources: {raw: {type: camera, connect: x}}\n" + body);
}

std::string about_operator(const std::string& entry) { return complaint("operators:\n  op: " + entry + "\n"); }
std::string about_sink(const std::string& entry) { return complaint("sinks:\n  sink: " + entry + "\n"); }

TEST(Mistakes, stand_in_the_order_of_the_file_each_once) {
  Mistakes mistakes("x");
  mistakes.add(9, "b", "late");
  mistakes.add(2, "", "early");
  mistakes.add(9, "b", "late");
  EXPECT_EQ(mistakes.texts(), (std::vector<std::string>{"x:2: early", "x:9: b: late"}));
}

TEST(Mistakes, end_the_reading_when_nobody_would_read_them) {
  std::string entries;
  for (int i = 0; i < 900; ++i) entries += "  op" + std::to_string(i) + ": {}\n";
  const std::string text = complaint("operators:\n" + entries);
  EXPECT_EQ(std::ranges::count(text, '\n'), 500);
  EXPECT_TRUE(text.ends_with("\n/c/x.yaml: and perhaps more; reading ended after 500 mistakes"));
}

TEST(Mistakes, a_node_listens_to_a_bounded_number_of_others) {
  std::string names;
  for (int i = 0; i <= 1000; ++i) names += "op" + std::to_string(i) + ", ";
  EXPECT_EQ(parse_config("version: 1\nsources: {a: {in: [" + names + "]}}", "x.yaml").mistakes.texts(),
            std::vector<std::string>{"x.yaml:2: sources.a.in: names more than 1000 nodes"});
}

TEST(Mistakes, a_file_without_any_has_none) { EXPECT_EQ(about_operator("{type: subtract, in: raw}"), ""); }

TEST(Mistakes, unknown_key) {
  EXPECT_EQ(about_operator("{type: subtract, in: raw,\n    levle: 3}"),
            "/c/x.yaml:5: operators.op.levle: subtract has no such key. Did you mean 'level'?");
  EXPECT_EQ(complaint("operators:\n  op:\n    type: subtract\n    in: raw\n    colour: red\n"),
            "/c/x.yaml:7: operators.op.colour: subtract has no such key. Choose one of: dark, level, on_error, in, "
            "overflow, capacity.");
  EXPECT_EQ(whole_complaint("version: 1\nsources: {raw: {type: camera, connect: x, overflow: latest}}"),
            "/c/x.yaml:2: sources.raw.overflow: camera has no such key. Choose one of: connect, prefix, on_error.");
}

TEST(Mistakes, operators_for_all_elements_that_go_round) {
  EXPECT_EQ(
      complaint(
          "operators:\n  a: {type: slice, in: b}\n  b: {type: slice, in: a}\nsinks: {v: {type: viewer, in: raw}}"),
      "/c/x.yaml:4: operators.a: a -> b -> a is a circle (an element would go round for ever) remove one "
      "connection, or close it at the 'back' input of a loop");
}

TEST(Mistakes, wrong_value) {
  EXPECT_EQ(about_operator("{type: subtract, in: raw, level: high}"),
            "/c/x.yaml:4: operators.op.level: 'high' is not an integer");
  EXPECT_EQ(about_operator("{type: subtract, in: raw, level: '3'}"),
            "/c/x.yaml:4: operators.op.level: '3' is not an integer");
  EXPECT_EQ(about_operator("{type: integrate, in: raw, poni: /, unit: q_nm}"),
            "/c/x.yaml:4: operators.op.unit: 'q_nm' is not known here. Did you mean 'q_nm^-1'?");
  EXPECT_EQ(about_operator("{type: integrate, in: raw, poni: /, bins: 0}"),
            "/c/x.yaml:4: operators.op.bins: 0 is out of range (must be at least 1)");
  EXPECT_EQ(about_operator("{type: integrate, in: raw, poni: /, range: [1]}"),
            "/c/x.yaml:4: operators.op.range: [1] is not a pair [low, high]");
  EXPECT_EQ(about_operator("{type: integrate, in: raw, poni: [a]}"),
            "/c/x.yaml:4: operators.op.poni: ['a'] is not a text");
  EXPECT_EQ(about_operator("{type: integrate, in: raw, poni: ''}"),
            "/c/x.yaml:4: operators.op.poni: the path is empty");
}

TEST(Mistakes, missing_required_parameter) {
  EXPECT_EQ(about_operator("{type: integrate, in: raw}"), "/c/x.yaml:4: operators.op.poni: missing (geometry: path)");
}

TEST(Mistakes, what_the_node_itself_finds_stands_at_the_line_of_the_parameter) {
  EXPECT_EQ(about_operator("\n    type: integrate\n    in: raw\n    poni: no.poni\n    range: [2, 1]"),
            "/c/x.yaml:4: operators.op: the range is upside down\n"
            "/c/x.yaml:7: operators.op.poni: '/c/no.poni' does not exist");
}

TEST(Mistakes, unknown_type) {
  EXPECT_EQ(about_operator("{type: substract, in: raw}"),
            "/c/x.yaml:4: operators.op.type: 'substract' is not an operator. Did you mean 'subtract'?");
  EXPECT_EQ(about_operator("{type: viewer, in: raw}"),
            "/c/x.yaml:4: operators.op.type: 'viewer' is a sink (it stands under 'operators') move 'op' to 'sinks'");
  EXPECT_EQ(about_operator("{in: raw}"),
            "/c/x.yaml:4: operators.op.type: missing. Choose one of: subtract, integrate, overlay, stillborn, "
            "buffer, slice, delay, rate_limit, loop, union.");
}

TEST(Mistakes, a_node_that_cannot_be_made) {
  EXPECT_EQ(about_operator("{type: stillborn, in: raw}"), "/c/x.yaml:4: operators.op: no such device");
}

TEST(Mistakes, unknown_node_or_port_under_in) {
  EXPECT_EQ(about_operator("{type: subtract, in: rav}"),
            "/c/x.yaml:4: operators.op.in: there is no node 'rav'. Did you mean 'raw'?");
  EXPECT_EQ(about_operator("{type: subtract, in: raw.picture}"),
            "/c/x.yaml:4: operators.op.in: 'raw' has no output 'picture'. Did you mean 'pictures'?");
  EXPECT_EQ(about_operator("{type: overlay, in: {image: raw, background: raw, musk: raw.mask}}"),
            "/c/x.yaml:4: operators.op.in.musk: overlay has no input 'musk'. Did you mean 'mask'?");
  EXPECT_EQ(complaint("sinks:\n  a: {type: viewer, in: raw}\n  b: {type: viewer, in: a}\n"),
            "/c/x.yaml:5: sinks.b.in: 'a' has no output (viewer ends the stream)");
}

TEST(Mistakes, types_that_do_not_fit_name_both_ends) {
  EXPECT_EQ(about_sink("{type: file, in: raw}"),
            "/c/x.yaml:4: sinks.sink.in: cannot connect raw.pictures to sink.in (the output yields Picture, the input "
            "takes Curve)");
  EXPECT_EQ(about_sink("{type: mask_sink, in: raw}"),
            "/c/x.yaml:4: sinks.sink.in: cannot connect raw.pictures to sink.in (the output yields Picture, the input "
            "takes Mask) Did you mean 'raw.mask'?");
  EXPECT_EQ(
      about_sink("{type: viewer, in: raw.mask}"),
      "/c/x.yaml:4: sinks.sink.in: cannot connect raw.mask (it yields Mask; sink takes Curve at 'curves', Picture "
      "at 'pictures')");
  EXPECT_EQ(about_sink("{type: viewer, in: {curves: raw}}"),
            "/c/x.yaml:4: sinks.sink.in.curves: cannot connect raw.pictures to sink.curves (the output yields Picture, "
            "the input takes Curve)");
}

TEST(Mistakes, the_same_connection_twice) {
  EXPECT_EQ(about_operator("{type: subtract, in: [raw, raw.pictures]}"),
            "/c/x.yaml:4: operators.op.in: raw.pictures -> op.in: connected twice (every element would arrive twice) "
            "remove one");
}

TEST(Mistakes, inputs_without_a_connection) {
  EXPECT_EQ(about_operator("{type: subtract}"),
            "/c/x.yaml:4: operators.op: input 'in' is not connected (it takes Picture) name a node for it with 'in'");
  EXPECT_EQ(about_operator("\n    type: overlay\n    in: {image: raw}"),
            "/c/x.yaml:6: operators.op: input 'background' is not connected (it takes Picture) name a node for it with "
            "'in'");
  EXPECT_EQ(about_sink("{type: viewer}"),
            "/c/x.yaml:4: sinks.sink.in: missing (nothing would ever arrive) name the nodes to listen to");
  EXPECT_EQ(
      whole_complaint("version: 1\nsources: {a: {type: camera, connect: x}, b: {type: camera, connect: x, in: a}}"),
      "/c/x.yaml:2: sources.b.in: camera has no input (it is where elements begin) remove 'in'");
}

TEST(Mistakes, circles) {
  EXPECT_EQ(
      complaint("operators:\n  a: {type: subtract, in: [raw, c]}\n  b: {type: subtract, in: a}\n"
                "  c: {type: subtract, in: b}\n  d: {type: subtract, in: d}\n"),
      "/c/x.yaml:4: operators.a: a -> b -> c -> a is a circle (an element would go round for ever) remove one "
      "connection, or close it at the 'back' input of a loop\n"
      "/c/x.yaml:7: operators.d: d -> d is a circle (an element would go round for ever) remove one connection, or "
      "close it at the 'back' input of a loop");
}

TEST(Mistakes, edge_options) {
  EXPECT_EQ(about_sink("{type: viewer, in: raw, overflow: newest, capacity: 0}"),
            "/c/x.yaml:4: sinks.sink.overflow: 'newest' is not known here. Choose one of: block, drop_oldest, "
            "drop_newest, latest.\n"
            "/c/x.yaml:4: sinks.sink.capacity: 0 is out of range (must be at least 1)");
  EXPECT_EQ(about_sink("{type: viewer, in: raw, overflow: latest, capacity: 3}"),
            "/c/x.yaml:4: sinks.sink.capacity: has no effect (with 'overflow: latest' one element waits) remove it");
  EXPECT_EQ(about_sink("{type: mask_sink, in: raw.mask, overflow: latest}"),
            "/c/x.yaml:4: sinks.sink.in: input 'in' cannot have a queue (elements of type Mask are not registered for "
            "it) remove 'overflow' and 'capacity'");
}

TEST(Mistakes, one_mistake_is_told_once_however_much_follows_from_it) {
  // raw cannot be made: who listens to it is not to blame.
  EXPECT_EQ(whole_complaint("version: 1\nsources: {raw: {type: kamera}}\noperators:\n  a: {type: subtract, in: raw}\n"
                            "  b: {type: overlay, in: {image: raw, background: raw.pictures}}\n"
                            "sinks:\n  v: {type: viewer, in: [a, raw]}\n"),
            "/c/x.yaml:2: sources.raw.type: 'kamera' is not a source. Did you mean 'camera'?");
  // A range that was refused cannot be upside down as well; the geometry is still looked for.
  EXPECT_EQ(about_operator("{type: integrate, in: raw, poni: no.poni, range: [a, 1]}"),
            "/c/x.yaml:4: operators.op.range: 'a' is not a number\n"
            "/c/x.yaml:4: operators.op.poni: '/c/no.poni' does not exist");
}

TEST(Mistakes, all_of_a_file_are_told_at_once) {
  EXPECT_EQ(
      whole_complaint(R"(service: {nam: x}
sources:
  raw: {type: camera, connect: x, connect: y}
  spare: {type: camra, connect: x}
operators:
  raw: {type: subtract, in: raw, level: deep}
  curve:
    type: integrate
    in: rw
    poni: no.poni
    bins: -3
    unit: furlong
sinks:
  file: {type: file, in: raw, overflow: maybe}
  v: {type: viewer, in: [curve, spare, raw.nothing], on_error: shrug}
plots: {}
)"),
      "/c/x.yaml:1: service.nam: the service has no such key. Did you mean 'name'?\n"
      "/c/x.yaml:1: version: missing (it says how to read the file) write 'version: 1'\n"
      "/c/x.yaml:3: sources.raw.connect: the key 'connect' is given twice (first in line 3)\n"
      "/c/x.yaml:4: sources.spare.type: 'camra' is not a source. Did you mean 'camera'?\n"
      "/c/x.yaml:6: operators.raw: the name 'raw' is taken (by line 3; a name is unique in the whole file) choose "
      "another\n"
      "/c/x.yaml:6: operators.raw.level: 'deep' is not an integer\n"
      "/c/x.yaml:9: operators.curve.in: there is no node 'rw'. Did you mean 'raw'?\n"
      "/c/x.yaml:10: operators.curve.poni: '/c/no.poni' does not exist\n"
      "/c/x.yaml:11: operators.curve.bins: -3 is out of range (must be at least 1)\n"
      "/c/x.yaml:12: operators.curve.unit: 'furlong' is not known here. Choose one of: q_nm^-1, 2th_deg.\n"
      "/c/x.yaml:14: sinks.file.overflow: 'maybe' is not known here. Choose one of: block, drop_oldest, "
      "drop_newest, latest.\n"
      "/c/x.yaml:14: sinks.file.in: cannot connect raw.pictures to file.in (the output yields Picture, the input "
      "takes Curve)\n"
      "/c/x.yaml:15: sinks.v.on_error: 'shrug' is not known here. Choose one of: skip, fail_run, abort.\n"
      "/c/x.yaml:15: sinks.v.in: 'raw' has no output 'nothing'. Choose one of: pictures, mask.\n"
      "/c/x.yaml:16: plots: a configuration has no such key. Choose one of: version, service, sources, operators, "
      "sinks.");
}

}  // namespace
}  // namespace annulus
