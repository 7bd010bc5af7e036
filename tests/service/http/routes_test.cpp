// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/routes.hpp"

#include <gtest/gtest.h>

#include "service/http/assets.hpp"

namespace annulus {
namespace {

HttpRequest a_request() { return {.method = "GET", .path = "/", .host = "localhost:8080"}; }

TEST(Host, accepts_localhost_and_every_address) {
  for (const char* host : {"localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]", "192.168.0.7:80"}) {
    EXPECT_TRUE(is_own_host(host, {})) << host;
  }
}

TEST(Host, refuses_names_that_were_not_configured) {
  for (const char* host :
       {"", "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "[evil]", "::1"}) {
    EXPECT_FALSE(is_own_host(host, {})) << host;
  }
  EXPECT_TRUE(is_own_host("xpd-server:8080", {"xpd-server"}));
}

TEST(Refusal, names_the_foreign_host) {
  HttpRequest request = a_request();
  request.host = "evil.example";
  const auto refusal = refusal_of(request, {});
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 421);
  EXPECT_NE(refusal->body.find("'evil.example'"), std::string::npos);
}

TEST(Refusal, lets_only_reading_methods_pass) {
  HttpRequest request = a_request();
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"}) {
    request.method = method;
    const auto refusal = refusal_of(request, {});
    ASSERT_TRUE(refusal) << method;
    EXPECT_EQ(refusal->status, 405);
    EXPECT_NE(head_of(*refusal).find("Allow: GET, HEAD"), std::string::npos);
  }
  for (const char* method : {"GET", "HEAD"}) {
    request.method = method;
    EXPECT_FALSE(refusal_of(request, {})) << method;
  }
}

TEST(Refusal, keeps_pages_of_other_origins_off_the_websocket) {
  HttpRequest request = a_request();
  request.path = "/live";
  request.upgrade = true;
  EXPECT_FALSE(refusal_of(request, {}));  // a program, not a browser
  request.origin = "http://localhost:8080";
  EXPECT_FALSE(refusal_of(request, {}));
  for (const char* origin : {"http://evil.example", "http://localhost:9999", "null", "localhost:8080"}) {
    request.origin = origin;
    const auto refusal = refusal_of(request, {});
    ASSERT_TRUE(refusal) << origin;
    EXPECT_EQ(refusal->status, 403);
  }
}

TEST(Head, forbids_the_browser_to_load_or_guess_anything) {
  const std::string head = head_of({.body = "x"});
  EXPECT_NE(head.find("Content-Security-Policy: default-src 'none'; script-src 'self'"), std::string::npos);
  EXPECT_NE(head.find("X-Content-Type-Options: nosniff"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: 1\r\n"), std::string::npos);
}

TEST(Assets, hold_a_page_with_types_and_distinct_tags) {
  ASSERT_FALSE(viewer_assets().empty());
  EXPECT_EQ(viewer_assets()[0].path, "/");
  EXPECT_EQ(viewer_assets()[0].content_type, "text/html; charset=utf-8");
  for (const Asset& asset : viewer_assets()) {
    EXPECT_FALSE(asset.content.empty()) << asset.path;
    EXPECT_FALSE(asset.content_type.empty()) << asset.path;
    EXPECT_EQ(asset.etag.size(), 18U) << asset.path;
  }
}

}  // namespace
}  // namespace annulus
