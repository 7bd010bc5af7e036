// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string_view>

namespace annulus {

/// A file of the viewer, compiled into the program.
struct Asset {
  std::string_view path;          ///< "/", "/viewer.js"
  std::string_view content_type;  ///< with the character set
  std::string_view etag;          ///< quoted hash of the content
  std::string_view content;
};

/// All of them. Written by cmake/EmbedAssets.cmake from viewer/dist.
[[nodiscard]] std::span<const Asset> viewer_assets() noexcept;

}  // namespace annulus
