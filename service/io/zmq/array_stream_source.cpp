// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/array_stream_source.hpp"

#include <chrono>
#include <utility>

namespace annulus {

const std::vector<std::string_view>& EnumNames<InSocket::Kind>::names() {
  static const std::vector<std::string_view> list{"sub", "pull"};
  return list;
}

ArrayStreamSource::ArrayStreamSource(std::string name) : RunSource(std::move(name)) { use_outputs({&frames_}); }

ArrayStreamSource::~ArrayStreamSource() {
  if (thread_.joinable()) ArrayStreamSource::stop_producing();
}

void ArrayStreamSource::check(Problems& problems) const {
  if (connect_->has_value() + bind_->has_value() + recording_.is_set() != 1) {
    problems.add(
        connect_->has_value() ? "connect" : "",
        "needs either 'connect' or 'bind' (the plugin of areaDetector binds unless it is told to connect), or a "
        "'recording'");
  }
  recording_.check(problems);
  if (!recording_.is_set()) curve_.check(problems, *bind_ ? Attach::bind : Attach::connect);
  for (const auto* param : {&connect_, &bind_}) {
    if (!(*param)->has_value()) continue;
    if (const std::string problem = endpoint_problem(***param); !problem.empty()) problems.add(param->name(), problem);
  }
}

void ArrayStreamSource::init() {
  RunSource::init();
  for (const char* kind : {"array-1.0", "lz4", "bslz4"}) counter().refused(kind, 0);
  pool_.emplace(static_cast<std::size_t>(*buffers_));
  tracker_.emplace(*idle_);
  if (recording_.is_set()) {
    messages_ = recording_.open();
    return;
  }
  const Attach attach = *bind_ ? Attach::bind : Attach::connect;
  const std::string& endpoint = *bind_ ? **bind_ : **connect_;
  messages_ = std::make_unique<InSocket>(*socket_type_, SocketOptions{attach, endpoint, *queue_, curve_.read(attach)});
}

void ArrayStreamSource::start() {
  thread_ = std::thread([this] { receive(); });
}

void ArrayStreamSource::stop_producing() {
  stopping_ = true;
  SourceNode::stop_producing();  // releases the thread if it waits for the graph
  if (thread_.joinable()) thread_.join();
}

void ArrayStreamSource::receive() {
  while (!stopping_ && !messages_->ended()) {
    try {
      if (const auto parts = messages_->receive(std::chrono::milliseconds(50))) {
        take(*parts);
      } else {
        handle_all(tracker_->tick(now()));
      }
    } catch (const std::exception& error) {
      report_trouble(error.what());
    }
  }
  const bool played = messages_->ended();
  const char* reason = played ? "the recording ended during the run" : "the service was stopped during the run";
  try {
    handle_all(tracker_->abandon(reason));
  } catch (const std::exception& error) {
    report_trouble(error.what());
  }
  if (played) finish();
}

void ArrayStreamSource::take(const WireParts& parts) {
  std::vector<simplon::Part> list;
  std::size_t bytes = 0;
  for (const WireMessage& part : parts) {
    bytes += part.bytes.size();
    list.push_back({part.bytes, part.owner});
  }
  counter().received(bytes);
  const auto message = array_stream::decode_array_message(list);
  if (!message) return refuse(message.error(), parts.front().bytes);
  auto pixels = simplon::decode_array(message->image, *pool_);
  if (!pixels) refuse(pixels.error(), parts.front().bytes);
  handle_all(tracker_->feed(*message, std::move(pixels), now()));
}

double ArrayStreamSource::now() const { return graph().clock().unix_time(); }

}  // namespace annulus
