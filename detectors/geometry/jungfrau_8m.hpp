// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace annulus {

/// (rows * cols): 0 on the chips of a Jungfrau 8M, else 1.
[[nodiscard]] std::vector<std::uint8_t> jungfrau_8m_mask(std::size_t rows, std::size_t cols);

}  // namespace annulus
