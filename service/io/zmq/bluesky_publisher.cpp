// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/bluesky_publisher.hpp"

#include <utility>

#include "operators/stream/graph.hpp"

namespace annulus {

void BlueskyPublisher::check(Problems& problems) const {
  if (connect_->has_value() == bind_->has_value()) {
    problems.add("", "needs either 'bind' (receivers connect here) or 'connect' (to a bluesky Proxy's input)");
  }
  for (const auto* param : {&connect_, &bind_}) {
    if (!(*param)->has_value()) continue;
    if (const std::string problem = endpoint_problem(***param); !problem.empty()) problems.add(param->name(), problem);
  }
  curve_.check(problems, *bind_ ? Attach::bind : Attach::connect);
  if (prefix_->find(' ') != std::string::npos)
    problems.add("prefix", "a prefix has no spaces (they end it on the wire)");
  if (*serializer_ == bluesky::Serializer::sniff)
    problems.add("serializer", "'auto' is for receiving. Choose pickle, msgpack or json.");
}

void BlueskyPublisher::init() {
  const Attach attach = *bind_ ? Attach::bind : Attach::connect;
  socket_.emplace(OutSocket::Kind::pub,
                  SocketOptions{attach, *bind_ ? **bind_ : **connect_, *queue_, curve_.read(attach)});
}

void BlueskyPublisher::run_started(const Run& run, const Context& context) {
  const Dict empty;
  RunState& state = runs_(context);
  state.documents = std::make_unique<bluesky::ReducedRun>(
      run.metadata() ? *run.metadata() : empty,
      bluesky::ReducedRunOptions{
          .analysis_stage = *stage_, .stream = "primary", .description = Dict{{"version", ANNULUS_VERSION}}},
      graph().clock().unix_time());
  RunProgress progress;
  progress.uid = run.uid();
  progress_.begin(std::move(progress));
  send(state.documents->start());
}

void BlueskyPublisher::on_pattern(const Pattern& pattern, const Context& context) {
  for (const Document& document : runs_(context).documents->pattern(pattern, graph().clock().unix_time())) {
    send(document);
  }
  progress_.update(context.run->uid(), [](RunProgress& p) {
    ++p.published;
    ++p.reduced;
  });
}

void BlueskyPublisher::run_stopped(const Run& run, const Context& context) {
  send(runs_(context).documents->stop(name_of(run.exit_status()), run.reason(), graph().clock().unix_time()));
}

void BlueskyPublisher::send(const Document& document) {
  socket_->send(bluesky::encode_message(document, *prefix_, *serializer_));
}

}  // namespace annulus
