// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/hdf5/group.hpp"

#include <algorithm>

#include "detectors/hdf5/call.hpp"
#include "detectors/hdf5/types.hpp"

namespace annulus::hdf5 {

using detail::call;

namespace {

/// Rows per chunk of tables of fixed-width text.
constexpr std::size_t text_chunk_rows = 64;

Handle make_space(const Shape& shape, Growth growth) {
  if (growth == Growth::fixed) return detail::space_of(shape);
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  std::vector<hsize_t> limit = dims;
  limit.at(0) = H5S_UNLIMITED;
  return Handle(call([&] { return H5Screate_simple(static_cast<int>(dims.size()), dims.data(), limit.data()); },
                     "cannot make an extensible dataspace of {}", to_string(shape)));
}

Handle make_properties(const Shape& shape, std::size_t chunk_rows) {
  Handle properties(call([] { return H5Pcreate(H5P_DATASET_CREATE); }, "cannot make dataset properties"));
  if (chunk_rows > 0) {
    std::vector<hsize_t> chunk(shape.begin(), shape.end());
    chunk.at(0) = chunk_rows;
    call([&] { return H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()); },
         "cannot set chunks of {} rows", chunk_rows);
  } else {
    // Space that is there from the start cannot be refused when the disk is full.
    call([&] { return H5Pset_alloc_time(properties.get(), H5D_ALLOC_TIME_EARLY); }, "cannot set dataset properties");
  }
  return properties;
}

Dataset create(const Group& group, const std::string& name, Id type, Id space, Id properties) {
  return Dataset(Handle(
      call([&] { return H5Dcreate2(group.id(), name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT); },
           "cannot create dataset '{}' in {}", name, group.path())));
}

struct FieldWriter {
  Group& group;
  const std::string& name;

  Dataset fill(Id type, const Shape& shape, const void* data) const {
    const Handle space = detail::space_of(shape);
    Dataset field = create(group, name, type, space.get(), H5P_DEFAULT);
    call([&] { return H5Dwrite(field.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data); }, "cannot write '{}'", name);
    return field;
  }
  Dataset operator()(const std::string& text) const {
    const char* data = text.c_str();
    return fill(detail::text_type().get(), {}, &data);
  }
  Dataset operator()(std::int64_t value) const { return fill(H5T_NATIVE_INT64, {}, &value); }
  Dataset operator()(double value) const { return fill(H5T_NATIVE_DOUBLE, {}, &value); }
  Dataset operator()(bool value) const {
    const std::int8_t flag = value ? 1 : 0;
    return fill(detail::flag_type().get(), {}, &flag);
  }
  Dataset operator()(const std::vector<double>& values) const {
    return fill(H5T_NATIVE_DOUBLE, {values.size()}, values.data());
  }
};

herr_t keep_dataset(hid_t, const char* name, const H5O_info_t* info, void* names) noexcept {
  if (info->type == H5O_TYPE_DATASET) static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

}  // namespace

Group Group::make_group(const std::string& name, std::string_view nx_class) {
  Group made(Handle(call([&] { return H5Gcreate2(id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT); },
                         "cannot create group '{}' in {}", name, path())));
  if (!nx_class.empty()) made.set("NX_class", std::string(nx_class));
  return made;
}

Dataset Group::make_dataset(const std::string& name, const DatasetSpec& spec) {
  const Handle space = make_space(spec.shape, spec.growth);
  const Handle properties = make_properties(spec.shape, spec.chunk_rows);
  if (spec.fill)
    call([&] { return H5Pset_fill_value(properties.get(), H5T_NATIVE_DOUBLE, &*spec.fill); },
         "cannot set the fill value of '{}'", name);
  return create(*this, name, detail::native_type(spec.dtype), space.get(), properties.get());
}

Dataset Group::make_text_dataset(const std::string& name, std::size_t width, const Shape& shape, Growth growth) {
  const Handle type = detail::text_type(width);
  const Handle space = make_space(shape, growth);
  const Handle properties = make_properties(shape, growth == Growth::rows ? text_chunk_rows : 0);
  return create(*this, name, type.get(), space.get(), properties.get());
}

Dataset Group::write(const std::string& name, const FieldValue& value) {
  return std::visit(FieldWriter{*this, name}, value);
}

void Group::link(const std::string& name, const std::string& target) {
  call([&] { return H5Lcreate_soft(target.c_str(), id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT); },
       "cannot link '{}' to {}", name, target);
}

bool Group::exists(const std::string& name) const {
  detail::prepare_thread();
  // H5Oexists_by_name fails where a group on the way is absent: that is an answer too.
  const bool answer = H5Oexists_by_name(id(), name.c_str(), H5P_DEFAULT) > 0;
  detail::forget_cause();
  return answer;
}

bool Group::has_link(const std::string& name) const {
  detail::prepare_thread();
  const bool answer = H5Lexists(id(), name.c_str(), H5P_DEFAULT) > 0;  // fails where a group on the way is absent
  detail::forget_cause();
  return answer;
}

Group Group::group(const std::string& name) const {
  return Group(Handle(call([&] { return H5Gopen2(id(), name.c_str(), H5P_DEFAULT); }, "cannot open group '{}'", name)));
}

Dataset Group::dataset(const std::string& name) const {
  return Dataset(
      Handle(call([&] { return H5Dopen2(id(), name.c_str(), H5P_DEFAULT); }, "cannot open dataset '{}'", name)));
}

bool Group::is_dataset(const std::string& name) const {
  if (!exists(name)) return false;
  const Handle object(call([&] { return H5Oopen(id(), name.c_str(), H5P_DEFAULT); }, "cannot open '{}'", name));
  return H5Iget_type(object.get()) == H5I_DATASET;
}

std::vector<std::string> Group::dataset_names() const {
  std::vector<std::string> names;
  call([&] { return H5Ovisit2(id(), H5_INDEX_NAME, H5_ITER_INC, keep_dataset, &names, H5O_INFO_BASIC); },
       "cannot list {}", path());
  return names;
}

}  // namespace annulus::hdf5
