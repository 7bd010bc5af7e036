// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include "operators/data/document.hpp"

#include "detectors/bluesky/run_tracker.hpp"
#include "service/io/runs/run_source.hpp"

namespace annulus {

/// Base of sources that get Bluesky documents from somewhere. `feed` is called from one thread; it waits while the
/// window of frames in flight is full. Documents of runs that are not known (their start was before this source
/// listened, or was lost) are counted as refused.
class DocumentSource : public RunSource {
 public:
  explicit DocumentSource(std::string name);

 protected:
  void init() override;
  void feed(Document document);
  /// Ends every run that is still open, as aborted.
  void abandon_runs(const std::string& reason);

 private:
  Param<std::string> image_{*this, "image", "",
                            "data key of the image; empty: the first array of two or three dimensions"};
  Out<Frame> frames_{*this, "frames"};

  std::unique_ptr<bluesky::RunTracker> tracker_;
};

}  // namespace annulus
