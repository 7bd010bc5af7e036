// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/bluesky_source.hpp"

#include <chrono>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

/// The first bytes of a message, for a person who wonders what it was.
std::string hex_head(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte b : bytes.first(std::min<std::size_t>(bytes.size(), 24))) {
    text += fmt::format("{:02x} ", std::to_integer<unsigned>(b));
  }
  return text + (bytes.size() > 24 ? "..." : "");
}

}  // namespace

const std::vector<std::string_view>& EnumNames<bluesky::Serializer>::names() {
  static const std::vector<std::string_view> list{"auto", "pickle", "msgpack", "json"};
  return list;
}

BlueskySource::BlueskySource(std::string name) : DocumentSource(std::move(name)) {}

BlueskySource::~BlueskySource() {
  if (thread_.joinable()) BlueskySource::stop_producing();
}

void BlueskySource::check(Problems& problems) const {
  if (connect_->has_value() == bind_->has_value()) {
    problems.add(connect_->has_value() ? "connect" : "",
                 "needs either 'connect' or 'bind' (to reach a bluesky Proxy: connect to its output port)");
  }
  for (const auto* param : {&connect_, &bind_}) {
    if (!(*param)->has_value()) continue;
    if (const std::string problem = endpoint_problem(***param); !problem.empty()) problems.add(param->name(), problem);
  }
  if (prefix_->find(' ') != std::string::npos)
    problems.add("prefix", "a prefix has no spaces (they end it on the wire)");
}

void BlueskySource::init() {
  DocumentSource::init();
  socket_.emplace(*bind_ ? Attach::bind : Attach::connect, *bind_ ? **bind_ : **connect_, *queue_);
}

void BlueskySource::start() {
  thread_ = std::thread([this] { receive(); });
}

void BlueskySource::stop_producing() {
  stopping_ = true;
  SourceNode::stop_producing();  // releases the thread if it waits for the graph
  if (thread_.joinable()) thread_.join();
}

void BlueskySource::receive() {
  while (!stopping_) {
    try {
      if (const auto message = socket_->receive(std::chrono::milliseconds(50))) take(*message);
    } catch (const std::exception& error) {
      report_refused(error.what());
    }
  }
  try {
    abandon_runs("the service was stopped during the run");
  } catch (const std::exception& error) {
    report_refused(error.what());
  }
}

void BlueskySource::take(const WireMessage& message) {
  messages_.add();
  bytes_.add(message.bytes.size());
  auto received = bluesky::decode_message(message.bytes, message.owner, *prefix_, *serializer_);
  if (!received) {
    refused_.add();
    report_refused(fmt::format("message of {} bytes refused: {}; it begins {}", message.bytes.size(),
                               to_string(received.error()), hex_head(message.bytes)));
  } else if (auto* document = std::get_if<Document>(&*received)) {
    feed(std::move(*document));
  } else {
    ignored_.add();
  }
}

}  // namespace annulus
