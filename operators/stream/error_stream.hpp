// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace annulus {

/// One thing that went wrong with one element, or with a node.
struct ErrorReport {
  double time = 0;   ///< [s since 1970-01-01 UTC]
  std::string node;  ///< name of the node
  std::string run;   ///< uid, empty outside a run
  std::uint64_t position = 0;
  std::string message;  ///< "problem (reason) suggestion"
};

/// Where every error of a graph goes. Reporting never blocks for long and never throws; the newest reports are
/// kept for whoever asks, and listeners hear of each.
class ErrorStream {
 public:
  using Listener = std::function<void(const ErrorReport&)>;

  /// `keep`: how many reports recent() can give back.
  explicit ErrorStream(std::size_t keep = 64) : keep_(keep) {}

  void report(ErrorReport report) noexcept;
  /// Adds a listener; it is called from the thread that reports, must be quick, and is dropped when it throws.
  void listen(Listener listener);

  [[nodiscard]] std::uint64_t total() const;
  /// The newest reports, oldest first.
  [[nodiscard]] std::vector<ErrorReport> recent() const;

 private:
  mutable std::mutex mutex_;
  std::size_t keep_;
  std::uint64_t total_ = 0;
  std::deque<ErrorReport> recent_;
  std::vector<Listener> listeners_;
};

}  // namespace annulus
