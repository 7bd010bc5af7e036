// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "detectors/hdf5/handle.hpp"

namespace annulus::hdf5 {

/// What an attribute may hold here: text, a list of texts, a number.
using AttributeValue = std::variant<std::string, std::vector<std::string>, std::int64_t, double>;

/// A group or a dataset: something with attributes.
class Object {
 public:
  explicit Object(Handle handle) : handle_(std::move(handle)) {}

  /// Writes an attribute, replacing an earlier one. Text is UTF-8 of variable length. Throws IoError.
  void set(const std::string& name, const AttributeValue& value);

  /// A text attribute, or nothing when it is absent or no single text.
  [[nodiscard]] std::optional<std::string> text_attribute(const std::string& name) const;

  [[nodiscard]] Id id() const noexcept { return handle_.get(); }
  /// Absolute path in the file.
  [[nodiscard]] std::string path() const;

 private:
  Handle handle_;
};

}  // namespace annulus::hdf5
