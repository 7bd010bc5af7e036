// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/socket.hpp"

#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>
#include <zmq.hpp>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "service/io/zmq/zap.hpp"

namespace annulus {
namespace {

/// Who sends more in one message is disconnected, before memory is given for it: a stack of 64 frames of 4 megapixels
/// fits.
constexpr std::int64_t max_message_bytes = std::int64_t{1} << 30;

constexpr std::size_t max_parts = 64;

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

void secure(zmq::socket_t& socket, Attach attach, const CurveSecurity& curve) {
  socket.set(zmq::sockopt::curve_publickey, curve.own.public_key);
  socket.set(zmq::sockopt::curve_secretkey, curve.own.secret_key);
  if (attach == Attach::connect) {
    socket.set(zmq::sockopt::curve_serverkey, curve.server_key);
    return;
  }
  socket.set(zmq::sockopt::curve_server, true);
  if (curve.client_keys) socket.set(zmq::sockopt::zap_domain, admit_only(context(), *curve.client_keys));
}

void attach_socket(zmq::socket_t& socket, const SocketOptions& options) {
  const auto& [attach, endpoint, queue, curve] = options;
  if (const std::string problem = endpoint_problem(endpoint); !problem.empty()) throw IoError(problem);
  try {
    if (curve) secure(socket, attach, *curve);
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

/// A message of the bytes where they are; lets go of them when it has been sent.
zmq::message_t shared_message(const WireMessage& part) {
  // ZeroMQ keeps small messages in place, without the bookkeeping.
  if (part.bytes.size() < 256) return {part.bytes.data(), part.bytes.size()};
  auto owner = std::make_unique<std::shared_ptr<const void>>(part.owner);
  // ZeroMQ wants to be given the bytes for good, but only reads them.
  auto* data = const_cast<std::byte*>(part.bytes.data());
  const auto release = [](void*, void* hint) { delete static_cast<std::shared_ptr<const void>*>(hint); };
  zmq::message_t message(data, part.bytes.size(), release, owner.get());
  (void)owner.release();  // the message deletes it
  return message;
}

bool wait_for_room(zmq::socket_t& socket, std::chrono::milliseconds patience) {
  zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLOUT, 0};
  try {
    return zmq::poll(&item, 1, patience) > 0;
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return false;
    throw IoError(fmt::format("waiting for a receiver failed ({})", error.what()));
  }
}

bool wait_for_subscription(zmq::socket_t& socket, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
    try {
      if (left.count() < 0 || zmq::poll(&item, 1, left) == 0) return false;
      zmq::message_t message;  // one byte 1 (subscribe) or 0 (unsubscribe), then the topic
      if (!socket.recv(message, zmq::recv_flags::dontwait)) continue;
      if (message.size() > 0 && *message.data<char>() == 1) return true;
    } catch (const zmq::error_t& error) {
      if (error.num() == EINTR) return false;
      throw IoError(fmt::format("waiting for a subscriber failed ({})", error.what()));
    }
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

struct InSocket::State {
  zmq::socket_t socket;
};

InSocket::InSocket(Kind kind, const SocketOptions& options)
    : state_(std::make_unique<State>(
          State{{context(), kind == Kind::sub ? zmq::socket_type::sub : zmq::socket_type::pull}})) {
  zmq::socket_t& socket = state_->socket;
  socket.set(zmq::sockopt::rcvhwm, options.queue);
  socket.set(zmq::sockopt::maxmsgsize, max_message_bytes);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  if (kind == Kind::sub) socket.set(zmq::sockopt::subscribe, "");
  attach_socket(socket, options);
}
InSocket::~InSocket() = default;
InSocket::InSocket(InSocket&&) noexcept = default;

std::optional<WireParts> InSocket::receive(std::chrono::milliseconds patience) {
  zmq::pollitem_t item{state_->socket.handle(), 0, ZMQ_POLLIN, 0};
  try {
    if (zmq::poll(&item, 1, patience) == 0) return std::nullopt;
    WireParts parts;
    for (bool more = true; more;) {
      auto part = std::make_shared<zmq::message_t>();
      // The parts of a message arrive together: only the first can be missing.
      if (!state_->socket.recv(*part, zmq::recv_flags::dontwait)) return std::nullopt;
      more = part->more();
      if (parts.size() < max_parts) parts.push_back({{part->data<const std::byte>(), part->size()}, part});
    }
    return parts;
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return std::nullopt;
    throw IoError(fmt::format("receiving from {} failed ({})", endpoint(), error.what()));
  }
}

std::string InSocket::endpoint() const { return state_->socket.get(zmq::sockopt::last_endpoint); }

struct OutSocket::State {
  zmq::socket_t socket;
  Kind kind;
  zmq::send_flags flags = zmq::send_flags::dontwait;
};

OutSocket::OutSocket(Kind kind, const SocketOptions& options, SlowSubscriber slow)
    // XPUB is PUB that also tells who subscribes.
    : state_(std::make_unique<State>(
          State{{context(), kind == Kind::pub ? zmq::socket_type::xpub : zmq::socket_type::push}, kind})) {
  zmq::socket_t& socket = state_->socket;
  socket.set(zmq::sockopt::sndhwm, options.queue);
  const bool waits = kind == Kind::push || slow == SlowSubscriber::holds;
  if (waits) state_->flags = zmq::send_flags::none;
  if (waits && kind == Kind::pub) socket.set(zmq::sockopt::xpub_nodrop, true);
  // What is still queued at the end has this long to leave [ms].
  socket.set(zmq::sockopt::linger, waits ? 60000 : 2000);
  attach_socket(socket, options);
}
OutSocket::~OutSocket() = default;
OutSocket::OutSocket(OutSocket&&) noexcept = default;

void OutSocket::send(std::string bytes) {
  auto owned = std::make_unique<std::string>(std::move(bytes));
  std::string* raw = owned.get();
  zmq::message_t message(
      raw->data(), raw->size(), [](void*, void* hint) { delete static_cast<std::string*>(hint); }, raw);
  (void)owned.release();  // the message deletes it
  state_->socket.set(zmq::sockopt::sndtimeo, -1);
  (void)state_->socket.send(message, state_->flags);
}

bool OutSocket::send(const WireParts& parts, std::chrono::milliseconds patience) {
  try {
    state_->socket.set(zmq::sockopt::sndtimeo, static_cast<int>(patience.count()));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool last = i + 1 == parts.size();
      zmq::message_t message = shared_message(parts[i]);
      const auto flags = state_->flags | (last ? zmq::send_flags::none : zmq::send_flags::sndmore);
      // Only the first part can find no room: ZeroMQ counts whole messages.
      if (!state_->socket.send(message, flags)) return false;
    }
    return true;
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return false;
    throw IoError(fmt::format("sending to {} failed ({})", endpoint(), error.what()));
  }
}

bool OutSocket::wait_for_receiver(std::chrono::milliseconds patience) {
  if (state_->kind == Kind::push) return wait_for_room(state_->socket, patience);
  return wait_for_subscription(state_->socket, patience);
}

std::string OutSocket::endpoint() const { return state_->socket.get(zmq::sockopt::last_endpoint); }

}  // namespace annulus
