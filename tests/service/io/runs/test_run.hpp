// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "service/io/runs/raw_run.hpp"
#include "tests/bench.hpp"

namespace annulus::testing {

/// A run with a short name in place of its uid.
class TestRun final {
 public:
  explicit TestRun(std::string uid, Dict metadata = {}) : run_("pixels", named(std::move(metadata), uid)), uid_(uid) {}

  [[nodiscard]] Document start() const { return run_.start(1); }
  [[nodiscard]] Document descriptor() const { return with("run_start", run_.descriptor(small_frame(0))); }
  [[nodiscard]] Document event(std::uint64_t k) { return run_.event(small_frame(k)); }
  [[nodiscard]] Document stop(std::string_view status = "success") const {
    return with("run_start", run_.stop(9, status));
  }

 private:
  static Dict named(Dict metadata, const std::string& uid) {
    metadata.set("uid", uid);
    return metadata;
  }
  [[nodiscard]] Document with(const char* key, Document document) const {
    document.content.set(key, uid_);
    return document;
  }
  RawRun run_;
  std::string uid_;
};

}  // namespace annulus::testing
