// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/nexus/reduction_log.hpp"

#include <utility>

namespace annulus::detail {
namespace {

using hdf5::Group;
using hdf5::Growth;

constexpr std::size_t poni_bytes = 4000;
constexpr std::size_t path_bytes = 1000;

std::string mask_of(const Dict& reduction) {
  const Dict* const parameters = dict_at(reduction, "parameters");
  return parameters == nullptr ? std::string() : text_at(*parameters, "mask");
}

}  // namespace

ReductionLog::ReductionLog(Group& annulus)
    : first_row_(
          annulus.make_group("reductions", "NXcollection")
              .make_dataset("first_row",
                            {.dtype = DType::i64, .shape = {0}, .growth = Growth::rows, .chunk_rows = 16, .fill = -1})),
      poni_(annulus.group("reductions").make_text_dataset("poni", poni_bytes, {0}, Growth::rows)),
      mask_(annulus.group("reductions").make_text_dataset("mask", path_bytes, {0}, Growth::rows)) {}

void ReductionLog::note(std::uint64_t row, const std::shared_ptr<const Dict>& reduction) {
  if (!reduction || reduction == last_) return;
  const std::shared_ptr<const Dict> before = std::exchange(last_, reduction);
  if (!before) return;  // the first is that of /entry/reduction
  const bool same = text_at(*before, "poni") == text_at(*reduction, "poni") && mask_of(*before) == mask_of(*reduction);
  if (same) return;
  rows_.push_back(static_cast<std::int64_t>(row));
  ponis_.push_back(text_at(*reduction, "poni"));
  masks_.push_back(mask_of(*reduction));
}

void ReductionLog::write() {
  if (rows_.empty()) return;
  for (hdf5::Dataset* column : {&first_row_, &poni_, &mask_}) column->resize_rows(written_ + rows_.size());
  poni_.write_text_rows(written_, ponis_);
  mask_.write_text_rows(written_, masks_);
  first_row_.write_rows<std::int64_t>(written_, rows_);
  for (hdf5::Dataset* column : {&poni_, &mask_, &first_row_}) column->flush();
  written_ += rows_.size();
  rows_.clear();
  ponis_.clear();
  masks_.clear();
}

}  // namespace annulus::detail
