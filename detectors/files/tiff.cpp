// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/tiff.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/files/formats.hpp"
#include "detectors/files/read_bytes.hpp"
#include "detectors/files/tiff_handle.hpp"

namespace annulus {

namespace {

using detail::TiffHandle;

/// What one page holds.
struct Page {
  std::size_t rows;
  std::size_t cols;
  DType dtype;

  [[nodiscard]] std::size_t row_bytes() const { return cols * size_of(dtype); }
};

std::optional<DType> dtype_from_tags(unsigned format, unsigned bits) {
  const char kind = format == SAMPLEFORMAT_IEEEFP ? 'f' : format == SAMPLEFORMAT_INT ? 'i' : 'u';
  const bool is_known = format == SAMPLEFORMAT_UINT || kind != 'u' || format == SAMPLEFORMAT_VOID;
  return is_known && bits % 8 == 0 ? parse_dtype(fmt::format("{}{}", kind, bits / 8)) : std::nullopt;
}

/// A small file may describe a huge image only as far as compression can explain it.
void require_plausible_size(std::size_t bytes, std::uint64_t file_bytes, bool is_compressed, const std::string& name) {
  constexpr std::uint64_t always_fine = 64U << 20U;
  constexpr std::uint64_t best_ratio = 4096;  // beyond what deflate (1032) and LZW reach on constant images
  if (bytes <= (is_compressed ? std::max(always_fine, file_bytes * best_ratio) : file_bytes)) return;
  throw DataError(
      fmt::format("{}: the header announces {} bytes of pixels (the file has only {})", name, bytes, file_bytes));
}

Page read_page(const TiffHandle& file, const std::string& name, std::uint64_t file_bytes) {
  const auto rows = file.tag<std::uint32_t>(TIFFTAG_IMAGELENGTH, 0);
  const auto cols = file.tag<std::uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
  const unsigned samples = file.tag<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
  const unsigned bits = file.tag<std::uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
  const unsigned format = file.tag<std::uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  if (samples != 1) throw DataError(fmt::format("{}: {} values per pixel (one is needed, no colours)", name, samples));
  const auto dtype = dtype_from_tags(format, bits);
  if (!dtype)
    throw DataError(fmt::format("{}: pixels of {} bits, sample format {}, are not supported", name, bits, format));
  const std::size_t bytes = detail::checked_image_bytes(rows, cols, *dtype, name);
  const bool is_compressed = file.tag<std::uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE) != COMPRESSION_NONE;
  require_plausible_size(bytes, file_bytes, is_compressed, name);
  return {rows, cols, *dtype};
}

void read_strips(const TiffHandle& file, const Page& page, std::span<std::byte> pixels) {
  const std::size_t strip_rows =
      std::min<std::size_t>(file.tag<std::uint32_t>(TIFFTAG_ROWSPERSTRIP, UINT32_MAX), page.rows);
  file.require(strip_rows > 0, "strips of no rows");
  for (std::size_t row = 0; row < page.rows; row += strip_rows) {
    const auto part = pixels.subspan(row * page.row_bytes(), std::min(strip_rows, page.rows - row) * page.row_bytes());
    const auto strip = TIFFComputeStrip(file.get(), static_cast<std::uint32_t>(row), 0);
    const auto got = TIFFReadEncodedStrip(file.get(), strip, part.data(), static_cast<tmsize_t>(part.size()));
    file.require(got == static_cast<tmsize_t>(part.size()), "cannot read pixels");
  }
}

void read_tiles(const TiffHandle& file, const Page& page, std::span<std::byte> pixels, std::uint64_t file_bytes,
                const std::string& name) {
  const std::size_t tile_rows = file.tag<std::uint32_t>(TIFFTAG_TILELENGTH, 0);
  const std::size_t tile_cols = file.tag<std::uint32_t>(TIFFTAG_TILEWIDTH, 0);
  const std::size_t size = detail::checked_image_bytes(tile_rows, tile_cols, page.dtype, name);
  require_plausible_size(size, file_bytes, true, name);
  file.require(TIFFTileSize(file.get()) == static_cast<tmsize_t>(size), "tiles of a wrong size");
  std::vector<std::byte> tile(size);
  const std::size_t element = size_of(page.dtype);
  for (std::size_t row = 0; row < page.rows; row += tile_rows) {
    for (std::size_t col = 0; col < page.cols; col += tile_cols) {
      const auto got =
          TIFFReadTile(file.get(), tile.data(), static_cast<std::uint32_t>(col), static_cast<std::uint32_t>(row), 0, 0);
      file.require(got == static_cast<tmsize_t>(size), "cannot read pixels");
      const std::size_t width = std::min(tile_cols, page.cols - col) * element;
      for (std::size_t r = 0; r < std::min(tile_rows, page.rows - row); ++r)
        std::memcpy(&pixels[(row + r) * page.row_bytes() + col * element], &tile[r * tile_cols * element], width);
    }
  }
}

class TiffImages final : public ImageSeries {
 public:
  explicit TiffImages(const ImageSpec& spec)
      : path_(spec.path), file_bytes_(detail::size_of_file(path_)), file_(path_, "r"), size_(count_pages()) {}

  std::size_t size() const override { return size_; }

  Array read(std::size_t index) override {
    file_.require(TIFFSetDirectory(file_.get(), static_cast<tdir_t>(index)), "cannot find a page");
    const Page page = read_page(file_, label(index), file_bytes_);
    auto pixels = std::make_shared<std::vector<std::byte>>(page.rows * page.row_bytes());
    if (TIFFIsTiled(file_.get()) != 0) {
      read_tiles(file_, page, *pixels, file_bytes_, label(index));
    } else {
      read_strips(file_, page, *pixels);
    }
    return Array(page.dtype, {page.rows, page.cols}, *pixels, pixels);
  }

  std::string label(std::size_t index) const override {
    return size_ == 1 ? path_.string() : fmt::format("{}:{}", path_.string(), index);
  }

 private:
  std::size_t count_pages() const {
    const std::size_t pages = TIFFNumberOfDirectories(file_.get());
    file_.require(pages > 0, "no pages");
    return pages;
  }

  std::filesystem::path path_;
  std::uint64_t file_bytes_;
  TiffHandle file_;
  std::size_t size_;
};

std::uint16_t sample_format(DType dtype) {
  switch (typestr_of(dtype)[1]) {
    case 'f': return SAMPLEFORMAT_IEEEFP;
    case 'i': return SAMPLEFORMAT_INT;
    default: return SAMPLEFORMAT_UINT;
  }
}

void write_page(const TiffHandle& file, const Array& image) {
  TIFF* tiff = file.get();
  const auto rows = static_cast<std::uint32_t>(image.shape()[0]);
  bool ok = TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, rows) == 1;
  ok = ok && TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(image.shape()[1])) == 1;
  ok = ok && TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * size_of(image.dtype()))) == 1;
  ok = ok && TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, int{sample_format(image.dtype())}) == 1;
  ok = ok && TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1) == 1;
  ok = ok && TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK) == 1;
  ok = ok && TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows) == 1;
  file.require(ok, "cannot describe a page");
  // libtiff takes a pointer to mutable bytes but changes only those of files in another byte order.
  void* pixels = const_cast<std::byte*>(image.bytes().data());
  const auto size = static_cast<tmsize_t>(image.bytes().size());
  file.require(TIFFWriteEncodedStrip(tiff, 0, pixels, size) == size, "cannot write pixels");
  file.require(TIFFWriteDirectory(tiff), "cannot write a page");
}

}  // namespace

std::unique_ptr<ImageSeries> detail::open_tiff(const ImageSpec& spec) { return std::make_unique<TiffImages>(spec); }

void write_tiff(const std::filesystem::path& path, const Array& array) {
  const std::size_t rank = array.shape().size();
  if ((rank != 2 && rank != 3) || array.empty())
    throw DataError(path.string() + ": only images and stacks of images can be written as TIFF");
  const TiffHandle file(path, "w");
  if (rank == 2) return write_page(file, array);
  for (std::size_t i = 0; i < array.shape()[0]; ++i) write_page(file, array.slice(i));
}

}  // namespace annulus
