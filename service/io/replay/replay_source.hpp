// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "service/io/runs/document_source.hpp"

namespace annulus {

/// Plays a recording (documents or images) into the graph, as fast as the graph takes it, in a thread of its own.
///   out "frames": Frame
class ReplaySource final : public DocumentSource {
 public:
  explicit ReplaySource(std::string name) : DocumentSource(std::move(name)) {}
  ~ReplaySource() override;

  void check(Problems& problems) const override;

 private:
  void start() override;
  void stop_producing() override;
  void play();

  Param<std::filesystem::path> file_{*this, "file", required, "recorded documents, or images"};
  Param<std::string> image_key_{*this, "image_key", "detector_image", "data key given to images without documents"};

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace annulus
