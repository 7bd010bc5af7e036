// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/yaml.hpp"

#include <sstream>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "operators/data/error.hpp"

#include "service/config/scalar.hpp"

namespace annulus {
namespace {

[[noreturn]] void refuse(const std::string& file, int line, const std::string& problem) {
  throw ConfigError(fmt::format("{}:{}: {}", file, line, problem));
}

/// Builds the tree from the events of the parser. The library's own tree would lose repeated keys and lines of keys,
/// and would expand aliases.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, Mistakes& mistakes) : file_(file), mistakes_(mistakes) {}

  [[nodiscard]] YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add_scalar({line_of(mark), YamlNode::Scalar{}}); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    mistakes_.add(line_of(mark), here(), "an alias is not read here (a value says all of itself) write the value out");
    add_scalar({line_of(mark), YamlNode::Scalar{}});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    check_tag(mark, tag);
    Value resolved = tag == "?" ? resolve_plain_scalar(value) : Value(value);
    add_scalar({line_of(mark), YamlNode::Scalar{std::move(resolved), value}});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Sequence{});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Mapping{});
  }
  void OnMapEnd() override { close(); }

 private:
  /// A sequence or mapping that is not complete yet.
  struct Level {
    YamlNode node;
    bool is_key = false;    ///< the collection stands where a key should
    bool has_key = false;   ///< a key was read whose value comes next
    bool key_used = false;  ///< that key is a text and is new
    std::string key;
    int key_line = 0;
    std::unordered_map<std::string, int> lines;  ///< of the keys so far
  };

  static int line_of(const YAML::Mark& mark) { return mark.line + 1; }

  [[nodiscard]] std::string here() const {
    std::string path;
    for (const Level& level : levels_) {
      if (level.has_key) path = join_keys(path, level.key);
    }
    return path;
  }

  [[nodiscard]] bool expects_key() const {
    return !levels_.empty() && levels_.back().node.mapping() != nullptr && !levels_.back().has_key;
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    mistakes_.add(line_of(mark), here(),
                  fmt::format("the tag '{}' is not read here (types are told by form) remove it; quote a text", tag));
  }

  void open(const YAML::Mark& mark, const std::string& tag,
            std::variant<YamlNode::Scalar, YamlNode::Sequence, YamlNode::Mapping> content) {
    check_tag(mark, tag);
    if (levels_.size() >= max_config_depth) {
      refuse(file_, line_of(mark), fmt::format("nested more than {} levels deep", max_config_depth));
    }
    Level level;
    level.node = {line_of(mark), std::move(content)};
    level.is_key = expects_key();
    levels_.push_back(std::move(level));
  }

  void close() {
    Level done = std::move(levels_.back());
    levels_.pop_back();
    if (done.is_key) {
      add_key(done.node.line, nullptr);
    } else {
      add(std::move(done.node));
    }
  }

  void add_scalar(YamlNode node) {
    if (!expects_key()) {
      add(std::move(node));
      return;
    }
    const int line = node.line;
    auto& scalar = std::get<YamlNode::Scalar>(node.content);
    add_key(line, scalar.value.is_null() ? nullptr : &scalar.text);
  }

  void add_key(int line, const std::string* key) {
    Level& level = levels_.back();
    level.has_key = true;
    level.key_used = false;
    level.key_line = line;
    if (key == nullptr) {
      level.key.clear();
      mistakes_.add(line, here(), "a key must be a text");
      return;
    }
    level.key = *key;
    const auto [first, is_new] = level.lines.emplace(*key, line);
    level.key_used = is_new;
    if (!is_new) {
      mistakes_.add(line, here(), fmt::format("the key '{}' is given twice (first in line {})", *key, first->second));
    }
  }

  void add(YamlNode node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (auto* sequence = std::get_if<YamlNode::Sequence>(&level.node.content)) {
      sequence->push_back(std::move(node));
      return;
    }
    level.has_key = false;
    if (!level.key_used) return;
    std::get<YamlNode::Mapping>(level.node.content).push_back({level.key, level.key_line, std::move(node)});
  }

  const std::string& file_;
  Mistakes& mistakes_;
  std::vector<Level> levels_;
  YamlNode root_;
};

/// The parser takes tabs for blanks in some places and gives strange errors in others.
void refuse_what_is_not_plain_text(const std::string& text, const std::string& file) {
  int line = 1;
  bool in_indentation = true;
  bool tab_seen = false;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if ((code < 0x20 && c != '\t' && c != '\n' && c != '\r') || code == 0x7f) {
      refuse(file, line, fmt::format("this is not a text (it holds the byte 0x{:02x})", code));
    }
    if (in_indentation && c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != '#' && tab_seen) {
      refuse(file, line, "a tab indents this line (YAML allows only spaces there) replace it by spaces");
    }
    if (c == '\n') {
      ++line;
      in_indentation = true;
      tab_seen = false;
    } else if (in_indentation) {
      tab_seen |= c == '\t';
      in_indentation = c == ' ' || c == '\t';
    }
  }
}

/// The parser takes an open quote for closed where a newline is the last of the text.
std::string_view without_trailing_blanks(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// Throws YAML::Exception, and ConfigError.
YamlNode read_document(std::string_view text, const std::string& file, Mistakes& mistakes) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  TreeBuilder builder(file, mistakes);
  if (!parser.HandleNextDocument(builder)) return {};
  TreeBuilder second(file, mistakes);
  if (parser.HandleNextDocument(second)) {
    refuse(file, second.take_root().line, "a second YAML document begins here (a configuration is one) remove '---'");
  }
  return builder.take_root();
}

bool ends_inside_quotes(std::string_view text) {
  Mistakes ignored({});
  try {
    static_cast<void>(read_document(without_trailing_blanks(text), {}, ignored));
  } catch (const YAML::Exception& error) {
    return error.msg == YAML::ErrorMsg::EOF_IN_SCALAR;
  } catch (const ConfigError&) {
    // too deep before the quote: not inside it
  }
  return false;
}

/// The parser knows only that the text ended inside quotes. Bisection finds a line where they open: without it the
/// text does not end inside quotes, with it it does.
int line_of_open_quote(std::string_view text) {
  std::vector<std::size_t> ends;  // of the lines
  for (std::size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1)) ends.push_back(i);
  ends.push_back(text.size());
  std::size_t outside = 0;  // so many lines do not end inside
  std::size_t inside = ends.size();
  while (inside - outside > 1) {
    const std::size_t middle = (outside + inside) / 2;
    (ends_inside_quotes(text.substr(0, ends[middle - 1])) ? inside : outside) = middle;
  }
  return static_cast<int>(inside);
}

}  // namespace

Value YamlNode::to_value() const {
  if (const Scalar* leaf = scalar()) return leaf->value;
  if (const Sequence* entries = sequence()) {
    List list;
    for (const YamlNode& entry : *entries) list.push_back(entry.to_value());
    return list;
  }
  Dict dict;
  for (const YamlItem& item : *mapping()) dict.append(item.key, item.value.to_value());
  return dict;
}

YamlNode parse_yaml(const std::string& text, const std::string& file, Mistakes& mistakes) {
  if (text.size() > max_config_bytes) {
    refuse(file, 1, fmt::format("the file is larger than {} KiB (is it a configuration?)", max_config_bytes / 1024));
  }
  refuse_what_is_not_plain_text(text, file);
  const std::string_view content = without_trailing_blanks(text);
  try {
    return read_document(content, file, mistakes);
  } catch (const YAML::Exception& error) {
    if (error.msg == YAML::ErrorMsg::EOF_IN_SCALAR) {
      refuse(file, line_of_open_quote(content), "a text that begins with a quote in this line is never closed");
    }
    if (error.mark.is_null()) refuse(file, 1, "this is not YAML (" + error.msg + ")");
    refuse(file, error.mark.line + 1,
           fmt::format("column {}: this is not YAML ({})", error.mark.column + 1, error.msg));
  }
}

}  // namespace annulus
