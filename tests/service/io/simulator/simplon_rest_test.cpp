// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/simulator/simplon_rest.hpp"

#include "tests/service/io/simulator/samples.hpp"

namespace annulus {
namespace {

using namespace testing;

class SimplonRest : public ::testing::Test {
 protected:
  WebReply get(const std::string& path) { return answer_simplon(detector_, "GET", path, ""); }
  WebReply put(const std::string& path, const std::string& body = "") {
    return answer_simplon(detector_, "PUT", path, body);
  }

  Client client_;
  SimulatedDetector detector_{small_options(), client_.sink()};
};

TEST_F(SimplonRest, tells_its_version_and_its_keys) {
  EXPECT_EQ(get("/detector/api/version").body, R"({"access_mode": "r", "value": "1.8.0", "value_type": "string"})");
  EXPECT_EQ(get("/stream/api/version").status, 200);
  EXPECT_EQ(get("/stream/api/1.8.0/config/keys").body,
            R"(["mode", "format", "header_detail", "header_appendix", "image_appendix"])");
  EXPECT_NE(get("/detector/api/1.6.0/command/keys").body.find("\"arm\""), std::string::npos);
  EXPECT_EQ(
      get("/detector/api/1.8.0/config/threshold/1/mode").body,
      R"({"access_mode": "rw", "value": "enabled", "value_type": "string", "allowed_values": ["enabled", "disabled"]})");
}

TEST_F(SimplonRest, takes_values_and_tells_what_changed) {
  EXPECT_EQ(put("/detector/api/1.8.0/config/nimages", R"({"value": 5})").body, R"(["nimages"])");
  EXPECT_NE(get("/detector/api/1.8.0/config/nimages").body.find("\"value\": 5,"), std::string::npos);
  EXPECT_EQ(put("/stream/api/1.8.0/config/header_appendix", R"({"value": "here"})").status, 200);
}

TEST_F(SimplonRest, runs_a_series_by_commands) {
  EXPECT_EQ(put("/detector/api/1.8.0/command/initialize").body, "");
  put("/detector/api/1.8.0/config/nimages", R"({"value": 2})");
  EXPECT_EQ(put("/detector/api/1.8.0/command/arm").body, R"({"sequence id": 1})");
  EXPECT_EQ(put("/detector/api/1.8.0/command/trigger").status, 200);
  EXPECT_EQ(put("/detector/api/1.8.0/command/disarm").body, R"({"sequence id": 1})");
  EXPECT_EQ(put("/detector/api/1.8.0/command/arm").body, R"({"sequence id": 2})");
  EXPECT_EQ(put("/detector/api/1.8.0/command/cancel").body, R"({"sequence id": 2})");
  EXPECT_EQ(client_.log(), "start1 image1.0 image1.1 end1 start2 end2");
}

TEST_F(SimplonRest, says_what_it_cannot_do) {
  const auto problem = [](const WebReply& reply) { return std::to_string(reply.status) + " " + reply.body; };
  EXPECT_EQ(problem(get("/")), "404 / is not part of the API (/detector/api/1.8.0/config/keys is)\n");
  EXPECT_EQ(get("/detector/api/2.0/config/keys").status, 404);
  EXPECT_EQ(problem(get("/detector/api/1.8.0/config/nimage")),
            "404 detector/config/nimage is not known. Did you mean 'nimages'?\n");
  EXPECT_EQ(problem(put("/detector/api/1.8.0/config/nimages", R"({"value": 0})")),
            "400 detector/config/nimages: 0 cannot be its value (it must be from 1 to 2000000000)\n");
  EXPECT_EQ(problem(put("/detector/api/1.8.0/config/nimages")),
            "400 detector/config/nimages: no value (the body is empty) send {\"value\": ...}\n");
  EXPECT_EQ(put("/detector/api/1.8.0/config/nimages", "{").status, 400);
  EXPECT_EQ(problem(put("/detector/api/1.8.0/command/arm")),
            "400 arm is not possible (the detector is in state 'na') initialize it\n");
  EXPECT_EQ(problem(put("/detector/api/1.8.0/command/disarmed")),
            "404 detector has no command 'disarmed'. Did you mean 'disarm'?\n");
  EXPECT_EQ(get("/detector/api/1.8.0/command/arm").status, 405);
  EXPECT_EQ(answer_simplon(detector_, "DELETE", "/detector/api/1.8.0/config/nimages", "").allow, "GET, PUT");
}

}  // namespace
}  // namespace annulus
