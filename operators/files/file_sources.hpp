// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Sources that read files, or their names: used as those of operators/stream/sources.hpp are.

#include <chrono>
#include <filesystem>
#include <string>

#include "operators/stream/sources.hpp"

namespace annulus {

// --- text file -----------------------------------------------------------------------------------------------------

struct TextFileOptions {
  Clock::Duration poll_interval = std::chrono::milliseconds(100);
  std::string delimiter{"\n"};
  bool from_end = false;                            ///< only what is appended after the first start
  std::size_t longest_line = std::size_t{1} << 20;  ///< [bytes]; a longer line is skipped and reported
};

/// The lines of a file, each with its delimiter; the last one comes when its delimiter has. A file that becomes
/// shorter is read again from its beginning. A file that cannot be read refuses the start with an IoError.
Stream<std::string> from_textfile(Graph& graph, std::filesystem::path path, const TextFileOptions& file = {},
                                  const ProducerOptions& options = {});

// --- file names ----------------------------------------------------------------------------------------------------

struct FileNameOptions {
  Clock::Duration poll_interval = std::chrono::milliseconds(100);
};

/// The files in a directory, or those that match a pattern with * ? [] ("data/*.tif"), now and as they appear: each
/// once, those found together in the order of their names. Names that begin with a dot are left out. A name that
/// vanishes and comes again is new. A directory that does not exist refuses the start with an IoError.
Stream<std::filesystem::path> filenames(Graph& graph, std::filesystem::path directory_or_pattern,
                                        const FileNameOptions& files = {}, const ProducerOptions& options = {});

}  // namespace annulus
