// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/pickle_items.hpp"
#include "detectors/bluesky/repeated_key.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky::pickle {
namespace {

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
    if (node->items.size() > max_keys) return fail(fmt::format("mapping has more than {} keys", max_keys));
    Dict& dict = out.emplace<Dict>();
    dict.reserve(node->items.size());
    for (const auto& [key, item] : node->items) {
      if (!take_bytes(key.utf8.size()) || !convert(item, dict.append(key.utf8))) return false;
    }
    if (const std::string* key = repeated_key(dict)) {
      return fail(fmt::format("key '{}' occurs twice in a mapping", printable(*key)));
    }
    --depth_;
    return true;
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
