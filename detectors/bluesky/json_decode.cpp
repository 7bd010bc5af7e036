// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/json.hpp"
#include "detectors/bluesky/json_words.hpp"
#include "detectors/bluesky/utf8.hpp"
#include "detectors/bluesky/value_builder.hpp"

namespace annulus::bluesky {
namespace {

/// Receives the events of nlohmann's SAX parser, which never throws this way.
class Handler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Handler(std::size_t message_bytes) : builder(message_bytes) {}

  bool null() override { return builder.add({}); }
  bool boolean(bool v) override { return builder.add(v); }
  bool number_integer(number_integer_t v) override { return builder.add(v); }
  bool number_unsigned(number_unsigned_t v) override { return builder.add(v); }
  bool number_float(number_float_t v, const string_t& spelling) override {
    return builder.add(json_word(spelling).value_or(v));
  }
  bool string(string_t& v) override { return builder.add(std::move(v)); }
  bool binary(binary_t&) override { return builder.fail("JSON has no binary values"); }
  bool start_object(std::size_t) override { return builder.begin_dict(); }
  bool key(string_t& v) override { return builder.key(std::move(v)); }
  bool end_object() override { return builder.end(); }
  bool start_array(std::size_t) override { return builder.begin_list(); }
  bool end_array() override { return builder.end(); }
  bool parse_error(std::size_t position, const std::string& last_token, const nlohmann::detail::exception&) override {
    offset = position > 0 ? position - 1 : 0;  // nlohmann counts the bytes it has read
    return builder.fail(fmt::format("text is not JSON near '{}'", printable(last_token)));
  }

  ValueBuilder builder;
  std::size_t offset = 0;
};

}  // namespace

Expected<Value, DecodeError> decode_json(std::span<const std::byte> payload) {
  const std::string_view text = as_text(payload);
  const auto spelled = spell_json_words(text);
  Handler handler(payload.size());
  if (nlohmann::json::sax_parse(spelled ? std::string_view(*spelled) : text, &handler)) return handler.builder.take();
  const std::size_t offset = std::min(handler.offset, payload.size());
  return Unexpected<DecodeError>({fmt::format("json: {}", handler.builder.problem()), offset});
}

}  // namespace annulus::bluesky
