// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/files/formats.hpp"
#include "detectors/files/read_bytes.hpp"

namespace annulus::detail {

namespace {

class RawImages final : public ImageSeries {
 public:
  RawImages(const ImageSpec& spec, const RawFormat& format)
      : path_(spec.path),
        format_(format),
        image_bytes_(checked_image_bytes(format.rows, format.cols, format.type.dtype, path_.string())) {
    const auto bytes = size_of_file(path_);
    if (bytes == 0 || bytes % image_bytes_ != 0)
      throw DataError(fmt::format("{}: {} bytes are no whole images of {} x {} {} ({} bytes each)", path_.string(),
                                  bytes, format.rows, format.cols, name_of(format.type.dtype), image_bytes_));
    size_ = bytes / image_bytes_;
  }

  std::size_t size() const override { return size_; }
  Array read(std::size_t index) override {
    return read_array(path_, index * image_bytes_, format_.type, {format_.rows, format_.cols});
  }
  std::string label(std::size_t index) const override {
    return size_ == 1 ? path_.string() : fmt::format("{}:{}", path_.string(), index);
  }

 private:
  std::filesystem::path path_;
  RawFormat format_;
  std::size_t image_bytes_;
  std::size_t size_ = 0;
};

}  // namespace

std::unique_ptr<ImageSeries> open_raw(const ImageSpec& spec, const RawFormat& format) {
  return std::make_unique<RawImages>(spec, format);
}

}  // namespace annulus::detail
