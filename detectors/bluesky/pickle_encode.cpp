// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <limits>

#include "detectors/bluesky/pickle.hpp"
#include "detectors/bluesky/pickle_opcodes.hpp"

namespace annulus::bluesky {
namespace pickle {
namespace {

/// Writes protocol 4 without frames and memo, both of which are optional.
class Writer final {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void write(const Value& value) {
    std::visit([this](const auto& v) { put(v); }, value.variant());
  }
  void op(Opcode code) { out_.push_back(static_cast<char>(code)); }
  template <class T>
  void raw(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

 private:
  void put(std::nullptr_t) { op(Opcode::none); }
  void put(bool v) { op(v ? Opcode::newtrue : Opcode::newfalse); }

  void put(std::int64_t v) {
    if (v >= 0 && v <= std::numeric_limits<std::uint8_t>::max()) {
      op(Opcode::binint1);
      raw(static_cast<std::uint8_t>(v));
    } else if (v >= std::numeric_limits<std::int32_t>::min() && v <= std::numeric_limits<std::int32_t>::max()) {
      op(Opcode::binint);
      raw(static_cast<std::int32_t>(v));
    } else {
      op(Opcode::long1);
      raw(std::uint8_t{8});
      raw(v);
    }
  }

  void put(std::uint64_t v) {
    op(Opcode::long1);
    raw(std::uint8_t{9});  // the ninth byte keeps the number positive
    raw(v);
    raw(std::uint8_t{0});
  }

  void put(double v) {
    op(Opcode::binfloat);
    raw(__builtin_bswap64(std::bit_cast<std::uint64_t>(v)));
  }

  void counted(std::string_view data, Opcode short_form, Opcode form, Opcode long_form) {
    if (data.size() <= std::numeric_limits<std::uint8_t>::max()) {
      op(short_form);
      raw(static_cast<std::uint8_t>(data.size()));
    } else if (data.size() <= std::numeric_limits<std::uint32_t>::max()) {
      op(form);
      raw(static_cast<std::uint32_t>(data.size()));
    } else {
      op(long_form);
      raw(std::uint64_t{data.size()});
    }
    out_.append(data);
  }

  void text(std::string_view v) { counted(v, Opcode::short_binunicode, Opcode::binunicode, Opcode::binunicode8); }
  void bytes(std::string_view v) { counted(v, Opcode::short_binbytes, Opcode::binbytes, Opcode::binbytes8); }
  void put(const std::string& v) { text(v); }
  void put(const Bytes& v) { bytes(v.data); }

  void put(const List& list) {
    op(Opcode::empty_list);
    op(Opcode::mark);
    for (const Value& value : list) write(value);
    op(Opcode::appends);
  }

  void put(const Dict& dict) {
    op(Opcode::empty_dict);
    op(Opcode::mark);
    for (const auto& [key, value] : dict) {
      text(key);
      write(value);
    }
    op(Opcode::setitems);
  }

  void global(std::string_view module, std::string_view name) {
    text(module);
    text(name);
    op(Opcode::stack_global);
  }

  void put_dtype(DType dtype) {
    const std::string_view typestr = typestr_of(dtype);
    global("numpy", "dtype");
    text(typestr.substr(1));
    op(Opcode::newfalse);
    op(Opcode::newtrue);
    op(Opcode::tuple3);
    op(Opcode::reduce);
    op(Opcode::mark);
    put(std::int64_t{3});
    text(typestr.substr(0, 1));
    for (int i = 0; i < 3; ++i) op(Opcode::none);
    put(std::int64_t{-1});
    put(std::int64_t{-1});
    put(std::int64_t{0});
    op(Opcode::tuple);
    op(Opcode::build);
  }

  void put(const Array& array) {
    global("numpy.core.multiarray", "_reconstruct");
    global("numpy", "ndarray");
    put(std::int64_t{0});
    op(Opcode::tuple1);
    bytes("b");
    op(Opcode::tuple3);
    op(Opcode::reduce);
    op(Opcode::mark);
    put(std::int64_t{1});
    op(Opcode::mark);
    for (const std::size_t length : array.shape()) put(static_cast<std::int64_t>(length));
    op(Opcode::tuple);
    put_dtype(array.dtype());
    op(Opcode::newfalse);
    bytes({reinterpret_cast<const char*>(array.bytes().data()), array.bytes().size()});
    op(Opcode::tuple);
    op(Opcode::build);
  }

  std::string& out_;
};

}  // namespace
}  // namespace pickle

void encode_pickle(const Value& value, std::string& out) {
  pickle::Writer writer(out);
  writer.op(pickle::Opcode::proto);
  writer.raw(std::uint8_t{4});
  writer.write(value);
  writer.op(pickle::Opcode::stop);
}

}  // namespace annulus::bluesky
