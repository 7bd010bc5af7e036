// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/hdf5/types.hpp"

#include <cstdint>
#include <vector>

#include "detectors/hdf5/call.hpp"

namespace annulus::hdf5 {

namespace detail {

Id native_type(DType dtype) {
  switch (dtype) {
    case DType::u8: return H5T_NATIVE_UINT8;
    case DType::i8: return H5T_NATIVE_INT8;
    case DType::u16: return H5T_NATIVE_UINT16;
    case DType::i16: return H5T_NATIVE_INT16;
    case DType::u32: return H5T_NATIVE_UINT32;
    case DType::i32: return H5T_NATIVE_INT32;
    case DType::u64: return H5T_NATIVE_UINT64;
    case DType::i64: return H5T_NATIVE_INT64;
    case DType::f32: return H5T_NATIVE_FLOAT;
    case DType::f64: break;
  }
  return H5T_NATIVE_DOUBLE;
}

namespace {

Handle text_type_of_size(std::size_t size) {
  Handle type(call([] { return H5Tcopy(H5T_C_S1); }, "cannot make a text type"));
  call([&] { return H5Tset_size(type.get(), size); }, "cannot make a text type of {} bytes", size);
  call([&] { return H5Tset_cset(type.get(), H5T_CSET_UTF8); }, "cannot make a UTF-8 text type");
  call([&] { return H5Tset_strpad(type.get(), size == H5T_VARIABLE ? H5T_STR_NULLTERM : H5T_STR_NULLPAD); },
       "cannot make a padded text type");
  return type;
}

DType integer_dtype(std::size_t size, H5T_sign_t sign) {
  const bool is_signed = sign == H5T_SGN_2;
  if (size <= 1) return is_signed ? DType::i8 : DType::u8;
  if (size <= 2) return is_signed ? DType::i16 : DType::u16;
  if (size <= 4) return is_signed ? DType::i32 : DType::u32;
  return is_signed ? DType::i64 : DType::u64;
}

}  // namespace

Handle text_type() { return text_type_of_size(H5T_VARIABLE); }
Handle text_type(std::size_t width) { return text_type_of_size(width); }

Handle flag_type() {
  Handle type(call([] { return H5Tenum_create(H5T_NATIVE_INT8); }, "cannot make a flag type"));
  for (std::int8_t value : {std::int8_t{0}, std::int8_t{1}})
    call([&] { return H5Tenum_insert(type.get(), value != 0 ? "TRUE" : "FALSE", &value); }, "cannot make a flag type");
  return type;
}

DType dtype_of(Id type, const std::string& name) {
  const auto size = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      if (size <= 8) return integer_dtype(size, H5Tget_sign(type));
      break;
    case H5T_ENUM: {
      const Handle base(call([&] { return H5Tget_super(type); }, "cannot read the type of {}", name));
      return dtype_of(base.get(), name);
    }
    case H5T_FLOAT:
      if (size <= 8) return size <= 4 ? DType::f32 : DType::f64;
      break;
    default: break;
  }
  throw DataError(name + " does not hold numbers of up to 64 bits (integers, floats or booleans are needed)");
}

Handle space_of(const Shape& shape) {
  if (shape.empty()) return Handle(call([] { return H5Screate(H5S_SCALAR); }, "cannot make a scalar dataspace"));
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  return Handle(call([&] { return H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr); },
                     "cannot make a dataspace of {}", to_string(shape)));
}

Shape shape_of(Id space) {
  const int rank = call([&] { return H5Sget_simple_extent_ndims(space); }, "cannot read the rank of a dataspace");
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  call([&] { return H5Sget_simple_extent_dims(space, dims.data(), nullptr); }, "cannot read the extent of a dataspace");
  return {dims.begin(), dims.end()};
}

}  // namespace detail
}  // namespace annulus::hdf5
