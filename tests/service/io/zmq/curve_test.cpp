// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/curve.hpp"

#include <array>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zmq.h>

#include "operators/data/error.hpp"

#include "service/io/zmq/socket.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using std::filesystem::path;

/// A folder with certificates as pyzmq writes them.
struct CurveTest : ::testing::Test {
  Scratch scratch;

  path certify(const std::string& name) {
    std::array<char, 41> public_key{};
    std::array<char, 41> secret_key{};
    EXPECT_EQ(zmq_curve_keypair(public_key.data(), secret_key.data()), 0);
    write(name + ".key", fmt::format("# made by\n\nmetadata\ncurve\n    public-key = \"{}\"\n", public_key.data()));
    return write(name + ".key_secret",
                 fmt::format("# made by\n\nmetadata\ncurve\n    public-key = \"{}\"\n    secret-key = \"{}\"\n",
                             public_key.data(), secret_key.data()));
  }
  path write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((scratch.path() / name).parent_path());
    std::ofstream(scratch.path() / name) << text;
    return scratch.path() / name;
  }
  [[nodiscard]] path at(const std::string& name) const { return scratch.path() / name; }

  OutSocket server(const std::optional<path>& clients = std::nullopt) const {
    return {OutSocket::Kind::push,
            {Attach::bind, "tcp://127.0.0.1:*", 10,
             read_curve(Attach::bind, at("server.key_secret"), std::nullopt, clients)}};
  }
  InSocket client(const std::string& endpoint, const std::optional<path>& own, const std::string& trusted) const {
    return {InSocket::Kind::pull,
            {Attach::connect, endpoint, 10, read_curve(Attach::connect, own, at(trusted), std::nullopt)}};
  }
};

TEST_F(CurveTest, who_knows_the_servers_key_is_let_in) {
  certify("server");
  OutSocket out = server();
  const InSocket in = client(out.endpoint(), std::nullopt, "server.key");
  EXPECT_TRUE(out.wait_for_receiver(patience));
}

TEST_F(CurveTest, who_has_no_key_or_the_wrong_one_stays_outside) {
  certify("server");
  certify("other");
  OutSocket out = server();
  const InSocket plain(InSocket::Kind::pull, {Attach::connect, out.endpoint(), 10});
  const InSocket wrong = client(out.endpoint(), std::nullopt, "other.key");
  EXPECT_FALSE(out.wait_for_receiver(300ms));
}

TEST_F(CurveTest, only_named_clients_are_let_in) {
  for (const char* name : {"server", "clients/friend", "stranger"}) certify(name);
  OutSocket out = server(at("clients"));
  OutSocket open = server();
  const InSocket stranger = client(out.endpoint(), at("stranger.key_secret"), "server.key");
  EXPECT_FALSE(out.wait_for_receiver(300ms));
  const InSocket friendly = client(out.endpoint(), at("clients/friend.key_secret"), "server.key");
  EXPECT_TRUE(out.wait_for_receiver(patience));
  const InSocket anybody = client(open.endpoint(), at("stranger.key_secret"), "server.key");
  EXPECT_TRUE(open.wait_for_receiver(patience)) << "another socket of the process has its own rule";
}

TEST_F(CurveTest, mistakes_are_told_with_what_to_do) {
  certify("a");
  const path nonsense = write("nonsense.key", "public-key = \"short\"\n");
  std::filesystem::create_directories(at("empty"));
  const auto problem = [&](Attach attach, const std::optional<path>& own, const std::optional<path>& server,
                           const std::optional<path>& clients) {
    return message_of([&] { (void)read_curve(attach, own, server, clients); });
  };
  EXPECT_NE(problem(Attach::connect, at("a.key_secret"), {}, {}).find("needs curve_server_key"), std::string::npos);
  EXPECT_NE(problem(Attach::bind, {}, {}, at("empty")).find("needs curve_secret_key"), std::string::npos);
  EXPECT_NE(problem(Attach::bind, at("a.key"), {}, {}).find("name the .key_secret file"), std::string::npos);
  EXPECT_NE(problem(Attach::bind, at("a.key_secret"), {}, at("empty")).find("no .key file"), std::string::npos);
  EXPECT_NE(problem(Attach::bind, at("a.key_secret"), at("a.key"), {}).find("is for a socket that connects"),
            std::string::npos);
  EXPECT_NE(problem(Attach::connect, {}, at("a.key"), at("empty")).find("is for a socket that binds"),
            std::string::npos);
  EXPECT_NE(problem(Attach::connect, {}, nonsense, {}).find("is not a CURVE certificate"), std::string::npos);
  EXPECT_NE(problem(Attach::connect, {}, at("none.key"), {}).find("cannot be opened"), std::string::npos);
  EXPECT_FALSE(read_curve(Attach::bind, {}, {}, {}));
}

}  // namespace
}  // namespace annulus
