// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/descriptor.hpp"

#include <cerrno>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "operators/data/error.hpp"

namespace annulus {

void Descriptor::close() noexcept {
  if (const int fd = std::exchange(fd_, -1); fd >= 0) ::close(fd);
}

WakeUp::WakeUp() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_.is_open()) throw IoError("cannot make an event descriptor (" + cause_of(errno) + ")");
}

void WakeUp::raise() noexcept { (void)::eventfd_write(event_.get(), 1); }

void WakeUp::lower() noexcept {
  eventfd_t ignored = 0;
  (void)::eventfd_read(event_.get(), &ignored);
}

bool WakeUp::wait(int milliseconds) const noexcept {
  pollfd entry{event_.get(), POLLIN, 0};
  return ::poll(&entry, 1, milliseconds) == 1;
}

std::string cause_of(int error) { return std::generic_category().message(error); }

std::string listen_advice(const std::string& cause) {
  if (cause.find("ermission denied") != std::string::npos) return "choose a port above 1023";
  if (cause.find("in use") != std::string::npos) {
    return "choose another port, or stop the program that listens there";
  }
  return "give the address of one of this machine's interfaces, or 127.0.0.1";
}

}  // namespace annulus
