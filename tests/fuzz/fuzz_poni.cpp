// SPDX-License-Identifier: BSD-3-Clause
#include <string_view>

#include "operators/data/error.hpp"

#include "detectors/geometry/poni.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace annulus;

bool same_geometry(const Poni& a, const Poni& b) {
  return a.detector == b.detector && a.distance == b.distance && a.poni1 == b.poni1 && a.poni2 == b.poni2 &&
         a.rot1 == b.rot1 && a.rot2 == b.rot2 && a.rot3 == b.rot3 && a.wavelength == b.wavelength;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Poni poni = fuzz::with_justified_memory(size, [&] { return parse_poni(text, "fuzz.poni"); });
    require_valid(poni);
    fuzz::require(same_geometry(parse_poni(to_poni_text(poni), "again.poni"), poni));
  } catch (const ConfigError& error) {
    fuzz::require(std::string_view(error.what()).starts_with("fuzz.poni"));
  }
  return 0;
}
