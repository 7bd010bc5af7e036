// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "operators/data/document.hpp"
#include "operators/data/run_events.hpp"

#include "detectors/bluesky/external_frames.hpp"
#include "detectors/bluesky/image_key.hpp"
#include "detectors/bluesky/references.hpp"

namespace annulus::bluesky {

struct RunTrackerOptions {
  /// Data key of the images; empty: the first array of 2 or 3 dimensions in a descriptor.
  std::string image;
  /// Stream of the images; empty: the first that has the key, other than "baseline".
  std::string stream;
};

/// Turns Bluesky documents, in the order of arrival, into the events of runs: which began and ended, which frames came
/// and which never will. Several runs may be interleaved. Frame k (from 0) of the event with sequence number s is
/// frame (s - 1) x images per event + k of the run; every number is reported at most once: as arrived, as being in a
/// file, or as missing. Documents that do not fit are reported as a Problem and change nothing. Memory is bounded
/// whatever arrives.
class RunTracker final {
 public:
  explicit RunTracker(RunTrackerOptions options = {}) : options_(std::move(options)) {}

  /// What the next document means.
  [[nodiscard]] std::vector<RunEvent> feed(Document document);

  /// Ends every open run with exit status "abort": for a shutdown.
  [[nodiscard]] std::vector<RunEvent> abandon(std::string_view reason);

  /// The uids of the runs between start and stop, oldest first.
  [[nodiscard]] std::vector<std::string> open_runs() const;

  /// Documents that belonged to no known run or descriptor.
  [[nodiscard]] std::uint64_t orphans() const noexcept { return orphans_; }

 private:
  struct Images {
    std::string stream;
    ImageKey key;
    std::uint64_t next_seq = 1;                ///< the sequence number that is due
    std::optional<ExternalFrames> external{};  ///< of images in files
  };
  struct Run {
    std::string uid;
    std::shared_ptr<const Dict> start;
    std::vector<std::string> descriptors;
    std::vector<std::string> seen_keys;  ///< for suggestions
    std::optional<Images> images;
    RunCounts counts;
    bool reported_no_image = false;
  };
  struct Descriptor {
    Run* run;
    bool has_images;
  };
  class Step;

  [[nodiscard]] Run* find_run(std::string_view uid) noexcept;
  [[nodiscard]] bool is_finished(std::string_view uid) const noexcept;
  void forget(Run& run);

  RunTrackerOptions options_;
  std::deque<std::unique_ptr<Run>> runs_;
  std::unordered_map<std::string, Descriptor> descriptors_;
  std::deque<std::string> finished_;      ///< uids of ended runs and of their descriptors, newest last
  std::deque<std::string> said_orphans_;  ///< uids that were reported as not known, newest last
  std::uint64_t orphans_ = 0;
  References references_;
};

}  // namespace annulus::bluesky
