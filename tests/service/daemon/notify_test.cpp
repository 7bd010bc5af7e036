// SPDX-License-Identifier: BSD-3-Clause
#include "service/daemon/notify.hpp"

#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;

/// An environment variable, for the length of a test.
class Environment final {
 public:
  Environment(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { ::unsetenv(name_); }

 private:
  const char* name_;
};

/// What systemd is to a service: a datagram socket. A name with '@' is an abstract one.
class Manager final {
 public:
  explicit Manager(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    bound_ = ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0;
    const timeval limit{patience.count(), 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager() { ::close(socket_); }

  [[nodiscard]] bool bound() const { return bound_; }
  [[nodiscard]] std::string hears() {
    std::string text(256, '\0');
    const ssize_t size = ::recv(socket_, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  int socket_;
  bool bound_ = false;
};

TEST(Notify, tells_the_service_manager) {
  const Scratch scratch;
  for (const std::string& name : {(scratch / "notify").string(), "@annulus_test_" + std::to_string(::getpid())}) {
    Manager manager(name);
    ASSERT_TRUE(manager.bound()) << name;
    const Environment variable("NOTIFY_SOCKET", name);
    notify_service_manager("READY=1");
    notify_service_manager("STATUS=two words");
    EXPECT_EQ(manager.hears(), "READY=1") << name;
    EXPECT_EQ(manager.hears(), "STATUS=two words") << name;
  }
}

TEST(Notify, does_no_harm_where_nobody_listens) {
  ::unsetenv("NOTIFY_SOCKET");
  notify_service_manager("READY=1");
  for (const std::string& name : {std::string(), std::string("/none/notify"), std::string(300, 'x')}) {
    const Environment variable("NOTIFY_SOCKET", name);
    notify_service_manager("READY=1");
  }
}

TEST(Watchdog, is_fed_twice_as_often_as_it_wants) {
  ::unsetenv("WATCHDOG_USEC");
  EXPECT_FALSE(watchdog_interval());
  {
    const Environment variable("WATCHDOG_USEC", "30000000");
    EXPECT_EQ(watchdog_interval(), std::chrono::seconds(15));
  }
  for (const char* text : {"", "0", "-5", "soon"}) {
    const Environment variable("WATCHDOG_USEC", text);
    EXPECT_FALSE(watchdog_interval()) << text;
  }
}

}  // namespace
}  // namespace annulus
