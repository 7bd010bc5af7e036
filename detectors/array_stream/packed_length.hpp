// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "detectors/simplon/encoded_array.hpp"

namespace annulus::array_stream {

/// How many of the image's bytes are its packed pixels. ADZMQ sends as many bytes as the unpacked image has, also when
/// it is packed: what follows the packed ones is rubbish. All bytes when they make no sense; the decoder will say why.
[[nodiscard]] std::size_t packed_length(const simplon::EncodedArray& image);

}  // namespace annulus::array_stream
