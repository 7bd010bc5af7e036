// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/hdf5/handle.hpp"

#include <algorithm>
#include <mutex>
#include <type_traits>
#include <vector>

#include "detectors/hdf5/call.hpp"

namespace annulus::hdf5 {

static_assert(std::is_same_v<hid_t, Id>, "handle.hpp assumes 64-bit identifiers (HDF5 1.10 and later)");

namespace {

struct Abandoned {
  std::mutex mutex;
  std::vector<Id> files;
};

Abandoned& abandoned() {
  static Abandoned all;
  return all;
}

bool is_in_abandoned_file(Id id) {
  const std::scoped_lock lock(abandoned().mutex);
  const auto& files = abandoned().files;
  if (files.empty()) return false;
  const Id file = H5Iget_file_id(id);  // the file's own identifier, counted once more; fails for types and spaces
  if (file < 0) return false;
  H5Idec_ref(file);
  return std::ranges::find(files, file) != files.end();
}

}  // namespace

void detail::abandon_file(Id file) {
  const std::scoped_lock lock(abandoned().mutex);
  abandoned().files.push_back(file);
}

Handle::~Handle() {
  if (id_ < 0 || is_in_abandoned_file(id_)) return;
  if (H5Iis_valid(id_) > 0) H5Idec_ref(id_);  // closing a file has closed what was open in it
  detail::forget_cause();
}

}  // namespace annulus::hdf5
