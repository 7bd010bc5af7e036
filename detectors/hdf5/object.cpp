// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/hdf5/object.hpp"

#include "detectors/hdf5/call.hpp"
#include "detectors/hdf5/types.hpp"

namespace annulus::hdf5 {

using detail::call;

namespace {

void write_attribute(Id object, const std::string& name, Id type, const Shape& shape, const void* data) {
  if (call([&] { return H5Aexists(object, name.c_str()); }, "cannot look for attribute '{}'", name) > 0)
    call([&] { return H5Adelete(object, name.c_str()); }, "cannot replace attribute '{}'", name);
  const Handle space = detail::space_of(shape);
  const Handle attribute(
      call([&] { return H5Acreate2(object, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT); },
           "cannot create attribute '{}'", name));
  call([&] { return H5Awrite(attribute.get(), type, data); }, "cannot write attribute '{}'", name);
}

struct Writer {
  Id object;
  const std::string& name;

  void operator()(const std::string& text) const {
    const char* data = text.c_str();
    write_attribute(object, name, detail::text_type().get(), {}, &data);
  }
  void operator()(const std::vector<std::string>& texts) const {
    std::vector<const char*> data;
    for (const auto& text : texts) data.push_back(text.c_str());
    write_attribute(object, name, detail::text_type().get(), {texts.size()}, data.data());
  }
  void operator()(std::int64_t value) const { write_attribute(object, name, H5T_NATIVE_INT64, {}, &value); }
  void operator()(double value) const { write_attribute(object, name, H5T_NATIVE_DOUBLE, {}, &value); }
};

std::string read_fixed_text(Id attribute, Id type) {
  std::string text(H5Tget_size(type), '\0');
  const Handle memory = detail::text_type(text.size());
  call([&] { return H5Aread(attribute, memory.get(), text.data()); }, "cannot read a text attribute");
  return text.substr(0, text.find('\0'));
}

std::string read_variable_text(Id attribute, Id type) {
  // HDF5 converts between character sets of variable-length text only when memory and file agree.
  const Handle memory(call([&] { return H5Tcopy(type); }, "cannot copy a text type"));
  char* data = nullptr;
  call([&] { return H5Aread(attribute, memory.get(), &data); }, "cannot read a text attribute");
  std::string text = data == nullptr ? std::string() : std::string(data);
  H5free_memory(data);
  return text;
}

}  // namespace

void Object::set(const std::string& name, const AttributeValue& value) { std::visit(Writer{id(), name}, value); }

std::optional<std::string> Object::text_attribute(const std::string& name) const {
  if (call([&] { return H5Aexists(id(), name.c_str()); }, "cannot look for attribute '{}'", name) == 0) return {};
  const Handle attribute(
      call([&] { return H5Aopen(id(), name.c_str(), H5P_DEFAULT); }, "cannot open attribute '{}'", name));
  const Handle type(call([&] { return H5Aget_type(attribute.get()); }, "cannot read the type of attribute '{}'", name));
  const Handle space(call([&] { return H5Aget_space(attribute.get()); }, "cannot read attribute '{}'", name));
  if (H5Tget_class(type.get()) != H5T_STRING || H5Sget_simple_extent_npoints(space.get()) != 1) return {};
  return H5Tis_variable_str(type.get()) > 0 ? read_variable_text(attribute.get(), type.get())
                                            : read_fixed_text(attribute.get(), type.get());
}

std::string Object::path() const {
  const auto size = call([&] { return H5Iget_name(id(), nullptr, 0); }, "cannot read the name of an object");
  std::string text(static_cast<std::size_t>(size) + 1, '\0');
  call([&] { return H5Iget_name(id(), text.data(), text.size()); }, "cannot read the name of an object");
  text.pop_back();
  return text;
}

}  // namespace annulus::hdf5
