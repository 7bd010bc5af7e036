// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/pickle.hpp"

#include <cmath>
#include <limits>

#include "tests/detectors/bluesky/sample_value.hpp"
#include "tests/detectors/bluesky/vectors.hpp"

namespace annulus::bluesky {
namespace {

using testing::chars;
using testing::Message;
using testing::read_vector;

Expected<Value, DecodeError> decode(const std::string& text) {
  const Message message(text);
  return decode_pickle(message.bytes(), message.text);
}

std::string problem_of(const std::string& text) {
  const auto value = decode(text);
  return value ? "no error" : value.error().problem;
}

std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i, value >>= 8U) out.push_back(static_cast<char>(value));
  return out;
}

std::string text(std::string_view v) { return chars("\x8c") + static_cast<char>(v.size()) + std::string(v); }
std::string proto4(const std::string& body) { return chars("\x80\x04") + body + "."; }

/// numpy.dtype(name) with the given byte order.
std::string dtype(std::string_view name, std::string_view order = "<", const std::string& fields = "NNN") {
  return text("numpy") + text("dtype") + "\x93" + text(name) + "\x89\x88\x87R(K\x03" + text(order) + fields +
         "J\xff\xff\xff\xffJ\xff\xff\xff\xff" + chars("K\0tb");
}

/// numpy's _frombuffer(bytes, dtype, shape, order).
std::string from_buffer(const std::string& bytes, const std::string& dtype_code, const std::string& shape,
                        std::string_view order = "C") {
  return text("numpy._core.numeric") + text("_frombuffer") + "\x93(C" + static_cast<char>(bytes.size()) + bytes +
         dtype_code + "(" + shape + "t" + text(order) + "tR";
}

std::string length(std::uint64_t value) { return "\x8a\x09" + little_endian(value, 9); }

TEST(Pickle, reads_every_protocol_numpy_writes) {
  ANNULUS_NEEDS_VECTORS();
  for (const char* name :
       {"pickle_event_p0_numpy1.24.2.pkl", "pickle_event_p2_numpy1.24.2.pkl", "pickle_event_p3_numpy1.24.2.pkl",
        "pickle_event_p4_numpy1.24.2.pkl", "pickle_event_p5_numpy1.24.2.pkl", "pickle_event_p4_numpy2style_SYNTH.pkl",
        "pickle_event_p5_numpy2style_SYNTH.pkl"}) {
    const auto event = decode(read_vector(name));
    ASSERT_TRUE(event) << name << ": " << event.error().problem;
    const Dict& document = *event->get_if<Dict>();
    const Dict& data = *dict_at(document, "data");
    EXPECT_EQ(*data.find("det_image"), Value(testing::vector_image())) << name;
    EXPECT_EQ(number_at(data, "det_sum", 0), 66.0) << name;
    EXPECT_EQ(integer_at(document, "seq_num", 0), 1) << name;
    EXPECT_EQ(text_at(document, "uid"), "33333333-3333-4333-8333-333333333333") << name;
  }
}

TEST(Pickle, shares_the_bytes_of_the_message_and_keeps_it_alive) {
  ANNULUS_NEEDS_VECTORS();
  auto text = std::make_shared<const std::string>(read_vector("pickle_event_p4_numpy1.24.2.pkl"));
  auto event = decode_pickle(std::as_bytes(std::span(*text)), text);
  const Array image = *dict_at(*event->get_if<Dict>(), "data")->find("det_image")->get_if<Array>();
  event = Value();
  const auto* begin = reinterpret_cast<const std::byte*>(text->data());
  EXPECT_GE(image.bytes().data(), begin);
  EXPECT_LT(image.bytes().data(), begin + text->size());
  EXPECT_EQ(text.use_count(), 2);
}

TEST(Pickle, survives_every_truncation) {
  ANNULUS_NEEDS_VECTORS();
  for (const char* name :
       {"pickle_event_p0_numpy1.24.2.pkl", "pickle_event_p2_numpy1.24.2.pkl", "pickle_event_p4_numpy1.24.2.pkl",
        "pickle_event_p5_numpy1.24.2.pkl", "pickle_extras_p4.pkl", "pickle_extras_p5.pkl"}) {
    testing::for_each_prefix(read_vector(name), [&](const Message& message) {
      EXPECT_FALSE(decode_pickle(message.bytes(), message.text)) << name << " cut to " << message.text->size();
    });
  }
}

TEST(Pickle, refuses_code_by_the_name_of_the_global_and_the_byte) {
  ANNULUS_NEEDS_VECTORS();
  const auto value = decode(read_vector("pickle_malicious_os_system.pkl"));
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().problem.find("global 'posix.system' is refused"), std::string::npos) << value.error().problem;
  EXPECT_GT(value.error().offset, 2U);
}

TEST(Pickle, refuses_text_arrays_complex_numbers_and_dates_by_name) {
  ANNULUS_NEEDS_VECTORS();
  for (const char* name : {"pickle_extras_p4.pkl", "pickle_extras_p5.pkl"}) {
    EXPECT_NE(problem_of(read_vector(name)).find("numpy type 'U2' is text"), std::string::npos);
  }
  EXPECT_NE(problem_of(proto4(text("builtins") + text("complex") + "\x93")).find("'builtins.complex' is refused"),
            std::string::npos);
  EXPECT_NE(problem_of(proto4(text("datetime") + text("datetime") + "\x93")).find("'datetime.datetime' is refused"),
            std::string::npos);
  EXPECT_NE(problem_of(proto4(dtype("c16"))).find("'c16' is complex"), std::string::npos);
  EXPECT_NE(problem_of(proto4(dtype("M8"))).find("'M8' is a date or time"), std::string::npos);
  EXPECT_NE(problem_of(proto4(dtype("O8", "|"))).find("'O8' is made of Python objects"), std::string::npos);
  EXPECT_NE(problem_of(proto4(dtype("V4", "|"))).find("'V4' is structured"), std::string::npos);
  EXPECT_NE(problem_of(proto4(dtype("f8", "<", "NK\x01K\x02"))).find("structured"), std::string::npos);
}

TEST(Pickle, refuses_opcodes_that_call_or_load_by_name) {
  const struct {
    std::string body;
    const char* opcode;
  } cases[] = {{"Pid\n", "PERSID"},        {"NQ", "BINPERSID"},     {"\x82\x01", "EXT1"},
               {"(ios\nsystem\n", "INST"}, {"(o", "OBJ"},           {"N)\x81", "NEWOBJ"},
               {"N)}\x92", "NEWOBJ_EX"},   {"\x97", "NEXT_BUFFER"}, {"\x98", "READONLY_BUFFER"},
               {"\x8f", "EMPTY_SET"},      {"N(\x91", "FROZENSET"}, {"N2", "DUP"},
               {chars("\xfe"), "unknown"}};
  for (const auto& c : cases) {
    const std::string problem = problem_of(proto4(c.body));
    EXPECT_NE(problem.find("refused"), std::string::npos) << c.opcode << ": " << problem;
    EXPECT_NE(problem.find(c.opcode), std::string::npos) << problem;
  }
}

TEST(Pickle, says_which_protocols_it_reads) {
  EXPECT_NE(problem_of(chars("\x80\x06N.")).find("protocol 6 is not one of 0 to 5"), std::string::npos);
  EXPECT_FALSE(decode(""));
}

TEST(Pickle, reads_the_lines_of_protocol_0) {
  const auto value = decode(
      "(dp0\nVa\\u00e4\\U0001f389\\\np1\n(lp2\nI7\naI01\naL-5L\naF1.5\naF-inf\naN"
      "asVb\n(g1\ng1\ntsS'it\\'s\\x41\\n'\n(I1\nI2\nls.");
  ASSERT_TRUE(value) << value.error().problem;
  const std::string text = "a\xc3\xa4\xf0\x9f\x8e\x89\\";
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(*value, (Value(Dict{{text, List{7, true, -5, 1.5, -infinity, nullptr}},
                                {"b", List{text, text}},
                                {"it'sA\n", List{1, 2}}})));
}

TEST(Pickle, reads_text_of_python_2) {
  EXPECT_EQ(*decode(chars("\x80\x02}q\0U\x01kT\x02\0\0\0hi"
                          "s.")),
            Value(Dict{{"k", "hi"}}));
}

TEST(Pickle, refuses_lines_that_protocol_0_does_not_write) {
  const struct {
    const char* body;
    const char* words;
  } cases[] = {{"I1x\n", "'1x' is not a whole number of 64 bits in INT"},
               {"L123456789012345678901L\n", "is not a whole number of 64 bits in LONG"},
               {"F1,5\n", "'1,5' is not a number in FLOAT"},
               {"V\\u12\n", "is not text as Python writes it in UNICODE"},
               {"V\\U00110000\n", "is not text as Python writes it in UNICODE"},
               {"S'open\n", "is not text as Python writes it in STRING"},
               {"S'\\q'\n", "is not text as Python writes it in STRING"},
               {"S'\\x4'\n", "is not text as Python writes it in STRING"},
               {"Np-1\n", "cut short in PUT"},
               {"Np99\n", "memo index 99 is out of order in PUT"},
               {"gx\n", "cut short in GET"},
               {"I1", "cut short in INT"},
               {"(Va\nd", "too few items in DICT"},
               {"(I1\nI2\nd", "key of a mapping is not text in DICT"}};
  for (const auto& c : cases) {
    const std::string problem = problem_of(c.body + std::string("."));
    EXPECT_NE(problem.find(c.words), std::string::npos) << c.body << ": " << problem;
  }
}

TEST(Pickle, reads_an_array_of_any_order_of_axes) {
  // numpy's _frombuffer(bytes, dtype, shape in memory, "K", order of the axes), protocol 5 of numpy 2.
  const auto array = [](const std::string& order) {
    return decode(proto4(text("numpy._core.numeric") + text("_frombuffer") + "\x93(C\x08" + chars("\0\1\2\3\4\5\6\7") +
                         dtype("u1", "|") + "(K\x02K\x01K\x04t" + text("K") + "(" + order + "ttR"));
  };
  const auto turned = array(chars("K\x02K\0K\x01"));
  ASSERT_TRUE(turned) << turned.error().problem;
  EXPECT_EQ(*turned, Value(Array::of<std::uint8_t>({4, 2, 1}, {0, 4, 1, 5, 2, 6, 3, 7})));
  EXPECT_FALSE(array(chars("K\x02K\x02K\x01")));
  EXPECT_FALSE(array(chars("K\0K\x01")));
  EXPECT_FALSE(array(chars("K\0K\x01K\x02K\x03")));
}

TEST(Pickle, reads_numpy_text_but_no_arrays_of_it) {
  const auto scalar = [](std::string_view order, const std::string& bytes) {
    return decode(proto4(text("numpy._core.multiarray") + text("scalar") + "\x93" + dtype("U2", order) + "C" +
                         static_cast<char>(bytes.size()) + bytes + "\x86R"));
  };
  EXPECT_EQ(*scalar("<", chars("h\0\0\0\x89\xf3\1\0")), Value("h\xf0\x9f\x8e\x89"));
  EXPECT_EQ(*scalar(">", chars("\0\0\0h\0\0\0\0")), Value("h"));
  EXPECT_FALSE(scalar("<", "abc"));
  EXPECT_FALSE(scalar("<", "abc\xff"));
  EXPECT_NE(problem_of(proto4(from_buffer("abcd", dtype("U1"), "K\x01"))).find("numpy type 'U1' is text"),
            std::string::npos);
}

TEST(Pickle, converts_fortran_order_and_big_endian) {
  const auto fortran = decode(proto4(from_buffer(chars("\0\0\4\0\1\0\5\0\2\0\6\0"), dtype("u2"), "K\x02K\x03", "F")));
  ASSERT_TRUE(fortran) << fortran.error().problem;
  EXPECT_EQ(*fortran, Value(Array::of<std::uint16_t>({2, 3}, {0, 1, 2, 4, 5, 6})));
  const auto big = decode(proto4(from_buffer(chars("\0\0\0\1\0\0\1\0"), dtype("i4", ">"), "K\x02")));
  ASSERT_TRUE(big) << big.error().problem;
  EXPECT_EQ(*big, Value(Array::of<std::int32_t>({2}, {1, 256})));
}

TEST(Pickle, reads_numpy_scalars_as_numbers) {
  const auto scalar = [](const std::string& type, const std::string& bytes) {
    return decode(proto4(text("numpy.core.multiarray") + text("scalar") + "\x93" + type + "C" +
                         static_cast<char>(bytes.size()) + bytes + "\x86R"));
  };
  EXPECT_EQ(*scalar(dtype("f4"), chars("\0\0\xc0\x3f")), Value(1.5));
  EXPECT_EQ(*scalar(dtype("i8"), std::string(8, '\xff')), Value(-1));
  EXPECT_EQ(*scalar(dtype("u8"), std::string(8, '\xff')), Value(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_EQ(*scalar(dtype("b1", "|"), "\x01"), Value(true));
  EXPECT_EQ(*scalar(dtype("u2", ">"), chars("\1\0")), Value(256));
  EXPECT_FALSE(scalar(dtype("f4"), "abc"));
}

TEST(Pickle, reads_integers_of_any_length_that_fit) {
  EXPECT_EQ(*decode(proto4(chars("\x8a\0"))), Value(0));
  EXPECT_EQ(*decode(proto4("\x8a\x01\xff")), Value(-1));
  EXPECT_EQ(*decode(proto4("\x8a\x02\xff\x7f")), Value(32767));
  EXPECT_EQ(*decode(proto4("\x8a\x09" + little_endian(~0ULL, 8) + chars("\0"))), Value(~std::uint64_t{0}));
  EXPECT_NE(problem_of(proto4("\x8a\x0a" + std::string(10, '\x01'))).find("does not fit in 64 bits"),
            std::string::npos);
  EXPECT_NE(problem_of(proto4(chars("\x8b\xff\xff\xff\xff"))).find("cut short in LONG4"), std::string::npos);
}

TEST(Pickle, reads_bytearrays) {
  const std::string name = text("builtins") + text("bytearray") + "\x93";
  EXPECT_EQ(*decode(proto4(name + ")R")), Value(Bytes{}));
  EXPECT_EQ(*decode(proto4(name + "C\x02hi\x85R")), Value(Bytes{"hi"}));
  EXPECT_EQ(*decode(proto4(name + text("\xc3\xa4") + text("latin-1") + "\x86R")), Value(Bytes{"\xe4"}));
}

TEST(Pickle, reads_ordered_dicts_as_ophyd_writes_them) {
  const auto value = decode(proto4(text("collections") + text("OrderedDict") + "\x93)R" + text("a") + "K\x01s"));
  ASSERT_TRUE(value) << value.error().problem;
  EXPECT_EQ(*value, Value(Dict{{"a", 1}}));
}

TEST(Pickle, refuses_keys_that_are_not_text_or_repeat) {
  EXPECT_NE(problem_of(proto4("}K\x01K\x02s")).find("key of a mapping is not text"), std::string::npos);
  EXPECT_NE(problem_of(proto4("}(" + text("a") + "N" + text("a") + "Nu")).find("key 'a' occurs twice"),
            std::string::npos);
}

TEST(Pickle, lets_mappings_with_the_same_keys_share_them) {
  const std::string pair = "}(" + text("first") + "K\x01" + text("second") + "K\x02u";
  const auto one = decode(proto4(pair));
  const auto both = decode(proto4(pair + pair + "\x86"));
  const List& list = *both->get_if<List>();
  EXPECT_EQ(list[0], *one);
  EXPECT_EQ(&list[0].get_if<Dict>()->keys(), &list[1].get_if<Dict>()->keys());
  EXPECT_EQ(&list[0].get_if<Dict>()->keys(), &one->get_if<Dict>()->keys());
  const auto other = decode(proto4("}(" + text("first") + "K\x01" + text("secant") + "K\x02u"));
  EXPECT_EQ(*other, (Value(Dict{{"first", 1}, {"secant", 2}})));
}

TEST(Pickle, refuses_a_list_that_contains_itself) {
  EXPECT_NE(problem_of(proto4("]\x94h" + chars("\0") + "a")).find("contains itself"), std::string::npos);
}

TEST(Pickle, refuses_a_small_message_that_unpacks_to_much) {
  // Each of 40 lists holds the one before it 10 times: 10^40 values in 900 bytes.
  std::string laughs = "]\x94";
  for (int i = 0; i < 40; ++i) {
    laughs += "](";
    for (int k = 0; k < 10; ++k) laughs += std::string("h") + static_cast<char>(i);
    laughs += "e\x94";
  }
  // The stack keeps the earlier lists, so fold them into a tuple.
  EXPECT_NE(problem_of(proto4("(" + laughs + "t")).find("far more values"), std::string::npos);

  std::string repeated_text = "(X" + little_endian(60000, 4) + std::string(60000, 'x') + "\x94";
  for (int i = 0; i < 5000; ++i) repeated_text += chars("h\0");
  EXPECT_NE(problem_of(proto4(repeated_text + "t")).find("far more bytes"), std::string::npos);
}

TEST(Pickle, refuses_arrays_whose_size_does_not_match) {
  EXPECT_NE(problem_of(proto4(from_buffer("abcd", dtype("u2"), "K\x03"))).find("has 4 bytes (needs 6)"),
            std::string::npos);
  const std::string huge = length(1ULL << 62U);
  EXPECT_NE(problem_of(proto4(from_buffer("abcd", dtype("u2"), huge + huge))).find("its size overflows"),
            std::string::npos);
  EXPECT_NE(problem_of(proto4(from_buffer("", dtype("u2"), huge + chars("K\0")))).find("array"), std::string::npos);
  EXPECT_NE(problem_of(proto4(from_buffer("", dtype("u2"), "J\xff\xff\xff\xff"))).find("something else than lengths"),
            std::string::npos);
}

TEST(Pickle, refuses_a_frame_or_text_longer_than_the_message) {
  EXPECT_NE(problem_of(proto4("\x95" + little_endian(1ULL << 60U, 8) + "N")).find("cut short in FRAME"),
            std::string::npos);
  EXPECT_NE(problem_of(proto4("\x8d" + little_endian(~0ULL, 8))).find("cut short in BINUNICODE8"), std::string::npos);
}

TEST(Pickle, refuses_a_broken_stack) {
  for (const char* body :
       {"", "NN", "\x85", "(", "t", "e", "a", "Na", "NNs", "](N", "R", "NNR", "NNb", "\x94", "]Nb"}) {
    EXPECT_FALSE(decode(proto4(body))) << body;
  }
  EXPECT_NE(problem_of(proto4("N") + "x").find("bytes follow after STOP"), std::string::npos);
  EXPECT_NE(problem_of(proto4("h\x07")).find("memo has no entry 7"), std::string::npos);
  EXPECT_NE(problem_of(proto4("Nr\xff\xff\xff\x7f")).find("memo index"), std::string::npos);
}

TEST(Pickle, refuses_text_that_is_not_utf8) {
  EXPECT_NE(problem_of(proto4(text("\xed\xa0\x80"))).find("not UTF-8"), std::string::npos);
  EXPECT_NE(problem_of(proto4(text("\xff"))).find("not UTF-8"), std::string::npos);
}

TEST(Pickle, refuses_classes_and_types_as_data) {
  EXPECT_NE(problem_of(proto4(text("numpy") + text("ndarray") + "\x93")).find("class or function"), std::string::npos);
  EXPECT_NE(problem_of(proto4(dtype("u2"))).find("numpy type stands where data belongs"), std::string::npos);
}

TEST(Pickle, reads_what_it_writes) {
  std::string out;
  encode_pickle(testing::sample_value(), out);
  const auto value = decode(out);
  ASSERT_TRUE(value) << value.error().problem;
  EXPECT_EQ(*value, testing::sample_value());
}

}  // namespace
}  // namespace annulus::bluesky
