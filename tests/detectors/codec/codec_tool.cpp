// SPDX-License-Identifier: BSD-3-Clause
// The codec at a command line, from standard input to standard output:
//   codec_tool encode bslz4 ELEMENT_BYTES BLOCK_BYTES     codec_tool decode bslz4 ELEMENT_BYTES
//   codec_tool encode lz4 BLOCK_BYTES                     codec_tool decode lz4
//   codec_tool encode block                               codec_tool decode block DECODED_BYTES
// Exits 1 and says why when the input cannot be decoded.
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "detectors/codec/bslz4.hpp"
#include "detectors/codec/lz4.hpp"

namespace {

using namespace annulus;
using namespace annulus::codec;
using Bytes = std::vector<std::byte>;

template <class T>
T value_of(Expected<T, DecodeError> value) {
  if (!value) throw DataError(to_string(value.error()));
  if constexpr (!std::is_void_v<T>) return *value;
}

Bytes run(const std::vector<std::string>& words, const std::string& text) {
  const auto in = std::as_bytes(std::span(text));
  const auto number = [&](std::size_t i) { return std::stoul(words.at(i)); };
  const std::string what = words.at(0) + " " + words.at(1);
  if (what == "encode bslz4") return encode_bslz4(in, number(2), number(3));
  if (what == "encode lz4") return encode_lz4_chunk(in, number(2));
  if (what == "encode block") return encode_lz4_block(in);
  Bytes out(what == "decode block" ? number(2) : value_of(read_chunk_header(in)).bytes);
  if (what == "decode bslz4") value_of(decode_bslz4(in, number(2), out));
  if (what == "decode lz4") value_of(decode_lz4_chunk(in, out));
  if (what == "decode block") value_of(decode_lz4_block(in, out));
  return out;
}

}  // namespace

int main(int argc, char** argv) try {
  const Bytes out = run({argv + 1, argv + argc}, {std::istreambuf_iterator<char>(std::cin), {}});
  std::cout.write(reinterpret_cast<const char*>(out.data()), static_cast<std::streamsize>(out.size()));
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
