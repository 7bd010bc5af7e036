// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "operators/data/array.hpp"

namespace annulus {

class Value;

/// Raw bytes that are neither text nor an array.
struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

using List = std::vector<Value>;

/// A mapping from text to values that keeps the order of insertion, as documents do. Look-up is linear:
/// documents have tens of keys. Dicts with the same keys may share them, as all events of a stream do: copies share
/// them until one of them gets another key.
class Dict {
 public:
  using Item = std::pair<std::string, Value>;
  using Keys = std::vector<std::string>;
  /// What iteration yields: for (const auto& [key, value] : dict)
  struct Entry {
    const std::string& key;
    const Value& value;
  };
  class Iterator;

  Dict() = default;
  Dict(std::initializer_list<Item> items);
  /// `values[i]` under `keys[i]`, which nobody changes from now on. There must be as many of both, and no key twice.
  Dict(std::shared_ptr<Keys> keys, std::vector<Value> values);

  /// The value under `key`, or null.
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;
  [[nodiscard]] Value* find(std::string_view key) noexcept;
  [[nodiscard]] bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }

  /// The value under `key`, made if absent.
  Value& operator[](std::string_view key);

  /// Replaces or appends.
  void set(std::string_view key, Value value);
  /// Appends without looking for an earlier key: for decoders, which check duplicates themselves.
  void append(std::string key, Value value);

  /// In the order of insertion.
  [[nodiscard]] const Keys& keys() const noexcept;

  // Defined below: Value must be complete first.
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept;
  [[nodiscard]] Iterator begin() const noexcept;
  [[nodiscard]] Iterator end() const noexcept;

  friend bool operator==(const Dict& a, const Dict& b);

 private:
  std::shared_ptr<Keys> keys_;  ///< changed only while nobody shares them; null: none
  std::vector<Value> values_;
};

/// What a document may hold: plain data and numeric arrays, nothing that could run.
class Value {
 public:
  using Variant =
      std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Bytes, Array, List, Dict>;

  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool v) : data_(v) {}
  Value(int v) : data_(std::int64_t{v}) {}
  Value(std::int64_t v) : data_(v) {}
  /// Values that fit are kept as signed, so that equal numbers compare equal.
  Value(std::uint64_t v);
  Value(double v) : data_(v) {}
  Value(const char* v) : data_(std::string(v)) {}
  Value(std::string_view v) : data_(std::string(v)) {}
  Value(std::string v) : data_(std::move(v)) {}
  Value(Bytes v) : data_(std::move(v)) {}
  Value(Array v) : data_(std::move(v)) {}
  Value(List v) : data_(std::move(v)) {}
  Value(Dict v) : data_(std::move(v)) {}

  [[nodiscard]] const Variant& variant() const noexcept { return data_; }
  [[nodiscard]] bool is_null() const noexcept { return data_.index() == 0; }

  /// The content as T (one of the variant's types), or null.
  template <class T>
  [[nodiscard]] const T* get_if() const noexcept {
    return std::get_if<T>(&data_);
  }
  template <class T>
  [[nodiscard]] T* get_if() noexcept {
    return std::get_if<T>(&data_);
  }

  /// Makes the content a T, in place.
  template <class T, class... Args>
  T& emplace(Args&&... args) {
    return data_.emplace<T>(std::forward<Args>(args)...);
  }

  /// Any number (integers and booleans converted), or `fallback`.
  [[nodiscard]] double number_or(double fallback) const noexcept;
  /// An integer that fits, or `fallback`.
  [[nodiscard]] std::int64_t integer_or(std::int64_t fallback) const noexcept;
  /// The text, or `fallback`.
  [[nodiscard]] std::string_view text_or(std::string_view fallback) const noexcept;

  /// A short text for messages: 3, 0.5, 'text', [1, 2], {2 keys}, array 3 x 4 uint16.
  [[nodiscard]] std::string to_text() const;

  friend bool operator==(const Value&, const Value&) = default;

 private:
  Variant data_;
};

class Dict::Iterator {
 public:
  using difference_type = std::ptrdiff_t;
  using value_type = Entry;

  Iterator() = default;
  Iterator(const std::string* key, const Value* value) : key_(key), value_(value) {}
  Entry operator*() const noexcept { return {*key_, *value_}; }
  Iterator& operator++() noexcept {
    ++key_;
    ++value_;
    return *this;
  }
  Iterator operator++(int) noexcept {
    Iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.value_ == b.value_; }

 private:
  const std::string* key_ = nullptr;
  const Value* value_ = nullptr;
};

inline std::size_t Dict::size() const noexcept { return values_.size(); }
inline bool Dict::empty() const noexcept { return values_.empty(); }
inline Dict::Iterator Dict::begin() const noexcept { return {keys().data(), values_.data()}; }
inline Dict::Iterator Dict::end() const noexcept { return {nullptr, values_.data() + values_.size()}; }

/// The text under `key`, or `fallback`.
[[nodiscard]] std::string text_at(const Dict& dict, std::string_view key, std::string_view fallback = {});
/// The integer under `key`, or `fallback`.
[[nodiscard]] std::int64_t integer_at(const Dict& dict, std::string_view key, std::int64_t fallback);
/// The number under `key`, or `fallback`.
[[nodiscard]] double number_at(const Dict& dict, std::string_view key, double fallback);
/// The mapping under `key`, or null.
[[nodiscard]] const Dict* dict_at(const Dict& dict, std::string_view key) noexcept;
/// The list under `key`, or null.
[[nodiscard]] const List* list_at(const Dict& dict, std::string_view key) noexcept;

/// The same without arrays of more than `most` elements, for which their text stands ("array 2167 x 2070 uint32"): for
/// what is written as text or sent on.
[[nodiscard]] Dict without_large_arrays(const Dict& dict, std::size_t most = 4096);

}  // namespace annulus
