// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/nexus/nexus_sink.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "operators/data/error.hpp"

#include "detectors/bluesky/json.hpp"
#include "operators/stream/graph.hpp"
#include "service/io/nexus/file_name.hpp"

namespace annulus {
namespace {

RunInfo info_of(const Run& run) {
  const Dict empty;
  const Dict& start = run.metadata() ? *run.metadata() : empty;
  RunInfo info;
  info.uid = run.uid();
  info.title = text_at(start, "title", text_at(start, "plan_name", run.uid()));
  info.start_time = number_at(start, "time", 0);
  bluesky::encode_json(start, info.start_json);
  return info;
}

Provenance provenance_of(const std::string& config, const Dict* reduction, double now) {
  Provenance p;
  p.version = ANNULUS_VERSION;
  p.date = iso_time(now);
  p.config = config;
  if (reduction == nullptr) return p;
  p.poni = text_at(*reduction, "poni");
  if (const Dict* parameters = dict_at(*reduction, "parameters")) p.options = *parameters;
  const auto is_set = [&](std::string_view key) {
    const Value* value = reduction->find(key);
    return value != nullptr && value->number_or(0) != 0;
  };
  p.solid_angle_applied = is_set("solid_angle_applied");
  p.polarization_applied = is_set("polarization_applied");
  p.normalization_applied = is_set("normalization_applied");
  return p;
}

}  // namespace

NexusSink::NexusSink(std::string name, std::string config) : Node(std::move(name)), config_(std::move(config)) {}

NexusSink::~NexusSink() {
  if (flusher_.joinable()) NexusSink::stop_threads();
}

void NexusSink::check(Problems& problems) const {
  try {
    check_name_template(*file_name_);
  } catch (const ConfigError& error) {
    problems.add("name", error.what());
  }
}

void NexusSink::init() {
  std::error_code failure;
  std::filesystem::create_directories(*directory_, failure);
  if (failure || ::access(directory_->c_str(), W_OK | X_OK) != 0) {
    const std::string cause = failure ? failure.message() : std::generic_category().message(errno);
    throw IoError(
        fmt::format("{}: cannot write to {} ({}) choose another 'directory' or give the service the right to "
                    "write there",
                    name(), directory_->string(), cause));
  }
}

void NexusSink::start() {
  flusher_ = std::thread([this] { flush_when_due(); });
}

void NexusSink::stop_threads() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (flusher_.joinable()) flusher_.join();
}

NexusSink::RunState& NexusSink::open_run(const Run& run, const Context& context, const Dict* reduction) {
  RunState& state = runs_(context);
  if (state.file) return state;
  const Dict empty;
  BeamInfo beam;
  beam.instrument = *instrument_;
  beam.source = *source_;
  if (reduction != nullptr && reduction->contains("wavelength_m")) {
    beam.wavelength = number_at(*reduction, "wavelength_m", 0);
  }
  const FlushPolicy policy{static_cast<std::size_t>(*flush_frames_), *flush_seconds_};
  state.file = std::make_unique<ReducedFile>(
      *directory_, expand_name(*file_name_, run.metadata() ? *run.metadata() : empty), info_of(run), beam,
      provenance_of(config_, reduction, graph().clock().unix_time()), policy);
  state.uid = run.uid();
  RunProgress progress;
  progress.uid = run.uid();
  progress.file = state.file->path().string();
  progress_.begin(std::move(progress));
  return state;
}

void NexusSink::on_pattern(const Pattern& pattern, const Context& context) {
  const std::lock_guard lock(mutex_);
  RunState& state = open_run(*context.run, context, pattern.reduction.get());
  state.file->append(pattern);
  progress_.update(state.uid, [](RunProgress& p) { ++p.reduced; });
  state.unflushed.push_back(context.hold());
  state.unflushed.back().return_credit();  // it waits for the flush, not for the graph
  acknowledge(state);
}

void NexusSink::gap(const Signal& signal, const Context& context) {
  const std::lock_guard lock(mutex_);
  RunState& state = open_run(*context.run, context, nullptr);
  state.file->mark(signal.first, signal.last, signal.state, signal.reason);
  for (std::uint64_t frame = signal.first; frame <= signal.last; ++frame) {
    state.unflushed.push_back(context.hold());
    state.unflushed.back().return_credit();
  }
  progress_.update(state.uid, [&](RunProgress& p) { p.of(signal.state) += signal.last - signal.first + 1; });
  acknowledge(state);
}

void NexusSink::run_stopped(const Run& run, const Context& context) {
  const std::lock_guard lock(mutex_);
  RunState& state = open_run(run, context, nullptr);
  state.file->close({std::string(name_of(run.exit_status())), run.reason(), graph().clock().unix_time()});
  acknowledge(state);
}

void NexusSink::acknowledge(RunState& state) {
  std::uint64_t newly = 0;
  for (; state.flushed < state.file->acknowledged() && !state.unflushed.empty(); ++state.flushed, ++newly) {
    state.unflushed.pop_front();
  }
  if (newly > 0) progress_.update(state.uid, [&](RunProgress& p) { p.written += newly; });
}

void NexusSink::flush_when_due() {
  const auto beat = std::chrono::duration<double>(std::min(0.1, *flush_seconds_ / 2));
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, beat, [this] { return stopping_; })) {
    runs_.for_each([this](RunState& state) {
      if (!state.file) return;
      try {
        state.file->flush_if_due(std::chrono::duration<double>(graph().clock().now()).count());
        acknowledge(state);
      } catch (const std::exception& error) {
        report({}, error.what());
      }
    });
  }
}

}  // namespace annulus
