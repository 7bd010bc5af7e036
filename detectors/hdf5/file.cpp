// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/hdf5/file.hpp"

#include <cstdint>

#include "detectors/hdf5/call.hpp"

namespace annulus::hdf5 {

using detail::call;

namespace {

enum class Locking : std::uint8_t { where_it_works, never };

Handle access_properties(Locking locking = Locking::where_it_works) {
  Handle properties(call([] { return H5Pcreate(H5P_FILE_ACCESS); }, "cannot make file properties"));
  call([&] { return H5Pset_libver_bounds(properties.get(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST); },
       "cannot set the file format");
  call([&] { return H5Pset_fclose_degree(properties.get(), H5F_CLOSE_STRONG); }, "cannot set file properties");
  // Network file systems without locks are common at beamlines: go on without where they do not exist.
  call([&] { return H5Pset_file_locking(properties.get(), locking == Locking::where_it_works, 1); },
       "cannot set file locking");
  return properties;
}

Handle open_for_reading(const std::filesystem::path& path, Locking locking) {
  const Handle access = access_properties(locking);
  Handle plain(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()));
  if (plain.valid()) return plain;
  const std::string cause = detail::last_cause();
  Handle live(H5Fopen(path.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access.get()));
  detail::forget_cause();
  if (!live.valid()) throw IoError(fmt::format("cannot open {} ({})", path.string(), cause));
  return live;
}

}  // namespace

File::~File() {
  try {
    close();
  } catch (const IoError&) {
    // Who wants to know calls close() before.
  }
}

File File::create(const std::filesystem::path& path) {
  const Handle access = access_properties();
  return File(Handle(call([&] { return H5Fcreate(path.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, access.get()); },
                          "cannot create {}", path.string())));
}

File File::open(const std::filesystem::path& path) { return File(open_for_reading(path, Locking::where_it_works)); }

File File::open_unlocked(const std::filesystem::path& path) { return File(open_for_reading(path, Locking::never)); }

bool File::is_live() const {
  unsigned intent = 0;
  call([&] { return H5Fget_intent(handle_.get(), &intent); }, "cannot read how a file was opened");
  return (intent & H5F_ACC_SWMR_READ) != 0;
}

bool File::is_hdf5(const std::filesystem::path& path) {
  detail::prepare_thread();
  const bool answer = H5Fis_hdf5(path.c_str()) > 0;
  detail::forget_cause();
  return answer;
}

Group File::root() const {
  return Group(Handle(call([&] { return H5Gopen2(handle_.get(), "/", H5P_DEFAULT); }, "cannot open the root group")));
}

void File::start_swmr() {
  call([&] { return H5Fstart_swmr_write(handle_.get()); }, "cannot let other processes read while writing");
}

void File::flush() {
  call([&] { return H5Fflush(handle_.get(), H5F_SCOPE_LOCAL); }, "cannot flush the file");
}

void File::close() {
  if (!handle_.valid()) return;
  const Id id = handle_.release();
  try {
    call([&] { return H5Fflush(id, H5F_SCOPE_LOCAL); }, "cannot flush the file");
  } catch (const IoError&) {
    detail::abandon_file(id);
    throw;
  }
  call([&] { return H5Fclose(id); }, "cannot close the file");
}

}  // namespace annulus::hdf5
