// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/nexus/reduced_file.hpp"

#include <exception>
#include <limits>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "service/io/nexus/entry.hpp"

namespace annulus {

namespace {

using detail::RowGroup;
using hdf5::Growth;

/// More frames than this in one gap are a mistake in the numbers, not a loss.
constexpr std::uint64_t max_marked = 1'000'000;
/// Kept free on the disk: HDF5 cannot close a file properly whose index does not fit any more.
constexpr std::uintmax_t reserve_bytes = 4U << 20U;
constexpr std::size_t reason_bytes = 1000;

bool continues(const RowGroup& group, const RowGroup& next) {
  return group.patterns.empty() && next.patterns.empty() && group.state == next.state && group.reason == next.reason &&
         group.first + group.rows == next.first;
}

void require_number(std::uint64_t number) {
  // The file keeps signed numbers: -1 is a row without a frame.
  if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    throw DataError(fmt::format("frame number {} is too large", number));
}

}  // namespace

ReducedFile::ReducedFile(const std::filesystem::path& directory, const std::string& name, const RunInfo& run,
                         const BeamInfo& beam, const Provenance& provenance, FlushPolicy policy,
                         const std::optional<RowLayout>& layout)
    : names_(directory, name),
      file_(hdf5::File::create(names_.partial_path())),
      entry_(detail::write_entry(file_, run, beam, provenance)),
      annulus_(entry_.group("annulus")),
      ledger_(annulus_),
      reductions_(annulus_),
      end_time_(entry_.make_text_dataset("end_time", 40, {}, Growth::fixed)),
      exit_status_(annulus_.make_text_dataset("exit_status", 16, {}, Growth::fixed)),
      reason_(annulus_.make_text_dataset("reason", reason_bytes, {}, Growth::fixed)),
      frames_by_state_(annulus_.make_dataset("frames_by_state", {.dtype = DType::u64, .shape = {7}})),
      ignored_readings_(annulus_.make_dataset("ignored_readings", {.dtype = DType::u64})),
      policy_(policy) {
  exit_status_.write_text("running");
  file_.flush();
  if (layout) start_rows(*layout);
}

ReducedFile::~ReducedFile() {
  try {
    file_.close();  // before the datasets: see hdf5::File::close()
  } catch (const IoError&) {
    // What was acknowledged is in the file; there is nobody left to tell more.
  }
}

void ReducedFile::start_rows(const RowLayout& layout) {
  columns_.emplace(entry_, layout);
  file_.start_swmr();
}

template <class Result>
void ReducedFile::require_place(const Result& result) {
  if (!broken_.empty()) throw IoError(broken_);
  require_number(result.number);
  if (columns_) return;
  if (!result.axis) throw DataError(fmt::format("result of frame {} has no axis", result.number));
  start_rows(layout_of(result));
}

void ReducedFile::append(const Pattern& pattern) {
  require_place(pattern);
  columns_->require_fit(pattern, nullptr);
  take(pattern);
}

void ReducedFile::append(const Cake& cake) {
  require_place(cake);
  Pattern row = detail::row_of(cake);
  columns_->require_fit(row, cake.azimuthal_axis.get());
  take(std::move(row));
}

void ReducedFile::take(Pattern row) {
  reductions_.note(rows(), row.reduction);
  if (waiting_.empty() || waiting_.back().patterns.empty())
    waiting_.push_back({FrameState::reduced, row.number, 0, {}, {}});
  waiting_.back().patterns.push_back(std::move(row));
  ++waiting_.back().rows;
  if (++waiting_rows_ >= policy_.frames) flush();
}

void ReducedFile::mark(std::uint64_t first, std::uint64_t last, FrameState state, const std::string& reason) {
  if (!broken_.empty()) throw IoError(broken_);
  require_number(last);
  if (last < first || last - first >= max_marked)
    throw DataError(fmt::format("frames {} to {} cannot be marked {} (more than {} at once, or no range)", first, last,
                                name_of(state), max_marked));
  RowGroup group{state, first, last - first + 1, reason, {}};
  waiting_rows_ += group.rows;
  if (!waiting_.empty() && continues(waiting_.back(), group)) {
    waiting_.back().rows += group.rows;
  } else {
    waiting_.push_back(std::move(group));
  }
  if (waiting_rows_ >= policy_.frames) flush();
}

void ReducedFile::flush() {
  if (waiting_.empty() || !columns_) return;
  try {
    write_waiting();
    broken_.clear();
  } catch (const IoError& error) {
    broken_ = fmt::format("{}: frames cannot be written; {}", partial_path().string(), error.what());
    throw IoError(broken_);
  }
}

void ReducedFile::write_waiting() {
  require_space();
  const std::size_t rows = rows_ + waiting_rows_;
  if (columns_) {
    columns_->resize(rows);
    std::size_t row = rows_;
    for (const auto& group : waiting_) {
      columns_->write(row, group.patterns);
      row += group.rows;
    }
    columns_->flush();
  }
  reductions_.write();
  ledger_.resize(rows);
  ledger_.write(rows_, waiting_);
  rows_ = rows;
  waiting_.clear();
  waiting_rows_ = 0;
  waiting_since_.reset();
}

void ReducedFile::require_space() const {
  std::error_code error;
  const auto free = std::filesystem::space(partial_path().parent_path(), error).available;
  std::uintmax_t needed = reserve_bytes;
  for (const auto& group : waiting_) needed += group.patterns.size() * (columns_ ? columns_->row_bytes() : 0);
  if (!error && free < needed)
    throw IoError(fmt::format("no space left on device ({} bytes are free, {} are needed)", free, needed));
}

void ReducedFile::flush_if_due(double now) {
  if (waiting_.empty()) return;
  if (!waiting_since_) waiting_since_ = now;
  if (now - *waiting_since_ >= policy_.seconds) flush();
}

void ReducedFile::close(const RunEnd& end) {
  RunEnd truth = end;
  std::exception_ptr failure;
  try {
    if (!waiting_.empty()) write_waiting();
  } catch (const IoError& error) {
    failure = std::current_exception();
    truth.exit_status = "fail";
    truth.reason = fmt::format("{} frames could not be written: {}", waiting_rows_, error.what());
  }
  write_end(truth);
  file_.close();
  names_.publish();
  if (failure) std::rethrow_exception(failure);
}

void ReducedFile::write_end(const RunEnd& end) {
  end_time_.write_text(iso_time(end.time));
  exit_status_.write_text(end.exit_status);
  reason_.write_text(end.reason);
  frames_by_state_.write_rows<std::uint64_t>(0, ledger_.counts());
  ignored_readings_.write_rows<std::uint64_t>(0, std::array{ignored_readings()});
}

}  // namespace annulus
