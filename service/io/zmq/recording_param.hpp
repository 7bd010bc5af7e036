// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <exception>
#include <filesystem>
#include <memory>
#include <optional>

#include "operators/stream/node.hpp"
#include "operators/stream/param.hpp"
#include "service/io/wire/recorded_messages.hpp"

namespace annulus {

/// The parameter of a source that may be given a recorded wire in the place of its endpoint.
class RecordingParam {
 public:
  explicit RecordingParam(Node& node)
      : file_(node, "recording", std::nullopt, "wire recorded by `annulus record`, played in place of an endpoint") {}

  [[nodiscard]] bool is_set() const { return file_->has_value(); }
  void check(Problems& problems) const {
    try {
      if (is_set()) (void)open();
    } catch (const std::exception& error) {
      problems.add(file_.name(), error.what());
    }
  }
  /// Only when it is set. Throws as RecordedMessages.
  [[nodiscard]] std::unique_ptr<MessageSource> open() const { return std::make_unique<RecordedMessages>(**file_); }

 private:
  Param<std::optional<std::filesystem::path>> file_;
};

}  // namespace annulus
