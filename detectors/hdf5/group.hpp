// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "detectors/hdf5/dataset.hpp"

namespace annulus::hdf5 {

enum class Growth { fixed, rows };  ///< whether the first dimension may be extended

/// How to make a dataset.
struct DatasetSpec {
  DType dtype = DType::f64;
  Shape shape{};  ///< initial extent
  Growth growth = Growth::fixed;
  std::size_t chunk_rows = 0;    ///< rows per chunk; 0 stores a fixed dataset in one piece
  std::optional<double> fill{};  ///< value of elements never written; 0 when not given
};

/// What a field of one value may hold: text (UTF-8 of variable length), numbers, a flag, a list of numbers.
using FieldValue = std::variant<std::string, std::int64_t, double, bool, std::vector<double>>;

/// A folder in a file. Names may be paths ("data/I"); groups on the way must exist. Every function throws IoError.
class Group final : public Object {
 public:
  using Object::Object;

  /// Makes a group; a NeXus class other than "" becomes its attribute NX_class.
  Group make_group(const std::string& name, std::string_view nx_class = {});
  Dataset make_dataset(const std::string& name, const DatasetSpec& spec);
  /// Makes a table of texts of at most `width` bytes; {} as shape makes a scalar.
  Dataset make_text_dataset(const std::string& name, std::size_t width, const Shape& shape, Growth growth);
  /// Makes and fills a small dataset.
  Dataset write(const std::string& name, const FieldValue& value);
  /// Makes `name` lead to the object at the absolute path `target`.
  void link(const std::string& name, const std::string& target);

  [[nodiscard]] bool exists(const std::string& name) const;
  /// True when there is such a name, even when it leads to nothing: to a file that is absent.
  [[nodiscard]] bool has_link(const std::string& name) const;
  [[nodiscard]] Group group(const std::string& name) const;
  [[nodiscard]] Dataset dataset(const std::string& name) const;
  [[nodiscard]] bool is_dataset(const std::string& name) const;
  /// Paths of all datasets below, relative to this group, in alphabetical order. Soft and external links are not
  /// followed.
  [[nodiscard]] std::vector<std::string> dataset_names() const;
};

}  // namespace annulus::hdf5
