// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "operators/data/value.hpp"

namespace annulus {

// File names from start documents: "{scan_id}_{uid:.8}.nxs".
//   {field}       text or number under that key; {sample.name} looks into mappings
//   {field:05}    a number, padded with zeros to 5 digits
//   {field:.8}    the first 8 characters
//   {{ and }}     braces

/// Checks how a template is written, without a document. Throws ConfigError saying what is wrong and where.
void check_name_template(std::string_view name_template);

/// Fills in a template. Characters of values other than ASCII letters, digits, and "-_.+=@" become "_", so a value
/// never leads to another folder; a name never begins with a dot and has at most 200 bytes.
/// Throws ConfigError for a bad template, and for a field that the document does not have, naming those it has.
[[nodiscard]] std::string expand_name(std::string_view name_template, const Dict& start);

}  // namespace annulus
