// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/tiff_handle.hpp"

#include <cstdarg>
#include <cstdio>

#include "operators/data/error.hpp"

namespace annulus::detail {

namespace {

int keep_first(TIFF*, void* complaint, const char*, const char* format, va_list arguments) {
  char text[512];
  std::vsnprintf(text, sizeof text, format, arguments);
  if (auto& kept = *static_cast<std::string*>(complaint); kept.empty()) kept = text;
  return 1;
}

int ignore(TIFF*, void*, const char*, const char*, va_list) { return 1; }

}  // namespace

TiffHandle::TiffHandle(const std::filesystem::path& path, const char* mode)
    : path_(path), complaint_(std::make_unique<std::string>()) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_first, complaint_.get());
  // Cameras write private tags that libtiff warns of at every page.
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), ignore, nullptr);
  file_.reset(TIFFOpenExt(path.c_str(), mode, options.get()));
  require(file_ != nullptr, "cannot open TIFF file");
}

void TiffHandle::require(int ok, const char* problem) const {
  if (ok > 0) return;
  throw IoError(path_.string() + ": " + problem + " (" + (complaint_->empty() ? "damaged file" : *complaint_) + ")");
}

}  // namespace annulus::detail
