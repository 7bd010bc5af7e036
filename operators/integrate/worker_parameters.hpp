// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "operators/data/value.hpp"

#include "detectors/geometry/worker_json.hpp"
#include "operators/stream/node.hpp"

namespace annulus {

/// Sets the parameters of an operator of this type to what a JSON of pyFAI's worker says (`file` is its path, as which
/// the geometry is read), but for those in `left_out`, those that have been set, and those that these stand in for, as
/// `edges` do for the number of bins and the range. Throws ConfigError when the file asks for what another operator
/// does, and when a value does not fit.
void set_from_worker(Node& node, std::string_view type, const WorkerSettings& settings,
                     const std::filesystem::path& file, std::vector<std::string_view> left_out);

}  // namespace annulus
