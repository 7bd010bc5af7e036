// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/image_key.hpp"

#include <fmt/format.h>

#include "detectors/bluesky/nested_lists.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky {
namespace {

using Failure = Unexpected<std::string>;

ImageKey::Place place_of(const Dict& key) {
  const std::string external = text_at(key, "external");
  if (external.empty()) return ImageKey::Place::event;
  return external == "STREAM:" ? ImageKey::Place::stream : ImageKey::Place::datum;
}

/// The dtype "array" with 2 or 3 dimensions (lengths may be null).
bool is_image(const Dict& key) {
  const List* shape = list_at(key, "shape");
  return text_at(key, "dtype") == "array" && shape != nullptr && (shape->size() == 2 || shape->size() == 3);
}

/// A length as a descriptor declares it: null and 0 leave it open.
std::optional<std::size_t> length_of(const Value& value) {
  const std::int64_t length = value.integer_or(0);
  return length > 0 ? std::optional(static_cast<std::size_t>(length)) : std::nullopt;
}

ImageKey image_key(std::string name, const Dict& key) {
  const List& shape = *list_at(key, "shape");
  ImageKey out;
  out.name = std::move(name);
  out.images_per_event = shape.size() == 3 ? length_of(shape.front()) : 1;
  out.rows = length_of(shape[shape.size() - 2]);
  out.cols = length_of(shape[shape.size() - 1]);
  out.place = place_of(key);
  if (const auto type = parse_typestr(text_at(key, "dtype_numpy"))) out.dtype = type->dtype;
  return out;
}

Expected<std::optional<ImageKey>, std::string> wanted_key(const Dict& data_keys, std::string_view wanted) {
  const Dict* key = dict_at(data_keys, wanted);
  if (key == nullptr) return std::nullopt;
  if (!is_image(*key)) {
    return Failure(fmt::format(
        "data key '{}' is no image (dtype '{}' with {} dimensions); name one that is an array "
        "of 2 or 3 dimensions",
        wanted, printable(text_at(*key, "dtype")), list_at(*key, "shape") ? list_at(*key, "shape")->size() : 0));
  }
  return image_key(std::string(wanted), *key);
}

std::string declared(const ImageKey& key) {
  const auto text = [](const auto& length) { return length ? std::to_string(*length) : std::string("any"); };
  return fmt::format("{} x {} x {}", text(key.images_per_event), text(key.rows), text(key.cols));
}

}  // namespace

Expected<std::optional<ImageKey>, std::string> find_image_key(const Dict& data_keys, std::string_view wanted) {
  if (!wanted.empty()) return wanted_key(data_keys, wanted);
  std::optional<ImageKey> in_files;
  for (const auto& [name, value] : data_keys) {
    const Dict* key = value.get_if<Dict>();
    if (key == nullptr || !is_image(*key)) continue;
    if (place_of(*key) == ImageKey::Place::event) return image_key(name, *key);
    if (!in_files) in_files = image_key(name, *key);
  }
  return in_files;
}

Expected<Array, std::string> read_images(const Value& value, const ImageKey& key) {
  Array array;
  if (const Array* inline_array = value.get_if<Array>()) {
    array = *inline_array;
  } else if (const List* list = value.get_if<List>()) {
    auto converted = array_of_lists(*list, key.dtype);
    if (!converted) return Failure(converted.error());
    array = std::move(*converted);
  } else {
    return Failure(value.get_if<std::string>() ? "image is not in the event (a text stands there, as for a file)"
                                               : "image is not an array");
  }
  Shape shape = array.shape();
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  const bool matches = shape.size() == 3 && (!key.images_per_event || shape[0] == *key.images_per_event) &&
                       (!key.rows || shape[1] == *key.rows) && (!key.cols || shape[2] == *key.cols);
  if (!matches || array.empty()) {
    return Failure(fmt::format("image has shape {} (declared: {})", to_string(array.shape()), declared(key)));
  }
  return array.reshaped(std::move(shape));
}

}  // namespace annulus::bluesky
