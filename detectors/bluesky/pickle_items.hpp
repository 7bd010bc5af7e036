// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "operators/data/array.hpp"
#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

#include "detectors/bluesky/limits.hpp"

namespace annulus::bluesky::pickle {

/// The outcome of one step; the text says what is wrong, the machine adds opcode and position.
using Status = Expected<void, std::string>;
using Failure = Unexpected<std::string>;

/// Everything a pickle may name. A global stands for itself: there is nothing behind it that could be called.
enum class Global : std::uint8_t {
  reconstruct,
  ndarray,
  dtype,
  scalar,
  frombuffer,
  codecs_encode,
  bytes,
  ordered_dict
};

/// Text of the message, not yet checked to be UTF-8.
struct Text {
  std::string_view utf8;
};

/// Bytes of the message or of the heap, with what keeps them alive.
struct Blob {
  std::span<const std::byte> bytes;
  const std::shared_ptr<const void>* owner = nullptr;
};

struct ListNode;
struct TupleNode;
struct DictNode;
struct DTypeNode;
struct ArrayNode;

/// What lies on the stack and in the memo. Containers are nodes, because a pickle fills them after it has shared them.
using Item = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, Text, Blob, Global, ListNode*,
                          TupleNode*, DictNode*, DTypeNode*, ArrayNode*>;

struct ListNode {
  std::vector<Item> items;
};
struct TupleNode {
  std::vector<Item> items;
};
struct DictNode {
  std::vector<std::pair<Text, Item>> items;
};
struct DTypeNode {
  WireType type;
  bool boolean = false;
};
struct ArrayNode {
  std::optional<Array> array;  ///< empty between _reconstruct and BUILD
};

/// Owns the nodes of one pickle. Addresses stay.
class Heap final {
 public:
  Heap(std::shared_ptr<const void> message, std::size_t message_bytes)
      : budget(message_bytes), message_(std::move(message)) {}

  template <class Node>
  [[nodiscard]] Node* make(Node node) {
    return &std::get<std::deque<Node>>(nodes_).emplace_back(std::move(node));
  }
  [[nodiscard]] Blob of_message(std::span<const std::byte> bytes) const { return {bytes, &message_}; }
  [[nodiscard]] Blob keep(std::string bytes) {
    auto kept = std::make_shared<const std::string>(std::move(bytes));
    return {std::as_bytes(std::span(*kept)), &owners_.emplace_back(kept)};
  }

  Budget budget;

 private:
  std::shared_ptr<const void> message_;
  std::deque<std::shared_ptr<const void>> owners_;
  std::tuple<std::deque<ListNode>, std::deque<TupleNode>, std::deque<DictNode>, std::deque<DTypeNode>,
             std::deque<ArrayNode>>
      nodes_;
};

/// The global of that name, or nothing.
[[nodiscard]] std::optional<Global> find_global(std::string_view module, std::string_view name);

/// What Python's `callable(*args)` would make, for the few callables there are.
[[nodiscard]] Expected<Item, std::string> reduce(const Item& callable, const Item& args, Heap& heap);

/// What Python's `object.__setstate__(state)` would do, for the objects that have one.
[[nodiscard]] Status build(const Item& object, const Item& state, Heap& heap);

/// The finished value. Refuses what is nested too deep (or contains itself), repeated keys, and what is not data.
[[nodiscard]] Expected<Value, std::string> to_value(const Item& item, Heap& heap);

}  // namespace annulus::bluesky::pickle
