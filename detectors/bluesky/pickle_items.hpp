// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

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
  bytearray,
  ordered_dict
};

/// Text of the message or of the heap: UTF-8.
struct Text {
  std::string_view utf8;
};

struct Blob;
struct ListNode;
struct TupleNode;
struct DictNode;
struct DTypeNode;
struct ArrayNode;

/// What lies on the stack and in the memo. Containers are nodes, because a pickle fills them after it has shared them.
using Item = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, Text, Global, Blob*, ListNode*,
                          TupleNode*, DictNode*, DTypeNode*, ArrayNode*>;

/// A vector in memory that is never given back, of what needs no destruction. Everything is inlined: most of the time
/// of a small message goes into putting items on stacks.
template <class T>
class Pile final {
  static_assert(std::is_trivially_copy_constructible_v<T> && std::is_trivially_destructible_v<T>);

 public:
  explicit Pile(std::pmr::memory_resource* arena, std::size_t capacity = 0) : arena_(arena) { reserve(capacity); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] const T* begin() const noexcept { return data_; }
  [[nodiscard]] const T* end() const noexcept { return data_ + size_; }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return data_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  [[nodiscard]] const T& back() const noexcept { return data_[size_ - 1]; }
  /// The topmost `count`, of which there must be as many.
  [[nodiscard]] std::span<const T> last(std::size_t count) const noexcept { return {end() - count, count}; }

  /// Puts a T made of `from` on top, in place: a copy of what has just been written piece by piece would have to wait.
  template <class From>
  [[gnu::always_inline]] void push(const From& from) {
    if (size_ == capacity_) reserve(2 * capacity_ + 4);
    new (data_ + size_++) T(from);
  }
  void drop(std::size_t count) noexcept { size_ -= count; }

  [[gnu::noinline]] void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    auto* larger = static_cast<T*>(arena_->allocate(capacity * sizeof(T), alignof(T)));
    std::uninitialized_copy_n(data_, size_, larger);
    data_ = larger;
    capacity_ = capacity;
  }

 private:
  std::pmr::memory_resource* arena_;
  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};
using Items = Pile<Item>;

/// Bytes of the message or of the heap, with what keeps them alive.
struct Blob {
  std::span<const std::byte> bytes;
  const std::shared_ptr<const void>* owner = nullptr;
};
struct ListNode {
  Items items;
};
struct TupleNode {
  Items items;
};
struct DictItem {
  Text key;
  Item value;
};
struct DictNode {
  Pile<DictItem> items;
};
struct DTypeNode {
  std::string_view name;  ///< "<f8"; "<U5" is text, which only scalars may be
  WireType type;          ///< nothing sensible where `text`
  bool boolean = false;
  bool text = false;
};
struct ArrayNode {
  std::optional<Array> array;  ///< empty between _reconstruct and BUILD
};

/// Owns the nodes of one pickle. Addresses stay. All but arrays lie in blocks that are freed as a whole: a typical
/// event needs no memory but the first block, which is part of this object.
class Heap final {
 public:
  Heap(std::shared_ptr<const void> message, std::size_t message_bytes)
      : budget(message_bytes), message_(std::move(message)) {}

  [[nodiscard]] std::pmr::memory_resource* arena() noexcept { return &arena_; }

  template <class Node>
  [[nodiscard]] Node* make(Node node) {
    if constexpr (std::is_same_v<Node, ArrayNode>) {
      return &arrays_.emplace_front(std::move(node));
    } else {
      // Never destroyed: what it holds lies in the arena too.
      return new (arena_.allocate(sizeof(Node), alignof(Node))) Node(std::move(node));
    }
  }
  [[nodiscard]] Blob* of_message(std::span<const std::byte> bytes) { return make(Blob{bytes, &message_}); }
  [[nodiscard]] Blob* keep(std::string bytes) {
    auto kept = std::make_shared<const std::string>(std::move(bytes));
    return make(Blob{std::as_bytes(std::span(*kept)), &owners_.emplace_front(kept)});
  }
  [[nodiscard]] Text keep_text(std::string_view text) {
    auto* copy = static_cast<char*>(arena_.allocate(text.size() + 1, 1));
    text.copy(copy, text.size());
    return {{copy, text.size()}};
  }

  Budget budget;

 private:
  std::array<std::byte, 8192> first_block_;  // not initialised: that would take as long as decoding does
  std::pmr::monotonic_buffer_resource arena_{first_block_.data(), first_block_.size()};
  std::shared_ptr<const void> message_;
  std::forward_list<std::shared_ptr<const void>> owners_;
  std::forward_list<ArrayNode> arrays_;
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
