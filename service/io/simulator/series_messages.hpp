// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "detectors/simplon/series_header.hpp"
#include "detectors/simplon/stream_v1.hpp"
#include "detectors/simplon/stream_v2.hpp"
#include "service/io/wire/message.hpp"

namespace annulus {

/// The parts of a V1 message as a socket sends them; copies no bytes.
inline WireParts wire_parts(const std::vector<simplon::Part>& parts) {
  WireParts out;
  for (const simplon::Part& part : parts) out.push_back({part.bytes, part.owner});
  return out;
}

/// A SeriesStart, SeriesImage or SeriesEnd as it is sent.
template <class Message>
WireParts encode_series(const Message& message, simplon::Version version) {
  if (version == simplon::Version::v1) return wire_parts(simplon::encode_v1(message));
  const auto bytes = std::make_shared<const std::string>(simplon::encode_v2(message));
  return {{std::as_bytes(std::span(*bytes)), bytes}};
}

}  // namespace annulus
