// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/nexus/frame_ledger.hpp"

#include <algorithm>

namespace annulus::detail {

namespace {

using hdf5::Dataset;
using hdf5::Group;
using hdf5::Growth;

constexpr std::size_t chunk_rows = 1024;
constexpr std::size_t reason_bytes = 200;

Dataset make_column(Group& group, const std::string& name, DType dtype, double fill) {
  return group.make_dataset(
      name, {.dtype = dtype, .shape = {0}, .growth = Growth::rows, .chunk_rows = chunk_rows, .fill = fill});
}

Dataset make_state(Group& group, const std::string& name) {
  Dataset state = make_column(group, name, DType::u8, 0);
  std::vector<std::string> names;
  for (int i = 0; i < 7; ++i) names.emplace_back(name_of(static_cast<FrameState>(i)));
  state.set("state_names", names);
  return state;
}

std::int64_t as_stored(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint8_t as_stored(FrameState state) { return static_cast<std::uint8_t>(state); }

std::vector<std::int64_t> numbers_of(const RowGroup& group) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(group.rows);
  for (const auto& pattern : group.patterns) numbers.push_back(as_stored(pattern.number));
  while (numbers.size() < group.rows) numbers.push_back(as_stored(group.first + numbers.size()));
  return numbers;
}

}  // namespace

FrameLedger::FrameLedger(Group& annulus)
    : number_([&] {
        Group ledger = annulus.make_group("ledger", "NXcollection");
        return make_column(ledger, "frame_number", DType::i64, -1);
      }()),
      state_([&] {
        Group ledger = annulus.group("ledger");
        return make_state(ledger, "frame_state");
      }()),
      mark_first_([&] {
        Group marks = annulus.make_group("marks", "NXcollection");
        return make_column(marks, "first_frame", DType::i64, -1);
      }()),
      mark_last_([&] {
        Group marks = annulus.group("marks");
        return make_column(marks, "last_frame", DType::i64, -1);
      }()),
      mark_state_([&] {
        Group marks = annulus.group("marks");
        return make_state(marks, "frame_state");
      }()),
      mark_reason_(annulus.group("marks").make_text_dataset("reason", reason_bytes, {0}, Growth::rows)) {}

void FrameLedger::resize(std::size_t rows) {
  number_.resize_rows(rows);
  state_.resize_rows(rows);
}

void FrameLedger::write(std::size_t first, std::span<const RowGroup> groups) {
  write_marks(groups);
  std::size_t row = first;
  for (const auto& group : groups) {
    number_.write_rows<std::int64_t>(row, numbers_of(group));
    row += group.rows;
  }
  number_.flush();
  row = first;
  for (const auto& group : groups) {
    state_.write_rows<std::uint8_t>(row, std::vector<std::uint8_t>(group.rows, as_stored(group.state)));
    row += group.rows;
  }
  state_.flush();
  for (const auto& group : groups) counts_[as_stored(group.state)] += group.rows;
  marks_ += static_cast<std::size_t>(std::ranges::count_if(groups, [](const auto& g) { return g.patterns.empty(); }));
}

void FrameLedger::write_marks(std::span<const RowGroup> groups) {
  std::vector<std::int64_t> first;
  std::vector<std::int64_t> last;
  std::vector<std::uint8_t> state;
  std::vector<std::string> reason;
  for (const auto& group : groups) {
    if (!group.patterns.empty()) continue;
    first.push_back(as_stored(group.first));
    last.push_back(as_stored(group.first + group.rows - 1));
    state.push_back(as_stored(group.state));
    reason.push_back(group.reason);
  }
  if (first.empty()) return;
  for (Dataset* column : {&mark_first_, &mark_last_, &mark_state_, &mark_reason_})
    column->resize_rows(marks_ + first.size());
  mark_first_.write_rows<std::int64_t>(marks_, first);
  mark_last_.write_rows<std::int64_t>(marks_, last);
  mark_state_.write_rows<std::uint8_t>(marks_, state);
  mark_reason_.write_text_rows(marks_, reason);
  for (Dataset* column : {&mark_first_, &mark_last_, &mark_state_, &mark_reason_}) column->flush();
}

}  // namespace annulus::detail
