// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/data/value.hpp"

namespace annulus {

class Node;

/// When a parameter may take a new value: before the graph starts, or while it runs (Graph::change).
enum class Change { before_start, live };

/// What a parameter tells about itself: the source of its YAML key, its validation and its documentation.
class ParamBase {
 public:
  ParamBase(Node& owner, std::string name, std::string help, std::string unit, Change change);
  ParamBase(const ParamBase&) = delete;
  ParamBase& operator=(const ParamBase&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& help() const noexcept { return help_; }
  [[nodiscard]] const std::string& unit() const noexcept { return unit_; }
  [[nodiscard]] bool is_set() const noexcept { return set_; }
  [[nodiscard]] bool is_live() const noexcept { return change_ == Change::live; }

  /// Takes a value from a configuration. Throws ConfigError: "problem (reason) suggestion", without the place.
  void set(const Value& value) {
    assign(value);
    set_ = true;
  }
  /// Throws as set() does, and changes nothing.
  virtual void validate(const Value& value) const = 0;
  [[nodiscard]] virtual bool required() const noexcept = 0;
  /// Relative paths in a configuration are relative to its file.
  [[nodiscard]] virtual bool is_path() const noexcept = 0;
  /// Texts and paths: what a configuration writes is taken as it stands, also where it looks like a number (007).
  [[nodiscard]] virtual bool is_text() const noexcept = 0;
  [[nodiscard]] virtual std::string type_name() const = 0;
  /// The default as it would be written in YAML; "required" or "none" where there is none.
  [[nodiscard]] virtual std::string default_text() const = 0;
  /// The present value as it would be written in YAML.
  [[nodiscard]] virtual std::string text() const = 0;
  /// "at least 1", or empty.
  [[nodiscard]] virtual std::string constraint() const = 0;

 protected:
  ~ParamBase() = default;
  virtual void assign(const Value& value) = 0;

 private:
  std::string name_;
  std::string help_;
  std::string unit_;
  Change change_;
  bool set_ = false;
};

/// A condition on a value and its words, which follow "must be" in messages.
template <class T>
struct Constraint {
  std::function<bool(const T&)> holds;
  std::string words;
};

template <class T>
Constraint<T> at_least(T low) {
  return {[low](const T& v) { return v >= low; }, "at least " + Value(low).to_text()};
}
template <class T>
Constraint<T> more_than(T low) {
  return {[low](const T& v) { return v > low; }, "more than " + Value(low).to_text()};
}
template <class T>
Constraint<T> between(T low, T high) {
  return {[low, high](const T& v) { return v >= low && v <= high; },
          "between " + Value(low).to_text() + " and " + Value(high).to_text()};
}

/// An enumeration as configurations spell it; specialise `names()` for each enumeration used in a Param.
template <class E>
struct EnumNames;

/// How a parameter type is read from and written to a configuration. `read` throws ConfigError.
template <class T>
struct ParamTraits;

template <>
struct ParamTraits<bool> {
  static std::string type_name() { return "true | false"; }
  static bool read(const Value& value);
  static std::string write(bool value) { return value ? "true" : "false"; }
};
template <>
struct ParamTraits<int> {
  static std::string type_name() { return "integer"; }
  static int read(const Value& value);
  static std::string write(int value) { return std::to_string(value); }
};
template <>
struct ParamTraits<double> {
  static std::string type_name() { return "number"; }
  static double read(const Value& value);
  static std::string write(double value);
};
template <>
struct ParamTraits<std::string> {
  static std::string type_name() { return "text"; }
  static std::string read(const Value& value);
  static std::string write(const std::string& value) { return value; }
};
template <>
struct ParamTraits<std::filesystem::path> {
  static std::string type_name() { return "path"; }
  static std::filesystem::path read(const Value& value);
  static std::string write(const std::filesystem::path& value) { return value.string(); }
};
/// [low, high]
template <>
struct ParamTraits<std::array<double, 2>> {
  static std::string type_name() { return "[low, high]"; }
  static std::array<double, 2> read(const Value& value);
  static std::string write(const std::array<double, 2>& value);
};

/// {from: to, ...}, texts.
template <>
struct ParamTraits<std::map<std::string, std::string>> {
  static std::string type_name() { return "{text: text, ...}"; }
  static std::map<std::string, std::string> read(const Value& value);
  static std::string write(const std::map<std::string, std::string>& value);
};
/// [a, b, ...], texts; one may stand alone.
template <>
struct ParamTraits<std::vector<std::string>> {
  static std::string type_name() { return "[text, ...]"; }
  static std::vector<std::string> read(const Value& value);
  static std::string write(const std::vector<std::string>& value);
};

namespace detail {
/// Index of the text of `value` in `names`; throws ConfigError with a suggestion.
std::size_t read_choice(const Value& value, const std::vector<std::string_view>& names);
std::string join_choices(const std::vector<std::string_view>& names);
}  // namespace detail

/// Enumerations: the values are numbered from 0 in the order of their names.
template <class E>
  requires std::is_enum_v<E>
struct ParamTraits<E> {
  static std::string type_name() { return detail::join_choices(EnumNames<E>::names()); }
  static E read(const Value& value) { return static_cast<E>(detail::read_choice(value, EnumNames<E>::names())); }
  static std::string write(E value) { return std::string(EnumNames<E>::names().at(static_cast<std::size_t>(value))); }
};

template <class T>
struct ParamTraits<std::optional<T>> {
  static std::string type_name() { return ParamTraits<T>::type_name(); }
  static std::optional<T> read(const Value& value) {
    if (value.is_null()) return std::nullopt;
    return ParamTraits<T>::read(value);
  }
  static std::string write(const std::optional<T>& value) { return value ? ParamTraits<T>::write(*value) : "none"; }
};

/// Several values, or one without brackets.
template <class T>
struct ParamTraits<std::vector<T>> {
  static std::string type_name() { return "list of " + ParamTraits<T>::type_name(); }
  static std::vector<T> read(const Value& value) {
    const List* list = value.get_if<List>();
    if (list == nullptr) return {ParamTraits<T>::read(value)};
    std::vector<T> out;
    for (const Value& item : *list) out.push_back(ParamTraits<T>::read(item));
    return out;
  }
  static std::string write(const std::vector<T>& values) {
    std::string text;
    for (const T& value : values) text += (text.empty() ? "" : ", ") + ParamTraits<T>::write(value);
    return "[" + text + "]";
  }
};

namespace detail {
[[noreturn]] void refuse_value(const std::string& text, const std::string& words);
template <class T>
struct IsPath : std::is_same<T, std::filesystem::path> {};
template <class T>
struct IsPath<std::optional<T>> : IsPath<T> {};
template <class T>
struct IsText : std::bool_constant<IsPath<T>::value || std::is_same_v<T, std::string>> {};
template <class T>
struct IsText<std::optional<T>> : IsText<T> {};
}  // namespace detail

/// Marks a parameter that has no default.
struct Required {};
inline constexpr Required required{};

/// A declared parameter of a node; a member that registers itself.
///     Param<int> bins_{*this, "bins", 1000, "number of radial bins", at_least(1)};
template <class T>
class Param final : public ParamBase {
 public:
  Param(Node& owner, std::string name, T fallback, std::string help, Constraint<T> constraint = {},
        std::string unit = {}, Change change = Change::before_start)
      : ParamBase(owner, std::move(name), std::move(help), std::move(unit), change),
        default_(fallback),
        value_(std::move(fallback)),
        constraint_(std::move(constraint)) {}
  Param(Node& owner, std::string name, Required, std::string help, Constraint<T> constraint = {}, std::string unit = {},
        Change change = Change::before_start)
      : ParamBase(owner, std::move(name), std::move(help), std::move(unit), change),
        constraint_(std::move(constraint)) {}

  [[nodiscard]] const T& operator*() const noexcept { return value_; }
  [[nodiscard]] const T* operator->() const noexcept { return &value_; }

  void validate(const Value& value) const override { static_cast<void>(parse(value)); }
  [[nodiscard]] bool required() const noexcept override { return !default_.has_value(); }
  [[nodiscard]] bool is_path() const noexcept override { return detail::IsPath<T>::value; }
  [[nodiscard]] bool is_text() const noexcept override { return detail::IsText<T>::value; }
  [[nodiscard]] std::string type_name() const override { return ParamTraits<T>::type_name(); }
  [[nodiscard]] std::string default_text() const override {
    return default_ ? ParamTraits<T>::write(*default_) : "required";
  }
  [[nodiscard]] std::string text() const override { return ParamTraits<T>::write(value_); }
  [[nodiscard]] std::string constraint() const override { return constraint_.words; }

 private:
  [[nodiscard]] T parse(const Value& value) const {
    T candidate = ParamTraits<T>::read(value);
    if (constraint_.holds && !constraint_.holds(candidate)) {
      detail::refuse_value(ParamTraits<T>::write(candidate), constraint_.words);
    }
    return candidate;
  }
  void assign(const Value& value) override { value_ = parse(value); }

  std::optional<T> default_;
  T value_{};
  Constraint<T> constraint_;
};

}  // namespace annulus
