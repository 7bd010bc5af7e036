// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string_view>

namespace annulus::bluesky::pickle {

/// The opcodes of a document of protocols 0 to 5 (names and bytes: CPython Lib/pickletools.py).
enum class Opcode : std::uint8_t {
  mark = '(',
  stop = '.',
  float_line = 'F',
  int_line = 'I',
  long_line = 'L',
  string_line = 'S',
  unicode_line = 'V',
  get_line = 'g',
  put_line = 'p',
  dict = 'd',
  list = 'l',
  binstring = 'T',
  short_binstring = 'U',
  binfloat = 'G',
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  none = 'N',
  reduce = 'R',
  binunicode = 'X',
  empty_list = ']',
  append = 'a',
  build = 'b',
  global = 'c',
  appends = 'e',
  binget = 'h',
  long_binget = 'j',
  binput = 'q',
  long_binput = 'r',
  setitem = 's',
  tuple = 't',
  setitems = 'u',
  empty_dict = '}',
  empty_tuple = ')',
  binbytes = 'B',
  short_binbytes = 'C',
  proto = 0x80,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  newtrue = 0x88,
  newfalse = 0x89,
  long1 = 0x8a,
  long4 = 0x8b,
  short_binunicode = 0x8c,
  binunicode8 = 0x8d,
  binbytes8 = 0x8e,
  stack_global = 0x93,
  memoize = 0x94,
  frame = 0x95,
  bytearray8 = 0x96,
};

/// The name pickletools gives to an opcode, also to those that are refused; "unknown" for the rest.
[[nodiscard]] std::string_view opcode_name(std::uint8_t code) noexcept;

}  // namespace annulus::bluesky::pickle
