// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/value.hpp"

#include <algorithm>
#include <atomic>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace annulus {

Dict::Dict(std::initializer_list<Item> items) {
  for (const Item& item : items) append(item.first, item.second);
}

Dict::Dict(std::shared_ptr<Keys> keys, std::vector<Value> values)
    : keys_(std::move(keys)), values_(std::move(values)) {}

const Dict::Keys& Dict::keys() const noexcept {
  static const Keys none;
  return keys_ ? *keys_ : none;
}

const Value* Dict::find(std::string_view key) const noexcept {
  const auto it = std::ranges::find(keys(), key);
  return it == keys().end() ? nullptr : &values_[static_cast<std::size_t>(it - keys().begin())];
}

Value* Dict::find(std::string_view key) noexcept { return const_cast<Value*>(std::as_const(*this).find(key)); }

Value& Dict::operator[](std::string_view key) {
  if (Value* value = find(key)) return *value;
  append(std::string(key), Value{});
  return values_.back();
}

void Dict::set(std::string_view key, Value value) { (*this)[key] = std::move(value); }

void Dict::append(std::string key, Value value) {
  if (keys_.use_count() != 1) keys_ = std::make_shared<Keys>(keys());
  std::atomic_thread_fence(std::memory_order_acquire);  // another thread may have been the last to share them
  keys_->push_back(std::move(key));
  values_.push_back(std::move(value));
}

bool operator==(const Dict& a, const Dict& b) {
  // As in Python: the order of keys does not matter.
  if (a.keys_ == b.keys_) return a.values_ == b.values_;
  if (a.size() != b.size()) return false;
  return std::ranges::all_of(a, [&](const Dict::Entry& entry) {
    const Value* other = b.find(entry.key);
    return other != nullptr && *other == entry.value;
  });
}

Value::Value(std::uint64_t v) {
  if (v <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    data_ = static_cast<std::int64_t>(v);
  } else {
    data_ = v;
  }
}

double Value::number_or(double fallback) const noexcept {
  if (const auto* v = get_if<double>()) return *v;
  if (const auto* v = get_if<std::int64_t>()) return static_cast<double>(*v);
  if (const auto* v = get_if<std::uint64_t>()) return static_cast<double>(*v);
  if (const auto* v = get_if<bool>()) return *v ? 1.0 : 0.0;
  return fallback;
}

std::int64_t Value::integer_or(std::int64_t fallback) const noexcept {
  const auto* v = get_if<std::int64_t>();
  return v ? *v : fallback;
}

std::string_view Value::text_or(std::string_view fallback) const noexcept {
  const auto* v = get_if<std::string>();
  return v ? std::string_view(*v) : fallback;
}

std::string Value::to_text() const {
  struct Visitor {
    std::string operator()(std::nullptr_t) const { return "nothing"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(std::uint64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return fmt::format("{}", v); }
    std::string operator()(const std::string& v) const { return "'" + v + "'"; }
    std::string operator()(const Bytes& v) const { return fmt::format("{} bytes", v.data.size()); }
    std::string operator()(const Array& v) const {
      return fmt::format("array {} {}", to_string(v.shape()), name_of(v.dtype()));
    }
    std::string operator()(const List& v) const {
      if (v.size() > 4) return fmt::format("[{} items]", v.size());
      std::vector<std::string> items;
      for (const Value& item : v) items.push_back(item.to_text());
      return fmt::format("[{}]", fmt::join(items, ", "));
    }
    std::string operator()(const Dict& v) const { return fmt::format("{{{} keys}}", v.size()); }
  };
  return std::visit(Visitor{}, data_);
}

std::string text_at(const Dict& dict, std::string_view key, std::string_view fallback) {
  const Value* value = dict.find(key);
  return std::string(value ? value->text_or(fallback) : fallback);
}

std::int64_t integer_at(const Dict& dict, std::string_view key, std::int64_t fallback) {
  const Value* value = dict.find(key);
  return value ? value->integer_or(fallback) : fallback;
}

double number_at(const Dict& dict, std::string_view key, double fallback) {
  const Value* value = dict.find(key);
  return value ? value->number_or(fallback) : fallback;
}

const Dict* dict_at(const Dict& dict, std::string_view key) noexcept {
  const Value* value = dict.find(key);
  return value ? value->get_if<Dict>() : nullptr;
}

const List* list_at(const Dict& dict, std::string_view key) noexcept {
  const Value* value = dict.find(key);
  return value ? value->get_if<List>() : nullptr;
}

Dict without_large_arrays(const Dict& dict, std::size_t most) {
  Dict out;
  for (const auto& [key, value] : dict) {
    const Array* array = value.get_if<Array>();
    const Dict* inner = value.get_if<Dict>();
    const bool large = array != nullptr && array->size() > most;
    out.append(key, large ? Value(value.to_text()) : inner ? Value(without_large_arrays(*inner, most)) : value);
  }
  return out;
}

}  // namespace annulus
