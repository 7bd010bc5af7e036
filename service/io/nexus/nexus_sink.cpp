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
#include "operators/stream/source.hpp"
#include "service/io/nexus/file_name.hpp"

namespace annulus {
namespace {

constexpr std::size_t most_debts = 10'000;       // rows that wait with a reason of their own
constexpr std::uint64_t largest_debt = 500'000;  // frames in one of them

RunInfo info_of(const Run& run) {
  const Dict empty;
  const Dict& start = run.metadata() ? *run.metadata() : empty;
  RunInfo info;
  info.uid = run.uid();
  info.title = text_at(start, "title", text_at(start, "plan_name", run.uid()));
  info.start_time = number_at(start, "time", 0);
  bluesky::encode_json(without_large_arrays(start), info.start_json);
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

/// The element that `hold` keeps did not get where it should.
void mark_failed(const Hold& hold) {
  if (Ticket* ticket = hold.context().ticket) ticket->mark_failed();
}

}  // namespace

NexusSink::NexusSink(std::string name, std::string config, FileContent content)
    : Node(std::move(name)), config_(std::move(config)) {
  if (content == FileContent::patterns) {
    patterns_.emplace(*this, "in", &NexusSink::on_result<Pattern>);
  } else {
    cakes_.emplace(*this, "in", &NexusSink::on_result<Cake>);
  }
}

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

void NexusSink::run_started(const Run& run, const Context& context) {
  const std::lock_guard lock(mutex_);
  runs_(context).run = context.run;
  RunProgress progress;
  progress.uid = run.uid();
  progress_.begin(std::move(progress));
}

std::string NexusSink::name_of_file(Run& run) {
  const Dict only_uid{{"uid", run.uid()}};
  try {
    return expand_name(*file_name_, run.metadata() ? *run.metadata() : only_uid);
  } catch (const ConfigError& error) {
    // A name that cannot be made is no reason to lose a measurement.
    report({&run, 0, nullptr}, fmt::format("{} The file is named after the run's uid instead.", error.what()));
    return expand_name("run_{uid}.nxs", only_uid);
  }
}

void NexusSink::open_file(RunState& state, const Dict* reduction) {
  Run& run = *state.run;
  BeamInfo beam;
  beam.instrument = *instrument_;
  beam.source = *source_;
  if (reduction != nullptr && reduction->contains("wavelength_m")) {
    beam.wavelength = number_at(*reduction, "wavelength_m", 0);
  }
  const FlushPolicy policy{static_cast<std::size_t>(*flush_frames_), *flush_seconds_};
  state.file = std::make_unique<ReducedFile>(*directory_, name_of_file(run), info_of(run), beam,
                                             provenance_of(config_, reduction, graph().clock().unix_time()), policy);
  open_.push_back(&state);
  progress_.update(run.uid(), [&](RunProgress& p) { p.file = state.file->path().string(); });
}

template <class F>
void NexusSink::add_rows(RunState& state, Hold& hold, F&& add) {
  const std::uint64_t before = state.file->rows();
  try {
    add();
  } catch (const IoError& error) {
    if (state.file->rows() == before) throw;
    report_outage(state, error);  // the rows wait in the file for the next flush
  }
  hold.return_credit();  // it waits for the flush, not for the graph
  state.unflushed.push_back({std::move(hold), state.file->rows()});
  acknowledge(state);
}

template <class Result>
void NexusSink::on_result(const Result& result, const Context& context) {
  const std::lock_guard lock(mutex_);
  RunState& state = runs_(context);
  try {
    if (!state.file) open_file(state, result.reduction.get());
    mark_owed(state);
    Hold hold = context.hold();
    add_rows(state, hold, [&] { state.file->append(result); });
  } catch (const std::exception& error) {
    // The frame has no result after all. Whoever called reports it and acknowledges it as not good.
    owe(state, {Signal::Kind::gap, FrameState::failed, result.number, result.number, error.what()}, {});
    throw;
  }
  progress_.update(context.run->uid(), [](RunProgress& p) { ++p.reduced; });
}

void NexusSink::gap(const Signal& signal, const Context& context) {
  const std::lock_guard lock(mutex_);
  RunState& state = runs_(context);
  owe(state, signal, context.hold());
  if (state.file) mark_owed(state);
}

void NexusSink::run_stopped(const Run&, const Context& context) {
  const std::lock_guard lock(mutex_);
  RunState& state = runs_(context);
  try {
    if (!state.file) open_file(state, nullptr);
    close_file(state, context);
  } catch (...) {
    forget(state);
    throw;
  }
  forget(state);
}

void NexusSink::forget(RunState& state) {
  std::erase(open_, &state);
  for (const Unflushed& rows : state.unflushed) mark_failed(rows.hold);
  for (const Owed& owed : state.owed) mark_failed(owed.hold);
}

void NexusSink::close_file(RunState& state, const Context& context) {
  try {
    mark_owed(state);
  } catch (const std::exception& error) {
    report(context, error.what());  // the rows that the file has are closed properly all the same
  }
  const Run& run = *state.run;
  try {
    state.file->close({std::string(name_of(run.exit_status())), run.reason(), graph().clock().unix_time()});
  } catch (...) {
    acknowledge(state);
    throw;
  }
  acknowledge(state);
}

void NexusSink::owe(RunState& state, Signal gap, Hold hold) {
  hold.return_credit();  // it waits for the flush, not for the graph
  progress_.update(state.run->uid(), [&](RunProgress& p) { p.of(gap.state) += gap.last - gap.first + 1; });
  if (!state.owed.empty()) {
    // Debts that touch are one. When there are very many (no frame has a result), a frame keeps neither its own reason
    // nor its acknowledgement, so that memory stays bounded.
    Signal& before = state.owed.back().gap;
    const bool same_kind =
        before.last + 1 == gap.first && before.state == gap.state && gap.last - before.first < largest_debt;
    const bool nobody_waits = hold.context().ticket == nullptr && before.reason == gap.reason;
    if (same_kind && (nobody_waits || state.owed.size() >= most_debts)) {
      before.last = gap.last;
      mark_failed(hold);
      return;
    }
  }
  state.owed.push_back({std::move(gap), std::move(hold)});
}

void NexusSink::mark_owed(RunState& state) {
  while (!state.owed.empty()) {
    Owed& owed = state.owed.front();
    const Signal& gap = owed.gap;
    try {
      add_rows(state, owed.hold, [&] { state.file->mark(gap.first, gap.last, gap.state, gap.reason); });
    } catch (const DataError&) {
      mark_failed(owed.hold);
      state.owed.pop_front();  // it will not fit later either
      throw;
    }
    state.owed.pop_front();
  }
}

void NexusSink::acknowledge(RunState& state) {
  const std::uint64_t rows = state.file->acknowledged();
  if (rows == state.written) return;
  progress_.update(state.run->uid(), [&](RunProgress& p) { p.written += rows - state.written; });
  state.written = rows;
  state.outage = false;
  while (!state.unflushed.empty() && state.unflushed.front().until <= rows) state.unflushed.pop_front();
}

void NexusSink::report_outage(RunState& state, const std::exception& error) {
  if (!std::exchange(state.outage, true)) report({state.run, state.written, nullptr}, error.what());
}

void NexusSink::flush_when_due() {
  const auto beat = std::chrono::duration<double>(std::min(0.1, *flush_seconds_ / 2));
  const InsideGraph inside(graph());  // an acknowledgement told from here must not emit
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, beat, [this] { return stopping_; })) {
    for (RunState* state : open_) {
      try {
        state->file->flush_if_due(std::chrono::duration<double>(graph().clock().now()).count());
        acknowledge(*state);
      } catch (const std::exception& error) {
        report_outage(*state, error);
      }
    }
  }
}

}  // namespace annulus
