// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/wire.hpp"

#include "tests/detectors/bluesky/vectors.hpp"

namespace annulus::bluesky {
namespace {

using testing::Message;

Expected<Received, DecodeError> decode(const std::string& text, std::string_view prefix = {},
                                       Serializer serializer = Serializer::sniff) {
  const Message message(text);
  return decode_message(message.bytes(), message.text, prefix, serializer);
}

const std::vector<std::string> flavours{"pickle_noprefix", "pickle_prefix_raw", "msgpack_prefix_an", "json_noprefix"};
const std::vector<std::string> names{"start", "descriptor", "event", "stop"};

std::string vector_of(const std::string& flavour, const std::string& name) {
  return testing::read_vector("bluesky_zmq_" + flavour + "_" + name + ".bin");
}

TEST(Wire, reads_the_same_documents_from_every_flavour_of_publisher) {
  ANNULUS_NEEDS_VECTORS();
  for (const std::string& flavour : flavours) {
    for (const std::string& name : names) {
      const auto received = decode(vector_of(flavour, name));
      ASSERT_TRUE(received) << flavour << " " << name << ": " << received.error().problem;
      const auto reference = decode(vector_of("pickle_noprefix", name));
      const Document& document = std::get<Document>(*received);
      EXPECT_EQ(document.name, name);
      EXPECT_EQ(text_at(document.content, "uid"), text_at(std::get<Document>(*reference).content, "uid"));
      if (flavour == "json_noprefix") continue;  // its image is nested lists
      EXPECT_EQ(document, std::get<Document>(*reference)) << flavour << " " << name;
    }
  }
}

TEST(Wire, tells_messages_with_another_prefix_apart) {
  ANNULUS_NEEDS_VECTORS();
  const std::string raw = vector_of("pickle_prefix_raw", "start");
  EXPECT_TRUE(std::holds_alternative<Document>(*decode(raw, "raw")));
  EXPECT_EQ(std::get<NotForUs>(*decode(raw, "an")).prefix, "raw");
  EXPECT_EQ(std::get<NotForUs>(*decode(vector_of("pickle_noprefix", "start"), "raw")).prefix, "");
}

TEST(Wire, survives_every_truncation) {
  ANNULUS_NEEDS_VECTORS();
  for (const std::string& flavour : flavours) {
    for (const std::string& name : names) {
      testing::for_each_prefix(vector_of(flavour, name), [&](const Message& message) {
        if (message.text->ends_with(" \x80")) return;  // one byte of pickle is also msgpack's empty mapping
        for (const Serializer serializer :
             {Serializer::sniff, Serializer::pickle, Serializer::msgpack, Serializer::json}) {
          EXPECT_FALSE(decode_message(message.bytes(), message.text, "", serializer))
              << flavour << " " << name << " cut to " << message.text->size();
        }
      });
    }
  }
}

TEST(Wire, says_what_is_wrong_and_where) {
  EXPECT_NE(decode("GET / HTTP/1.1").error().problem.find("no document name"), std::string::npos);
  EXPECT_TRUE(decode("nospace").error().problem.starts_with("bluesky:"));
  EXPECT_NE(decode("nospace").error().problem.find("not from a bluesky Publisher"), std::string::npos);
  EXPECT_NE(decode(" start ?").error().problem.find("neither pickle"), std::string::npos);
  EXPECT_NE(decode(" start ", {}, Serializer::sniff).error().problem.find("neither pickle"), std::string::npos);
  EXPECT_NE(decode(" start [1]", {}, Serializer::json).error().problem.find("not a mapping"), std::string::npos);
  const auto broken = decode(" start {\"a\": }");
  EXPECT_TRUE(broken.error().problem.starts_with("json:")) << broken.error().problem;
  EXPECT_TRUE(broken.error().problem.ends_with("(start document)")) << broken.error().problem;
  EXPECT_EQ(broken.error().offset, 7U + 6U);
}

TEST(Wire, sniffs_the_empty_mapping_of_msgpack) {
  EXPECT_EQ(std::get<Document>(*decode(" stop \x80")).content, Dict{});
}

TEST(Wire, reads_what_it_writes) {
  const Document document{"event", Dict{{"seq_num", 1}, {"data", Dict{{"x y", 0.5}}}}};
  for (const Serializer serializer : {Serializer::pickle, Serializer::msgpack, Serializer::json}) {
    const std::string message = encode_message(document, "an", serializer);
    EXPECT_TRUE(message.starts_with("an event "));
    EXPECT_EQ(std::get<Document>(*decode(message, "an")), document) << name_of(serializer);
    EXPECT_EQ(std::get<Document>(*decode(message, "an", serializer)), document) << name_of(serializer);
  }
}

TEST(Wire, refuses_to_write_what_python_cannot_read) {
  EXPECT_THROW((void)encode_message({"start", {}}, "my prefix", Serializer::pickle), DataError);
  EXPECT_THROW((void)encode_message({"pattern", {}}, "", Serializer::pickle), DataError);
}

TEST(Serializers, have_the_names_of_configs) {
  EXPECT_EQ(parse_serializer("auto"), Serializer::sniff);
  EXPECT_EQ(parse_serializer("msgpack"), Serializer::msgpack);
  EXPECT_EQ(name_of(Serializer::json), "json");
  EXPECT_FALSE(parse_serializer("sniff"));
}

}  // namespace
}  // namespace annulus::bluesky
