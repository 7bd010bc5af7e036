// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/hdf5/dataset.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "detectors/hdf5/call.hpp"
#include "detectors/hdf5/types.hpp"

namespace annulus::hdf5 {

using detail::call;

namespace {

Handle space_of(const Dataset& dataset) {
  return Handle(call([&] { return H5Dget_space(dataset.id()); }, "cannot read the extent of {}", dataset.path()));
}

Handle type_of(const Dataset& dataset) {
  return Handle(call([&] { return H5Dget_type(dataset.id()); }, "cannot read the type of {}", dataset.path()));
}

Handle creation_properties_of(const Dataset& dataset) {
  return Handle(
      call([&] { return H5Dget_create_plist(dataset.id()); }, "cannot read how {} is stored", dataset.path()));
}

/// The file's dataspace with rows [first, first + count) selected.
Handle select_rows(const Dataset& dataset, std::size_t first, std::size_t count) {
  Handle space = space_of(dataset);
  const Shape extent = detail::shape_of(space.get());
  if (extent.empty() || first > extent[0] || count > extent[0] - first)
    throw DataError(fmt::format("rows {} to {} are not in {} (its extent is {})", first, first + count, dataset.path(),
                                to_string(extent)));
  std::vector<hsize_t> start(extent.size(), 0);
  std::vector<hsize_t> size(extent.begin(), extent.end());
  start[0] = first;
  size[0] = count;
  call([&] { return H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr); },
       "cannot select rows of {}", dataset.path());
  return space;
}

Array read_selection(const Dataset& dataset, Id file_space, const Shape& shape) {
  dataset.require_filters();
  const DType dtype = dataset.dtype();
  auto bytes = std::make_shared<std::vector<std::byte>>(count_of(shape) * size_of(dtype));
  const Handle memory = detail::space_of(shape);
  call(
      [&] {
        return H5Dread(dataset.id(), detail::native_type(dtype), memory.get(), file_space, H5P_DEFAULT, bytes->data());
      },
      "cannot read {}", dataset.path());
  return Array(dtype, shape, *bytes, bytes);
}

/// The longest beginning of `text` that fits and does not end inside a UTF-8 character.
std::string_view cut(std::string_view text, std::size_t width) {
  if (text.size() <= width) return text;
  auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  while (width > 0 && is_continuation(text[width])) --width;
  return text.substr(0, width);
}

}  // namespace

Shape Dataset::shape() const { return detail::shape_of(space_of(*this).get()); }

DType Dataset::dtype() const { return detail::dtype_of(type_of(*this).get(), path()); }

void Dataset::resize_rows(std::size_t rows) {
  const Shape extent = shape();
  std::vector<hsize_t> size(extent.begin(), extent.end());
  size.at(0) = rows;
  call([&] { return H5Dset_extent(id(), size.data()); }, "cannot resize {} to {} rows", path(), rows);
}

void Dataset::write_bytes(std::size_t first, DType dtype, std::size_t count, std::span<const std::byte> bytes) {
  Shape shape = this->shape();
  if (!shape.empty()) shape[0] = 1;
  const std::size_t row = count_of(shape);
  if (row == 0 || count % row != 0)
    throw DataError(fmt::format("{} values are no whole rows of {} ({} each)", count, path(), row));
  if (count == 0) return;
  const Handle file = shape.empty() ? space_of(*this) : select_rows(*this, first, count / row);
  const Handle memory = detail::space_of({count});
  call([&] { return H5Dwrite(id(), detail::native_type(dtype), memory.get(), file.get(), H5P_DEFAULT, bytes.data()); },
       "cannot write {}", path());
}

void Dataset::write_fixed_text(Id file_space, std::span<const std::string> texts) {
  const std::size_t width = H5Tget_size(type_of(*this).get());
  std::string bytes(width * texts.size(), '\0');
  for (std::size_t i = 0; i < texts.size(); ++i) std::ranges::copy(cut(texts[i], width), bytes.data() + i * width);
  const Handle type = detail::text_type(width);
  const Handle memory = detail::space_of({texts.size()});
  call([&] { return H5Dwrite(id(), type.get(), memory.get(), file_space, H5P_DEFAULT, bytes.data()); },
       "cannot write {}", path());
}

void Dataset::write_text_rows(std::size_t first, std::span<const std::string> texts) {
  if (!texts.empty()) write_fixed_text(select_rows(*this, first, texts.size()).get(), texts);
}

void Dataset::write_text(const std::string& text) { write_fixed_text(space_of(*this).get(), {&text, 1}); }

Array Dataset::read() const { return read_selection(*this, H5S_ALL, shape()); }

Array Dataset::read_rows(std::size_t first, std::size_t count) const {
  const Handle space = select_rows(*this, first, count);
  Shape shape = this->shape();
  shape[0] = count;
  return read_selection(*this, space.get(), shape);
}

bool Dataset::has_row(std::size_t row) const {
  const Shape extent = shape();
  if (extent.empty() || row >= extent[0]) return false;
  const Shape chunk = chunk_shape();
  if (chunk.empty()) return true;
  // The first corner of each chunk that has a part in the row, one after the other.
  std::vector<hsize_t> corner(extent.size(), 0);
  corner[0] = row / chunk[0] * chunk[0];
  while (true) {
    hsize_t bytes = 0;
    call([&] { return H5Dget_chunk_storage_size(id(), corner.data(), &bytes); }, "cannot look for a chunk of {}",
         path());
    if (bytes == 0) return false;
    std::size_t dimension = corner.size() - 1;
    while (dimension > 0 && (corner[dimension] += chunk[dimension]) >= extent[dimension]) corner[dimension--] = 0;
    if (dimension == 0) return true;
  }
}

bool Dataset::is_stored_outside() const {
  const Handle properties = creation_properties_of(*this);
  return call([&] { return H5Pget_external_count(properties.get()); }, "cannot read how {} is stored", path()) > 0;
}

std::string Dataset::read_text() const {
  const Handle type = type_of(*this);
  if (H5Tget_class(type.get()) != H5T_STRING || count_of(shape()) != 1) throw DataError(path() + " is no single text");
  if (H5Tis_variable_str(type.get()) > 0) {
    char* data = nullptr;
    call([&] { return H5Dread(id(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &data); }, "cannot read {}", path());
    std::string text = data == nullptr ? std::string() : std::string(data);
    H5free_memory(data);
    return text;
  }
  std::string text(H5Tget_size(type.get()), '\0');
  call([&] { return H5Dread(id(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()); }, "cannot read {}", path());
  return text.substr(0, text.find('\0'));
}

void Dataset::flush() {
  call([&] { return H5Dflush(id()); }, "cannot flush {}", path());
}

void Dataset::refresh() {
  call([&] { return H5Drefresh(id()); }, "cannot refresh {}", path());
}

std::vector<Filter> Dataset::filters() const {
  const Handle properties = creation_properties_of(*this);
  const int count = call([&] { return H5Pget_nfilters(properties.get()); }, "cannot read the filters of {}", path());
  std::vector<Filter> all;
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    unsigned flags = 0;
    std::size_t settings = 32;
    std::vector<unsigned> values(settings);
    char name[128] = "";
    const auto number = call(
        [&] {
          return H5Pget_filter2(properties.get(), i, &flags, &settings, values.data(), sizeof name, name, nullptr);
        },
        "cannot read the filters of {}", path());
    values.resize(std::min(settings, values.size()));
    all.push_back({number, name, std::move(values)});
  }
  return all;
}

void Dataset::require_filters() const {
  for (const Filter& filter : filters()) {
    if (H5Zfilter_avail(filter.number) > 0) continue;
    throw IoError(
        fmt::format("{} cannot be decompressed (HDF5 has no filter {} '{}'); set HDF5_PLUGIN_PATH to a "
                    "folder with the plugin, or rewrite the file uncompressed or with gzip",
                    path(), filter.number, filter.name));
  }
}

Shape Dataset::chunk_shape() const {
  const Handle properties = creation_properties_of(*this);
  if (H5Pget_layout(properties.get()) != H5D_CHUNKED) return {};
  std::vector<hsize_t> chunk(shape().size());
  call([&] { return H5Pget_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()); },
       "cannot read the chunks of {}", path());
  return {chunk.begin(), chunk.end()};
}

bool Dataset::is_stored_as_read() const {
  return call([&] { return H5Tequal(type_of(*this).get(), detail::native_type(dtype())); },
              "cannot compare the type of {}", path()) > 0;
}

std::vector<std::byte> Dataset::read_stored_chunk(std::size_t row) const {
  std::vector<hsize_t> corner(shape().size(), 0);
  corner.at(0) = row;
  hsize_t size = 0;
  call([&] { return H5Dget_chunk_storage_size(id(), corner.data(), &size); }, "cannot look for a chunk of {}", path());
  std::vector<std::byte> bytes(size);
  std::uint32_t left_out = 0;
  call([&] { return H5Dread_chunk(id(), H5P_DEFAULT, corner.data(), &left_out, bytes.data()); },
       "cannot read a chunk of {}", path());
  if (left_out != 0) throw DataError(fmt::format("{}: chunk at row {} was written without its filter", path(), row));
  return bytes;
}

}  // namespace annulus::hdf5
