// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/wire/recorded_messages.hpp"

#include <fmt/format.h>

namespace annulus {

bool is_recorded_wire(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) &&
         wire::WireReader::open(wire::open_recorded_file(path)).has_value();
}

wire::WireReader open_recorded_wire(const std::filesystem::path& path) {
  auto reader = wire::WireReader::open(wire::open_recorded_file(path));
  if (!reader) throw DataError(fmt::format("cannot read '{}' ({})", path.string(), to_string(reader.error())));
  return std::move(*reader);
}

RecordedMessages::RecordedMessages(const std::filesystem::path& path)
    : path_(path.string()), reader_(open_recorded_wire(path)) {}

std::optional<WireParts> RecordedMessages::receive(std::chrono::milliseconds) {
  ended_ = true;  // unless a message follows, also when reading fails
  auto item = reader_.next();
  if (!item) return std::nullopt;
  ended_ = false;
  if (const auto* damage = std::get_if<wire::Damage>(&*item)) {
    throw IoError(fmt::format("{}: {}", path_, damage->problem));
  }
  return std::move(std::get<wire::RecordedMessage>(*item).parts);
}

}  // namespace annulus
