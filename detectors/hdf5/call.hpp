// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Only for the sources of this room: the one place where the HDF5 header comes in.
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <hdf5.h>

#include "operators/data/error.hpp"

namespace annulus::hdf5::detail {

/// Readies the calling thread: HDF5 keeps an error stack per thread and prints it to stderr unless told not to.
/// Throws IoError when the library was built without thread safety.
void prepare_thread();

/// Gives up a file that cannot be flushed: it and everything open in it stay open until the process ends. HDF5 1.10
/// frees part of an object whose closing fails but keeps its identifier, and later trips over it, even while it
/// closes other files; so such an object must never be closed.
void abandon_file(hid_t file);

/// The innermost entry of this thread's error stack: "unable to open file: No such file or directory".
[[nodiscard]] std::string last_cause();
/// Drops what a call that may fail has left: HDF5 does not free it when the thread ends.
void forget_cause();

/// Runs one HDF5 call and returns its result. A negative result becomes IoError "what (cause)".
template <class F, class... Args>
auto call(F&& f, fmt::format_string<Args...> what, Args&&... args) {
  prepare_thread();
  const auto result = std::forward<F>(f)();
  static_assert(std::is_signed_v<std::remove_const_t<decltype(result)>>, "HDF5 reports failure as a negative number");
  if (result < 0) throw IoError(fmt::format("{} ({})", fmt::format(what, std::forward<Args>(args)...), last_cause()));
  return result;
}

}  // namespace annulus::hdf5::detail
