// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "detectors/bluesky/wire.hpp"
#include "service/io/runs/document_source.hpp"
#include "service/io/wire/message.hpp"
#include "service/io/zmq/curve.hpp"
#include "service/io/zmq/recording_param.hpp"

namespace annulus {

template <>
struct EnumNames<bluesky::Serializer> {
  static const std::vector<std::string_view>& names();
};

/// Receives Bluesky documents over ZeroMQ (from a bluesky Proxy, or from Publishers when it binds) in a thread of its
/// own. What cannot be decoded is counted and reported; the runs go on.
///   out "frames": Frame, one per image in an event or in a file that the documents point to
class BlueskySource final : public DocumentSource {
 public:
  explicit BlueskySource(std::string name);
  ~BlueskySource() override;

  void check(Problems& problems) const override;

 private:
  void init() override;
  void start() override;
  void stop_producing() override;
  void receive();
  void take(const WireParts& parts);

  Param<std::optional<std::string>> connect_{*this, "connect", std::nullopt, "endpoint of the bluesky Proxy's output"};
  Param<std::optional<std::string>> bind_{*this, "bind", std::nullopt, "endpoint to which Publishers connect"};
  RecordingParam recording_{*this};
  Param<std::string> prefix_{*this, "prefix", "", "documents with another prefix are ignored; empty: take all"};
  Param<bluesky::Serializer> serializer_{*this, "serializer", bluesky::Serializer::sniff, "form of the payload"};
  Param<int> queue_{*this, "queue", 200, "messages that ZeroMQ keeps here while the graph is busy", at_least(1)};
  CurveParams curve_{*this};

  std::unique_ptr<MessageSource> messages_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace annulus
