// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/references.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "detectors/bluesky/event_page.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky {
namespace {

constexpr std::size_t max_resources = 4096;
constexpr std::size_t max_datums = 64 * 1024;
constexpr std::size_t max_id = 256;
constexpr std::int64_t max_point = std::int64_t{1} << 40;  // beyond any count of images

/// Keeps `value` under `id`, and forgets the oldest beyond `most`.
template <class T>
void keep(std::unordered_map<std::string, T>& all, std::deque<std::string>& order, std::size_t most, std::string id,
          T value) {
  if (!all.insert_or_assign(id, std::move(value)).second) return;
  order.push_back(std::move(id));
  if (order.size() <= most) return;
  all.erase(order.front());
  order.pop_front();
}

std::optional<std::int64_t> number_in(const Dict& kwargs, std::string_view key) {
  const Value* value = kwargs.find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const std::int64_t number = value->integer_or(-1);
  return number >= 0 && number <= max_point ? number : -1;
}

std::string text_of(const Value& value) { return std::string(value.text_or("")); }

}  // namespace

void References::add(const Dict& document, Expected<ImageResource, std::string> said) {
  std::string uid = text_at(document, "uid");
  if (uid.empty() || uid.size() > max_id) return;
  Resource resource;
  if (said) {
    resource.said = std::move(*said);
    resource.files = std::make_shared<const ImageFiles>(resource.said.files);
  } else {
    resource.said.data_key = text_at(document, "data_key");
    resource.problem = std::move(said.error());
  }
  keep(resources_, resource_order_, max_resources, std::move(uid), std::move(resource));
}

void References::add_datum(std::string id, std::string resource, const Dict& kwargs) {
  if (id.empty() || id.size() > max_id || resource.size() > max_id) return;
  keep(datums_, datum_order_, max_datums, std::move(id),
       Datum{std::move(resource), number_in(kwargs, "point_number"), number_in(kwargs, "seq_id"),
             number_in(kwargs, "frame_num")});
}

void References::add_datum(const Dict& document) {
  const Dict* kwargs = dict_at(document, "datum_kwargs");
  add_datum(text_at(document, "datum_id"), text_at(document, "resource"), kwargs == nullptr ? Dict() : *kwargs);
}

void References::add_datum_page(const Dict& document) {
  const List* ids = list_at(document, "datum_id");
  if (ids == nullptr) return;
  for (std::size_t row = 0; row < ids->size(); ++row) {
    add_datum(text_of((*ids)[row]), text_at(document, "resource"), row_of(document, "datum_kwargs", row));
  }
}

void References::add_bulk_datum(const Dict& document) {
  const List* ids = list_at(document, "datum_ids");
  const List* kwargs = list_at(document, "datum_kwarg_list");
  if (ids == nullptr || kwargs == nullptr) return;
  for (std::size_t row = 0; row < std::min(ids->size(), kwargs->size()); ++row) {
    const Dict* one = (*kwargs)[row].get_if<Dict>();
    add_datum(text_of((*ids)[row]), text_at(document, "resource"), one == nullptr ? Dict() : *one);
  }
}

const References::Resource* References::find_resource(std::string_view uid) const {
  const auto found = resources_.find(std::string(uid));
  return found == resources_.end() ? nullptr : &found->second;
}

std::optional<ImagePlace> References::find_datum(std::string_view id) const {
  const auto found = datums_.find(std::string(id));
  if (found == datums_.end()) return std::nullopt;
  const Datum& datum = found->second;
  const Resource* resource = find_resource(datum.resource);
  if (resource == nullptr) return std::nullopt;
  const auto refused = [](std::string problem) { return ImagePlace{nullptr, 0, {}, std::move(problem)}; };
  if (resource->files == nullptr) return refused(resource->problem);
  if (resource->said.by_series) {
    if (datum.series.value_or(-1) < 0) return refused("datum has no 'seq_id'");
    ImageFiles files = *resource->files;
    files.path += fmt::format("_{}_master.h5", *datum.series);
    const auto image = static_cast<std::uint64_t>(std::max<std::int64_t>(datum.image.value_or(0), 0));
    return ImagePlace{std::make_shared<const ImageFiles>(std::move(files)),
                      image,
                      datum.image ? std::optional<std::uint64_t>(1) : std::nullopt,
                      {}};
  }
  if (datum.point.value_or(-1) < 0) return refused("datum has no 'point_number'");
  const std::uint64_t count = resource->said.images_per_point;
  return ImagePlace{resource->files, static_cast<std::uint64_t>(*datum.point) * count, count, {}};
}

}  // namespace annulus::bluesky
