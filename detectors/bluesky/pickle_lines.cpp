// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/pickle_lines.hpp"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky::pickle {
namespace {

using Result = Expected<Item, std::string>;

template <class T>
std::optional<T> parse(std::string_view text, int base) {
  T value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result read_integer(std::string_view line) {
  if (const auto value = parse<std::int64_t>(line, 10)) return *value;
  if (const auto value = parse<std::uint64_t>(line, 10)) return *value;
  return Failure(fmt::format("'{}' is not a whole number of 64 bits", printable(line)));
}

Result read_float(std::string_view line) {
  double value = 0;
  const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), value);
  const bool in_range = problem == std::errc{} || problem == std::errc::result_out_of_range;
  if (!in_range || end != line.data() + line.size()) {
    return Failure(fmt::format("'{}' is not a number", printable(line)));
  }
  return value;
}

/// Python's raw-unicode-escape: Latin-1 in which \uXXXX and \UXXXXXXXX stand for characters.
std::optional<std::string> unescape_unicode(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size();) {
    const char next = i + 1 < line.size() ? line[i + 1] : '\0';
    const std::size_t digits = next == 'u' ? 4 : next == 'U' ? 8 : 0;
    if (line[i] == '\\' && digits > 0) {
      if (line.size() - i - 2 < digits) return std::nullopt;
      const auto code = parse<std::uint32_t>(line.substr(i + 2, digits), 16);
      if (!code || *code > 0x10FFFF) return std::nullopt;
      append_utf8(*code, out);
      i += 2 + digits;
      continue;
    }
    // A backslash in front of anything else, also of a backslash, is one, and so is what follows.
    for (const std::size_t end = std::min(i + (line[i] == '\\' ? 2 : 1), line.size()); i < end; ++i) {
      append_utf8(static_cast<unsigned char>(line[i]), out);
    }
  }
  return out;
}

/// What Python 2 writes for text: its repr, in quotes and with escapes.
std::optional<std::string> unquote(std::string_view line) {
  if (line.size() < 2 || line.front() != line.back() || (line.front() != '\'' && line.front() != '"')) {
    return std::nullopt;
  }
  line = line.substr(1, line.size() - 2);
  constexpr std::string_view letters = "\\'\"nrt";
  constexpr std::string_view meanings = "\\'\"\n\r\t";
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      out.push_back(line[i]);
      continue;
    }
    if (++i == line.size()) return std::nullopt;
    if (line[i] == 'x') {
      const auto code = parse<std::uint8_t>(line.substr(i + 1, 2), 16);
      if (!code || line.size() - i < 3) return std::nullopt;
      out.push_back(static_cast<char>(*code));
      i += 2;
    } else {
      const std::size_t letter = letters.find(line[i]);
      if (letter == std::string_view::npos) return std::nullopt;
      out.push_back(meanings[letter]);
    }
  }
  return out;
}

Result keep_text(const std::optional<std::string>& text, std::string_view line, Heap& heap) {
  if (!text) return Failure(fmt::format("'{}' is not text as Python writes it", printable(line)));
  if (!is_utf8(*text)) return Failure("text is not UTF-8");
  if (!heap.budget.take_bytes(text->size())) return Failure("message unpacks to far more bytes than it has");
  return heap.keep_text(*text);
}

}  // namespace

Result read_value_line(Opcode opcode, std::string_view line, Heap& heap) {
  switch (opcode) {
    case Opcode::int_line:
      if (line == "00" || line == "01") return line == "01";
      return read_integer(line);
    case Opcode::long_line: return read_integer(line.ends_with('L') ? line.substr(0, line.size() - 1) : line);
    case Opcode::float_line: return read_float(line);
    case Opcode::string_line: return keep_text(unquote(line), line, heap);
    default: return keep_text(unescape_unicode(line), line, heap);
  }
}

}  // namespace annulus::bluesky::pickle
