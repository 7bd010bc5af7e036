// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/image_place.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky {
namespace {

using Failure = Unexpected<std::string>;

constexpr const char* area_detector_dataset = "/entry/data/data";
constexpr const char* timepix_dataset = "/entry/instrument/detector/data";
constexpr std::size_t max_path = 4096;
constexpr std::size_t max_width = 32;  // of a number in a file name
constexpr std::int64_t max_images = 1'000'000;

std::optional<unsigned> hex_byte(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return text.size() == 2 && error == std::errc() && end == text.data() + 2 ? std::optional(value) : std::nullopt;
}

/// The text of a path that can be opened: no NUL, not endless.
Expected<std::string, std::string> plain_path(std::string path) {
  if (path.empty() || path.size() > max_path || path.find('\0') != std::string::npos) {
    return Failure(fmt::format("'{}' is no path", printable(path)));
  }
  const bool has_drive = path.size() > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
  if (has_drive) std::ranges::replace(path, '\\', '/');
  if (path.front() != '/' && !has_drive) {
    return Failure(fmt::format("the path '{}' is not absolute (nobody knows where it begins)", printable(path)));
  }
  return path;
}

/// Takes a number of at most two digits from the start of `text`.
std::size_t take_number(std::string_view& text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 2), value);
  if (error == std::errc()) text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// Takes "06d", "6.6d" or "d": the form of a number, after '%' or "{:".
std::optional<NumberForm> take_number_form(std::string_view& text) {
  NumberForm form;
  form.zeros = text.starts_with('0');
  form.width = take_number(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t digits = take_number(text);
    form = {std::max(form.width, digits), true};
  }
  if (!text.starts_with('d') || form.width > max_width) return std::nullopt;
  text.remove_prefix(1);
  return form;
}

bool take(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

std::optional<NumberForm> take_placeholder(std::string_view& text) {
  const std::string_view before = text;
  if (take(text, "{}")) return NumberForm{};
  const bool is_new = take(text, "{:");
  if (is_new || take(text, "%")) {
    const auto form = take_number_form(text);
    if (form && (!is_new || take(text, "}"))) return form;
  }
  text = before;
  return std::nullopt;
}

Expected<std::uint64_t, std::string> count_at(const Dict& dict, std::string_view key, std::int64_t fallback) {
  const std::int64_t count = integer_at(dict, key, fallback);
  if (count < 1 || count > max_images) return Failure(fmt::format("'{}' is no number of images", key));
  return static_cast<std::uint64_t>(count);
}

const Dict& dict_or_empty(const Dict& dict, std::string_view key) {
  static const Dict empty;
  const Dict* found = dict_at(dict, key);
  return found == nullptr ? empty : *found;
}

/// root/resource_path of a resource, or of a stream_resource as it was before event-model 1.20.
Expected<std::string, std::string> path_of_resource(const Dict& document) {
  std::string root = text_at(document, "root");
  std::string path = text_at(document, "resource_path");
  if (text_at(document, "path_semantics") == "windows") {
    for (std::string* text : {&root, &path}) std::ranges::replace(*text, '\\', '/');
  }
  if (!root.empty() && !root.ends_with('/') && !root.ends_with('\\')) root += '/';
  if (!root.empty()) path.erase(0, path.find_first_not_of('/'));
  return plain_path(root + path);
}

std::string dataset_in(const Dict& parameters, std::string_view fallback) {
  std::string name = text_at(parameters, "dataset", text_at(parameters, "path", fallback));
  if (!name.starts_with('/')) name.insert(0, 1, '/');
  return name;
}

/// Parameters of a stream_resource that would change what an index means.
std::optional<std::string> unknown_parameter(const Dict& parameters) {
  if (const Value* slice = parameters.find("slice"); slice != nullptr && !slice->text_or("").empty()) {
    return fmt::format("the parameter slice '{}' is not supported (whole images are read); leave it out",
                       printable(slice->text_or("")));
  }
  const std::string join = text_at(parameters, "join_method", "concat");
  if (join != "concat" && join != "stack") return fmt::format("join_method '{}' is not known", printable(join));
  return std::nullopt;
}

Expected<ImageResource, std::string> growing_file(std::string path, const Dict& parameters) {
  ImageResource out;
  out.files.path = std::move(path);
  out.files.dataset = dataset_in(parameters, area_detector_dataset);
  return out;
}

Expected<ImageResource, std::string> numbered(std::string folder, const Dict& parameters, std::string_view pattern) {
  if (!folder.ends_with('/')) folder += '/';
  const std::string name = text_at(parameters, "filename");
  // A template with two texts takes the folder first, one with one text only the name.
  const bool has_folder = pattern.starts_with("%s%s");
  auto files = has_folder ? numbered_files(pattern, folder, name) : numbered_files(pattern, name, {});
  if (!files) return Failure(files.error());
  if (!has_folder) files->path.insert(0, folder);
  if (files->path.size() > max_path) return Failure("the path of the files is too long");
  return ImageResource{std::move(*files), {}, 1, {}, false};
}

Expected<ImageResource, std::string> read_by_mimetype(const Dict& document, std::string path, std::string_view type) {
  const Dict& parameters = dict_or_empty(document, "parameters");
  if (const auto problem = unknown_parameter(parameters)) return Failure(*problem);
  if (type == "application/x-hdf5") return growing_file(std::move(path), parameters);
  if (type != "multipart/related;type=image/tiff") {
    return Failure(
        fmt::format("mimetype '{}' is not read (known are application/x-hdf5 and multipart/related;type=image/tiff)",
                    printable(type)));
  }
  auto out = numbered(std::move(path), parameters, text_at(parameters, "template"));
  if (!out) return out;
  if (const List* chunk = list_at(parameters, "chunk_shape"); chunk != nullptr && !chunk->empty()) {
    const std::int64_t images = chunk->front().integer_or(0);
    if (images < 1 || images > max_images) return Failure("'chunk_shape' does not begin with a number of images");
    out->files.images_per_file = static_cast<std::uint64_t>(images);
  }
  return out;
}

/// The specs that stream_resource had before event-model 1.20 (bluesky, tiled_writer.py: MIMETYPE_LOOKUP).
std::string_view mimetype_of(std::string_view spec) {
  constexpr std::array<std::string_view, 8> hdf5{"hdf5",          "AD_HDF5",  "AD_HDF5_SWMR", "AD_HDF5_SWMR_STREAM",
                                                 "EIGER2_STREAM", "TPX_HDF5", "PIL100k_HDF5", "MERLIN_FLY_STREAM_V2"};
  if (std::ranges::find(hdf5, spec) != hdf5.end()) return "application/x-hdf5";
  return spec == "AD_TIFF" ? "multipart/related;type=image/tiff" : std::string_view();
}

}  // namespace

Expected<std::string, std::string> path_of_uri(std::string_view uri) {
  if (!uri.starts_with("file:/")) {
    return Failure(
        fmt::format("'{}' is not a file (only file:// is read, nothing is fetched from a network)", printable(uri)));
  }
  std::string path;
  for (std::size_t i = 5; i < uri.size() && path.size() <= max_path; ++i) {
    const auto byte = uri[i] == '%' ? hex_byte(uri.substr(i + 1, 2)) : std::nullopt;
    path += byte ? static_cast<char>(*byte) : uri[i];
    if (byte) i += 2;
  }
  // "//authority/path": none and localhost are this machine.
  for (const std::string_view here : {"///", "//localhost/", "//127.0.0.1/"}) {
    if (!path.starts_with(here)) continue;
    path.erase(0, here.size() - 1);
    const bool has_drive = path.size() > 3 && path[2] == ':' && path[3] == '/';
    if (has_drive) path.erase(0, 1);
    break;
  }
  return plain_path(std::move(path));
}

Expected<ImageFiles, std::string> numbered_files(std::string_view pattern, std::string_view first,
                                                 std::string_view second) {
  ImageFiles out{.path = {}, .dataset = {}, .number = {}, .suffix = {}, .images_per_file = 1};
  std::array<std::string_view, 2> texts{first, second};
  std::size_t used = 0;
  for (std::string_view rest = pattern; !rest.empty();) {
    std::string& part = out.number ? out.suffix : out.path;
    if (take(rest, "%s") || take(rest, "{:s}")) {
      if (used < texts.size()) part += texts.at(used++);
    } else if (take(rest, "%%")) {
      part += '%';
    } else if (const auto form = out.number ? std::nullopt : take_placeholder(rest)) {
      out.number = form;
    } else if (rest.starts_with('%') || rest.starts_with('{') || rest.starts_with('}') || rest.starts_with('\0')) {
      return Failure(
          fmt::format("template '{}' is not understood at '{}' (one number such as %06d or {{:06d}} is "
                      "needed)",
                      printable(pattern), printable(rest)));
    } else {
      part += rest.front();
      rest.remove_prefix(1);
    }
  }
  if (!out.number) return Failure(fmt::format("template '{}' has no place for a number", printable(pattern)));
  return out;
}

Expected<ImageResource, std::string> read_stream_resource(const Dict& document) {
  const bool is_old = !document.contains("uri");
  auto path = is_old ? path_of_resource(document) : path_of_uri(text_at(document, "uri"));
  if (!path) return Failure(path.error());
  const std::string type = text_at(document, "mimetype");
  const std::string spec = text_at(document, "spec");
  if (type.empty() && mimetype_of(spec).empty()) {
    return Failure(fmt::format("spec '{}' is not known for a stream_resource", printable(spec)));
  }
  Dict described = document;
  if (is_old) described.set("parameters", dict_or_empty(document, "resource_kwargs"));
  auto out = read_by_mimetype(described, std::move(*path), type.empty() ? mimetype_of(spec) : type);
  if (!out) return out;
  const Dict& parameters = dict_or_empty(described, "parameters");
  out->data_key = text_at(document, "data_key");
  for (const char* key : {"multiplier", "frame_per_point"}) {
    if (!parameters.contains(key)) continue;
    const auto count = count_at(parameters, key, 0);
    if (!count) return Failure(count.error());
    out->multiplier = *count;
  }
  return out;
}

Expected<ImageResource, std::string> read_resource(const Dict& document) {
  auto path = path_of_resource(document);
  if (!path) return Failure(path.error());
  const std::string spec = text_at(document, "spec");
  const Dict& kwargs = dict_or_empty(document, "resource_kwargs");
  const bool by_series = spec == "AD_EIGER" || spec == "AD_EIGER2" || spec == "AD_EIGER_SLICE";
  Expected<ImageResource, std::string> out = Failure(fmt::format(
      "spec '{}' is not read (known are AD_TIFF, AD_HDF5, AD_HDF5_SWMR, AD_HDF5_SINGLE, TPX_HDF5, AD_EIGER, "
      "AD_EIGER2 and AD_EIGER_SLICE)",
      printable(spec)));
  if (spec == "AD_HDF5" || spec == "AD_HDF5_SWMR") out = growing_file(std::move(*path), kwargs);
  if (spec == "TPX_HDF5") out = growing_file(std::move(*path), Dict{{"dataset", timepix_dataset}});
  if (spec == "AD_TIFF" || spec == "AD_HDF5_SINGLE") {
    out = numbered(std::move(*path), kwargs, text_at(kwargs, "template"));
  }
  if (by_series) {
    out = growing_file(std::move(*path), {});
    out->files.dataset = "/entry/data";
    out->by_series = true;
  }
  if (!out) return out;
  if (spec == "AD_HDF5_SINGLE") out->files.dataset = area_detector_dataset;
  const auto count = by_series ? 1 : count_at(kwargs, "frame_per_point", integer_at(kwargs, "frames_per_point", 1));
  if (!count) return Failure(count.error());
  out->images_per_point = *count;
  return out;
}

}  // namespace annulus::bluesky
