// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/simplon_source.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "detectors/simplon/stream_v1.hpp"
#include "detectors/simplon/stream_v2.hpp"
#include "service/io/zmq/socket.hpp"

namespace annulus {
namespace {

constexpr std::chrono::milliseconds beat{50};  // how often time is told while nothing comes

/// V1's parts begin with a JSON mapping, V2's message never with a brace.
bool looks_like_v1(const WireParts& parts) {
  const auto is_space = [](std::byte b) { return b == std::byte{' '} || b == std::byte{'\n'}; };
  const auto first = std::ranges::find_if_not(parts.front().bytes, is_space);
  return first != parts.front().bytes.end() && *first == std::byte{'{'};
}

Expected<simplon::Message, DecodeError> decode(const WireParts& parts, SimplonVersion version) {
  std::vector<simplon::Part> list;
  for (const WireMessage& part : parts) list.push_back({part.bytes, part.owner});
  if (version == SimplonVersion::sniff) version = looks_like_v1(parts) ? SimplonVersion::v1 : SimplonVersion::v2;
  return version == SimplonVersion::v1 ? simplon::decode_v1(list) : simplon::decode_v2(list.front());
}

/// The number of outputs that the image needs.
std::size_t outputs_of(const simplon::SeriesImage& image) {
  std::size_t outputs = 0;
  for (std::size_t k = 0; k < image.channels.size(); ++k) {
    const auto& [channel, shape] = std::tie(image.channels[k].channel, image.channels[k].shape);
    outputs = std::max(outputs, simplon::output_of(channel, k) + (shape.size() == 3 ? shape.front() : 1));
  }
  return outputs;
}

}  // namespace

const std::vector<std::string_view>& EnumNames<SimplonVersion>::names() {
  static const std::vector<std::string_view> list{"auto", "1", "2"};
  return list;
}

const std::vector<std::string_view>& EnumNames<Unpacking>::names() {
  static const std::vector<std::string_view> list{"early", "late"};
  return list;
}

SimplonSource::SimplonSource(std::string name) : RunSource(std::move(name)) {
  use_outputs({all_outputs_.begin(), all_outputs_.end()});
}

SimplonSource::~SimplonSource() {
  if (!threads_.empty()) SimplonSource::stop_producing();
}

void SimplonSource::check(Problems& problems) const {
  if (connect_->empty() != recording_.is_set()) {
    problems.add("connect", "needs the endpoints of the detector (nothing would ever arrive), or a 'recording'");
  }
  recording_.check(problems);
  if (!recording_.is_set()) curve_.check(problems, Attach::connect);
  for (const std::string& endpoint : *connect_) {
    if (const std::string problem = endpoint_problem(endpoint); !problem.empty()) problems.add("connect", problem);
  }
}

void SimplonSource::init() {
  RunSource::init();
  for (const char* kind : {"simplon", "lz4", "bslz4", "stale", "repeated"}) {
    counter().refused(kind, 0);  // told as nothing, not as unknown
  }
  std::ranges::transform(all_outputs_, wanted_.begin(), [](const auto* out) { return !out->subscribers().empty(); });
  pool_.emplace(static_cast<std::size_t>(*buffers_));
  tracker_.emplace(simplon::SeriesTrackerOptions{static_cast<std::size_t>(*reorder_), *patience_});
  if (recording_.is_set()) sources_.push_back({recording_.open()});
  for (const std::string& endpoint : *connect_) {
    for (int i = 0; i < *connections_; ++i) {
      const SocketOptions options{Attach::connect, endpoint, *queue_, curve_.read(Attach::connect)};
      sources_.push_back({std::make_unique<InSocket>(InSocket::Kind::pull, options)});
    }
  }
}

void SimplonSource::start() {
  for (Connection& connection : sources_) threads_.emplace_back([this, &connection] { receive(connection); });
}

void SimplonSource::stop_producing() {
  stopping_ = true;
  SourceNode::stop_producing();  // releases the threads if they wait for the graph
  for (std::thread& thread : threads_) thread.join();
  if (!std::exchange(threads_, {}).empty()) forward(tracker_->abandon("the service was stopped during the series"));
}

void SimplonSource::receive(Connection& connection) {
  while (!stopping_ && !connection.messages->ended()) {
    try {
      if (const auto parts = connection.messages->receive(beat)) {
        take(*parts, connection);
      } else {
        const Lock lock(mutex_);
        forward(tracker_->tick(patient_time()));
      }
    } catch (const std::exception& error) {
      report_trouble(error.what());
    }
  }
  try {
    end_of(connection);
  } catch (const std::exception& error) {
    report_trouble(error.what());
  }
}

/// A recording has been played; the last one ends the source.
void SimplonSource::end_of(const Connection& connection) {
  if (!connection.messages->ended()) return;
  const Lock lock(mutex_);
  if (++ended_ < sources_.size()) return;
  forward(tracker_->abandon("the recording ended during the series"));
  finish();
}

void SimplonSource::take(const WireParts& parts, Connection& connection) {
  std::size_t bytes = 0;
  for (const WireMessage& part : parts) bytes += part.bytes.size();
  counter().received(bytes);
  auto message = decode(parts, *version_);
  if (message) {
    std::visit([&](auto& m) { take(std::move(m), parts, connection); }, *message);
  } else {
    refuse(message.error(), parts.front().bytes);
  }
}

void SimplonSource::take(simplon::SeriesStart start, const WireParts&, Connection& connection) {
  if (!start.time) start.time = graph().clock().unix_time();
  const Lock lock(mutex_);
  for (Connection& each : sources_) {
    if (each.series == start.series) each.next = 0;  // the number may come again after a restart
  }
  came_through(connection, start.series, 0);
  forward(tracker_->feed(std::move(start), patient_time()));
}

void SimplonSource::take(simplon::SeriesImage image, const WireParts& parts, Connection& connection) {
  skip_unwanted(image);
  if (const std::size_t outputs = outputs_of(image); outputs > all_outputs_.size()) {
    const auto problem =
        fmt::format("simplon: image {} has {} channels (at most {})", image.frame, outputs, all_outputs_.size());
    return refuse({problem, 0}, parts.front().bytes);
  }
  simplon::Pixels pixels =
      *unpack_ == Unpacking::late ? simplon::wrap_pixels(image, *pool_) : simplon::decode_pixels(image, *pool_);
  if (!pixels) refuse(pixels.error(), parts.front().bytes);
  Lock lock(mutex_);
  wait_for_others(image, connection, lock);
  came_through(connection, image.series, image.frame + 1);
  forward(tracker_->feed(std::move(image), std::move(pixels), patient_time()));
}

void SimplonSource::take(const simplon::SeriesEnd& end, const WireParts&, Connection& connection) {
  const Lock lock(mutex_);
  came_through(connection, end.series, std::numeric_limits<std::uint64_t>::max());
  forward(tracker_->feed(end, patient_time()));
}

void SimplonSource::skip_unwanted(simplon::SeriesImage& image) const {
  for (std::size_t k = image.channels.size(); k-- > 0;) {
    const std::string& channel = image.channels[k].channel;  // without a name it may hold several images
    if (channel.empty()) continue;
    const std::size_t output = simplon::output_of(channel, k);
    if (output < wanted_.size() && !wanted_[output])
      image.channels.erase(image.channels.begin() + static_cast<std::ptrdiff_t>(k));
  }
}

void SimplonSource::wait_for_others(const simplon::SeriesImage& image, const Connection& connection, Lock& lock) {
  const auto may_bring = [&](const Connection& other, std::uint64_t frame) {
    return &other != &connection && (!other.seen || other.series != image.series || other.next <= frame);
  };
  while (!stopping_) {
    const auto awaited = tracker_->awaited_before(image);
    if (!awaited) return;
    if (std::ranges::none_of(sources_, [&](const Connection& other) { return may_bring(other, *awaited); })) return;
    fed_.wait_for(lock, beat);
    forward(tracker_->tick(patient_time()));
  }
}

void SimplonSource::came_through(Connection& connection, std::uint64_t series, std::uint64_t next) {
  connection.series = series;
  connection.next = next;
  connection.seen = true;
}

void SimplonSource::forward(const std::vector<RunEvent>& events) {
  fed_.notify_all();
  const std::uint64_t stale = tracker_->stale();
  const std::uint64_t repeated = tracker_->repeated();
  counter().refused("stale", stale - std::exchange(stale_, stale));
  counter().refused("repeated", repeated - std::exchange(repeated_, repeated));
  for (const RunEvent& event : events) {
    if (const auto* frame = std::get_if<FrameArrived>(&event)) arrived_[frame->uid].at(frame->output) = true;
    if (const auto* stopped = std::get_if<RunStopped>(&event)) tell_empty_outputs(*stopped);
  }
  const auto before = graph().clock().now();
  handle_all(events);
  held_up_ += std::chrono::duration<double>(graph().clock().now() - before).count();
}

/// A run without a single frame where somebody listens looks like a fault of the graph; it is the detector's settings.
void SimplonSource::tell_empty_outputs(const RunStopped& event) {
  const auto arrived = arrived_.extract(event.uid);
  if (arrived.empty()) return;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (!wanted_[i] || arrived.mapped()[i]) continue;
    report_trouble(fmt::format("run {}: no frame for the output '{}' (the detector did not send that threshold)",
                               event.uid, all_outputs_[i]->name()));
  }
}

/// The clock without the time for which the graph held up the threads: then nothing is late that is not taken.
double SimplonSource::patient_time() const {
  return std::chrono::duration<double>(graph().clock().now()).count() - held_up_;
}

}  // namespace annulus
