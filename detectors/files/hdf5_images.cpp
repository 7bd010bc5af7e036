// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "operators/data/error.hpp"

#include "detectors/files/formats.hpp"
#include "detectors/files/hdf5_rows.hpp"
#include "detectors/hdf5/file.hpp"

namespace annulus::detail {

namespace {

using hdf5::Dataset;
using hdf5::Group;

/// Where detectors and analysis programs put images.
constexpr const char* usual_places[] = {"/entry/data/data", "/entry/instrument/detector/data", "/imageseries/images",
                                        "/exchange/data"};

bool is_numeric(const Dataset& dataset) {
  try {
    static_cast<void>(dataset.dtype());
    return true;
  } catch (const DataError&) {
    return false;
  }
}

bool has_rank(const Dataset& dataset, std::size_t rank) {
  return dataset.shape().size() == rank && is_numeric(dataset);
}

bool is_image(const Group& root, const std::string& path) {
  if (!root.is_dataset(path)) return false;
  const Dataset dataset = root.dataset(path);
  return has_rank(dataset, 2) || has_rank(dataset, 3);
}

/// Follows @default from the root to the NXdata, then its @signal (NeXus, "Find the default plottable data").
std::optional<std::string> default_plot(const Group& root) {
  std::string path;
  constexpr int max_depth = 8;
  for (int depth = 0; depth < max_depth; ++depth) {
    if (!root.exists(path.empty() ? "/" : path) || root.is_dataset(path.empty() ? "/" : path)) return {};
    const Group group = root.group(path.empty() ? "/" : path);
    if (const auto signal = group.text_attribute("signal")) return path + "/" + *signal;
    const auto next = group.text_attribute("default");
    if (!next || next->empty()) return {};
    path = next->front() == '/' ? *next : path + "/" + *next;
  }
  return {};
}

std::string find_images(const Group& root, const std::string& file) {
  if (const auto path = default_plot(root); path && is_image(root, *path)) return *path;
  for (const char* path : usual_places)
    if (is_image(root, path)) return path;
  std::vector<std::string> candidates;
  for (std::size_t rank : {3U, 2U}) {
    std::vector<std::string> found;
    for (const auto& name : root.dataset_names())
      if (has_rank(root.dataset(name), rank)) found.push_back("/" + name);
    if (found.size() == 1 && candidates.empty()) return found.front();
    candidates.insert(candidates.end(), found.begin(), found.end());
  }
  if (candidates.empty()) throw DataError(file + ": no images (no dataset has two or three dimensions)");
  constexpr std::size_t max_listed = 12;
  const auto shown = std::min(candidates.size(), max_listed);
  throw DataError(fmt::format("{}: several datasets may be images; name one, such as '{}:{}'. There are: {}{}", file,
                              file, candidates.front(), fmt::join(candidates.begin(), candidates.begin() + shown, ", "),
                              shown < candidates.size() ? ", ..." : ""));
}

Dataset open_dataset(const Group& root, const ImageSpec& spec) {
  if (spec.dataset.empty()) return root.dataset(find_images(root, spec.path.string()));
  if (!root.is_dataset(spec.dataset))
    throw DataError(fmt::format("{}: no dataset '{}'. There are: {}", spec.path.string(), spec.dataset,
                                fmt::join(root.dataset_names(), ", ")));
  return root.dataset(spec.dataset);
}

class Hdf5Images final : public ImageSeries {
 public:
  explicit Hdf5Images(const ImageSpec& spec)
      : path_(spec.path),
        file_(hdf5::File::open(path_)),
        data_(open_dataset(file_.root(), spec)),
        shape_(data_.shape()) {
    const std::string name = path_.string() + ":" + data_.path();
    if (shape_.size() != 2 && shape_.size() != 3)
      throw DataError(fmt::format("{}: shape {} is no image or stack of images", name, to_string(shape_)));
    checked_image_bytes(shape_[shape_.size() - 2], shape_.back(), data_.dtype(), name);
    if (is_stack()) {
      require_readable(data_);
    } else {
      data_.require_filters();
    }
  }

  std::size_t size() const override { return is_stack() ? shape_[0] : 1; }
  Array read(std::size_t index) override { return is_stack() ? read_row(data_, index).slice(0) : data_.read(); }
  std::string label(std::size_t index) const override {
    const std::string name = path_.string() + ":" + data_.path();
    return is_stack() ? fmt::format("{}:{}", name, index) : name;
  }

 private:
  bool is_stack() const { return shape_.size() == 3; }

  std::filesystem::path path_;
  hdf5::File file_;
  Dataset data_;
  Shape shape_;
};

}  // namespace

std::unique_ptr<ImageSeries> open_hdf5(const ImageSpec& spec) { return std::make_unique<Hdf5Images>(spec); }

}  // namespace annulus::detail
