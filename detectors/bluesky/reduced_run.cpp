// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/reduced_run.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "operators/data/uid.hpp"

namespace annulus::bluesky {
namespace {

constexpr std::string_view object = "annulus";  // the "device" our data keys belong to
constexpr std::string_view raw_object = "raw";  // the "device" of the readings that are passed on
constexpr std::array<std::string_view, 3> exit_statuses{"success", "abort", "fail"};

/// event-model allows neither '.' nor '/' in the keys of a start document, at any depth.
std::string allowed_key(std::string key) {
  std::ranges::replace_if(key, [](char c) { return c == '.' || c == '/'; }, '_');
  return key.empty() ? "_" : key;
}

Dict with_allowed_keys(const Dict& dict) {
  Dict out;
  for (const auto& [key, value] : dict) {
    const Dict* inner = value.get_if<Dict>();
    out.set(allowed_key(key), inner ? Value(with_allowed_keys(*inner)) : value);
  }
  return out;
}

/// The raw run's hints, with the dimensions spelled out: without them, bluesky's BestEffortCallback guesses from the
/// raw run's "motors" and looks for devices that the reduced run does not have.
Dict hints_of(const Dict& raw_start) {
  const Dict* raw = dict_at(raw_start, "hints");
  Dict hints = raw ? *raw : Dict();
  if (!hints.contains("dimensions")) hints.set("dimensions", List{List{List{"time"}, "primary"}});
  return hints;
}

Dict make_start(const Dict& raw_start, const ReducedRunOptions& options, const std::string& uid, double time) {
  const std::string raw_uid = text_at(raw_start, "uid");
  Dict start{{"uid", uid}, {"time", time}};
  for (const auto& [key, value] : with_allowed_keys(without_large_arrays(raw_start))) {
    // Projections map the raw run's data keys to files; here they would point at nothing.
    if (key != "uid" && key != "time" && key != "projections") start.set(key, value);
  }
  start.set("hints", hints_of(raw_start));
  start.set("original_run_uid", raw_uid);
  start.set("parent_uids", List{raw_uid});
  start.set("analysis_stage", options.analysis_stage);
  start.set("annulus", with_allowed_keys(options.description));
  return start;
}

/// The data keys of one event beside their values.
class Columns final {
 public:
  void add_array(std::string_view name, const Numbers& values, std::string_view units) {
    const auto length = static_cast<std::int64_t>(values.size());
    Dict key = key_of("array", List{length}, object);
    key.set("dtype_numpy", typestr_of(DType::f64));
    if (!units.empty()) key.set("units", units);
    add(object_names, std::string(name), std::move(key), values.as_array({values.size()}));
  }

  void add_scalar(std::string_view name, std::string_view dtype, Value value) {
    add(object_names, std::string(name), key_of(dtype, {}, object), std::move(value));
  }

  /// A reading of the raw event, if it is a scalar. Whole and broken numbers share a dtype: a motor at exactly 1 must
  /// not change the descriptor.
  void add_reading(const std::string& name, const Value& value) {
    const bool number = value.get_if<double>() || value.get_if<std::int64_t>() || value.get_if<std::uint64_t>();
    const std::string_view dtype = number ? "number" : value.get_if<bool>() ? "boolean" : "string";
    if (dtype == "string" && !value.get_if<std::string>()) return;
    std::string key = allowed_key(name);
    if (keys.contains(key)) key = "raw_" + key;
    if (!keys.contains(key)) add(raw_names, std::move(key), key_of(dtype, {}, raw_object), value);
  }

  Dict keys;
  Dict data;
  List object_names;
  List raw_names;

 private:
  static Dict key_of(std::string_view dtype, List shape, std::string_view owner) {
    return {{"source", object}, {"dtype", dtype}, {"shape", std::move(shape)}, {"object_name", owner}};
  }

  void add(List& names, std::string name, Dict key, Value value) {
    names.emplace_back(name);
    keys.append(name, std::move(key));
    data.append(std::move(name), std::move(value));
  }
};

Columns columns_of(const Pattern& pattern) {
  Columns columns;
  const RadialUnitInfo& unit = info(pattern.axis->unit);
  columns.add_array(unit.quantity, pattern.axis->centres, unit.symbol);
  columns.add_array("intensity", pattern.intensity, {});
  if (!pattern.sigma.empty()) columns.add_array("sigma", pattern.sigma, {});
  for (const auto& [name, values] : std::initializer_list<std::pair<const char*, const Numbers*>>{
           {"sum_signal", &pattern.signal},
           {"sum_variance", &pattern.variance},
           {"sum_normalization", &pattern.normalization},
           {"sum_normalization2", &pattern.normalization_squared},
           {"sum_cross", &pattern.cross},
           {"count", &pattern.count}}) {
    if (!values->empty()) columns.add_array(name, *values, {});
  }
  columns.add_scalar("frame_number", "integer", pattern.number);
  columns.add_scalar("signal_sum", "number", std::accumulate(pattern.signal.begin(), pattern.signal.end(), 0.0));
  if (pattern.readings) {
    for (const auto& [name, value] : *pattern.readings) columns.add_reading(name, value);
  }
  return columns;
}

Dict make_descriptor(const Columns& columns, const std::string& uid, const std::string& run, const std::string& stream,
                     double time) {
  Dict object_keys{{std::string(object), columns.object_names}};
  Dict hints{{std::string(object), Dict{{"fields", List{"signal_sum"}}}}};
  if (!columns.raw_names.empty()) {
    object_keys.set(raw_object, columns.raw_names);
    // Without fields of its own, bluesky's BestEffortCallback would plot every reading against the scan.
    hints.set(raw_object, Dict{{"fields", List{}}});
  }
  return {{"uid", uid},
          {"run_start", run},
          {"time", time},
          {"name", stream},
          {"data_keys", columns.keys},
          {"hints", std::move(hints)},
          {"object_keys", std::move(object_keys)},
          {"configuration", Dict{}}};
}

}  // namespace

ReducedRun::ReducedRun(const Dict& raw_start, ReducedRunOptions options, double time)
    : options_(std::move(options)), uid_(make_uid()), start_{"start", make_start(raw_start, options_, uid_, time)} {}

std::vector<Document> ReducedRun::pattern(const Pattern& pattern, double time) {
  Columns columns = columns_of(pattern);
  std::vector<Document> documents;
  if (descriptor_uid_.empty() || columns.keys != data_keys_) {
    descriptor_uid_ = make_uid();
    data_keys_ = columns.keys;
    documents.push_back({"descriptor", make_descriptor(columns, descriptor_uid_, uid_, options_.stream, time)});
  }
  Dict timestamps;
  for (const auto& [key, value] : columns.data) timestamps.append(key, pattern.time);
  documents.push_back({"event",
                       {{"uid", make_uid()},
                        {"descriptor", descriptor_uid_},
                        {"seq_num", ++events_},
                        {"time", pattern.time},
                        {"data", std::move(columns.data)},
                        {"timestamps", std::move(timestamps)},
                        {"filled", Dict{}}}});
  return documents;
}

Document ReducedRun::stop(std::string_view exit_status, std::string_view reason, double time) const {
  const bool known = std::ranges::find(exit_statuses, exit_status) != exit_statuses.end();
  return {"stop",
          {{"uid", make_uid()},
           {"run_start", uid_},
           {"time", time},
           {"exit_status", known ? exit_status : "fail"},
           {"reason", reason},
           {"num_events", Dict{{options_.stream, events_}}}}};
}

}  // namespace annulus::bluesky
