// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/hdf5/stored_rows.hpp"

#include <algorithm>
#include <array>

#include "detectors/hdf5/call.hpp"

namespace annulus::hdf5 {

using detail::call;

std::optional<std::vector<StoredFilter>> filters_of_rows(const Dataset& dataset) {
  const Handle how(
      call([&] { return H5Dget_create_plist(dataset.id()); }, "cannot read how {} is stored", dataset.path()));
  if (H5Pget_layout(how.get()) != H5D_CHUNKED) return std::nullopt;
  const Shape shape = dataset.shape();
  std::vector<hsize_t> chunk(shape.size());
  call([&] { return H5Pget_chunk(how.get(), static_cast<int>(chunk.size()), chunk.data()); },
       "cannot read the chunks of {}", dataset.path());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (chunk[i] != (i == 0 ? 1 : shape[i])) return std::nullopt;
  }
  const int count = call([&] { return H5Pget_nfilters(how.get()); }, "cannot read the filters of {}", dataset.path());
  std::vector<StoredFilter> filters;
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    unsigned flags = 0;
    std::array<unsigned, 16> parameters{};
    std::size_t used = parameters.size();
    const auto id =
        call([&] { return H5Pget_filter2(how.get(), i, &flags, &used, parameters.data(), 0, nullptr, nullptr); },
             "cannot read the filters of {}", dataset.path());
    const auto end = parameters.begin() + static_cast<std::ptrdiff_t>(std::min(used, parameters.size()));
    filters.push_back({id, {parameters.begin(), end}});
  }
  return filters;
}

bool is_big_endian(const Dataset& dataset) {
  const Handle type(call([&] { return H5Dget_type(dataset.id()); }, "cannot read the type of {}", dataset.path()));
  return H5Tget_order(type.get()) == H5T_ORDER_BE;
}

std::optional<std::vector<std::byte>> read_stored_row(const Dataset& dataset, std::size_t row) {
  std::vector<hsize_t> corner(dataset.shape().size(), 0);
  corner.at(0) = row;
  hsize_t size = 0;
  call([&] { return H5Dget_chunk_storage_size(dataset.id(), corner.data(), &size); }, "cannot find row {} of {}", row,
       dataset.path());
  if (size == 0) return std::nullopt;
  std::vector<std::byte> bytes(size);
  std::uint32_t skipped = 0;
  call([&] { return H5Dread_chunk(dataset.id(), H5P_DEFAULT, corner.data(), &skipped, bytes.data()); },
       "cannot read row {} of {}", row, dataset.path());
  if (skipped != 0) return std::nullopt;
  return bytes;
}

}  // namespace annulus::hdf5
