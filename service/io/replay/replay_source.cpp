// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/replay/replay_source.hpp"

#include <utility>

#include "operators/data/error.hpp"

#include "service/io/replay/recording.hpp"

namespace annulus {

ReplaySource::~ReplaySource() {
  if (thread_.joinable()) ReplaySource::stop_producing();
}

void ReplaySource::check(Problems& problems) const {
  DocumentSource::check(problems);
  try {
    (void)open_recording(file_->string(), *image_key_);
  } catch (const std::exception& error) {
    problems.add("file", error.what());
  }
}

void ReplaySource::start() {
  thread_ = std::thread([this] { play(); });
}

void ReplaySource::stop_producing() {
  stopping_ = true;
  release();
  if (thread_.joinable()) thread_.join();
  DocumentSource::stop_producing();
}

void ReplaySource::play() {
  bool complete = true;
  try {
    const auto recording = open_recording(file_->string(), *image_key_);
    while (true) {
      auto document = recording->next();
      if (document && !*document) break;  // the end
      if (stopping_) {
        complete = false;
        break;
      }
      if (document) {
        feed(std::move(**document));
      } else {
        refuse(document.error(), {});
      }
    }
  } catch (const std::exception& error) {
    report_trouble(error.what());
  }
  try {
    abandon_runs(complete ? "the recording ended during the run" : "the replay was stopped during the run");
  } catch (const std::exception& error) {
    report_trouble(error.what());
  }
  if (complete) finish();
}

}  // namespace annulus
