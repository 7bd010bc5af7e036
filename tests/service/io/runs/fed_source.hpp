// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "service/io/runs/document_source.hpp"

namespace annulus::testing {

/// A source that gets its documents by calls.
class FedSource final : public DocumentSource {
 public:
  using DocumentSource::abandon_runs;
  using DocumentSource::DocumentSource;
  using DocumentSource::feed;
  using DocumentSource::report_trouble;
};

}  // namespace annulus::testing
