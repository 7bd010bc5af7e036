// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

#include "detectors/hdf5/group.hpp"

namespace annulus::hdf5 {

// How this room is used from several threads: HDF5 holds one lock of its own around every call (Debian's library is
// built so, and any other is refused at the first call), so different objects may be used from different threads
// freely. One object, and the steps of one write (resize, write, flush), belong to one thread at a time.
// A long call in one thread, such as a write to a slow disk, delays the calls of all others.

/// An open HDF5 file.
class File final {
 public:
  File(File&&) noexcept = default;
  File& operator=(File&&) noexcept = default;
  ~File();

  /// Makes a new file in the newest format of HDF5 1.10 (which SWMR needs). Throws IoError when `path` exists
  /// or cannot be written.
  static File create(const std::filesystem::path& path);

  /// Opens for reading, also a file that another process is writing in SWMR mode. Throws IoError.
  static File open(const std::filesystem::path& path);

  /// The same for a file that its writer may want back at any time: takes no lock on it.
  static File open_unlocked(const std::filesystem::path& path);

  /// True when opened as one that another process is appending to (SWMR): Dataset::refresh shows what has come.
  [[nodiscard]] bool is_live() const;

  /// True when the file begins as HDF5 does.
  [[nodiscard]] static bool is_hdf5(const std::filesystem::path& path);

  [[nodiscard]] Group root() const;

  /// From here on other processes may read while this one appends. No group, dataset or attribute can be made
  /// afterwards. Throws IoError.
  void start_swmr();
  /// Brings everything to the file. Throws IoError.
  void flush();
  /// Closes the file and everything open in it. Throws IoError when something could not be written: the file is then
  /// as its last successful flush left it, and its memory is not given back. The destructor does the same silently.
  void close();

 private:
  explicit File(Handle handle) : handle_(std::move(handle)) {}

  Handle handle_;
};

}  // namespace annulus::hdf5
