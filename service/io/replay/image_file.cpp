// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/replay/image_file.hpp"

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

hdf5::File create(const std::filesystem::path& path) {
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  return hdf5::File::create(path);
}

hdf5::Dataset make_images(const hdf5::File& file, const Array& first) {
  hdf5::Group root = file.root();
  root.set("default", "entry");
  hdf5::Group entry = root.make_group("entry", "NXentry");
  entry.set("default", "data");
  hdf5::Group data = entry.make_group("data", "NXdata");
  data.set("signal", "data");
  Shape shape = first.shape();
  shape.insert(shape.begin(), 0);
  return data.make_dataset("data",
                           {.dtype = first.dtype(), .shape = shape, .growth = hdf5::Growth::rows, .chunk_rows = 1});
}

}  // namespace

ImageFile::ImageFile(const std::filesystem::path& path, const Array& first)
    : file_(create(path)), images_(make_images(file_, first)), dtype_(first.dtype()), shape_(first.shape()) {
  file_.start_swmr();
}

std::size_t ImageFile::append(const Array& image) {
  if (image.dtype() != dtype_ || image.shape() != shape_) {
    throw DataError(fmt::format("an image is {} {} (those before are {} {}); the images of a run are of one kind",
                                to_string(image.shape()), name_of(image.dtype()), to_string(shape_), name_of(dtype_)));
  }
  images_.resize_rows(count_ + 1);
  visit_dtype(dtype_, [&](auto tag) { images_.write_rows<decltype(tag)>(count_, image.to_vector<decltype(tag)>()); });
  images_.flush();
  return count_++;
}

}  // namespace annulus
