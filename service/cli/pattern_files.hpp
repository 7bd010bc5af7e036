// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "operators/data/pattern.hpp"
#include "operators/data/value.hpp"

namespace annulus {

/// What a pattern's file says of its origin.
struct PatternOrigin {
  std::string image;        ///< the specification of the image
  Dict parameters;          ///< of the integration, as given
  std::string poni;         ///< text of the geometry
  double wavelength = 0;    ///< [m], 0 when not known
  bool normalized = false;  ///< by a factor
};

/// Writes a text file: lines that begin with '#' say where the pattern comes from, then one line per bin: radial
/// position, intensity, sigma, with every digit of a double; nan for an empty bin, and for sigma without an error
/// model. An existing file is replaced. Throws IoError.
void write_xy(const std::filesystem::path& path, const Pattern& pattern, const PatternOrigin& origin);

/// Writes a NeXus file (NXazint1d, of a cake NXazint2d, one row; see ReducedFile). An existing file is replaced. Throws
/// IoError.
void write_nexus(const std::filesystem::path& path, const Pattern& pattern, const PatternOrigin& origin);
void write_nexus(const std::filesystem::path& path, const Cake& cake, const PatternOrigin& origin);

}  // namespace annulus
