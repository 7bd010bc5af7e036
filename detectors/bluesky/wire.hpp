// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "operators/data/document.hpp"
#include "operators/data/error.hpp"

namespace annulus::bluesky {

/// How a document is written on the wire. The message does not say; `sniff` decides by the payload's first bytes.
enum class Serializer { sniff, pickle, msgpack, json };

/// The spelling of configs: "auto", "pickle", "msgpack", "json".
[[nodiscard]] std::string_view name_of(Serializer serializer) noexcept;
[[nodiscard]] std::optional<Serializer> parse_serializer(std::string_view name) noexcept;

/// A well-formed message with another prefix than ours.
struct NotForUs {
  std::string prefix;
};

using Received = std::variant<Document, NotForUs>;

/// Reads one message `prefix SP name SP payload` as bluesky's Publisher sends it (bluesky/callbacks/zmq.py). An empty
/// `prefix` accepts every message, as bluesky's RemoteDispatcher does. Arrays share the bytes of `message`, which
/// `owner` keeps alive.
[[nodiscard]] Expected<Received, DecodeError> decode_message(std::span<const std::byte> message,
                                                             std::shared_ptr<const void> owner, std::string_view prefix,
                                                             Serializer serializer);

/// Reads a payload alone.
[[nodiscard]] Expected<Value, DecodeError> decode_payload(std::span<const std::byte> payload,
                                                          std::shared_ptr<const void> owner, Serializer serializer);

/// One message for `document`. `sniff` writes pickle, bluesky's default. Throws DataError when `prefix` holds a space
/// or the document's name is not one of event-model: Python subscribers fail on such a message.
[[nodiscard]] std::string encode_message(const Document& document, std::string_view prefix, Serializer serializer);

/// True for the names of event-model's documents ("start", "descriptor", "event", ...).
[[nodiscard]] bool is_document_name(std::string_view name) noexcept;

}  // namespace annulus::bluesky
