// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operators/data/document.hpp"
#include "operators/data/pattern.hpp"

namespace annulus::bluesky {

struct ReducedRunOptions {
  std::string analysis_stage = "integrated";  ///< the start document's "analysis_stage", which viewers filter by
  std::string stream = "primary";             ///< name of the stream of patterns
  Dict description;                           ///< the start document's "annulus": version, operators, parameters
};

/// Composes the documents of the run that is derived from a raw run: start, a descriptor before the first pattern (and
/// whenever the shape of the data changes), an event per pattern, stop. They are valid in event-model 1.24.
///
/// The start has the raw run's metadata, a uid of its own, and names the raw run as bluesky's LiveDispatcher
/// ("original_run_uid") and SHED ("parent_uids") do. An event has the radial axis under the name of its quantity ("q",
/// "2theta", "r"), "intensity", "sigma" when there is an error model, "frame_number", "signal_sum" [counts] (what a
/// plot over a scan shows), and the scalar readings of the raw event.
class ReducedRun final {
 public:
  /// `time` is now [s since 1970-01-01 UTC], here and below.
  ReducedRun(const Dict& raw_start, ReducedRunOptions options, double time);

  [[nodiscard]] const std::string& uid() const noexcept { return uid_; }
  [[nodiscard]] const Document& start() const noexcept { return start_; }
  /// The event of a pattern, after a descriptor where one is due.
  [[nodiscard]] std::vector<Document> pattern(const Pattern& pattern, double time);
  /// `exit_status` is "success", "abort" or "fail"; anything else is written as "fail".
  [[nodiscard]] Document stop(std::string_view exit_status, std::string_view reason, double time) const;

 private:
  ReducedRunOptions options_;
  std::string uid_;
  Document start_;
  Dict data_keys_;
  std::string descriptor_uid_;
  std::uint64_t events_ = 0;
};

}  // namespace annulus::bluesky
