// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/hdf5/call.hpp"

#include <cstdint>
#include <string_view>

namespace annulus::hdf5::detail {

namespace {

void require_thread_safe_library() {
  static const bool safe = [] {
    // Files are closed by their owners. HDF5's own clean-up at exit would try again, and crash, on abandoned ones.
    H5dont_atexit();
    hbool_t answer = false;
    return H5is_library_threadsafe(&answer) >= 0 && answer;
  }();
  if (!safe)
    throw IoError(
        "this HDF5 library is not thread-safe (the service reads and writes from several threads); "
        "install one built with --enable-threadsafe, such as Debian's libhdf5-103-1");
}

herr_t keep_first(unsigned index, const H5E_error2_t* entry, void* text) {
  if (index == 0 && entry->desc != nullptr) *static_cast<std::string*>(text) = entry->desc;
  return 0;
}

}  // namespace

void prepare_thread() {
  require_thread_safe_library();
  thread_local const bool quiet = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  static_cast<void>(quiet);
}

void forget_cause() { H5Eclear2(H5E_DEFAULT); }

std::string last_cause() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &text);
  forget_cause();
  if (text.empty()) return "HDF5 gives no reason";
  // "unable to open file: name = 'x', errno = 2, error message = 'No such file or directory', flags = ..."
  constexpr std::string_view marker = "error message = '";
  const auto at = text.find(marker);
  if (at == std::string::npos) return text;
  const auto begin = at + marker.size();
  return text.substr(0, text.find_first_of(",:")) + ": " + text.substr(begin, text.find('\'', begin) - begin);
}

}  // namespace annulus::hdf5::detail
