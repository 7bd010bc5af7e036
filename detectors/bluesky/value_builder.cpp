// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/value_builder.hpp"

#include <fmt/format.h>

#include "detectors/bluesky/repeated_key.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky {

bool ValueBuilder::begin(Value container) {
  if (levels_.size() >= max_depth) return fail(fmt::format("data is nested deeper than {} levels", max_depth));
  levels_.push_back({std::move(container), {}});
  return true;
}

bool ValueBuilder::key(std::string text) {
  levels_.back().key = std::move(text);
  return open_dict()->size() < max_keys || fail(fmt::format("mapping has more than {} keys", max_keys));
}

bool ValueBuilder::add(Value value) {
  if (!budget_.take_value()) return fail(fmt::format("message has more than {} values", max_values));
  if (levels_.empty()) {
    result_ = std::move(value);
  } else if (Dict* dict = open_dict()) {
    dict->append(std::move(levels_.back().key), std::move(value));
  } else {
    levels_.back().container.get_if<List>()->push_back(std::move(value));
  }
  return true;
}

bool ValueBuilder::end() {
  if (const Dict* dict = open_dict()) {
    if (const std::string* twice = repeated_key(dict->keys())) {
      return fail(fmt::format("key '{}' occurs twice in a mapping", printable(*twice)));
    }
  }
  Value container = std::move(levels_.back().container);
  return end_as(std::move(container));
}

bool ValueBuilder::end_as(Value value) {
  levels_.pop_back();
  return add(std::move(value));
}

Dict* ValueBuilder::open_dict() noexcept { return levels_.empty() ? nullptr : levels_.back().container.get_if<Dict>(); }

bool ValueBuilder::fail(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

}  // namespace annulus::bluesky
