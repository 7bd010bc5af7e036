// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/bluesky_source.hpp"

#include <chrono>
#include <utility>
#include <variant>

#include "operators/data/error.hpp"

#include "service/io/zmq/socket.hpp"

namespace annulus {

const std::vector<std::string_view>& EnumNames<bluesky::Serializer>::names() {
  static const std::vector<std::string_view> list{"auto", "pickle", "msgpack", "json"};
  return list;
}

BlueskySource::BlueskySource(std::string name) : DocumentSource(std::move(name)) {}

BlueskySource::~BlueskySource() {
  if (thread_.joinable()) BlueskySource::stop_producing();
}

void BlueskySource::check(Problems& problems) const {
  DocumentSource::check(problems);
  if (connect_->has_value() + bind_->has_value() + recording_.is_set() != 1) {
    problems.add(connect_->has_value() ? "connect" : "",
                 "needs either 'connect' or 'bind' (to reach a bluesky Proxy: connect to its output port), or a "
                 "'recording'");
  }
  recording_.check(problems);
  for (const auto* param : {&connect_, &bind_}) {
    if (!(*param)->has_value()) continue;
    if (const std::string problem = endpoint_problem(***param); !problem.empty()) problems.add(param->name(), problem);
  }
  if (!recording_.is_set()) curve_.check(problems, *bind_ ? Attach::bind : Attach::connect);
  if (prefix_->find(' ') != std::string::npos)
    problems.add("prefix", "a prefix has no spaces (they end it on the wire)");
}

void BlueskySource::init() {
  DocumentSource::init();
  for (const char* kind : {"bluesky", "pickle", "msgpack", "json", "other_prefix", "stray_part", "unknown_run"}) {
    counter().refused(kind, 0);  // told as nothing, not as unknown
  }
  if (recording_.is_set()) {
    messages_ = recording_.open();
    return;
  }
  const Attach attach = *bind_ ? Attach::bind : Attach::connect;
  const std::string& endpoint = *bind_ ? **bind_ : **connect_;
  messages_ =
      std::make_unique<InSocket>(InSocket::Kind::sub, SocketOptions{attach, endpoint, *queue_, curve_.read(attach)});
}

void BlueskySource::start() {
  thread_ = std::thread([this] { receive(); });
}

void BlueskySource::stop_producing() {
  stopping_ = true;
  release();
  if (thread_.joinable()) thread_.join();
  DocumentSource::stop_producing();
}

void BlueskySource::receive() {
  while (!stopping_ && !messages_->ended()) {
    try {
      if (const auto message = messages_->receive(std::chrono::milliseconds(50))) take(*message);
    } catch (const std::exception& error) {
      report_trouble(error.what());
    }
  }
  const bool played = messages_->ended();
  try {
    abandon_runs(played ? "the recording ended during the run" : "the service was stopped during the run");
  } catch (const std::exception& error) {
    report_trouble(error.what());
  }
  if (played) finish();
}

void BlueskySource::take(const WireParts& parts) {
  const WireMessage& message = parts.front();  // the protocol knows only messages of one part
  counter().received(message.bytes.size());
  if (parts.size() > 1) counter().refused("stray_part", parts.size() - 1);
  auto received = bluesky::decode_message(message.bytes, message.owner, *prefix_, *serializer_);
  if (!received) {
    refuse(received.error(), message.bytes);
  } else if (auto* document = std::get_if<Document>(&*received)) {
    feed(std::move(*document));
  } else {
    counter().refused("other_prefix");
  }
}

}  // namespace annulus
