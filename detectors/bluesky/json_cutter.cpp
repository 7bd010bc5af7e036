// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/json_cutter.hpp"

#include <algorithm>

namespace annulus::bluesky {
namespace {

bool is_between(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ','; }
bool opens(char c) noexcept { return c == '[' || c == '{'; }
bool closes(char c) noexcept { return c == ']' || c == '}'; }

std::size_t skip(std::string_view text, std::size_t i) noexcept {
  while (i < text.size() && is_between(text[i])) ++i;
  return i;
}

/// True where a document begins; the text has two more characters.
bool begins_document(std::string_view text, std::size_t i) noexcept { return opens(text[i]) && text[i + 1] == '"'; }

}  // namespace

JsonCutter::Found JsonCutter::find(std::string_view text) {
  if (broken_) return find_end_of_line(text);
  if (depth_ == 0) {
    if (const Found found = find_begin(text); found != Found::value) return found;
  }
  while (at_ < text.size()) {
    const char c = text[at_];
    if (c == '\n') {
      if (in_string_) return find_end_of_line(text);
      if (at_ + 2 >= text.size()) return Found::more;
      if (begins_document(text, at_ + 1)) return find_end_of_line(text);
    }
    ++at_;
    if (escaped_) {
      escaped_ = false;
    } else if (in_string_) {
      escaped_ = c == '\\';
      in_string_ = c != '"';
    } else if (c == '"') {
      in_string_ = true;
    } else if (opens(c)) {
      ++depth_;
    } else if (closes(c) && --depth_ == 0) {
      return Found::value;
    }
  }
  return Found::more;
}

/// Skips to the first character of a value. `value`: it is there, at begin().
JsonCutter::Found JsonCutter::find_begin(std::string_view text) {
  begin_ = skip(text, begin_);
  if (layout_ == Layout::unknown && begin_ < text.size()) {
    // A list of documents is told from a document ["name", {...}] by what follows its bracket.
    const std::size_t second = skip(text, begin_ + 1);
    if (second >= text.size()) return Found::more;
    const bool is_list = text[begin_] == '[' && text[second] != '"';
    layout_ = is_list ? Layout::list : Layout::sequence;
    if (is_list) begin_ = second;
  }
  at_ = begin_;
  if (begin_ >= text.size()) return Found::more;
  if (layout_ == Layout::list && text[begin_] == ']') return Found::end;
  return opens(text[begin_]) ? Found::value : find_end_of_line(text);
}

/// What is no document ends with its line.
JsonCutter::Found JsonCutter::find_end_of_line(std::string_view text) {
  broken_ = true;
  at_ = std::min(text.find('\n', at_), text.size());
  return at_ < text.size() ? Found::broken : Found::more;
}

void JsonCutter::next() noexcept {
  begin_ = at_ = depth_ = 0;
  in_string_ = escaped_ = broken_ = false;
}

}  // namespace annulus::bluesky
