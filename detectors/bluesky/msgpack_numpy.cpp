// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/msgpack_numpy.hpp"

#include "detectors/bluesky/numpy_array.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky {
namespace {

using Failure = Unexpected<std::string>;

Expected<Shape, std::string> read_shape(const Dict& dict) {
  const List* list = list_at(dict, "shape");
  if (list == nullptr) return Failure("numpy array has no shape");
  Shape shape;
  for (const Value& value : *list) {
    const std::int64_t length = value.integer_or(-1);
    if (length < 0) return Failure("shape of an array holds something else than lengths");
    shape.push_back(static_cast<std::size_t>(length));
  }
  return shape;
}

}  // namespace

bool is_numpy_mapping(const Dict& dict) noexcept {
  const auto is_flag = [&](std::string_view key) {
    const Value* value = dict.find(key);
    return value != nullptr && value->get_if<bool>() != nullptr;
  };
  return dict.contains("data") && ((is_flag("nd") && dict.contains("type")) || is_flag("complex"));
}

Expected<Value, std::string> read_numpy_mapping(const Dict& dict, std::span<const std::byte> data,
                                                const std::shared_ptr<const void>& owner, Budget& budget) {
  const Value* nd = dict.find("nd");
  if (nd == nullptr) return Failure("complex numbers are not read");
  const std::string* typestr = dict.find("type")->get_if<std::string>();
  if (typestr == nullptr) return Failure("numpy type is structured (only integers, floats and bool are read)");
  const auto type = parse_wire_type(printable(*typestr));
  if (!type) return Failure(type.error());
  if (*nd->get_if<bool>()) {
    auto shape = read_shape(dict);
    if (!shape) return Failure(shape.error());
    const auto axes = axes_in_memory(shape->size(), MemoryOrder::c);
    auto array = make_array(*type, std::move(*shape), axes, data, owner, budget);
    if (!array) return Failure(array.error());
    return Value(std::move(*array));
  }
  auto number = make_scalar(*type, data);
  if (number && is_bool(*typestr)) return Value(number->number_or(0) != 0);
  return number;
}

}  // namespace annulus::bluesky
