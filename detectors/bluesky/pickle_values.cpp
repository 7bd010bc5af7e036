// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/pickle_items.hpp"
#include "detectors/bluesky/repeated_key.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky::pickle {
namespace {

using Entries = Pile<DictItem>;

std::uint64_t first_bytes(std::string_view text) {
  std::uint64_t word = 0;
  text.copy(reinterpret_cast<char*>(&word), sizeof(word));
  return word;
}

template <class Word>
bool is_same_word(const char* a, const char* b) {
  Word x;
  Word y;
  std::memcpy(&x, a, sizeof(x));
  std::memcpy(&y, b, sizeof(y));
  return x == y;
}

/// Compares texts of one length in words, of which the last two may overlap: keys are short, and calling memcmp for
/// each would take longer than comparing them.
template <class Word>
bool are_same_words(std::string_view a, std::string_view b) {
  const std::size_t last = a.size() - sizeof(Word);
  for (std::size_t i = 0; i < last; i += sizeof(Word)) {
    if (!is_same_word<Word>(a.data() + i, b.data() + i)) return false;
  }
  return is_same_word<Word>(a.data() + last, b.data() + last);
}

bool are_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() >= sizeof(std::uint64_t)) return are_same_words<std::uint64_t>(a, b);
  if (a.size() >= sizeof(std::uint32_t)) return are_same_words<std::uint32_t>(a, b);
  return a == b;
}

/// The keys of mappings that were read before. All events of a stream have the same: they share them.
class KnownKeys final {
 public:
  /// Null when the keys are not known.
  [[nodiscard]] std::shared_ptr<Dict::Keys> find(const Entries& entries) const {
    const auto& known = slots_[slot_of(entries)];
    const auto same = [](const std::string& key, const auto& entry) { return are_same(key, entry.key.utf8); };
    return known && std::ranges::equal(*known, entries, same) ? known : nullptr;
  }

  void add(const Entries& entries, const std::shared_ptr<Dict::Keys>& keys) {
    std::size_t bytes = 0;
    for (const std::string& key : *keys) bytes += sizeof(key) + key.size();
    if (bytes <= most_bytes) slots_[slot_of(entries)] = keys;
  }

 private:
  static constexpr std::size_t most_bytes = 8192;  // of the keys of one mapping

  static std::size_t slot_of(const Entries& entries) {
    const std::uint64_t mixed = first_bytes(entries[0].key.utf8) ^ first_bytes(entries.back().key.utf8) * 31;
    return static_cast<std::size_t>((mixed + entries.size()) * 0x9E3779B97F4A7C15U >> 59U);
  }

  std::array<std::shared_ptr<Dict::Keys>, 32> slots_;
};

/// Turns items into values. A node that the pickle shares becomes a copy in every place, within the budget. Methods
/// return false when they cannot go on; problem() then says why.
class Converter final {
 public:
  explicit Converter(Budget& budget) : budget_(budget) {}

  bool convert(const Item& item, Value& out) {
    if (!budget_.take_value()) return fail("message unpacks to far more values than it has bytes");
    if (const auto* v = std::get_if<double>(&item)) return read(*v, out);  // most are numbers
    return std::visit([&](const auto& v) { return read(v, out); }, item);
  }

  [[nodiscard]] std::string& problem() noexcept { return problem_; }

 private:
  [[gnu::cold, gnu::noinline]] bool fail(std::string_view problem) {
    problem_ = problem;
    return false;
  }

  bool take_bytes(std::size_t count) {
    return budget_.take_bytes(count) || fail("message unpacks to far more bytes than it has");
  }

  template <class Plain>
  bool read(Plain v, Value& out) {
    out.emplace<Plain>(v);
    return true;
  }
  bool read(Global, Value&) { return fail("a class or function stands where data belongs"); }
  bool read(DTypeNode*, Value&) { return fail("a numpy type stands where data belongs"); }

  bool read(const Text& text, Value& out) {
    if (!take_bytes(text.utf8.size())) return false;
    out.emplace<std::string>(text.utf8);
    return true;
  }

  bool read(Blob* blob, Value& out) {
    if (!take_bytes(blob->bytes.size())) return false;
    out.emplace<Bytes>(Bytes{std::string(as_text(blob->bytes))});
    return true;
  }

  bool read(ArrayNode* node, Value& out) {
    if (!node->array) return fail("numpy array without content");
    // The elements are shared, but every copy of an array has a shape of its own.
    if (!take_bytes(node->array->shape().size() * sizeof(std::size_t))) return false;
    out.emplace<Array>(*node->array);
    return true;
  }

  bool read(ListNode* node, Value& out) { return read_list(node->items, out); }
  bool read(TupleNode* node, Value& out) { return read_list(node->items, out); }

  bool read_list(const Items& items, Value& out) {
    if (!descend()) return false;
    List& list = out.emplace<List>();
    for (const Item& item : items) {
      if (!convert(item, list.emplace_back())) return false;
    }
    --depth_;
    return true;
  }

  bool read(DictNode* node, Value& out) {
    if (!descend()) return false;
    const Entries& entries = node->items;
    if (entries.size() > max_keys) return fail(fmt::format("mapping has more than {} keys", max_keys));
    const auto keys = keys_of(entries);
    if (!keys) return false;
    std::vector<Value> values;
    values.reserve(entries.size());
    for (const auto& entry : entries) {
      const auto* number = std::get_if<double>(&entry.value);
      if (number != nullptr && budget_.take_value()) {
        values.emplace_back(*number);
      } else if (!convert(entry.value, values.emplace_back())) {
        return false;
      }
    }
    out.emplace<Dict>(std::move(*keys), std::move(values));
    --depth_;
    return true;
  }

  /// Nothing when the keys cannot be used.
  std::optional<std::shared_ptr<Dict::Keys>> keys_of(const Entries& entries) {
    static thread_local KnownKeys known;
    if (entries.empty()) return nullptr;
    std::size_t bytes = 0;
    for (const auto& [key, item] : entries) bytes += key.utf8.size();
    if (!take_bytes(bytes)) return std::nullopt;
    if (auto keys = known.find(entries)) return keys;
    auto keys = std::make_shared<Dict::Keys>();
    keys->reserve(entries.size());
    for (const auto& [key, item] : entries) keys->emplace_back(key.utf8);
    if (const std::string* key = repeated_key(*keys)) {
      fail(fmt::format("key '{}' occurs twice in a mapping", printable(*key)));
      return std::nullopt;
    }
    known.add(entries, keys);
    return keys;
  }

  bool descend() {
    return ++depth_ <= max_depth ||
           fail(fmt::format("data is nested deeper than {} levels (or contains itself)", max_depth));
  }

  Budget& budget_;
  std::size_t depth_ = 0;
  std::string problem_;
};

}  // namespace

Expected<Value, std::string> to_value(const Item& item, Heap& heap) {
  Converter converter(heap.budget);
  Value value;
  if (!converter.convert(item, value)) return Failure(std::move(converter.problem()));
  return value;
}

}  // namespace annulus::bluesky::pickle
