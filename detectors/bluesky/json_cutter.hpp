// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string_view>

namespace annulus::bluesky {

/// Finds where documents begin and end in a JSON text that arrives piece by piece, without reading them: values one
/// after the other, or as the items of one list.
class JsonCutter final {
 public:
  enum class Found { value, end, more, broken };

  /// Looks at `text`, which must begin where the last value ended and may only have grown since the last call.
  /// `value`: begin() and size() tell where; `end`: the list is closed; `more`: call again with more text;
  /// `broken`: begin() and size() tell what is no document, up to the end of its line. A line that begins with [" or {"
  /// while a document is open, and a line's end within a string, show that the document was broken off.
  [[nodiscard]] Found find(std::string_view text);

  [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
  [[nodiscard]] std::size_t size() const noexcept { return at_ - begin_; }
  /// True while the end of a broken line is looked for.
  [[nodiscard]] bool is_broken() const noexcept { return broken_; }
  /// Forgets what was found: the next text begins behind it.
  void next() noexcept;

 private:
  [[nodiscard]] Found find_begin(std::string_view text);
  [[nodiscard]] Found find_end_of_line(std::string_view text);

  enum class Layout { unknown, sequence, list };

  Layout layout_ = Layout::unknown;
  std::size_t begin_ = 0;
  std::size_t at_ = 0;  ///< scanned so far
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool broken_ = false;
};

}  // namespace annulus::bluesky
