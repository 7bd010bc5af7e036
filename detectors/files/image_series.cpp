// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/image_series.hpp"

#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/files/formats.hpp"
#include "detectors/files/read_bytes.hpp"
#include "detectors/hdf5/file.hpp"

namespace annulus {

using namespace std::string_view_literals;

namespace detail {

std::size_t checked_image_bytes(std::size_t rows, std::size_t cols, DType dtype, const std::string& where) {
  const std::size_t bytes = count_of({rows, cols, size_of(dtype)});
  if (bytes == 0) throw DataError(fmt::format("{}: image of {} x {} pixels is empty", where, rows, cols));
  if (bytes > max_image_bytes)
    throw DataError(fmt::format("{}: image of {} x {} pixels is too large ({} bytes; the limit is {})", where, rows,
                                cols, bytes, max_image_bytes));
  return bytes;
}

}  // namespace detail

namespace {

/// One image of a series.
class OneOf final : public ImageSeries {
 public:
  OneOf(std::unique_ptr<ImageSeries> all, std::size_t index) : all_(std::move(all)), index_(index) {}
  std::size_t size() const override { return 1; }
  Array read(std::size_t) override { return all_->read(index_); }
  std::string label(std::size_t) const override { return all_->label(index_); }

 private:
  std::unique_ptr<ImageSeries> all_;
  std::size_t index_;
};

std::unique_ptr<ImageSeries> open_all(const ImageSpec& spec, const std::optional<RawFormat>& raw) {
  if (std::filesystem::is_directory(spec.path)) return detail::open_folder(spec, raw);
  const std::string start = detail::read_start(spec.path, 8);
  if (start.starts_with("\x93NUMPY")) return detail::open_npy(spec);
  // Little- and big-endian, classic and BigTIFF.
  for (std::string_view magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv})
    if (start.starts_with(magic)) return detail::open_tiff(spec);
  if (hdf5::File::is_hdf5(spec.path)) return detail::open_hdf5(spec);
  if (raw) return detail::open_raw(spec, *raw);
  throw DataError(spec.path.string() +
                  ": unknown kind of file (it begins neither as TIFF, npy nor HDF5 do); raw pixels need their shape "
                  "and type");
}

}  // namespace

std::unique_ptr<ImageSeries> open_images(std::string_view text, const std::optional<RawFormat>& raw) {
  return open_images(parse_image_spec(text), raw);
}

std::unique_ptr<ImageSeries> open_images(const ImageSpec& spec, const std::optional<RawFormat>& raw) {
  auto series = open_all(spec, raw);
  if (!spec.index) return series;
  if (*spec.index >= series->size())
    throw DataError(fmt::format("{}: no image {} (the file holds {}, counted from 0)", spec.path.string(), *spec.index,
                                series->size()));
  return std::make_unique<OneOf>(std::move(series), *spec.index);
}

Array read_image(std::string_view spec, const std::optional<RawFormat>& raw) {
  const auto series = open_images(spec, raw);
  if (series->size() != 1)
    throw DataError(fmt::format("{}: {} images where one is needed; name one, such as '{}'", spec, series->size(),
                                series->size() == 0 ? "FILE:INDEX" : series->label(0)));
  return series->read(0);
}

Array read_mask(std::string_view spec, const std::optional<RawFormat>& raw) {
  const Array image = read_image(spec, raw);
  std::vector<std::uint8_t> mask(image.size());
  image.visit([&](auto elements) {
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = elements[i] != 0 ? 1 : 0;
  });
  return Array::of(image.shape(), std::move(mask));
}

}  // namespace annulus
