// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

#include "detectors/bluesky/limits.hpp"

namespace annulus::bluesky {

/// True for a mapping that stands for a numpy array, a numpy scalar or a complex number (msgpack_numpy.py: encode).
[[nodiscard]] bool is_numpy_mapping(const Dict& dict) noexcept;

/// The array or number that such a mapping stands for. `data` are the bytes under its key "data", kept alive by
/// `owner`. Errors: types that are not numbers, sizes that do not fit.
[[nodiscard]] Expected<Value, std::string> read_numpy_mapping(const Dict& dict, std::span<const std::byte> data,
                                                              const std::shared_ptr<const void>& owner, Budget& budget);

}  // namespace annulus::bluesky
