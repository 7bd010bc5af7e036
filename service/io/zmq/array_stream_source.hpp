// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "operators/data/buffer_pool.hpp"

#include "detectors/array_stream/array_tracker.hpp"
#include "service/io/runs/run_source.hpp"
#include "service/io/wire/message.hpp"
#include "service/io/zmq/curve.hpp"
#include "service/io/zmq/recording_param.hpp"
#include "service/io/zmq/socket.hpp"

namespace annulus {

template <>
struct EnumNames<InSocket::Kind> {
  static const std::vector<std::string_view>& names();
};

/// Receives images of htype "array-1.0" (areaDetector's ZMQ plugin, PSI) in a thread of its own. The stream knows no
/// runs: see ArrayTracker for what begins and ends one.
///   out "frames": Frame
class ArrayStreamSource final : public RunSource {
 public:
  explicit ArrayStreamSource(std::string name);
  ~ArrayStreamSource() override;

  void check(Problems& problems) const override;

 private:
  void init() override;
  void start() override;
  void stop_producing() override;
  void receive();
  void take(const WireParts& parts);
  [[nodiscard]] double now() const;

  Param<std::optional<std::string>> connect_{*this, "connect", std::nullopt,
                                             "endpoint of the plugin (\"tcp://*:PORT\")"};
  Param<std::optional<std::string>> bind_{*this, "bind", std::nullopt, "endpoint to which the plugin connects"};
  RecordingParam recording_{*this};
  Param<InSocket::Kind> socket_type_{*this, "socket", InSocket::Kind::sub, "pull when the plugin pushes"};
  Param<double> idle_{*this, "idle", 10, "a run ends when no image has come for so long", more_than(0.0), "s"};
  Param<int> buffers_{*this, "buffers", 32, "unpacked images whose memory is kept for later ones", at_least(0)};
  Param<int> queue_{*this, "queue", 100, "messages that ZeroMQ keeps here while the graph is busy", at_least(1)};
  CurveParams curve_{*this};
  Out<Frame> frames_{*this, "frames"};

  std::optional<BufferPool> pool_;
  std::unique_ptr<MessageSource> messages_;
  std::optional<array_stream::ArrayTracker> tracker_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace annulus
