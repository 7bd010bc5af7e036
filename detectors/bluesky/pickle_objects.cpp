// SPDX-License-Identifier: BSD-3-Clause
// numpy's and Python's few constructors that a document may name (numpy/core/src/multiarray/methods.c:
// array_reduce, descriptor.c: arraydescr_setstate; numpy/core/numeric.py: _frombuffer).
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "detectors/bluesky/numpy_array.hpp"
#include "detectors/bluesky/pickle_items.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky::pickle {
namespace {

struct GlobalRow {
  std::string_view module;
  std::string_view name;
  Global global;
};

// numpy 2 moved numpy.core to numpy._core; Python 2's name for builtins is what protocol 2 writes.
constexpr std::array<GlobalRow, 14> globals{{{"numpy.core.multiarray", "_reconstruct", Global::reconstruct},
                                             {"numpy._core.multiarray", "_reconstruct", Global::reconstruct},
                                             {"numpy", "ndarray", Global::ndarray},
                                             {"numpy", "dtype", Global::dtype},
                                             {"numpy.core.multiarray", "scalar", Global::scalar},
                                             {"numpy._core.multiarray", "scalar", Global::scalar},
                                             {"numpy.core.numeric", "_frombuffer", Global::frombuffer},
                                             {"numpy._core.numeric", "_frombuffer", Global::frombuffer},
                                             {"_codecs", "encode", Global::codecs_encode},
                                             {"__builtin__", "bytes", Global::bytes},
                                             {"builtins", "bytes", Global::bytes},
                                             {"__builtin__", "bytearray", Global::bytearray},
                                             {"builtins", "bytearray", Global::bytearray},
                                             {"collections", "OrderedDict", Global::ordered_dict}}};

using Args = Items;

template <class T>
const T* arg(const Args& args, std::size_t i) {
  return i < args.size() ? std::get_if<T>(&args[i]) : nullptr;
}

bool is_none(const Args& args, std::size_t i) { return arg<std::nullptr_t>(args, i) != nullptr; }

Failure bad_arguments(std::string_view what) {
  return Failure(fmt::format("{} has arguments of the wrong kind (not written by numpy or Python)", what));
}

bool is_text_type(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of("<>|="), name.size()));
  return name.starts_with('U');
}

Expected<Item, std::string> make_dtype(const Args& args, Heap& heap) {
  const Text* name = arg<Text>(args, 0);
  if (name == nullptr) return bad_arguments("numpy.dtype");
  DTypeNode node{name->utf8, {}, is_bool(name->utf8), is_text_type(name->utf8)};
  if (!node.text) {
    const auto type = parse_wire_type(printable(name->utf8));
    if (!type) return Failure(type.error());
    node.type = *type;
  }
  return heap.make(node);
}

Status set_dtype_state(DTypeNode& dtype, const Args& state) {
  const Text* order = arg<Text>(state, 1);
  if (order == nullptr || order->utf8.size() != 1) return bad_arguments("state of numpy.dtype");
  if (!is_none(state, 2) || !is_none(state, 3) || !is_none(state, 4)) {
    return Failure("numpy type is structured (only integers, floats and bool are read)");
  }
  dtype.type.swapped = order->utf8 == ">" && (dtype.text || size_of(dtype.type.dtype) > 1);
  return {};
}

Expected<Shape, std::string> read_shape(const TupleNode& tuple) {
  Shape shape;
  for (const Item& item : tuple.items) {
    const auto* length = std::get_if<std::int64_t>(&item);
    if (length == nullptr || *length < 0) return Failure("shape of an array holds something else than lengths");
    if (shape.size() > max_dimensions) break;
    shape.push_back(static_cast<std::size_t>(*length));
  }
  return shape;
}

/// `axes`: the dimensions as they follow each other in memory, slowest first.
Expected<Array, std::string> read_array(Shape shape, std::span<const std::size_t> axes, const DTypeNode& dtype,
                                        const Blob& blob, Heap& heap) {
  if (dtype.text) return Failure(parse_wire_type(printable(dtype.name)).error());
  return make_array(dtype.type, std::move(shape), axes, blob.bytes, *blob.owner, heap.budget);
}

Status set_array_state(ArrayNode& node, const Args& state, Heap& heap) {
  const auto* tuple = arg<TupleNode*>(state, 1);
  const auto* dtype = arg<DTypeNode*>(state, 2);
  const bool* fortran = arg<bool>(state, 3);
  const auto* blob = arg<Blob*>(state, 4);
  if (!tuple || !dtype || !fortran || !blob || node.array) return bad_arguments("state of numpy.ndarray");
  auto shape = read_shape(**tuple);
  if (!shape) return Failure(shape.error());
  const auto axes = axes_in_memory(shape->size(), *fortran ? MemoryOrder::fortran : MemoryOrder::c);
  auto array = read_array(std::move(*shape), axes, **dtype, **blob, heap);
  if (!array) return Failure(array.error());
  node.array = std::move(*array);
  return {};
}

/// For an array of which `shape` are the dimensions in memory and `order[i]` says which of them dimension i is: makes
/// `shape` that of the array and yields the array's dimensions as they follow each other in memory.
Expected<std::vector<std::size_t>, std::string> transpose(Shape& shape, const Shape& order) {
  const std::size_t none = shape.size();
  std::vector<std::size_t> axes(shape.size(), none);
  Shape transposed;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order.size() != shape.size() || order[i] >= none || axes[order[i]] != none) {
      return bad_arguments("numpy's _frombuffer");
    }
    axes[order[i]] = i;
    transposed.push_back(shape[order[i]]);
  }
  if (order.size() != shape.size()) return bad_arguments("numpy's _frombuffer");
  shape = std::move(transposed);
  return axes;
}

/// _frombuffer(bytes, dtype, shape, order): order is "C" or "F", or "K" with the order of the axes behind it.
Expected<Item, std::string> from_buffer(const Args& args, Heap& heap) {
  const auto* blob = arg<Blob*>(args, 0);
  const auto* dtype = arg<DTypeNode*>(args, 1);
  const auto* tuple = arg<TupleNode*>(args, 2);
  const Text* order = arg<Text>(args, 3);
  if (!blob || !dtype || !tuple || !order) return bad_arguments("numpy's _frombuffer");
  auto shape = read_shape(**tuple);
  if (!shape) return Failure(shape.error());
  std::vector<std::size_t> axes;
  if (order->utf8 == "F") {
    axes = axes_in_memory(shape->size(), MemoryOrder::fortran);
  } else if (const auto* permutation = arg<TupleNode*>(args, 4); order->utf8 == "K" && permutation != nullptr) {
    const auto read = read_shape(**permutation);
    auto transposed = read ? transpose(*shape, *read) : Unexpected(read.error());
    if (!transposed) return Failure(transposed.error());
    axes = std::move(*transposed);
  } else if (order->utf8 == "C" || order->utf8 == "K") {
    axes = axes_in_memory(shape->size(), MemoryOrder::c);
  } else {
    return bad_arguments("numpy's _frombuffer");
  }
  auto array = read_array(std::move(*shape), axes, **dtype, **blob, heap);
  if (!array) return Failure(array.error());
  return heap.make(ArrayNode{std::move(*array)});
}

Expected<Item, std::string> make_text(const DTypeNode& dtype, const Blob& blob, Heap& heap) {
  const auto text = utf8_from_utf32(blob.bytes, dtype.type.swapped);
  if (!text || !is_utf8(*text)) return Failure("text of numpy is not made of characters");
  if (!heap.budget.take_bytes(text->size())) return Failure("message unpacks to far more bytes than it has");
  return heap.keep_text(*text);
}

Expected<Item, std::string> make_scalar_item(const Args& args, Heap& heap) {
  const auto* dtype = arg<DTypeNode*>(args, 0);
  const auto* blob = arg<Blob*>(args, 1);
  if (!dtype || !blob) return bad_arguments("numpy's scalar");
  if ((*dtype)->text) return make_text(**dtype, **blob, heap);
  const auto value = make_scalar((*dtype)->type, (*blob)->bytes);
  if (!value) return Failure(value.error());
  if ((*dtype)->boolean) return Item(value->number_or(0) != 0);
  if (const auto* v = value->get_if<double>()) return Item(*v);
  if (const auto* v = value->get_if<std::uint64_t>()) return Item(*v);
  return Item(value->integer_or(0));
}

/// Python writes bytes like this below protocol 3.
Expected<Item, std::string> encode_latin1(const Args& args, Heap& heap) {
  const Text* text = arg<Text>(args, 0);
  const Text* codec = arg<Text>(args, 1);
  if (!text || !codec || (codec->utf8 != "latin1" && codec->utf8 != "latin-1")) return bad_arguments("_codecs.encode");
  if (!heap.budget.take_bytes(text->utf8.size())) return Failure("message unpacks to far more bytes than it has");
  auto bytes = latin1_from_utf8(text->utf8);
  if (!bytes) return bad_arguments("_codecs.encode");
  return heap.keep(std::move(*bytes));
}

/// Python writes bytearray() like this below protocol 5: of nothing, of bytes, or of text and its codec.
Expected<Item, std::string> make_bytearray(const Args& args, Heap& heap) {
  if (args.empty()) return heap.of_message({});
  if (const auto* blob = arg<Blob*>(args, 0); blob != nullptr && args.size() == 1) return *blob;
  return encode_latin1(args, heap);
}

}  // namespace

std::optional<Global> find_global(std::string_view module, std::string_view name) {
  const auto* row =
      std::ranges::find_if(globals, [&](const GlobalRow& r) { return r.module == module && r.name == name; });
  return row == globals.end() ? std::nullopt : std::optional(row->global);
}

Expected<Item, std::string> reduce(const Item& callable, const Item& args_item, Heap& heap) {
  const Global* global = std::get_if<Global>(&callable);
  const auto* tuple = std::get_if<TupleNode*>(&args_item);
  if (global == nullptr || tuple == nullptr) return Failure("REDUCE of something that is not a known constructor");
  const Args& args = (*tuple)->items;
  switch (*global) {
    case Global::reconstruct: {
      const Global* type = arg<Global>(args, 0);
      if (type == nullptr || *type != Global::ndarray) return bad_arguments("numpy's _reconstruct");
      return heap.make(ArrayNode{});
    }
    case Global::dtype: return make_dtype(args, heap);
    case Global::scalar: return make_scalar_item(args, heap);
    case Global::frombuffer: return from_buffer(args, heap);
    case Global::codecs_encode: return encode_latin1(args, heap);
    case Global::bytes:
      if (!args.empty()) return bad_arguments("bytes");
      return heap.of_message({});
    case Global::bytearray: return make_bytearray(args, heap);
    case Global::ordered_dict:
      if (!args.empty()) return bad_arguments("OrderedDict");
      return heap.make(DictNode{Pile<DictItem>(heap.arena())});
    case Global::ndarray: break;
  }
  return Failure("numpy.ndarray is not called by numpy's own pickles");
}

Status build(const Item& object, const Item& state, Heap& heap) {
  const auto* tuple = std::get_if<TupleNode*>(&state);
  if (tuple != nullptr) {
    if (const auto* dtype = std::get_if<DTypeNode*>(&object)) return set_dtype_state(**dtype, (*tuple)->items);
    if (const auto* array = std::get_if<ArrayNode*>(&object)) return set_array_state(**array, (*tuple)->items, heap);
  }
  return Failure("BUILD of something that is neither a numpy array nor a numpy type");
}

}  // namespace annulus::bluesky::pickle
