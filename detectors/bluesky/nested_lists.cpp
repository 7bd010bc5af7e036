// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/nested_lists.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "detectors/bluesky/limits.hpp"

namespace annulus::bluesky {
namespace {

using Failure = Unexpected<std::string>;
using Leaves = std::vector<const Value*>;

Shape shape_of(const List& list) {
  Shape shape;
  for (const List* level = &list; level != nullptr; level = level->empty() ? nullptr : level->front().get_if<List>()) {
    shape.push_back(level->size());
  }
  return shape;
}

bool is_number(const Value& value) {
  return value.is_null() || value.get_if<bool>() || value.get_if<std::int64_t>() || value.get_if<std::uint64_t>() ||
         value.get_if<double>();
}

/// Gathers the numbers row by row; false when the lists do not all have the lengths in `shape`.
bool gather(const List& list, const Shape& shape, std::size_t dimension, Leaves& leaves) {
  if (list.size() != shape[dimension]) return false;
  const bool is_last = dimension + 1 == shape.size();
  return std::ranges::all_of(list, [&](const Value& value) {
    const List* inner = value.get_if<List>();
    if (is_last != (inner == nullptr)) return false;
    if (inner != nullptr) return gather(*inner, shape, dimension + 1, leaves);
    leaves.push_back(&value);
    return true;
  });
}

DType common_type(const Leaves& leaves) {
  bool has_double = false;
  bool has_huge = false;
  std::int64_t least = 0;
  std::int64_t most = 0;
  for (const Value* leaf : leaves) {
    has_double |= leaf->is_null() || leaf->get_if<double>() != nullptr;
    has_huge |= leaf->get_if<std::uint64_t>() != nullptr;
    least = std::min(least, leaf->integer_or(0));
    most = std::max(most, leaf->integer_or(0));
  }
  if (has_double || (has_huge && least < 0)) return DType::f64;
  if (has_huge) return DType::u64;
  return std::in_range<std::int32_t>(least) && std::in_range<std::int32_t>(most) ? DType::i32 : DType::i64;
}

/// The number as T, or nothing when T cannot hold it.
template <class T>
std::optional<T> number_as(const Value& value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value.number_or(std::numeric_limits<double>::quiet_NaN()));
  } else {
    if (const auto* v = value.get_if<std::int64_t>()) return std::in_range<T>(*v) ? std::optional<T>(*v) : std::nullopt;
    if (const auto* v = value.get_if<std::uint64_t>()) {
      return std::in_range<T>(*v) ? std::optional<T>(*v) : std::nullopt;
    }
    if (const auto* v = value.get_if<bool>()) return static_cast<T>(*v);
    return std::nullopt;
  }
}

}  // namespace

Expected<Array, std::string> array_of_lists(const List& list, std::optional<DType> dtype) {
  Shape shape = shape_of(list);
  Leaves leaves;
  if (!gather(list, shape, 0, leaves)) return Failure("nested lists are not rectangular");
  if (!std::ranges::all_of(leaves, [](const Value* leaf) { return is_number(*leaf); })) {
    return Failure("nested lists hold something else than numbers");
  }
  return visit_dtype(dtype.value_or(common_type(leaves)), [&](auto tag) -> Expected<Array, std::string> {
    using T = decltype(tag);
    std::vector<T> values;
    values.reserve(leaves.size());
    for (const Value* leaf : leaves) {
      const auto number = number_as<T>(*leaf);
      if (!number) {
        return Failure(fmt::format("value {} does not fit {} (declared as dtype_numpy)", leaf->number_or(NAN),
                                   name_of(dtype_of<T>())));
      }
      values.push_back(*number);
    }
    return Array::of<T>(std::move(shape), std::move(values));
  });
}

}  // namespace annulus::bluesky
