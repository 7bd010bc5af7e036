// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <charconv>

#include <fmt/format.h>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/pickle.hpp"
#include "detectors/bluesky/pickle_items.hpp"
#include "detectors/bluesky/pickle_lines.hpp"
#include "detectors/bluesky/pickle_opcodes.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky {
namespace pickle {
namespace {

/// The stack machine of Python's pickle, without anything that could run. Steps return false when they cannot go on;
/// problem_ then says why.
class Machine final {
 public:
  Machine(std::span<const std::byte> payload, Heap& heap)
      : reader_(payload), heap_(heap), stack_(heap.arena(), 64), marks_(heap.arena(), 8), memo_(heap.arena(), 64) {}

  /// Runs up to STOP and yields the one item that is left.
  Expected<Item, DecodeError> run() {
    while (!stopped_) {
      const std::size_t offset = reader_.position();
      const auto code = reader_.read<std::uint8_t>();
      if (!code) return error("ends before STOP (cut short)", offset);
      if (!step(static_cast<Opcode>(*code))) {
        return error(fmt::format("{} in {}", problem_, opcode_name(*code)), offset);
      }
    }
    if (reader_.remaining() > 0) return error("bytes follow after STOP", reader_.position());
    return result_;
  }

  [[nodiscard]] static Unexpected<DecodeError> error(std::string_view problem, std::size_t offset) {
    return Unexpected<DecodeError>({fmt::format("pickle: {}", problem), offset});
  }

 private:
  static constexpr std::byte byte_of(Opcode opcode) { return static_cast<std::byte>(opcode); }

  [[gnu::always_inline]] bool step(Opcode opcode) {
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
      case Opcode::int_line:
      case Opcode::long_line:
      case Opcode::float_line:
      case Opcode::string_line:
      case Opcode::unicode_line: return push_line(opcode);
      case Opcode::short_binstring:
      case Opcode::short_binunicode: return push_text<std::uint8_t>();
      case Opcode::binstring:
      case Opcode::binunicode: return push_text<std::uint32_t>();
      case Opcode::binunicode8: return push_text<std::uint64_t>();
      case Opcode::short_binbytes: return push_bytes<std::uint8_t>();
      case Opcode::binbytes: return push_bytes<std::uint32_t>();
      case Opcode::binbytes8:
      case Opcode::bytearray8: return push_bytes<std::uint64_t>();
      case Opcode::mark: return push_mark();
      case Opcode::empty_list: return push(heap_.make(ListNode{Items(heap_.arena())}));
      case Opcode::empty_dict: return push(make_dict());
      case Opcode::empty_tuple: return push_tuple(0);
      case Opcode::tuple1: return push_tuple(1);
      case Opcode::tuple2: return push_tuple(2);
      case Opcode::tuple3: return push_tuple(3);
      case Opcode::tuple: return pop_mark() && push_tuple(count_);
      case Opcode::list: return pop_mark() && push_list();
      case Opcode::dict: return pop_mark() && push_dict();
      case Opcode::append: return append(1);
      case Opcode::appends: return pop_mark() && append(count_);
      case Opcode::setitem: return set_items(2);
      case Opcode::setitems: return pop_mark() && set_items(count_);
      case Opcode::memoize: return memoize();
      case Opcode::binput: return put(reader_.read<std::uint8_t>());
      case Opcode::long_binput: return put(reader_.read<std::uint32_t>());
      case Opcode::put_line: return put(read_index());
      case Opcode::binget: return get(reader_.read<std::uint8_t>());
      case Opcode::long_binget: return get(reader_.read<std::uint32_t>());
      case Opcode::get_line: return get(read_index());
      case Opcode::global: return push_global();
      case Opcode::stack_global: return push_stack_global();
      case Opcode::reduce: return call();
      case Opcode::build: return build_state();
    }
    return fail("opcode is refused (plain data and numeric numpy arrays are read)");
  }

  [[gnu::cold, gnu::noinline]] bool fail(std::string_view problem) {
    problem_ = problem;
    return false;
  }
  bool cut_short() { return fail("message is cut short"); }
  bool too_few() { return fail("stack has too few items"); }

  template <class From>
  [[gnu::always_inline]] bool push(const From& from) {
    stack_.push(from);
    return true;
  }
  bool push_made(const Expected<Item, std::string>& made) { return made ? push(*made) : fail(made.error()); }

  /// Items above the innermost mark: what an opcode may take.
  [[nodiscard]] std::size_t available() const { return stack_.size() - floor_; }

  Item pop() {
    const Item item = stack_.back();
    stack_.drop(1);
    return item;
  }

  bool push_mark() {
    marks_.push(floor_);
    floor_ = stack_.size();
    return true;
  }

  /// Takes the innermost mark away; count_ is how many items lay above it.
  bool pop_mark() {
    if (marks_.empty()) return fail("there is no MARK");
    count_ = available();
    floor_ = marks_.back();
    marks_.drop(1);
    return true;
  }

  bool check_protocol() {
    const auto protocol = reader_.read<std::uint8_t>();
    if (!protocol) return cut_short();
    return *protocol <= 5 || fail(fmt::format("protocol {} is not one of 0 to 5", *protocol));
  }

  bool check_frame() {
    const auto length = reader_.read<std::uint64_t>();
    return (length && *length <= reader_.remaining()) || cut_short();
  }

  bool finish() {
    if (stack_.size() != 1 || !marks_.empty()) return fail("stack does not hold exactly one item at the end");
    result_ = stack_.back();
    stopped_ = true;
    return true;
  }

  template <class T>
  bool push_integer() {
    const auto value = reader_.read<T>();
    return value ? push(std::int64_t{*value}) : cut_short();
  }

  /// Little-endian two's complement of any length; what fits in 64 bits is kept.
  template <class Length>
  bool push_long() {
    const auto bytes = take_counted<Length>();
    if (!bytes) return cut_short();
    const bool negative = !bytes->empty() && (bytes->back() & std::byte{0x80}) != std::byte{0};
    const bool has_sign_byte = bytes->size() == 9 && bytes->back() == std::byte{0};
    if (bytes->size() > 8 && !has_sign_byte) return fail("integer does not fit in 64 bits");
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    std::memcpy(&value, bytes->data(), std::min<std::size_t>(bytes->size(), 8));
    if (has_sign_byte && value >> 63U != 0) return push(value);
    return push(std::bit_cast<std::int64_t>(value));
  }

  [[gnu::always_inline]] bool push_float() {
    const auto raw = reader_.read<std::uint64_t>();
    return raw ? push(std::bit_cast<double>(__builtin_bswap64(*raw))) : cut_short();
  }

  bool push_line(Opcode opcode) {
    const auto line = reader_.read_line();
    return line ? push_made(read_value_line(opcode, *line, heap_)) : cut_short();
  }

  template <class Length>
  bool push_text() {
    const auto bytes = take_counted<Length>();
    if (!bytes) return cut_short();
    // Address and length apart, and twice: a copy of what has just been written would have to wait for it.
    const auto* data = reinterpret_cast<const char*>(bytes->data());
    const std::size_t size = bytes->size();
    if (!is_utf8({data, size})) return fail("text is not UTF-8");
    push(Text{{data, size}});
    if (reader_.skip(byte_of(Opcode::memoize))) memo_.push(Text{{data, size}});
    return push_number_behind_key();
  }

  /// The value of a key is a number more often than not: it is taken without another turn of the loop.
  [[gnu::always_inline]] bool push_number_behind_key() {
    return !reader_.skip(byte_of(Opcode::binfloat), sizeof(double)) || push_float();
  }

  template <class Length>
  bool push_bytes() {
    const auto bytes = take_counted<Length>();
    return bytes ? push(heap_.of_message(*bytes)) : cut_short();
  }

  template <class Length>
  [[gnu::always_inline]] std::optional<std::span<const std::byte>> take_counted() {
    const auto length = reader_.read<Length>();
    return length ? reader_.take(*length) : std::nullopt;
  }

  /// Takes the topmost items off the stack and puts them behind those of a container.
  void move_items(std::size_t count, Items& to) {
    to.reserve(to.empty() ? count : 0);
    for (const Item& item : stack_.last(count)) to.push(item);
    stack_.drop(count);
  }

  [[nodiscard]] Items take_items(std::size_t count) {
    Items items(heap_.arena());
    move_items(count, items);
    return items;
  }

  bool push_tuple(std::size_t count) {
    if (available() < count) return too_few();
    return push(heap_.make(TupleNode{take_items(count)}));
  }

  bool push_list() { return push(heap_.make(ListNode{take_items(count_)})); }

  [[nodiscard]] DictNode* make_dict() { return heap_.make(DictNode{Pile<DictItem>(heap_.arena())}); }

  bool push_dict() {
    DictNode* dict = make_dict();
    return fill(*dict, count_) && push(dict);
  }

  bool append(std::size_t count) {
    if (available() < count + 1) return too_few();
    auto* const* list = std::get_if<ListNode*>(&stack_[stack_.size() - count - 1]);
    if (list == nullptr) return fail("items are appended to something that is not a list");
    move_items(count, (*list)->items);
    return true;
  }

  bool set_items(std::size_t count) {
    if (available() < count + 1) return too_few();
    auto* const* dict = std::get_if<DictNode*>(&stack_[stack_.size() - count - 1]);
    return dict != nullptr ? fill(**dict, count) : fail("keys are set in something that is not a mapping");
  }

  /// Takes keys and values, which alternate, off the stack.
  bool fill(DictNode& dict, std::size_t count) {
    if (count % 2 != 0) return too_few();
    dict.items.reserve(dict.items.empty() ? count / 2 : 0);
    const auto items = stack_.last(count);
    for (std::size_t i = 0; i < count; i += 2) {
      const Text* key = std::get_if<Text>(items.data() + i);
      if (key == nullptr) return fail("key of a mapping is not text");
      dict.items.push(DictItem{*key, items.data()[i + 1]});
    }
    stack_.drop(count);
    return true;
  }

  bool memoize() {
    if (available() == 0) return too_few();
    memo_.push(stack_.back());
    return true;
  }

  template <class Index>
  bool put(std::optional<Index> index) {
    if (!index) return cut_short();
    if (*index == memo_.size()) return memoize();
    if (available() == 0) return too_few();
    // Python numbers memo entries from 0, so that none can exceed the number of opcodes.
    if (*index > reader_.position()) return fail(fmt::format("memo index {} is out of order", *index));
    while (*index >= memo_.size()) memo_.push(std::nullopt);
    memo_[*index] = stack_.back();
    return true;
  }

  template <class Index>
  bool get(std::optional<Index> index) {
    if (!index) return cut_short();
    if (*index >= memo_.size() || !memo_[*index]) return fail(fmt::format("memo has no entry {}", *index));
    push(*memo_[*index]);
    return push_number_behind_key();
  }

  /// The line of PUT and GET; nothing when it is not a number.
  std::optional<std::size_t> read_index() {
    const std::string_view line = reader_.read_line().value_or("");
    std::size_t index = 0;
    const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), index);
    if (problem != std::errc{} || end != line.data() + line.size()) return std::nullopt;
    return index;
  }

  bool push_global() {
    const auto module = reader_.read_line();
    const auto name = module ? reader_.read_line() : std::nullopt;
    return name ? resolve(*module, *name) : cut_short();
  }

  bool push_stack_global() {
    if (available() < 2) return too_few();
    const Item name = pop();
    const Item module = pop();
    const Text* name_text = std::get_if<Text>(&name);
    const Text* module_text = std::get_if<Text>(&module);
    if (!name_text || !module_text) return fail("name of a global is not text");
    return resolve(module_text->utf8, name_text->utf8);
  }

  bool resolve(std::string_view module, std::string_view name) {
    if (const auto global = find_global(module, name)) return push(*global);
    return fail(fmt::format("global '{}.{}' is refused (plain data and numeric numpy arrays are read)",
                            printable(module), printable(name)));
  }

  bool call() {
    if (available() < 2) return too_few();
    const Item args = pop();
    return push_made(pickle::reduce(pop(), args, heap_));
  }

  bool build_state() {
    if (available() < 2) return too_few();
    const Item state = pop();
    const Status status = pickle::build(stack_.back(), state, heap_);
    return status ? true : fail(status.error());
  }

  ByteReader reader_;
  Heap& heap_;
  Items stack_;
  Pile<std::size_t> marks_;  ///< floors below the innermost
  Pile<std::optional<Item>> memo_;
  std::size_t floor_ = 0;  ///< size of the stack at the innermost mark
  std::size_t count_ = 0;
  std::string problem_;
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
