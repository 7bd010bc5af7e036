// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "operators/data/error.hpp"
#include "operators/data/image_files.hpp"

namespace annulus {

/// Which files documents may make this machine open, and where those are that other machines wrote.
struct FilePlaces {
  std::map<std::string, std::string> roots{};  ///< folder there: folder here
  std::vector<std::string> allow{};            ///< folders with readable files; empty: all

  /// The files under their paths here: the longest root that they lie below is replaced. An error for files that lie
  /// on another machine, or outside of `allow` and the folders here, also through symbolic links.
  [[nodiscard]] Expected<ImageFiles, std::string> find(const ImageFiles& files) const;
};

/// Why `folder` cannot stand in root_map (as a folder there, which may be one of Windows or begin with "//host") or in
/// allow; empty when it can.
[[nodiscard]] std::string folder_problem(std::string_view folder);

}  // namespace annulus
