// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/change_request.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "service/http/http_server.hpp"
#include "tests/service/http/http_client.hpp"

namespace annulus {
namespace {

constexpr const char* good_body = R"({"node": "integrate", "parameter": "poni", "value": "new.poni"})";

HttpRequest a_change() {
  return {.method = "POST",
          .path = parameters_path,
          .host = "localhost:8080",
          .content_type = "application/json",
          .remote = "127.0.0.1"};
}

int refused_with(const HttpRequest& request) {
  const auto refusal = refusal_of(request, {});
  return refusal ? refusal->status : 0;
}

TEST(Change, may_come_from_programs_of_this_machine) {
  HttpRequest request = a_change();
  for (const char* remote : {"127.0.0.1", "127.4.5.6", "::1", "::ffff:127.0.0.1"}) {
    request.remote = remote;
    EXPECT_EQ(refused_with(request), 0) << remote;
  }
  for (const char* remote : {"", "192.168.0.7", "fe80::1", "::ffff:10.0.0.1", "1270.0.0.1"}) {
    request.remote = remote;
    EXPECT_EQ(refused_with(request), 403) << remote;
  }
}

TEST(Change, may_not_come_from_a_page_of_another_site) {
  HttpRequest request = a_change();
  for (const char* origin : {"http://evil.example", "null", "http://localhost:9999"}) {
    request.origin = origin;
    EXPECT_EQ(refused_with(request), 403) << origin;
  }
  request.origin = "http://localhost:8080";
  EXPECT_EQ(refused_with(request), 0);
  for (const char* site : {"cross-site", "same-site"}) {
    request.fetch_site = site;
    EXPECT_EQ(refused_with(request), 403) << site;
  }
  request = a_change();
  request.host = "evil.example";
  EXPECT_EQ(refused_with(request), 421);
}

TEST(Change, is_json_and_says_so) {
  HttpRequest request = a_change();
  for (const char* type :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"}) {
    request.content_type = type;
    EXPECT_EQ(refused_with(request), 415) << type;
  }
  request.content_type = "Application/JSON; charset=utf-8";
  EXPECT_EQ(refused_with(request), 0);
}

TEST(Change, has_one_address_and_one_method) {
  HttpRequest request = a_change();
  for (const char* path : {"/", "/api/status", "/api/parameters/integrate", "/live"}) {
    request.path = path;
    EXPECT_EQ(refused_with(request), 405) << path;
  }
  request = a_change();
  for (const char* method : {"PUT", "PATCH", "DELETE", "OPTIONS"}) {
    request.method = method;
    EXPECT_EQ(refused_with(request), 405) << method;
  }
}

/// Controls that write down what they are asked, and answer `state`.
struct Asked {
  std::vector<std::string> changes;
  ChangeState state = ChangeState::ready;

  Controls controls() {
    return {
        .parameters = [] { return std::vector<LiveParameter>{{"integrate", "poni", "path", "/a.poni", "geometry"}}; },
        .change =
            [this](const std::string& node, const std::string& parameter, const Value& value) {
              if (parameter == "bins") throw ConfigError("integrate.bins: cannot be changed");
              changes.push_back(fmt::format("{}.{}={}", node, parameter, value.to_text()));
              return state;
            }};
  }
};

TEST(Change, is_handed_on) {
  Asked asked;
  const HttpReply reply = answer_change(good_body, asked.controls());
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"node": "integrate", "parameter": "poni", "value": "new.poni", "state": "ready"})");
  EXPECT_EQ(asked.changes, std::vector<std::string>{"integrate.poni='new.poni'"});
  asked.state = ChangeState::preparing;
  EXPECT_EQ(answer_change(good_body, asked.controls()).status, 202);
  asked.state = ChangeState::busy;
  EXPECT_EQ(answer_change(good_body, asked.controls()).status, 503);
}

TEST(Change, tells_why_it_is_refused) {
  Asked asked;
  const HttpReply reply = answer_change(R"({"node": "integrate", "parameter": "bins", "value": 3})", asked.controls());
  EXPECT_EQ(reply.status, 422);
  EXPECT_EQ(reply.body, "integrate.bins: cannot be changed\n");
  EXPECT_EQ(answer_change(good_body, {}).status, 403);
  EXPECT_NE(answer_change(good_body, {}).body.find("service.changes"), std::string::npos);
}

TEST(Change, has_the_three_members_and_no_other) {
  Asked asked;
  for (const char* body : {"", "{", "[]", "3", R"({"node": "a", "parameter": "b"})",
                           R"({"node": "a", "parameter": "b", "value": 1, "other": 2})",
                           R"({"node": "a", "parameter": "b", "valeu": 1})"}) {
    EXPECT_EQ(answer_change(body, asked.controls()).status, 400) << body;
  }
  EXPECT_TRUE(asked.changes.empty());
}

TEST(Parameters, are_listed) {
  Asked asked;
  EXPECT_EQ(answer_parameters(asked.controls()).body,
            R"([{"node": "integrate", "parameter": "poni", "type": "path", "value": "/a.poni", "help": "geometry"}])");
  EXPECT_EQ(answer_parameters({}).body, "[]");
}

/// A server that hands changes to `asked`.
struct Served {
  Asked asked;
  ViewerHub hub{HubOptions{}};
  HttpServer server{HttpOptions{.port = 0, .allowed_hosts = {}, .session = {}},
                    {[] { return Status{}; }, hub, asked.controls()}};

  test::Response post(const std::string& body, const std::string& headers = "Content-Type: application/json\r\n") {
    return test::request(server.port(), "POST", std::string(parameters_path),
                         fmt::format("Host: localhost\r\n{}Content-Length: {}\r\n", headers, body.size()), body);
  }
};

TEST(ServedChange, arrives) {
  Served served;
  const auto answer = served.post(good_body);
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Content-Type: application/json"), std::string::npos);
  EXPECT_EQ(served.asked.changes.size(), 1U);
  EXPECT_EQ(test::get(served.server.port(), "/api/parameters").status, 200);
}

TEST(ServedChange, is_refused_by_its_headers) {
  Served served;
  EXPECT_EQ(served.post(good_body, "Content-Type: text/plain\r\n").status, 415);
  EXPECT_EQ(served.post(good_body, "Content-Type: application/json\r\nOrigin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(served.post(good_body, "Content-Type: application/json\r\nSec-Fetch-Site: cross-site\r\n").status, 403);
  EXPECT_TRUE(served.asked.changes.empty());
}

TEST(ServedChange, is_short) {
  Served served;
  const std::string value(most_change_bytes, 'x');
  EXPECT_EQ(served.post(R"({"node": "a", "parameter": "b", "value": ")" + value + "\"}").status, 413);
  EXPECT_TRUE(served.asked.changes.empty());
}

}  // namespace
}  // namespace annulus
