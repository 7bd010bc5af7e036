// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/http_server.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "tests/service/http/http_client.hpp"
#include "tests/service/http/samples.hpp"

namespace annulus {
namespace {

using nlohmann::json;
using test::get;
using test::request;

/// One server for the routes; it shows `status_` and what `hub_` holds.
class HttpRoutes : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    HttpOptions options;
    options.port = 0;
    server_.emplace(options, HttpContent{[] { return status_; }, hub_});
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override { status_ = Status{}; }
  static std::uint16_t port() { return server_->port(); }

  static inline Status status_;
  static inline ViewerHub hub_{HubOptions{}};
  static inline std::optional<HttpServer> server_;
};

TEST_F(HttpRoutes, serves_the_page_and_its_files) {
  const auto page = get(port(), "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.head.find("Content-Type: text/html; charset=utf-8"), std::string::npos);
  EXPECT_NE(page.head.find("Content-Security-Policy"), std::string::npos);
  EXPECT_NE(page.body.find("<title>Annulus</title>"), std::string::npos);
}

TEST_F(HttpRoutes, answers_not_modified_to_whoever_has_the_page) {
  const auto page = get(port(), "/");
  const auto start = page.head.find("ETag: ") + 6;
  const std::string etag = page.head.substr(start, page.head.find("\r\n", start) - start);
  const auto again = request(port(), "GET", "/", "Host: localhost\r\nIf-None-Match: " + etag + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
}

TEST_F(HttpRoutes, tells_the_length_but_sends_no_body_to_head) {
  const auto page = request(port(), "HEAD", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.head.find("Content-Length: "), std::string::npos);
  EXPECT_TRUE(page.body.empty());
}

TEST_F(HttpRoutes, tells_the_status_as_json) {
  status_.name = "xpd";
  status_.run = RunStatus{.uid = "some-uid", .scan_id = "7"};
  status_.run->frames.reduced = 41;
  status_.errors = {{1.0, "integrate", "some-uid", 3, "too \xff small"}};
  const auto answer = get(port(), "/api/status");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Content-Type: application/json"), std::string::npos);
  const json status = json::parse(answer.body);
  EXPECT_EQ(status["name"], "xpd");
  EXPECT_EQ(status["run"]["frames"]["reduced"], 41);
  EXPECT_EQ(status["errors"][0]["frame"], 3);
  EXPECT_EQ(status["viewers"]["clients"], 0);
}

TEST_F(HttpRoutes, tells_the_metrics) {
  status_.totals.reduced = 5;
  const auto answer = get(port(), "/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Content-Type: text/plain; version=0.0.4"), std::string::npos);
  EXPECT_NE(answer.body.find("annulus_frames_reduced_total 5"), std::string::npos);
}

TEST_F(HttpRoutes, is_healthy_until_there_is_a_problem) {
  status_.state = ServiceState::running;
  const auto well = get(port(), "/healthz");
  EXPECT_EQ(well.status, 200);
  EXPECT_EQ(json::parse(well.body)["state"], "running");
  status_.problem = "the disk is full";
  const auto ill = get(port(), "/healthz");
  EXPECT_EQ(ill.status, 503);
  EXPECT_EQ(json::parse(ill.body)["reason"], "the disk is full");
}

TEST_F(HttpRoutes, has_a_pattern_and_a_preview_once_there_are_some) {
  EXPECT_EQ(get(port(), "/api/pattern").status, 404);
  EXPECT_EQ(get(port(), "/api/preview.png").status, 404);
  hub_.publish(test::sample_pattern(12), "integrate");
  hub_.publish_preview(test::sample_frame(13));
  EXPECT_EQ(json::parse(get(port(), "/api/pattern").body)["number"], 12);
  EXPECT_EQ(get(port(), "/api/pattern?name=integrate").status, 200);
  EXPECT_EQ(get(port(), "/api/pattern?name=other").status, 404);
  const auto picture = get(port(), "/api/preview.png");
  EXPECT_NE(picture.head.find("Content-Type: image/png"), std::string::npos);
  EXPECT_EQ(picture.body.substr(1, 3), "PNG");
}

TEST_F(HttpRoutes, says_what_there_is_when_a_path_is_unknown) {
  const auto answer = get(port(), "/nothing");
  EXPECT_EQ(answer.status, 404);
  EXPECT_NE(answer.body.find("/api/status"), std::string::npos);
  EXPECT_EQ(get(port(), "/../../etc/passwd").status, 404);
}

TEST_F(HttpRoutes, refuses_to_be_written_to) {
  EXPECT_EQ(request(port(), "POST", "/api/status", "Host: localhost\r\nContent-Length: 5\r\n").status, 405);
  EXPECT_EQ(request(port(), "OPTIONS", "/", "Host: localhost\r\n").status, 405);
}

TEST_F(HttpRoutes, refuses_a_name_that_is_not_its_own) {
  EXPECT_EQ(request(port(), "GET", "/api/status", "Host: evil.example\r\n").status, 421);
  EXPECT_EQ(request(port(), "GET", "/live", "Host: evil.example\r\nUpgrade: websocket\r\n").status, 421);
  EXPECT_EQ(request(port(), "GET", "/api/status", "Host: 127.0.0.1:1234\r\n").status, 200);
}

TEST_F(HttpRoutes, tells_a_failure_of_the_status_as_an_error) {
  HttpOptions options;
  options.port = 0;
  const HttpServer server(options, {[]() -> Status { throw std::runtime_error("no status today"); }, hub_});
  const auto answer = get(server.port(), "/api/status");
  EXPECT_EQ(answer.status, 500);
  EXPECT_NE(answer.body.find("no status today"), std::string::npos);
}

TEST_F(HttpRoutes, names_the_address_and_the_way_out_when_the_port_is_taken) {
  HttpOptions options;
  options.port = port();
  try {
    const HttpServer second(options, {[] { return Status{}; }, hub_});
    FAIL() << "two servers on one port";
  } catch (const IoError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("127.0.0.1:" + std::to_string(port())), std::string::npos) << text;
    EXPECT_NE(text.find("in use"), std::string::npos) << text;
    EXPECT_NE(text.find("choose another port"), std::string::npos) << text;
  }
}

TEST_F(HttpRoutes, refuses_an_address_that_is_not_of_this_machine) {
  HttpOptions options;
  options.host = "192.0.2.1";  // reserved for documentation
  EXPECT_THROW(HttpServer(options, {[] { return Status{}; }, hub_}), IoError);
}

}  // namespace
}  // namespace annulus
