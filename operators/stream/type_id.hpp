// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

namespace annulus {

namespace detail {

template <class T>
std::string pretty_type_name() {
  // GCC and Clang spell the function as "... [with T = int; ...]" or "... [T = int]".
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  if (text.starts_with("annulus::")) text.remove_prefix(9);
  return std::string(text);
}

}  // namespace detail

/// Identity and readable name of a payload type; compare addresses.
struct TypeInfo {
  std::string name;
  bool copyable = true;
};
using TypeId = const TypeInfo*;

template <class T>
TypeId type_id() {
  static const TypeInfo info{detail::pretty_type_name<T>(), std::is_copy_constructible_v<T>};
  return &info;
}

}  // namespace annulus
