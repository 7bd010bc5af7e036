// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "operators/data/document.hpp"

#include "detectors/bluesky/run_tracker.hpp"
#include "service/io/runs/file_frames.hpp"
#include "service/io/runs/run_source.hpp"

namespace annulus {

/// Base of sources that get Bluesky documents from somewhere. `feed` is called from one thread; it waits while the
/// window of frames in flight is full. Documents of runs that are not known (their start was before this source
/// listened, or was lost) are counted as refused. Images in files are read in a thread of their own, which begins with
/// the first of them.
class DocumentSource : public RunSource {
 public:
  explicit DocumentSource(std::string name);
  ~DocumentSource() override;

  void check(Problems& problems) const override;

 protected:
  void init() override;
  void stop_producing() override;
  /// Lets nothing wait any more, neither for the graph nor for a file: for a stop, before the thread that feeds is
  /// joined, which comes before stop_producing() here.
  void release();
  void feed(Document document);
  /// Ends every run that is still open, as aborted, and waits until what was announced before has been read.
  void abandon_runs(const std::string& reason);

 private:
  void pass_on(std::vector<RunEvent> events);
  void emit(const RunEvent& event);
  void start_reader();
  void read_files();
  [[nodiscard]] std::unique_ptr<LiveImages> open(const ImageFiles& files) const;

  Param<std::string> image_{*this, "image", "",
                            "data key of the image; empty: the first array of two or three dimensions"};
  Param<std::map<std::string, std::string>> root_map_{
      *this, "root_map", std::map<std::string, std::string>{},
      "where folders of other machines are found here, for images in files"};
  Param<std::vector<std::string>> allow_{
      *this, "allow", std::vector<std::string>{},
      "folders from which images in files are read, besides those in root_map; empty: all"};
  Param<double> wait_{*this,         "wait", 30, "how long an announced image may take to appear in its file",
                      at_least(0.0), "s"};
  Out<Frame> frames_{*this, "frames"};

  std::unique_ptr<bluesky::RunTracker> tracker_;
  std::mutex emit_mutex_;
  std::unique_ptr<FileFrames> files_;
  std::unique_ptr<Timer> timer_;
  std::mutex reader_mutex_;
  std::thread reader_;
};

}  // namespace annulus
