// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/nexus/file_name.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

namespace annulus {

namespace {

constexpr std::size_t max_name_bytes = 200;  // leaves room for a number and ".partial" in the usual 255
constexpr std::size_t max_width = 40;

/// A piece of a template: literal text, or a field with how to write it.
struct Piece {
  std::string literal;
  std::string field;  ///< empty for a literal
  std::size_t zeros = 0;
  std::optional<std::size_t> characters;
};

[[noreturn]] void fail(std::string_view name_template, const std::string& why) {
  throw ConfigError(fmt::format("file name '{}': {}", name_template, why));
}

std::optional<std::size_t> parse_width(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > max_width) return {};
  return value;
}

Piece parse_field(std::string_view name_template, std::string_view inside) {
  Piece piece;
  const auto colon = inside.find(':');
  piece.field = inside.substr(0, colon);
  if (piece.field.empty()) fail(name_template, "a field without a name; write {uid}, or {{ for a brace");
  if (colon == std::string_view::npos) return piece;
  std::string_view format = inside.substr(colon + 1);
  if (format.ends_with('d')) format.remove_suffix(1);
  if (format.starts_with('.')) {
    piece.characters = parse_width(format.substr(1));
  } else if (format.starts_with('0')) {
    piece.zeros = parse_width(format.substr(1)).value_or(0);
  }
  if (!piece.characters && piece.zeros == 0)
    fail(name_template, fmt::format("'{{{}}}' has an unknown format; write {{field:.8}} for the first 8 characters, "
                                    "{{field:05}} for 5 digits",
                                    inside));
  return piece;
}

std::vector<Piece> parse(std::string_view name_template) {
  std::vector<Piece> pieces;
  std::string literal;
  for (std::size_t at = 0; at < name_template.size(); ++at) {
    const char c = name_template[at];
    const bool doubled = at + 1 < name_template.size() && name_template[at + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      literal += c;
      ++at;
    } else if (c == '{') {
      const auto end = name_template.find('}', at);
      if (end == std::string_view::npos) fail(name_template, fmt::format("brace at {} is not closed", at));
      pieces.push_back({std::exchange(literal, {}), {}, 0, {}});
      pieces.push_back(parse_field(name_template, name_template.substr(at + 1, end - at - 1)));
      at = end;
    } else if (c == '}') {
      fail(name_template, fmt::format("brace at {} closes nothing; write }}}} for a brace", at));
    } else if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20) {
      fail(name_template,
           fmt::format("character {} does not belong into a file name; put folders into 'directory'", at));
    } else {
      literal += c;
    }
  }
  pieces.push_back({std::move(literal), {}, 0, {}});
  return pieces;
}

std::optional<std::string> text_of(const Value& value) {
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (const auto* integer = value.get_if<std::int64_t>()) return fmt::format("{}", *integer);
  if (const auto* integer = value.get_if<std::uint64_t>()) return fmt::format("{}", *integer);
  if (const auto* number = value.get_if<double>()) return fmt::format("{}", *number);
  if (const auto* flag = value.get_if<bool>()) return *flag ? "true" : "false";
  return {};
}

std::optional<std::string> look_up(const Dict& start, std::string_view field) {
  if (const Value* value = start.find(field)) return text_of(*value);
  const auto dot = field.find('.');
  if (dot == std::string_view::npos) return {};
  const Dict* inner = dict_at(start, field.substr(0, dot));
  return inner == nullptr ? std::nullopt : look_up(*inner, field.substr(dot + 1));
}

void add_fields(const Dict& dict, const std::string& prefix, std::vector<std::string>& names) {
  for (const auto& [key, value] : dict) {
    if (text_of(value)) names.push_back(prefix + key);
    if (const auto* inner = value.get_if<Dict>(); inner != nullptr && prefix.empty())
      add_fields(*inner, key + ".", names);
  }
}

[[noreturn]] void fail_unknown(std::string_view name_template, std::string_view field, const Dict& start) {
  std::vector<std::string> names;
  add_fields(start, {}, names);
  const std::vector<std::string_view> views(names.begin(), names.end());
  fail(name_template, fmt::format("the start document has no text or number '{}'.{}", field, suggest(field, views)));
}

bool is_harmless(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.+=@").find(c) != std::string_view::npos;
}

std::string written(const Piece& piece, std::string text) {
  std::ranges::replace_if(text, [](char c) { return !is_harmless(c); }, '_');
  if (piece.characters) text.resize(std::min(text.size(), *piece.characters));
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  if (piece.zeros > text.size()) text.insert(sign, piece.zeros - text.size(), '0');
  return text;
}

}  // namespace

void check_name_template(std::string_view name_template) {
  const auto pieces = parse(name_template);
  if (pieces.size() == 1 && pieces.front().literal.empty()) fail(name_template, "it is empty");
}

std::string expand_name(std::string_view name_template, const Dict& start) {
  check_name_template(name_template);
  std::string name;
  for (const auto& piece : parse(name_template)) {
    name += piece.literal;
    if (piece.field.empty()) continue;
    auto text = look_up(start, piece.field);
    if (!text) fail_unknown(name_template, piece.field, start);
    name += written(piece, *std::move(text));
  }
  if (name.empty() || name.front() == '.') name = '_' + name;
  if (name.size() <= max_name_bytes) return name;
  // Keep the extension, cut the stem.
  const auto dot = name.rfind('.');
  const std::string extension = dot != std::string::npos && name.size() - dot <= 16 ? name.substr(dot) : std::string();
  return name.substr(0, max_name_bytes - extension.size()) + extension;
}

}  // namespace annulus
