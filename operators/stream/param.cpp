// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/param.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "operators/stream/node.hpp"

namespace annulus {
namespace {

[[noreturn]] void refuse_type(const Value& value, std::string_view wanted) {
  throw ConfigError(fmt::format("{} is not {}", value.to_text(), wanted));
}

}  // namespace

ParamBase::ParamBase(Node& owner, std::string name, std::string help, std::string unit, Change change)
    : name_(std::move(name)), help_(std::move(help)), unit_(std::move(unit)), change_(change) {
  owner.add_param(*this);
}

bool ParamTraits<bool>::read(const Value& value) {
  if (const bool* v = value.get_if<bool>()) return *v;
  refuse_type(value, "true or false");
}

int ParamTraits<int>::read(const Value& value) {
  const auto* v = value.get_if<std::int64_t>();
  if (v == nullptr || *v < std::numeric_limits<int>::min() || *v > std::numeric_limits<int>::max()) {
    refuse_type(value, "an integer");
  }
  return static_cast<int>(*v);
}

double ParamTraits<double>::read(const Value& value) {
  if (value.get_if<double>() == nullptr && value.get_if<std::int64_t>() == nullptr) refuse_type(value, "a number");
  const double number = value.number_or(0);
  if (!std::isfinite(number)) refuse_type(value, "a finite number");
  return number;
}

std::string ParamTraits<double>::write(double value) { return fmt::format("{}", value); }

std::string ParamTraits<std::string>::read(const Value& value) {
  if (const auto* v = value.get_if<std::string>()) return *v;
  if (value.get_if<List>() != nullptr || value.get_if<Dict>() != nullptr || value.is_null()) {
    refuse_type(value, "a text");
  }
  return value.to_text();  // a bare number or boolean in YAML where a text is meant
}

std::filesystem::path ParamTraits<std::filesystem::path>::read(const Value& value) {
  const std::string text = ParamTraits<std::string>::read(value);
  if (text.empty()) throw ConfigError("the path is empty");
  return text;
}

std::array<double, 2> ParamTraits<std::array<double, 2>>::read(const Value& value) {
  const auto* list = value.get_if<List>();
  if (list == nullptr || list->size() != 2) refuse_type(value, "a pair [low, high]");
  return {ParamTraits<double>::read((*list)[0]), ParamTraits<double>::read((*list)[1])};
}

std::string ParamTraits<std::array<double, 2>>::write(const std::array<double, 2>& value) {
  return fmt::format("[{}, {}]", value[0], value[1]);
}

std::map<std::string, std::string> ParamTraits<std::map<std::string, std::string>>::read(const Value& value) {
  const auto* dict = value.get_if<Dict>();
  if (dict == nullptr) refuse_type(value, "a mapping {text: text}");
  std::map<std::string, std::string> out;
  for (const auto& [key, item] : *dict) out.emplace(key, ParamTraits<std::string>::read(item));
  return out;
}

std::string ParamTraits<std::map<std::string, std::string>>::write(const std::map<std::string, std::string>& value) {
  std::vector<std::string> items;
  for (const auto& [key, item] : value) items.push_back(fmt::format("{}: {}", key, item));
  return fmt::format("{{{}}}", fmt::join(items, ", "));
}

std::vector<std::string> ParamTraits<std::vector<std::string>>::read(const Value& value) {
  const auto* list = value.get_if<List>();
  if (list == nullptr) return {ParamTraits<std::string>::read(value)};
  std::vector<std::string> out;
  for (const Value& item : *list) out.push_back(ParamTraits<std::string>::read(item));
  return out;
}

std::string ParamTraits<std::vector<std::string>>::write(const std::vector<std::string>& value) {
  return fmt::format("[{}]", fmt::join(value, ", "));
}

namespace detail {

std::size_t read_choice(const Value& value, const std::vector<std::string_view>& names) {
  const std::string text = value.get_if<std::string>() ? *value.get_if<std::string>() : value.to_text();
  const auto it = std::ranges::find(names, text);
  if (it == names.end()) throw ConfigError(fmt::format("'{}' is not known here.{}", text, suggest(text, names)));
  return static_cast<std::size_t>(it - names.begin());
}

std::string join_choices(const std::vector<std::string_view>& names) {
  return fmt::format("{}", fmt::join(names, " | "));
}

void refuse_value(const std::string& text, const std::string& words) {
  throw ConfigError(fmt::format("{} is out of range (must be {})", text, words));
}

}  // namespace detail
}  // namespace annulus
