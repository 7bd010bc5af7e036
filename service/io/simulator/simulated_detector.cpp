// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/simulator/simulated_detector.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "operators/data/uid.hpp"

#include "service/io/simulator/series_messages.hpp"

namespace annulus {
namespace {

using simplon::SeriesEnd;
using simplon::SeriesImage;
using simplon::SeriesStart;
using simplon::Version;
using Clock = std::chrono::steady_clock;

const std::string config = "detector/config/";

double unix_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// The appendix of a stream's configuration: none when it is empty.
Value appendix(const std::string& text) { return text.empty() ? Value() : Value(text); }

}  // namespace

/// Sends while others may ask for the status; commands wait for its end.
template <class F>
void SimulatedDetector::without_lock(Lock& lock, F&& sends) {
  sending_ = true;
  lock.unlock();
  sends();
  lock.lock();
  sending_ = false;
  changed_.notify_all();
}

SimulatedDetector::SimulatedDetector(SimulatorOptions options, MessageSink sink)
    : options_(std::move(options)), sink_(std::move(sink)), parameters_(options_.detector) {}

SimulatedDetector::~SimulatedDetector() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (triggers_.joinable()) triggers_.join();
}

std::optional<Dict> SimulatedDetector::get(const std::string& name) const {
  const Lock lock(mutex_);
  const simplon::ApiParameter* parameter = parameters_.find(name);
  if (parameter == nullptr) return std::nullopt;
  simplon::ApiParameter now = *parameter;
  if (name == "detector/status/time") now.value = simplon::format_time(unix_now());
  if (name == "stream/status/dropped") now.value = dropped_.load();
  return simplon::ApiParameters::describe(now);
}

Expected<List, std::string> SimulatedDetector::put(const std::string& name, const Value& value) {
  const Lock lock(mutex_);
  if (series_) {
    return Unexpected<std::string>(fmt::format("{} cannot be changed (a series is open) disarm the detector", name));
  }
  return parameters_.put(name, value);
}

std::vector<std::string> SimulatedDetector::keys(const std::string& subsystem, const std::string& task) const {
  const Lock lock(mutex_);
  return parameters_.keys(subsystem, task);
}

void SimulatedDetector::initialize() {
  Lock lock(mutex_);
  if (series_) (void)stop_series(lock);
  dropped_ = 0;
  set_state("idle");
}

std::uint64_t SimulatedDetector::arm() {
  Lock lock(mutex_);
  if (state() != "idle") {
    throw StateError(fmt::format("arm is not possible (the detector is in state '{}') {}", state(),
                                 state() == "na" ? "initialize it" : "disarm it"));
  }
  prepare_frames();
  const std::string mode = parameters_.text(config + "trigger_mode");
  const bool by_trigger = mode == "inte" || mode == "exte";
  const std::uint64_t each = by_trigger ? 1 : parameters_.natural(config + "nimages");
  const std::uint64_t triggers = parameters_.natural(config + "ntrigger");
  parameters_.set(config + "data_collection_date", simplon::format_time(unix_now()));
  ++last_series_;
  series_ = std::make_unique<Series>(Series{.start = header(each * triggers),
                                            .plan = FaultPlan(options_.faults),
                                            .triggers = triggers,
                                            .each = each,
                                            .total = each * triggers,
                                            .next = 0,
                                            .began = unix_now(),
                                            .count_time = parameters_.number(config + "count_time"),
                                            .frame_time = parameters_.number(config + "frame_time"),
                                            .appendix = appendix(parameters_.text("stream/config/image_appendix")),
                                            .streamed = parameters_.is_enabled("stream/config/mode")});
  set_state("ready");
  without_lock(lock, [this] {
    if (!options_.faults.lost_header) send(encode_series(series_->start, form_.version));
    send_all(std::exchange(late_, {}));
    send_all(std::exchange(strays_, {}));
  });
  if ((mode == "exts" || mode == "exte") && state() == "ready" && !stopping_) {
    if (triggers_.joinable()) triggers_.join();
    set_state("acquire");
    triggers_ = std::thread([this] {
      Lock held(mutex_);
      acquire(series_->total, held);
    });
  }
  return last_series_;
}

void SimulatedDetector::trigger(std::optional<double> exposure) {
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return !sending_; });
  if (state() != "ready" || !series_) {
    throw StateError(fmt::format("trigger is not possible (the detector is in state '{}') arm it", state()));
  }
  if (series_->triggers == 0) throw StateError("trigger is not possible (all ntrigger triggers came) disarm it");
  const std::string mode = parameters_.text(config + "trigger_mode");
  if (mode != "ints" && mode != "inte")
    throw StateError(fmt::format("trigger_mode '{}' takes no trigger by command", mode));
  if (mode == "inte" && exposure && *exposure > 0) {
    series_->count_time = *exposure;
    series_->frame_time = std::max(series_->frame_time, *exposure);
  }
  --series_->triggers;
  set_state("acquire");
  acquire(series_->each, lock);
}

/// In the state "acquire", which ends here. The images are sent without the lock, so that the status can be asked for.
void SimulatedDetector::acquire(std::uint64_t images, Lock& lock) {
  due_ = Clock::now();
  lock.unlock();
  play(images);
  lock.lock();
  set_state("ready");
  if (options_.faults.abort_after && series_->next >= *options_.faults.abort_after) end_series(lock);
}

void SimulatedDetector::play(std::uint64_t images) {
  Series& series = *series_;
  const Faults& faults = options_.faults;
  const std::uint64_t end = std::min(series.next + images, faults.abort_after.value_or(series.total));
  for (; series.next < end; ++series.next) {
    if (!wait_for_turn()) return;
    for (const Sending& sending : series.plan.turn(series.next)) send_frame(sending);
  }
}

/// False when the series is to be stopped.
bool SimulatedDetector::wait_for_turn() {
  if (options_.paced) {
    const auto step = std::chrono::duration<double>(series_->frame_time);
    if (due_ > Clock::now()) {
      Lock lock(mutex_);
      changed_.wait_until(lock, due_, [this] { return stopping_.load(); });
    }
    // Who is late hurries, but not for more than a second.
    due_ = std::max(due_ + std::chrono::duration_cast<Clock::duration>(step), Clock::now() - std::chrono::seconds(1));
  }
  return !stopping_;
}

void SimulatedDetector::send_frame(const Sending& sending) {
  Series& series = *series_;
  const double time = static_cast<double>(sending.frame) * series.frame_time;
  SeriesImage image;
  image.series = series.start.series;
  image.unique_id = series.start.unique_id;
  image.frame = sending.frame;
  image.series_time = series.began;
  image.start_time = time;
  image.stop_time = time + series.count_time;
  image.real_time = series.count_time;
  image.user_data = series.appendix;
  WireParts parts = frames_->message(std::move(image), sending.damage);
  ++sent_frames_;
  const bool held = sending.frame + options_.faults.overlap >= series.total && options_.faults.overlap > 0;
  held ? late_.push_back(std::move(parts)) : send(parts);
}

void SimulatedDetector::send(const WireParts& parts) {
  if (series_ && !series_->streamed) return;
  const auto deadline = Clock::now() + options_.patience;
  constexpr std::chrono::milliseconds beat{100};
  while (!sink_(parts, beat)) {
    if (stopping_ || Clock::now() > deadline) return void(++dropped_);
  }
  ++messages_;
  for (const WireMessage& part : parts) bytes_ += part.bytes.size();
}

std::uint64_t SimulatedDetector::disarm() {
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return !is_busy(); });
  if (series_) end_series(lock);
  return last_series_;
}

std::uint64_t SimulatedDetector::abort() {
  Lock lock(mutex_);
  return stop_series(lock);
}

void SimulatedDetector::wait() {
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return !is_busy(); });
}

std::uint64_t SimulatedDetector::stop_series(Lock& lock) {
  stopping_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !is_busy(); });
  stopping_ = false;
  if (series_) end_series(lock);
  return last_series_;
}

/// Sends the end, and behind it the frames that are late; or holds them back until the next series has begun.
void SimulatedDetector::end_series(Lock& lock) {
  without_lock(lock, [this] { send_end(); });
  series_.reset();
  set_state("idle");
}

void SimulatedDetector::send_end() {
  Series& series = *series_;
  const Faults& faults = options_.faults;
  const bool overlaps = !late_.empty();
  const WireParts end = encode_series(SeriesEnd{series.start.series, series.start.unique_id}, form_.version);
  if (!faults.lost_end) overlaps ? late_.push_back(end) : send(end);
  for (const Sending& sending : series.plan.rest()) send_frame(sending);
  for (std::uint64_t k = 0; series.next + k < series.total && k < faults.strays; ++k) {
    SeriesImage image;
    image.series = series.start.series;
    image.unique_id = series.start.unique_id;
    image.frame = series.next + k;
    strays_.push_back(frames_->message(std::move(image)));
  }
}

void SimulatedDetector::send_all(const std::vector<WireParts>& messages) {
  for (const WireParts& parts : messages) send(parts);
}

void SimulatedDetector::finish() {
  Lock lock(mutex_);
  (void)stop_series(lock);
  without_lock(lock, [this] { send_all(std::exchange(late_, {})); });
}

SimulatorTally SimulatedDetector::tally() const { return {messages_, sent_frames_, bytes_, dropped_}; }

void SimulatedDetector::set_state(const std::string& state) {
  parameters_.set("detector/status/state", state);
  changed_.notify_all();
}

FrameForm SimulatedDetector::form() const {
  FrameForm form;
  form.version = parameters_.text("stream/config/format") == "legacy" ? Version::v1 : Version::v2;
  form.compression = parameters_.text(config + "compression");
  form.channels.clear();
  for (const int n : {1, 2, 3, 4}) {
    if (parameters_.is_enabled(fmt::format("{}threshold/{}/mode", config, n))) {
      form.channels.push_back(fmt::format("threshold_{}", n));
    }
  }
  if (parameters_.is_enabled(config + "threshold/difference/mode")) form.channels.emplace_back("difference");
  return form;
}

/// Packs the images, unless they are packed that way already.
void SimulatedDetector::prepare_frames() {
  FrameForm wanted = form();
  if (wanted.channels.empty()) throw DataError("no threshold is enabled (there is nothing to send) enable the first");
  if (frames_ && wanted == form_) return;
  frames_ = std::make_unique<FrameStore>(options_.images, wanted);
  form_ = std::move(wanted);
  const std::uint64_t bits = 8 * size_of(options_.images.front().dtype());
  parameters_.set(config + "bit_depth_image", bits);
  parameters_.set(config + "bit_depth_readout", std::min<std::uint64_t>(bits, 16));
}

/// What the detector says when it is armed, in the words of the parameters.
SeriesStart SimulatedDetector::header(std::uint64_t images) const {
  SeriesStart start = options_.detector;
  start.header = parameters_.header();
  simplon::read_header(start);
  start.series = last_series_;
  start.unique_id = make_uid();
  start.images = images;
  start.header_detail = parameters_.text("stream/config/header_detail");
  start.channels = form_.channels;
  start.user_data = appendix(parameters_.text("stream/config/header_appendix"));
  for (std::vector<simplon::Table>* tables : {&start.pixel_masks, &start.flatfields}) {
    if (tables->empty()) continue;
    const Array values = tables->front().values;
    tables->clear();
    for (const std::string& channel : form_.channels) tables->push_back({channel, values});
  }
  if (form_.version == Version::v1) return start;
  const auto at = [this](const std::string& name) { return parameters_.find(config + name)->value; };
  Dict energies;
  for (const std::string& channel : form_.channels) {
    if (channel != "difference") energies.append(channel, at(fmt::format("threshold/{}/energy", channel.back())));
  }
  Dict axes;
  for (const std::string axis : {"chi", "kappa", "omega", "phi", "two_theta"}) {
    axes.append(axis, Dict{{"increment", at(axis + "_increment")}, {"start", at(axis + "_start")}});
  }
  start.header = Dict{{"count_time", at("count_time")},
                      {"frame_time", at("frame_time")},
                      {"countrate_correction_enabled", at("countrate_correction_applied")},
                      {"detector_serial_number", at("detector_number")},
                      {"flatfield_enabled", at("flatfield_correction_applied")},
                      {"pixel_mask_enabled", at("pixel_mask_applied")},
                      {"virtual_pixel_interpolation_enabled", at("virtual_pixel_correction_applied")},
                      {"goniometer", std::move(axes)},
                      {"image_dtype", name_of(options_.images.front().dtype())},
                      {"threshold_energy", std::move(energies)}};
  return start;
}

}  // namespace annulus
