// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/replay/recorded_series.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/uid.hpp"
#include "operators/data/units.hpp"

#include "detectors/files/image_spec.hpp"
#include "detectors/simplon/series_header.hpp"

namespace annulus {
namespace {

using hdf5::Dataset;
using hdf5::Group;
using simplon::Packing;

constexpr int lz4_filter = 32004;
constexpr int bitshuffle_filter = 32008;
constexpr unsigned bitshuffle_lz4 = 2;  // the filter's fifth parameter

const std::string detector = "/entry/instrument/detector/";

/// What HDF5's filters did, in the stream's words; none when the stream has no word for it.
Packing packing_of(const Dataset& images) {
  const auto filters = hdf5::filters_of_rows(images);
  if (!filters || filters->size() != 1 || hdf5::is_big_endian(images)) return Packing::none;
  const hdf5::StoredFilter& filter = filters->front();
  if (filter.id == lz4_filter) return Packing::lz4_chunk;
  const bool lz4 = filter.parameters.size() > 4 && filter.parameters[4] == bitshuffle_lz4;
  return filter.id == bitshuffle_filter && lz4 ? Packing::bslz4_chunk : Packing::none;
}

/// 1 for native units and for those that are not known.
double scale_of(const Dataset& field) {
  constexpr std::array<std::pair<std::string_view, double>, 9> units{{{"mm", 1e-3},
                                                                      {"um", 1e-6},
                                                                      {"cm", 1e-2},
                                                                      {"nm", 1e-9},
                                                                      {"A", 1e-10},
                                                                      {"angstrom", 1e-10},
                                                                      {"Angstrom", 1e-10},
                                                                      {"keV", 1e3},
                                                                      {"ms", 1e-3}}};
  const std::string unit = field.text_attribute("units").value_or("");
  for (const auto& [name, scale] : units) {
    if (unit == name) return scale;
  }
  return 1;
}

/// The first of the fields that is there, in native units.
std::optional<double> number_at(const Group& root, std::initializer_list<std::string> names, double default_unit = 1) {
  for (const std::string& name : names) {
    if (!root.is_dataset(name)) continue;
    const Dataset field = root.dataset(name);
    if (count_of(field.shape()) != 1) continue;
    const double value = field.read().to_vector<double>().front();
    const double scale = field.text_attribute("units") ? scale_of(field) : default_unit;
    if (std::isfinite(value)) return value * scale;
  }
  return std::nullopt;
}

std::string text_at(const Group& root, const std::string& name) {
  return root.is_dataset(name) ? root.dataset(name).read_text() : std::string();
}

void add_table(const Group& root, const std::string& name, const Shape& shape, std::vector<simplon::Table>& tables,
               DType dtype) {
  for (const std::string& path : {detector + "detectorSpecific/" + name, detector + name}) {
    if (!root.is_dataset(path) || root.dataset(path).shape() != shape) continue;
    const Array values = root.dataset(path).read();
    tables.push_back({"threshold_1", dtype == DType::u32 ? Array::of(shape, values.to_vector<std::uint32_t>())
                                                         : Array::of(shape, values.to_vector<float>())});
    return;
  }
}

}  // namespace

RecordedSeries::RecordedSeries(const std::string& spec)
    : name_(parse_image_spec(spec).path.string()), file_(hdf5::File::open(name_)) {
  const Group root = file_.root();
  const std::string dataset = parse_image_spec(spec).dataset;
  if (!dataset.empty()) {
    add_block(root.dataset(dataset));
  } else if (root.has_link("/entry/data/data_000001")) {
    for (int k = 1; root.has_link(fmt::format("/entry/data/data_{:06}", k)); ++k) {
      add_block(root.dataset(fmt::format("/entry/data/data_{:06}", k)));
    }
  } else {
    for (const char* path : {"/entry/data/data", "/entry/instrument/detector/data"}) {
      if (blocks_.empty() && root.is_dataset(path)) add_block(root.dataset(path));
    }
  }
  if (blocks_.empty()) {
    throw DataError(fmt::format("{}: no images (it has neither /entry/data/data_000001 nor /entry/data/data)", name_));
  }
  read_header();
}

void RecordedSeries::add_block(Dataset images) {
  const Shape shape = images.shape();
  const std::string where = name_ + ":" + images.path();
  if (shape.size() != 3) throw DataError(fmt::format("{}: shape {} is no stack of images", where, to_string(shape)));
  if (blocks_.empty()) {
    start_.rows = shape[1];
    start_.cols = shape[2];
  } else if (shape[1] != start_.rows || shape[2] != start_.cols) {
    throw DataError(fmt::format("{}: images of {} x {} pixels follow others of {} x {}", where, shape[1], shape[2],
                                start_.rows, start_.cols));
  }
  const Packing packing = packing_of(images);
  if (packing == Packing::none) images.require_filters();
  blocks_.push_back({std::move(images), shape[0], packing});
  size_ += shape[0];
}

void RecordedSeries::read_header() {
  const Group root = file_.root();
  start_.series = 1;
  start_.unique_id = make_uid();
  start_.images = size_;
  start_.header_detail = "all";
  start_.channels = {"threshold_1"};
  start_.description = text_at(root, detector + "description");
  start_.sensor_material = text_at(root, detector + "sensor_material");
  start_.beam_center_x = number_at(root, {detector + "beam_center_x"});
  start_.beam_center_y = number_at(root, {detector + "beam_center_y"});
  start_.detector_distance = number_at(root, {detector + "detector_distance", detector + "distance"});
  start_.pixel_size_x = number_at(root, {detector + "x_pixel_size"});
  start_.pixel_size_y = number_at(root, {detector + "y_pixel_size"});
  start_.sensor_thickness = number_at(root, {detector + "sensor_thickness"});
  start_.saturation = number_at(root, {detector + "saturation_value"});
  start_.wavelength =
      number_at(root, {"/entry/instrument/beam/incident_wavelength", "/entry/sample/beam/incident_wavelength"}, 1e-10);
  start_.energy =
      number_at(root, {detector + "detectorSpecific/photon_energy", "/entry/instrument/beam/incident_energy"});
  if (!start_.energy && start_.wavelength && *start_.wavelength > 0) start_.energy = hc_ev_m / *start_.wavelength;
  if (const auto threshold = number_at(root, {detector + "threshold_energy"})) start_.threshold_energies = {*threshold};
  start_.time = simplon::parse_time(text_at(root, detector + "detectorSpecific/data_collection_date"));
  count_time_ = number_at(root, {detector + "count_time"}).value_or(0);
  frame_time_ = number_at(root, {detector + "frame_time"}).value_or(count_time_);
  start_.header = Dict{{"count_time", count_time_}, {"frame_time", frame_time_}};
  if (!start_.threshold_energies.empty()) start_.header.set("threshold_energy", start_.threshold_energies.front());
  add_table(root, "pixel_mask", {start_.rows, start_.cols}, start_.pixel_masks, DType::u32);
  add_table(root, "flatfield", {start_.rows, start_.cols}, start_.flatfields, DType::f32);
}

simplon::SeriesImage RecordedSeries::image(std::uint64_t index) const {
  std::uint64_t row = index;
  std::size_t block = 0;
  while (row >= blocks_.at(block).count) row -= blocks_[block++].count;
  const auto time = static_cast<double>(index) * frame_time_;
  simplon::SeriesImage image;
  image.series = start_.series;
  image.unique_id = start_.unique_id;
  image.frame = index;
  image.channels.push_back(pixels_of(blocks_[block], row));
  image.series_time = start_.time;
  image.start_time = time;
  image.stop_time = time + count_time_;
  image.real_time = count_time_;
  return image;
}

simplon::EncodedArray RecordedSeries::pixels_of(const Block& block, std::uint64_t row) const {
  const DType dtype = block.images.dtype();
  if (block.packing != Packing::none) {
    if (auto stored = hdf5::read_stored_row(block.images, row)) {
      const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(*stored));
      return {.channel = "threshold_1",
              .dtype = dtype,
              .swapped = false,
              .packing = block.packing,
              .shuffle_size = size_of(dtype),
              .shape = {start_.rows, start_.cols},
              .bytes = *owner,
              .owner = owner};
    }
  }
  return simplon::encode_array(block.images.read_rows(row, 1).slice(0), Packing::none, "threshold_1");
}

}  // namespace annulus
