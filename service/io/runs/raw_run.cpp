// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/runs/raw_run.hpp"

#include <utility>

#include "operators/data/uid.hpp"

namespace annulus {
namespace {

List shape_of(const Array& array) {
  List shape;
  for (const std::size_t length : array.shape()) shape.emplace_back(std::uint64_t{length});
  return shape;
}

}  // namespace

RawRun::RawRun(std::string image, Dict metadata)
    : image_(std::move(image)), metadata_(std::move(metadata)), uid_(make_uid()), descriptor_uid_(make_uid()) {}

Document RawRun::start(double time) const {
  Dict content{{"uid", uid_}, {"time", time}};
  for (const auto& [key, value] : metadata_) content.set(key, value);
  return {"start", std::move(content)};
}

Document RawRun::descriptor(const Frame& frame) const {
  Dict keys{{image_, Dict{{"source", "SIM:" + image_},
                          {"dtype", "array"},
                          {"shape", shape_of(frame.pixels)},
                          {"dtype_numpy", typestr_of(frame.pixels.dtype())}}}};
  List names{image_};
  if (frame.readings) {
    for (const auto& [key, value] : *frame.readings) {
      keys.set(key, Dict{{"source", "SIM:" + key}, {"dtype", "number"}, {"shape", List{}}});
      names.emplace_back(key);
    }
  }
  return {"descriptor", Dict{{"uid", descriptor_uid_},
                             {"run_start", uid_},
                             {"time", frame.time},
                             {"name", "primary"},
                             {"data_keys", std::move(keys)},
                             {"object_keys", Dict{{"detector", std::move(names)}}},
                             {"configuration", Dict{}},
                             {"hints", Dict{}}}};
}

Document RawRun::event(const Frame& frame) {
  Dict data{{image_, frame.pixels}};
  Dict timestamps{{image_, frame.time}};
  if (frame.readings) {
    for (const auto& [key, value] : *frame.readings) {
      data.set(key, value);
      timestamps.set(key, frame.time);
    }
  }
  ++events_;
  return {"event", Dict{{"uid", make_uid()},
                        {"descriptor", descriptor_uid_},
                        {"seq_num", frame.number + 1},
                        {"time", frame.time},
                        {"data", std::move(data)},
                        {"timestamps", std::move(timestamps)},
                        {"filled", Dict{}}}};
}

Document RawRun::stop(double time, std::string_view exit_status) const {
  return {"stop", Dict{{"uid", make_uid()},
                       {"run_start", uid_},
                       {"time", time},
                       {"exit_status", exit_status},
                       {"reason", ""},
                       {"num_events", Dict{{"primary", events_}}}}};
}

}  // namespace annulus
