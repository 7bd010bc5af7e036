// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/socket.hpp"

#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>
#include <zmq.hpp>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

/// Who sends more in one message is disconnected, before memory is given for it: a stack of 64 frames of 4 megapixels
/// fits.
constexpr std::int64_t max_message_bytes = std::int64_t{1} << 30;

/// One context for the process: it owns ZeroMQ's I/O thread, and sockets of one context can talk over inproc.
zmq::context_t& context() {
  static zmq::context_t instance(1);
  return instance;
}

/// Checked here because ZeroMQ takes 65536 for 0, and binds some other port.
bool is_port(std::string_view text) {
  if (text == "*") return true;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= 65535;
}

bool has_host_and_port(const std::string& endpoint) {
  const std::size_t host = std::string_view("tcp://").size();
  const std::size_t colon = endpoint.rfind(':');
  return endpoint.starts_with("tcp://") && colon > host && is_port(std::string_view(endpoint).substr(colon + 1));
}

void attach_socket(zmq::socket_t& socket, Attach attach, const std::string& endpoint) {
  if (const std::string problem = endpoint_problem(endpoint); !problem.empty()) throw IoError(problem);
  try {
    if (attach == Attach::bind) {
      socket.bind(endpoint);
    } else {
      socket.connect(endpoint);
    }
  } catch (const zmq::error_t& error) {
    const std::string hint = error.num() == EADDRINUSE ? " another program has it: stop that one or choose another port"
                             : error.num() == EADDRNOTAVAIL || error.num() == ENODEV
                                 ? " the address is not one of this machine: bind 127.0.0.1 or an own address"
                                 : "";
    throw IoError(fmt::format("cannot {} {} ({}){}", attach == Attach::bind ? "bind" : "connect to", endpoint,
                              error.what(), hint));
  }
}

}  // namespace

std::string endpoint_problem(const std::string& endpoint) {
  if (endpoint.starts_with("ipc://") && endpoint.size() > 6) return {};
  if (endpoint.starts_with("inproc://") && endpoint.size() > 9) return {};
  if (has_host_and_port(endpoint)) return {};
  return fmt::format("'{}' is not an endpoint (write tcp://HOST:PORT or ipc:///PATH), for example tcp://127.0.0.1:5568",
                     endpoint);
}

struct SubSocket::State {
  zmq::socket_t socket{context(), zmq::socket_type::sub};
  std::uint64_t stray_parts = 0;
};

SubSocket::SubSocket(Attach attach, const std::string& endpoint, int queue) : state_(std::make_unique<State>()) {
  zmq::socket_t& socket = state_->socket;
  socket.set(zmq::sockopt::rcvhwm, queue);
  socket.set(zmq::sockopt::maxmsgsize, max_message_bytes);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::subscribe, "");
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  attach_socket(socket, attach, endpoint);
}
SubSocket::~SubSocket() = default;
SubSocket::SubSocket(SubSocket&&) noexcept = default;

std::optional<WireMessage> SubSocket::receive(std::chrono::milliseconds patience) {
  zmq::pollitem_t item{state_->socket.handle(), 0, ZMQ_POLLIN, 0};
  try {
    if (zmq::poll(&item, 1, patience) == 0) return std::nullopt;
    auto message = std::make_shared<zmq::message_t>();
    if (!state_->socket.recv(*message, zmq::recv_flags::dontwait)) return std::nullopt;
    for (bool more = message->more(); more; ++state_->stray_parts) {
      zmq::message_t stray;
      (void)state_->socket.recv(stray, zmq::recv_flags::none);
      more = stray.more();
    }
    return WireMessage{{static_cast<const std::byte*>(message->data()), message->size()}, message};
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return std::nullopt;
    throw IoError(fmt::format("receiving from {} failed ({})", endpoint(), error.what()));
  }
}

std::string SubSocket::endpoint() const { return state_->socket.get(zmq::sockopt::last_endpoint); }
std::uint64_t SubSocket::stray_parts() const noexcept { return state_->stray_parts; }

struct PubSocket::State {
  // XPUB is PUB that also tells who subscribes.
  zmq::socket_t socket{context(), zmq::socket_type::xpub};
  zmq::send_flags flags = zmq::send_flags::dontwait;
};

PubSocket::PubSocket(Attach attach, const std::string& endpoint, int queue, SlowSubscriber slow)
    : state_(std::make_unique<State>()) {
  zmq::socket_t& socket = state_->socket;
  socket.set(zmq::sockopt::sndhwm, queue);
  if (slow == SlowSubscriber::holds) {
    socket.set(zmq::sockopt::xpub_nodrop, true);
    state_->flags = zmq::send_flags::none;
  }
  // What is still queued at the end has this long to leave [ms].
  socket.set(zmq::sockopt::linger, slow == SlowSubscriber::holds ? 60000 : 2000);
  attach_socket(socket, attach, endpoint);
}
PubSocket::~PubSocket() = default;
PubSocket::PubSocket(PubSocket&&) noexcept = default;

void PubSocket::send(std::string bytes) {
  auto owned = std::make_unique<std::string>(std::move(bytes));
  std::string* raw = owned.get();
  zmq::message_t message(
      raw->data(), raw->size(), [](void*, void* hint) { delete static_cast<std::string*>(hint); }, raw);
  (void)owned.release();  // the message deletes it
  (void)state_->socket.send(message, state_->flags);
}

bool PubSocket::wait_for_subscriber(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    zmq::pollitem_t item{state_->socket.handle(), 0, ZMQ_POLLIN, 0};
    try {
      if (left.count() < 0 || zmq::poll(&item, 1, left) == 0) return false;
      zmq::message_t message;  // one byte 1 (subscribe) or 0 (unsubscribe), then the topic
      if (!state_->socket.recv(message, zmq::recv_flags::dontwait)) continue;
      if (message.size() > 0 && *message.data<char>() == 1) return true;
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw IoError(fmt::format("{}: {}", endpoint(), error.what()));
      return false;
    }
  }
}

std::string PubSocket::endpoint() const { return state_->socket.get(zmq::sockopt::last_endpoint); }

}  // namespace annulus
