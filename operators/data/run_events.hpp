// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "operators/data/frame.hpp"
#include "operators/data/image_files.hpp"
#include "operators/data/value.hpp"

namespace annulus {

/// How many frames of a run were announced, by what became of them on the way here.
struct RunCounts {
  std::uint64_t arrived = 0;
  std::uint64_t lost = 0;
  std::uint64_t rejected = 0;
  friend bool operator==(const RunCounts&, const RunCounts&) = default;
};

struct RunStarted {
  std::string uid;
  std::shared_ptr<const Dict> start;  ///< the start document
};

struct FrameArrived {
  std::string uid;
  Frame frame;
  std::size_t output = 0;  ///< which of the source's outputs it belongs to: one per threshold of the detector
};

/// Frames `first` to `last` (both included) will not come.
struct FramesMissing {
  std::string uid;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  FrameState state = FrameState::lost;  ///< lost or rejected
  std::string reason;
};

/// Frames `first` to `first + count - 1` are in files, or will soon be: from the first on, images `image`, `image + 1`,
/// ...
struct FramesInFile {
  std::string uid;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::shared_ptr<const ImageFiles> files;
  std::uint64_t image = 0;  ///< counted from 0 through all files
  double time = 0;          ///< of all [s since 1970-01-01 UTC]; 0 when the documents do not say
  std::shared_ptr<const Dict> readings;
};

struct RunStopped {
  std::string uid;
  std::shared_ptr<const Dict> stop;  ///< the stop document; null when the run was given up without one
  std::string exit_status;           ///< event-model's "success", "abort" or "fail"
  std::string reason;
  RunCounts counts;
};

/// Something wrong with a message; the run, if there is one, goes on.
struct Problem {
  std::string uid;       ///< of the run; empty when it is not known
  std::string document;  ///< kind of the message: "event", "image"
  std::string message;
};

using RunEvent = std::variant<RunStarted, FrameArrived, FramesMissing, FramesInFile, RunStopped, Problem>;

}  // namespace annulus
