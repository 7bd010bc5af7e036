// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/config.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

/// The mistakes of the `service` section `text`, and nothing beside.
std::vector<std::string> service_mistakes(const std::string& text) {
  return parse_config("version: 1\nsources: {a: {}}\nservice: " + text, "x.yaml").mistakes.texts();
}

TEST(Config, holds_what_the_file_says) {
  const Config config = parse_config(R"(version: 1
service: {name: xpd, http: 127.0.0.1:9000, changes: off, shutdown_seconds: 2.5}
sources:
  raw: {type: camera, connect: tcp://here:1}
operators:
  dark:
    type: subtract
    in: raw
    on_error: fail_run
    level: 0x10
sinks:
  view:
    type: viewer
    in:
      - dark
      - raw.pictures
    overflow: latest
  both: {type: overlay, in: {image: dark, background: [raw, dark]}}
)",
                                     "folder/x.yaml");
  EXPECT_EQ(config.mistakes.texts(), std::vector<std::string>{});
  EXPECT_EQ(config.service.name, "xpd");
  EXPECT_EQ(config.service.changes, ChangesFrom::nowhere);
  EXPECT_EQ(config.service.http, (HttpAddress{"127.0.0.1", 9000}));
  EXPECT_EQ(config.service.shutdown_s, 2.5);
  EXPECT_EQ(config.folder(), std::filesystem::current_path() / "folder");
  ASSERT_EQ(config.nodes.size(), 4U);
  const NodeSpec& dark = config.nodes[1];
  EXPECT_EQ(dark.where(), "operators.dark");
  EXPECT_EQ(dark.type.text, "subtract");
  EXPECT_EQ(dark.line, 6);
  EXPECT_EQ(dark.on_error, ErrorPolicy::fail_run);
  ASSERT_EQ(dark.settings.size(), 1U);
  EXPECT_EQ(dark.settings[0].first, "level");
  EXPECT_EQ(dark.settings[0].second.value, Value(16));
  EXPECT_EQ(dark.settings[0].second.line, 10);
  const NodeSpec& view = config.nodes[2];
  ASSERT_EQ(view.inputs.size(), 2U);
  EXPECT_EQ(view.inputs[1].from, "raw.pictures");
  EXPECT_EQ(view.inputs[1].line, 16);
  const NodeSpec& both = config.nodes[3];
  ASSERT_EQ(both.inputs.size(), 3U);
  EXPECT_EQ(both.inputs[2].port, "background");
  EXPECT_EQ(both.inputs[2].from, "dark");
}

TEST(Config, the_service_has_defaults) {
  const Config config = parse_config("version: 1\nsources: {a: {type: b}}", "beamline.yaml");
  EXPECT_EQ(config.service.name, "beamline");
  EXPECT_EQ(config.service.http, (HttpAddress{"127.0.0.1", 8080}));
}

TEST(Config, http_can_be_off_or_a_port_alone) {
  const auto http = [](const std::string& text) {
    return parse_config("version: 1\nsources: {a: {}}\nservice: {http: " + text + "}", "x.yaml").service.http;
  };
  EXPECT_EQ(http("off"), std::nullopt);
  EXPECT_EQ(http("none"), std::nullopt);
  EXPECT_EQ(http("false"), std::nullopt);
  EXPECT_EQ(http("0"), (HttpAddress{"127.0.0.1", 0}));
  EXPECT_EQ(http("'[::1]:80'"), (HttpAddress{"::1", 80}));
  EXPECT_EQ(http("0.0.0.0:65535"), (HttpAddress{"0.0.0.0", 65535}));
}

TEST(Config, tells_what_is_wrong_with_the_service) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(service_mistakes("xpd"),
            Texts{"x.yaml:3: service: 'xpd' is not a mapping; write 'service: {name: ..., http: ...}'"});
  EXPECT_EQ(service_mistakes("{htp: off}"),
            Texts{"x.yaml:3: service.htp: the service has no such key. Did you mean 'http'?"});
  EXPECT_EQ(service_mistakes("{http: 127.0.0.1:70000}"),
            Texts{"x.yaml:3: service.http: '127.0.0.1:70000' is not an address (host:port, such as 127.0.0.1:8080; or "
                  "off)"});
  EXPECT_EQ(service_mistakes("{http: [1]}"), Texts{"x.yaml:3: service.http: [1] is not a single value"});
  EXPECT_EQ(service_mistakes("{changes: all}"),
            Texts{"x.yaml:3: service.changes: 'all' is not known here. Choose one of: local, off."});
  EXPECT_EQ(service_mistakes("{shutdown_seconds: soon}"),
            Texts{"x.yaml:3: service.shutdown_seconds: 'soon' is not a number"});
  EXPECT_EQ(service_mistakes("{shutdown_seconds: -1}"),
            Texts{"x.yaml:3: service.shutdown_seconds: the time is negative (must be at least 0 s)"});
  EXPECT_EQ(service_mistakes("{name: }"), Texts{"x.yaml:3: service.name: the name is empty"});
}

TEST(Config, collects_all_mistakes_of_form) {
  const Config config = parse_config(R"(version: 2
sorces: {}
operators: [a]
sources:
  raw: camera
  "a b": {type: camera}
  c: {type: camera, on_error: ignore}
sinks:
  raw: {type: file, in: [c, c, ~, 7]}
  d: {type: file, in: {}}
  e: {type: file, in: {image: []}}
  f: {type: file, in: [[c]]}
)",
                                     "x.yaml");
  EXPECT_EQ(
      config.mistakes.texts(),
      (std::vector<std::string>{
          "x.yaml:1: version: 2 is not supported (this program reads version 1)",
          "x.yaml:2: sorces: a configuration has no such key. Did you mean 'sources'?",
          "x.yaml:3: operators: ['a'] is not a mapping; write 'name: {type: ..., ...}' entries",
          "x.yaml:5: sources.raw: 'camera' is not a mapping; write '{type: ..., ...}'",
          "x.yaml:6: sources.a b: 'a b' cannot be a name (a name has letters, digits, '_' and '-') choose another",
          "x.yaml:7: sources.c.on_error: 'ignore' is not known here. Choose one of: skip, fail_run, abort.",
          "x.yaml:9: sinks.raw: the name 'raw' is taken (by line 5; a name is unique in the whole file) choose "
          "another",
          "x.yaml:9: sinks.raw.in: 'c' is named twice (every element would arrive twice) remove one",
          "x.yaml:9: sinks.raw.in: nothing names no node; write 'node', 'node.port', [node, ...] or {input: "
          "node, ...}",
          "x.yaml:10: sinks.d.in: {0 keys} names no node; write 'node', 'node.port', [node, ...] or {input: node, "
          "...}",
          "x.yaml:11: sinks.e.in.image: [] names no node; write 'node', 'node.port', [node, ...] or {input: "
          "node, ...}",
          "x.yaml:12: sinks.f.in: ['c'] names no node; write 'node', 'node.port', [node, ...] or {input: node, "
          "...}",
      }));
}

TEST(Config, asks_for_a_version_and_a_source) {
  EXPECT_EQ(
      parse_config("sources:\n", "x.yaml").mistakes.texts(),
      (std::vector<std::string>{"x.yaml:1: version: missing (it says how to read the file) write 'version: 1'",
                                "x.yaml:1: sources: there is none (nothing would ever arrive) name at least one"}));
}

TEST(Config, refuses_a_file_that_says_nothing) {
  EXPECT_EQ(message_of([] { static_cast<void>(parse_config("# nothing\n", "x.yaml")); }),
            "x.yaml:1: the file is empty (a configuration has version, service, sources, operators and sinks)");
  EXPECT_EQ(message_of([] { static_cast<void>(parse_config("\n- a\n", "x.yaml")); }),
            "x.yaml:2: the file is not a mapping of version, service, sources, operators, sinks");
}

TEST(Config, refuses_files_that_cannot_be_read) {
  EXPECT_EQ(message_of([] { static_cast<void>(load_config("nowhere/x.yaml")); }),
            "nowhere/x.yaml: the file cannot be read (No such file or directory)");
  EXPECT_EQ(message_of([] { static_cast<void>(load_config("/")); }), "/: the file cannot be read (Is a directory)");
  EXPECT_EQ(message_of([] { static_cast<void>(load_config("/dev/zero")); }),
            "/dev/zero:1: the file is larger than 256 KiB (is it a configuration?)");
}

TEST(Config, refuses_more_nodes_than_any_graph_has) {
  std::string text = "version: 1\nsources:\n";
  for (int i = 0; i <= 1000; ++i) text += "  n" + std::to_string(i) + ": {}\n";
  EXPECT_EQ(message_of([&] { static_cast<void>(parse_config(text, "x.yaml")); }), "x.yaml:1003: more than 1000 nodes");
}

}  // namespace
}  // namespace annulus
