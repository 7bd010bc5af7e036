// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/event_page.hpp"

#include <optional>

#include "detectors/bluesky/numpy_array.hpp"

namespace annulus::bluesky {
namespace {

std::size_t length_of(const Value* column) {
  if (column == nullptr) return 0;
  if (const List* list = column->get_if<List>()) return list->size();
  const Array* array = column->get_if<Array>();
  return array == nullptr || array->shape().empty() || array->empty() ? 0 : array->shape().front();
}

std::optional<Value> item_of(const Value& column, std::size_t row) {
  if (row >= length_of(&column)) return std::nullopt;
  if (const List* list = column.get_if<List>()) return (*list)[row];
  const Array item = column.get_if<Array>()->slice(row);
  if (!item.shape().empty()) return Value(item);
  return make_scalar({item.dtype(), false}, item.bytes()).value_or(Value());
}

void copy_item(const Dict& columns, std::string_view name, std::size_t row, Dict& event) {
  const Value* column = columns.find(name);
  if (column == nullptr) return;
  if (auto item = item_of(*column, row)) event.set(name, std::move(*item));
}

}  // namespace

Dict row_of(const Dict& page, std::string_view name, std::size_t row) {
  Dict out;
  const Dict* columns = dict_at(page, name);
  if (columns == nullptr) return out;
  for (const auto& [key, column] : *columns) {
    if (auto item = item_of(column, row)) out.append(key, std::move(*item));
  }
  return out;
}

std::size_t events_in(const Dict& page) { return length_of(page.find("seq_num")); }

Dict event_of(const Dict& page, std::size_t row) {
  Dict event;
  if (const Value* descriptor = page.find("descriptor")) event.set("descriptor", *descriptor);
  for (const char* name : {"uid", "seq_num", "time"}) copy_item(page, name, row, event);
  event.set("data", row_of(page, "data", row));
  event.set("timestamps", row_of(page, "timestamps", row));
  event.set("filled", row_of(page, "filled", row));
  return event;
}

}  // namespace annulus::bluesky
