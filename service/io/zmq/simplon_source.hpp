// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "operators/data/buffer_pool.hpp"

#include "detectors/simplon/series_tracker.hpp"
#include "service/io/runs/run_source.hpp"
#include "service/io/wire/message.hpp"
#include "service/io/zmq/curve.hpp"
#include "service/io/zmq/recording_param.hpp"

namespace annulus {

/// Which of DECTRIS's streams is spoken; `sniff`: every message tells.
enum class SimplonVersion : std::uint8_t { sniff, v1, v2 };
template <>
struct EnumNames<SimplonVersion> {
  static const std::vector<std::string_view>& names();
};

/// Who unpacks images: the source, which refuses those that cannot be; or whoever looks at them, where they then fail,
/// and an integration may unpack block by block.
enum class Unpacking : std::uint8_t { early, late };
template <>
struct EnumNames<Unpacking> {
  static const std::vector<std::string_view>& names();
};

/// Receives the stream of a DECTRIS detector (SIMPLON stream V1 and V2). Every connection has a thread, which receives
/// and unpacks; frames leave in order whichever brings them (see SeriesTracker). Images that no node listens to are
/// not unpacked. What cannot be decoded is counted and reported; the series goes on.
///   out "frames": Frame of the first threshold; "threshold_2" to "threshold_4", "difference": of the others
class SimplonSource final : public RunSource {
 public:
  explicit SimplonSource(std::string name);
  ~SimplonSource() override;

  void check(Problems& problems) const override;

 private:
  /// One of the ways on which messages come, and what it may still bring.
  struct Connection {
    std::unique_ptr<MessageSource> messages;
    std::uint64_t series = 0;
    std::uint64_t next = 0;  ///< no earlier frame of the series comes through this one
    bool seen = false;       ///< it has brought something of the series
  };
  using Lock = std::unique_lock<std::mutex>;

  void init() override;
  void start() override;
  void stop_producing() override;
  void receive(Connection& connection);
  void end_of(const Connection& connection);
  void take(const WireParts& parts, Connection& connection);
  void take(simplon::SeriesStart start, const WireParts& parts, Connection& connection);
  void take(simplon::SeriesImage image, const WireParts& parts, Connection& connection);
  void take(const simplon::SeriesEnd& end, const WireParts& parts, Connection& connection);
  void skip_unwanted(simplon::SeriesImage& image) const;
  /// Lets the other connections bring what the image would make the tracker give up.
  void wait_for_others(const simplon::SeriesImage& image, const Connection& connection, Lock& lock);
  void came_through(Connection& connection, std::uint64_t series, std::uint64_t next);
  void forward(const std::vector<RunEvent>& events);
  void tell_empty_outputs(const RunStopped& event);
  [[nodiscard]] double patient_time() const;

  Param<std::vector<std::string>> connect_{*this, "connect", std::vector<std::string>(),
                                           "endpoints of the detector: port 9999 for stream V1, 31001 for V2"};
  RecordingParam recording_{*this};
  Param<int> connections_{*this, "connections", 1, "sockets for each endpoint; each unpacks in a thread of its own",
                          between(1, 64)};
  Param<SimplonVersion> version_{*this, "version", SimplonVersion::sniff, "of the stream; auto: every message tells"};
  Param<double> patience_{
      *this,         "patience", 2, "how long frames wait for an earlier one, and an ended series for its last",
      at_least(0.0), "s"};
  Param<int> reorder_{*this, "reorder", 16, "frames that may wait for an earlier one", at_least(0)};
  Param<int> buffers_{*this, "buffers", 32, "unpacked images whose memory is kept for later ones", at_least(0)};
  Param<Unpacking> unpack_{*this, "unpack", Unpacking::early,
                           "early: by the source, which rejects broken images; late: by the first node that looks at "
                           "one, where a broken image fails, and integrate1d does so block by block"};
  Param<int> queue_{*this, "queue", 100, "messages that ZeroMQ keeps for each connection while the graph is busy",
                    at_least(1)};
  CurveParams curve_{*this};
  Out<Frame> frames_{*this, "frames"};
  Out<Frame> threshold_2_{*this, "threshold_2"};
  Out<Frame> threshold_3_{*this, "threshold_3"};
  Out<Frame> threshold_4_{*this, "threshold_4"};
  Out<Frame> difference_{*this, "difference"};
  const std::array<Out<Frame>*, 5> all_outputs_{&frames_, &threshold_2_, &threshold_3_, &threshold_4_, &difference_};

  std::array<bool, 5> wanted_{};  ///< outputs that a node listens to
  std::optional<BufferPool> pool_;
  std::vector<Connection> sources_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;  // guards what follows, what the connections have brought, and the way into the graph
  std::condition_variable fed_;
  std::optional<simplon::SeriesTracker> tracker_;
  std::uint64_t stale_ = 0;                             ///< counted so far
  std::uint64_t repeated_ = 0;                          ///< counted so far
  std::size_t ended_ = 0;                               ///< sources that have been played
  double held_up_ = 0;                                  ///< time spent in the graph [s]
  std::map<std::string, std::array<bool, 5>> arrived_;  ///< by run: outputs that have had a frame
};

}  // namespace annulus
