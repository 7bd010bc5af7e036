// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/runs/file_places.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

namespace annulus {
namespace {

using Failure = Unexpected<std::string>;

bool has_drive(std::string_view path) {
  return path.size() > 2 && path[1] == ':' && (path[2] == '/' || path[2] == '\\');
}

/// As documents have it: slashes, none at the end.
std::string plain(std::string folder) {
  if (has_drive(folder)) std::ranges::replace(folder, '\\', '/');
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder;
}

/// What is left of `path` below `folder`, beginning with a slash; nothing when it does not lie there.
std::optional<std::string_view> below(std::string_view path, std::string_view folder) {
  if (folder == "/") return path;
  if (!path.starts_with(folder)) return std::nullopt;
  path.remove_prefix(folder.size());
  return path.starts_with('/') ? std::optional(path) : std::nullopt;
}

/// Without "." and "..", which could lead out of a root; a leading "//host" stays.
std::string without_dots(const std::string& path) {
  const bool has_host = path.starts_with("//");
  const std::string normal = std::filesystem::path(has_host ? path.substr(1) : path).lexically_normal().string();
  return has_host ? "/" + normal : normal;
}

bool is_below_one(const std::string& path, const std::vector<std::string>& folders) {
  return std::ranges::any_of(folders, [&](const std::string& folder) {
    std::error_code ignored;
    const auto real = std::filesystem::weakly_canonical(folder, ignored);
    return below(path, plain(real.empty() ? folder : real.string())).has_value();
  });
}

}  // namespace

Expected<ImageFiles, std::string> FilePlaces::find(const ImageFiles& files) const {
  const std::string told = without_dots(files.path);
  std::string here = told;
  std::size_t longest = 0;
  for (const auto& [there, mapped] : roots) {
    const std::string folder = plain(there);
    const auto rest = below(told, folder);
    if (!rest || folder.size() < longest) continue;
    longest = folder.size();
    here = plain(mapped) + std::string(*rest);
  }
  if (here.starts_with("//") || !here.starts_with('/')) {
    return Failure(fmt::format("{} is not on this machine; say in root_map where its folder is mounted", told));
  }
  if (files.suffix.find('/') != std::string::npos) return Failure("the number of a file is followed by a folder");
  if (!allow.empty()) {
    std::vector<std::string> folders = allow;
    for (const auto& [there, mapped] : roots) folders.push_back(mapped);
    std::error_code failed;
    // The folder of numbered files; a link in place of one of the files is followed.
    const std::filesystem::path path(here);
    const auto real = files.number ? std::filesystem::weakly_canonical(path.parent_path(), failed) / path.filename()
                                   : std::filesystem::weakly_canonical(path, failed);
    if (failed || !is_below_one(real.string(), folders)) {
      return Failure(fmt::format("{} lies outside of the folders in allow", here));
    }
  }
  ImageFiles found = files;
  found.path = std::move(here);
  return found;
}

std::string folder_problem(std::string_view folder) {
  if (folder.starts_with('/') || has_drive(folder)) return {};
  return fmt::format("'{}' is not absolute (documents name files by their full path) begin it with '/'", folder);
}

}  // namespace annulus
