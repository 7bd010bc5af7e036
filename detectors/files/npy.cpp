// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/npy.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "detectors/files/formats.hpp"
#include "detectors/files/read_bytes.hpp"

namespace annulus {

namespace {

/// Longer headers than this describe structured types, which are no images.
constexpr std::size_t max_header_bytes = 64 * 1024;

struct NpyFile {
  NpyHeader header;
  std::uint64_t data_offset = 0;
};

/// Layout: "\x93NUMPY", major, minor, length of the header (2 bytes in version 1, else 4, little-endian), header.
NpyFile read_npy_header(const std::filesystem::path& path) {
  const auto fail = [&](const std::string& why) { return DataError(path.string() + ": " + why); };
  const std::string start = detail::read_start(path, 12 + max_header_bytes);
  if (start.size() < 12) throw fail("npy file ends in its header");
  const auto byte = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(start[i])}; };
  if (byte(6) < 1 || byte(6) > 3) throw fail(fmt::format("npy version {}.{} is unknown", byte(6), byte(7)));
  const bool is_short = byte(6) == 1;
  const std::size_t begin = is_short ? 10 : 12;
  const std::size_t length = byte(8) + (byte(9) << 8U) + (is_short ? 0 : (byte(10) << 16U) + (byte(11) << 24U));
  if (length > start.size() - begin) throw fail(fmt::format("npy header of {} bytes is cut or too long", length));
  auto header = parse_npy_header(std::string_view(start).substr(begin, length));
  if (!header) throw fail(to_string(header.error()));
  return {*std::move(header), begin + length};
}

/// Rearranges elements from first-index-fastest to last-index-fastest.
Array to_c_order(const Array& reversed, const Shape& shape) {
  return reversed.visit([&](auto elements) {
    std::vector<decltype(elements[0])> out(elements.size());
    std::size_t at = 0;
    std::vector<std::size_t> index(shape.size(), 0);
    for (std::size_t i = 0; i < out.size(); ++i) {
      // `index` is the position of element i of the file; `at` is where it belongs.
      at = 0;
      for (std::size_t d = 0; d < shape.size(); ++d) at = at * shape[d] + index[d];
      out[at] = elements[i];
      for (std::size_t d = 0; d < shape.size() && ++index[d] == shape[d]; ++d) index[d] = 0;
    }
    return Array::of(shape, std::move(out));
  });
}

class NpyImages final : public ImageSeries {
 public:
  explicit NpyImages(const ImageSpec& spec) : path_(spec.path), file_(read_npy_header(path_)) {
    const Shape& shape = file_.header.shape;
    if (shape.size() != 2 && shape.size() != 3)
      throw DataError(fmt::format("{}: array of shape {} is no image or stack of images", path_.string(),
                                  shape.empty() ? "()" : to_string(shape)));
    const std::size_t rows = shape[shape.size() - 2];
    image_bytes_ = detail::checked_image_bytes(rows, shape.back(), file_.header.type.dtype, path_.string());
    const std::uint64_t bytes = count_of({shape.size() == 3 ? shape[0] : 1, image_bytes_});
    if (const auto there = detail::size_of_file(path_) - file_.data_offset; there != bytes)
      throw DataError(fmt::format("{}: shape {} needs {} bytes of data (there are {})", path_.string(),
                                  to_string(shape), bytes, there));
    if (file_.header.fortran_order)
      reordered_ = to_c_order(detail::read_array(path_, file_.data_offset, file_.header.type, shape), shape);
  }

  std::size_t size() const override { return is_stack() ? file_.header.shape[0] : 1; }

  Array read(std::size_t index) override {
    if (!reordered_.empty()) return is_stack() ? reordered_.slice(index) : reordered_;
    const Shape& shape = file_.header.shape;
    return detail::read_array(path_, file_.data_offset + index * image_bytes_, file_.header.type,
                              {shape[shape.size() - 2], shape.back()});
  }

  std::string label(std::size_t index) const override {
    return is_stack() ? fmt::format("{}:{}", path_.string(), index) : path_.string();
  }

 private:
  bool is_stack() const { return file_.header.shape.size() == 3; }

  std::filesystem::path path_;
  NpyFile file_;
  std::size_t image_bytes_ = 0;
  Array reordered_;  ///< the whole content of a file in Fortran order, whose images do not lie in one piece
};

}  // namespace

std::unique_ptr<ImageSeries> detail::open_npy(const ImageSpec& spec) { return std::make_unique<NpyImages>(spec); }

void write_npy(const std::filesystem::path& path, const Array& array) {
  std::string shape;
  for (std::size_t length : array.shape()) shape += fmt::format("{}, ", length);
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", typestr_of(array.dtype()), shape);
  // numpy aligns the data to 64 bytes; the header ends on a newline.
  header.append(63 - (header.size() + 10) % 64, ' ').push_back('\n');
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file.write("\x93NUMPY\x01\x00", 8);
  file.put(static_cast<char>(header.size() % 256)).put(static_cast<char>(header.size() / 256)) << header;
  const auto bytes = array.bytes();
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw IoError("cannot write " + path.string() + " (" + std::strerror(errno) + ")");
}

}  // namespace annulus
