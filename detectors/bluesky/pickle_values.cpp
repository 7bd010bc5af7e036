// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/pickle_items.hpp"
#include "detectors/bluesky/repeated_key.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky::pickle {
namespace {

/// Turns items into values. A node that the pickle shares becomes a copy in every place, within the budget.
class Converter final {
 public:
  explicit Converter(Budget& budget) : budget_(budget) {}

  Expected<Value, std::string> convert(const Item& item, std::size_t depth) {
    if (depth > max_depth) {
      return Failure(fmt::format("data is nested deeper than {} levels (or contains itself)", max_depth));
    }
    if (!budget_.take_value()) return Failure("message unpacks to far more values than it has bytes");
    depth_ = depth;
    return std::visit([this](const auto& v) { return value_of(v); }, item);
  }

 private:
  using Result = Expected<Value, std::string>;

  static Failure too_many_bytes() { return Failure("message unpacks to far more bytes than it has"); }

  Result value_of(std::nullptr_t) { return Value(); }
  Result value_of(bool v) { return Value(v); }
  Result value_of(std::int64_t v) { return Value(v); }
  Result value_of(std::uint64_t v) { return Value(v); }
  Result value_of(double v) { return Value(v); }
  Result value_of(Global) { return Failure("a class or function stands where data belongs"); }
  Result value_of(DTypeNode*) { return Failure("a numpy type stands where data belongs"); }

  Result value_of(const Text& text) {
    auto copy = copy_text(text.utf8);
    if (!copy) return Failure(copy.error());
    return Value(std::move(*copy));
  }

  Result value_of(const Blob& blob) {
    if (!budget_.take_bytes(blob.bytes.size())) return too_many_bytes();
    return Value(Bytes{std::string(as_text(blob.bytes))});
  }

  Result value_of(ArrayNode* node) {
    if (!node->array) return Failure("numpy array without content");
    // The elements are shared, but every copy of an array has a shape of its own.
    if (!budget_.take_bytes(node->array->shape().size() * sizeof(std::size_t))) return too_many_bytes();
    return Value(*node->array);
  }

  Result value_of(ListNode* node) { return list_of(node->items); }
  Result value_of(TupleNode* node) { return list_of(node->items); }

  Result list_of(const std::vector<Item>& items) {
    const std::size_t depth = depth_ + 1;
    List list;
    for (const Item& item : items) {
      auto value = convert(item, depth);
      if (!value) return value;
      list.push_back(std::move(*value));
    }
    return Value(std::move(list));
  }

  Result value_of(DictNode* node) {
    const std::size_t depth = depth_ + 1;
    if (node->items.size() > max_keys) return Failure(fmt::format("mapping has more than {} keys", max_keys));
    Dict dict;
    for (const auto& [name, item] : node->items) {
      auto key = copy_text(name.utf8);
      if (!key) return Failure(key.error());
      auto value = convert(item, depth);
      if (!value) return value;
      dict.append(std::move(*key), std::move(*value));
    }
    if (const std::string* key = repeated_key(dict)) {
      return Failure(fmt::format("key '{}' occurs twice in a mapping", printable(*key)));
    }
    return Value(std::move(dict));
  }

  Expected<std::string, std::string> copy_text(std::string_view text) {
    if (!budget_.take_bytes(text.size())) return too_many_bytes();
    if (!is_utf8(text)) return Failure("text is not UTF-8");
    return std::string(text);
  }

  Budget& budget_;
  std::size_t depth_ = 0;
};

}  // namespace

Expected<Value, std::string> to_value(const Item& item, Heap& heap) { return Converter(heap.budget).convert(item, 0); }

}  // namespace annulus::bluesky::pickle
