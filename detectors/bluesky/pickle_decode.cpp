// SPDX-License-Identifier: BSD-3-Clause
#include <bit>

#include <fmt/format.h>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/pickle.hpp"
#include "detectors/bluesky/pickle_items.hpp"
#include "detectors/bluesky/pickle_opcodes.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky {
namespace pickle {
namespace {

/// The stack machine of Python's pickle, without anything that could run.
class Machine final {
 public:
  Machine(std::span<const std::byte> payload, Heap& heap) : reader_(payload), heap_(heap) {}

  /// Runs up to STOP and yields the one item that is left.
  Expected<Item, DecodeError> run() {
    while (!stopped_) {
      const std::size_t offset = reader_.position();
      const auto code = reader_.read<std::uint8_t>();
      if (!code) return error("ends before STOP (cut short)", offset);
      if (offset == 0 && static_cast<Opcode>(*code) != Opcode::proto) {
        return error("does not begin with PROTO (protocols 2 to 5 are read)", offset);
      }
      if (const Status status = step(static_cast<Opcode>(*code)); !status) {
        return error(fmt::format("{} in {}", status.error(), opcode_name(*code)), offset);
      }
    }
    if (reader_.remaining() > 0) return error("bytes follow after STOP", reader_.position());
    return result_;
  }

  [[nodiscard]] static Unexpected<DecodeError> error(std::string_view problem, std::size_t offset) {
    return Unexpected<DecodeError>({fmt::format("pickle: {}", problem), offset});
  }

 private:
  Status step(Opcode opcode) {
    switch (opcode) {
      case Opcode::proto: return check_protocol();
      case Opcode::frame: return check_frame();
      case Opcode::stop: return finish();
      case Opcode::none: return push(nullptr);
      case Opcode::newtrue: return push(true);
      case Opcode::newfalse: return push(false);
      case Opcode::binint: return push_integer<std::int32_t>();
      case Opcode::binint1: return push_integer<std::uint8_t>();
      case Opcode::binint2: return push_integer<std::uint16_t>();
      case Opcode::long1: return push_long<std::uint8_t>();
      case Opcode::long4: return push_long<std::uint32_t>();
      case Opcode::binfloat: return push_float();
      case Opcode::short_binunicode: return push_text<std::uint8_t>();
      case Opcode::binunicode: return push_text<std::uint32_t>();
      case Opcode::binunicode8: return push_text<std::uint64_t>();
      case Opcode::short_binbytes: return push_bytes<std::uint8_t>();
      case Opcode::binbytes: return push_bytes<std::uint32_t>();
      case Opcode::binbytes8:
      case Opcode::bytearray8: return push_bytes<std::uint64_t>();
      case Opcode::mark: marks_.push_back(stack_.size()); return {};
      case Opcode::empty_list: return push(heap_.make(ListNode{}));
      case Opcode::empty_dict: return push(heap_.make(DictNode{}));
      case Opcode::empty_tuple: return push(heap_.make(TupleNode{}));
      case Opcode::tuple1: return push_tuple(1);
      case Opcode::tuple2: return push_tuple(2);
      case Opcode::tuple3: return push_tuple(3);
      case Opcode::tuple: return push_marked_tuple();
      case Opcode::append: return append(1);
      case Opcode::appends: return append_marked();
      case Opcode::setitem: return set_items(2);
      case Opcode::setitems: return set_marked_items();
      case Opcode::memoize: return memoize(memo_.size());
      case Opcode::binput: return put<std::uint8_t>();
      case Opcode::long_binput: return put<std::uint32_t>();
      case Opcode::binget: return get<std::uint8_t>();
      case Opcode::long_binget: return get<std::uint32_t>();
      case Opcode::global: return push_global();
      case Opcode::stack_global: return push_stack_global();
      case Opcode::reduce: return call();
      case Opcode::build: return build_state();
    }
    return Failure("opcode is refused (plain data and numeric numpy arrays are read)");
  }

  static Failure cut_short() { return Failure("message is cut short"); }
  static Failure too_few() { return Failure("stack has too few items"); }

  Status push(Item item) {
    stack_.push_back(item);
    return {};
  }

  /// Items above the innermost mark: what an opcode may take.
  [[nodiscard]] std::size_t available() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  Item pop() {
    const Item item = stack_.back();
    stack_.pop_back();
    return item;
  }

  Expected<std::size_t, std::string> pop_mark() {
    if (marks_.empty()) return Failure("there is no MARK");
    const std::size_t count = available();
    marks_.pop_back();
    return count;
  }

  Status check_protocol() {
    const auto protocol = reader_.read<std::uint8_t>();
    if (!protocol) return cut_short();
    if (*protocol < 2 || *protocol > 5) return Failure(fmt::format("protocol {} is not one of 2 to 5", *protocol));
    return {};
  }

  Status check_frame() {
    const auto length = reader_.read<std::uint64_t>();
    if (!length || *length > reader_.remaining()) return cut_short();
    return {};
  }

  Status finish() {
    if (stack_.size() != 1 || !marks_.empty()) return Failure("stack does not hold exactly one item at the end");
    result_ = stack_.front();
    stopped_ = true;
    return {};
  }

  template <class T>
  Status push_integer() {
    const auto value = reader_.read<T>();
    if (!value) return cut_short();
    return push(std::int64_t{*value});
  }

  /// Little-endian two's complement of any length; what fits in 64 bits is kept.
  template <class Length>
  Status push_long() {
    const auto length = reader_.read<Length>();
    const auto bytes = length ? reader_.take(*length) : std::nullopt;
    if (!bytes) return cut_short();
    const bool negative = !bytes->empty() && (bytes->back() & std::byte{0x80}) != std::byte{0};
    const bool has_sign_byte = bytes->size() == 9 && bytes->back() == std::byte{0};
    if (bytes->size() > 8 && !has_sign_byte) return Failure("integer does not fit in 64 bits");
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    std::memcpy(&value, bytes->data(), std::min<std::size_t>(bytes->size(), 8));
    if (has_sign_byte && value >> 63U != 0) return push(value);
    return push(std::bit_cast<std::int64_t>(value));
  }

  Status push_float() {
    const auto raw = reader_.read<std::uint64_t>();
    if (!raw) return cut_short();
    return push(std::bit_cast<double>(__builtin_bswap64(*raw)));
  }

  template <class Length>
  Status push_text() {
    const auto bytes = take_counted<Length>();
    if (!bytes) return cut_short();
    return push(Text{as_text(*bytes)});
  }

  template <class Length>
  Status push_bytes() {
    const auto bytes = take_counted<Length>();
    if (!bytes) return cut_short();
    return push(heap_.of_message(*bytes));
  }

  template <class Length>
  std::optional<std::span<const std::byte>> take_counted() {
    const auto length = reader_.read<Length>();
    return length ? reader_.take(*length) : std::nullopt;
  }

  std::vector<Item> take_items(std::size_t count) {
    std::vector<Item> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }

  Status push_tuple(std::size_t count) {
    if (available() < count) return too_few();
    return push(heap_.make(TupleNode{take_items(count)}));
  }

  Status push_marked_tuple() {
    const auto count = pop_mark();
    if (!count) return Failure(count.error());
    return push(heap_.make(TupleNode{take_items(*count)}));
  }

  Status append(std::size_t count) {
    if (available() < count + 1) return too_few();
    const std::vector<Item> items = take_items(count);
    auto* const* list = std::get_if<ListNode*>(&stack_.back());
    if (list == nullptr) return Failure("items are appended to something that is not a list");
    (*list)->items.insert((*list)->items.end(), items.begin(), items.end());
    return {};
  }

  Status append_marked() {
    const auto count = pop_mark();
    return count ? append(*count) : Status(Failure(count.error()));
  }

  Status set_items(std::size_t count) {
    if (count % 2 != 0 || available() < count + 1) return too_few();
    const std::vector<Item> items = take_items(count);
    auto* const* dict = std::get_if<DictNode*>(&stack_.back());
    if (dict == nullptr) return Failure("keys are set in something that is not a mapping");
    for (std::size_t i = 0; i < count; i += 2) {
      const Text* key = std::get_if<Text>(&items[i]);
      if (key == nullptr) return Failure("key of a mapping is not text");
      (*dict)->items.emplace_back(*key, items[i + 1]);
    }
    return {};
  }

  Status set_marked_items() {
    const auto count = pop_mark();
    return count ? set_items(*count) : Status(Failure(count.error()));
  }

  Status memoize(std::size_t index) {
    if (available() == 0) return too_few();
    // Python numbers memo entries from 0, so that none can exceed the number of opcodes.
    if (index > reader_.position()) return Failure(fmt::format("memo index {} is out of order", index));
    if (index >= memo_.size()) memo_.resize(index + 1);
    memo_[index] = stack_.back();
    return {};
  }

  template <class Index>
  Status put() {
    const auto index = reader_.read<Index>();
    return index ? memoize(*index) : Status(cut_short());
  }

  template <class Index>
  Status get() {
    const auto index = reader_.read<Index>();
    if (!index) return cut_short();
    if (*index >= memo_.size() || !memo_[*index]) return Failure(fmt::format("memo has no entry {}", *index));
    return push(*memo_[*index]);
  }

  Status push_global() {
    const auto module = reader_.read_line();
    const auto name = module ? reader_.read_line() : std::nullopt;
    return name ? resolve(*module, *name) : Status(cut_short());
  }

  Status push_stack_global() {
    if (available() < 2) return too_few();
    const Item name = pop();
    const Item module = pop();
    const Text* name_text = std::get_if<Text>(&name);
    const Text* module_text = std::get_if<Text>(&module);
    if (!name_text || !module_text) return Failure("name of a global is not text");
    return resolve(module_text->utf8, name_text->utf8);
  }

  Status resolve(std::string_view module, std::string_view name) {
    if (const auto global = find_global(module, name)) return push(*global);
    return Failure(fmt::format("global '{}.{}' is refused (plain data and numeric numpy arrays are read)",
                               printable(module), printable(name)));
  }

  Status call() {
    if (available() < 2) return too_few();
    const Item args = pop();
    auto made = pickle::reduce(pop(), args, heap_);
    return made ? push(*made) : Status(Failure(made.error()));
  }

  Status build_state() {
    if (available() < 2) return too_few();
    const Item state = pop();
    return pickle::build(stack_.back(), state, heap_);
  }

  ByteReader reader_;
  Heap& heap_;
  std::vector<Item> stack_;
  std::vector<std::size_t> marks_;
  std::vector<std::optional<Item>> memo_;
  Item result_;
  bool stopped_ = false;
};

}  // namespace
}  // namespace pickle

Expected<Value, DecodeError> decode_pickle(std::span<const std::byte> payload, std::shared_ptr<const void> owner) {
  pickle::Heap heap(std::move(owner), payload.size());
  const auto item = pickle::Machine(payload, heap).run();
  if (!item) return Unexpected<DecodeError>(item.error());
  auto value = pickle::to_value(*item, heap);
  if (!value) return pickle::Machine::error(value.error(), payload.size());
  return std::move(*value);
}

}  // namespace annulus::bluesky
