// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Only for the sources of this room: libtiff with errors as exceptions.
#include <filesystem>
#include <memory>
#include <string>

#include <tiffio.h>

namespace annulus::detail {

/// An open TIFF file that remembers what libtiff complained about instead of printing it.
class TiffHandle final {
 public:
  /// `mode` is "r" or "w". Throws IoError.
  TiffHandle(const std::filesystem::path& path, const char* mode);

  [[nodiscard]] TIFF* get() const { return file_.get(); }

  /// Throws IoError "PATH: problem (what libtiff said)" unless `ok`.
  void require(int ok, const char* problem) const;

  /// A tag of the current page, or `fallback`.
  template <class T>
  [[nodiscard]] T tag(std::uint32_t name, T fallback) const {
    T value{};
    return TIFFGetFieldDefaulted(get(), name, &value) == 1 ? value : fallback;
  }

 private:
  struct Close {
    void operator()(TIFF* file) const { TIFFClose(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<std::string> complaint_;  ///< its address is known to libtiff
  std::unique_ptr<TIFF, Close> file_;
};

}  // namespace annulus::detail
