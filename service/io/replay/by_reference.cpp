// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/replay/by_reference.hpp"

#include <deque>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "operators/data/uid.hpp"

#include "service/io/replay/image_file.hpp"

namespace annulus {
namespace {

using Next = Expected<std::optional<Document>, DecodeError>;

constexpr std::string_view plain_in_uri = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

std::string uri_of(const std::filesystem::path& path) {
  std::string uri = "file://localhost";
  for (const char c : path.string()) {
    if (plain_in_uri.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

Dict without(const Dict& dict, std::string_view left_out) {
  Dict out;
  for (const auto& [key, value] : dict) {
    if (key != left_out) out.append(key, value);
  }
  return out;
}

Dict dict_in(const Dict& dict, std::string_view key) {
  const Dict* found = dict_at(dict, key);
  return found == nullptr ? Dict() : *found;
}

Dict range(std::int64_t start) { return Dict{{"start", start}, {"stop", start + 1}}; }

class ByReference final : public Recording {
 public:
  ByReference(std::unique_ptr<Recording> recording, Reference reference, std::string image_key,
              std::filesystem::path folder)
      : recording_(std::move(recording)),
        reference_(reference),
        image_key_(std::move(image_key)),
        folder_(std::move(folder)) {}

  Next next() override {
    if (ready_.empty()) {
      Next document = recording_->next();
      if (!document || !*document) return document;
      take(std::move(**document));
    }
    Document document = std::move(ready_.front());
    ready_.pop_front();
    return document;
  }

 private:
  void take(Document document) {
    if (document.name == "start") run_ = text_at(document.content, "uid");
    if (document.name == "stop") file_.reset();  // complete before the run has ended
    if (document.name == "descriptor") return describe(std::move(document));
    if (document.name == "event") return announce(std::move(document));
    ready_.push_back(std::move(document));
  }

  void describe(Document document) {
    Dict keys = dict_in(document.content, "data_keys");
    Dict image = dict_in(keys, image_key_);
    List shape{1};  // images an event
    if (const List* of_image = list_at(image, "shape")) shape.insert(shape.end(), of_image->begin(), of_image->end());
    image.set("shape", shape);
    image.set("external", reference_ == Reference::stream_resource ? "STREAM:" : "FILESTORE:");
    keys.set(image_key_, std::move(image));
    document.content.set("data_keys", std::move(keys));
    ready_.push_back(std::move(document));
    name_ = run_ + ".h5";
    resource_ = make_uid();
    shape[0] = 1;  // images a chunk
    ready_.push_back(reference_ == Reference::stream_resource ? stream_resource(shape) : resource());
  }

  [[nodiscard]] Document stream_resource(const List& chunk) const {
    return {"stream_resource",
            Dict{{"uid", resource_},
                 {"run_start", run_},
                 {"data_key", image_key_},
                 {"mimetype", "application/x-hdf5"},
                 {"uri", uri_of(folder_ / name_)},
                 {"parameters", Dict{{"dataset", ImageFile::dataset}, {"swmr", true}, {"chunk_shape", chunk}}}}};
  }

  [[nodiscard]] Document resource() const {
    return {"resource", Dict{{"uid", resource_},
                             {"run_start", run_},
                             {"spec", "AD_HDF5_SWMR"},
                             {"root", folder_.string()},
                             {"resource_path", name_},
                             {"resource_kwargs", Dict{{"frame_per_point", 1}}},
                             {"path_semantics", "posix"}}};
  }

  void announce(Document event) {
    Dict data = dict_in(event.content, "data");
    const Value* value = data.find(image_key_);
    const Array* image = value == nullptr ? nullptr : value->get_if<Array>();
    if (image == nullptr) throw DataError(fmt::format("an event has no image '{}'", image_key_));
    if (!file_) file_.emplace(folder_ / name_, *image);
    const auto index = static_cast<std::int64_t>(file_->append(*image));
    if (reference_ == Reference::stream_resource) {
      ready_.push_back(stream_datum(index, event.content));
      event.content.set("data", without(data, image_key_));
      event.content.set("timestamps", without(dict_in(event.content, "timestamps"), image_key_));
    } else {
      const std::string id = fmt::format("{}/{}", resource_, index);
      ready_.push_back(
          {"datum", Dict{{"datum_id", id}, {"resource", resource_}, {"datum_kwargs", Dict{{"point_number", index}}}}});
      data.set(image_key_, id);
      event.content.set("data", std::move(data));
      event.content.set("filled", Dict{{image_key_, false}});
    }
    ready_.push_back(std::move(event));
  }

  [[nodiscard]] Document stream_datum(std::int64_t index, const Dict& event) const {
    return {"stream_datum", Dict{{"uid", fmt::format("{}/{}", resource_, index)},
                                 {"stream_resource", resource_},
                                 {"descriptor", text_at(event, "descriptor")},
                                 {"indices", range(index)},
                                 {"seq_nums", range(integer_at(event, "seq_num", 1))}}};
  }

  std::unique_ptr<Recording> recording_;
  Reference reference_;
  std::string image_key_;
  std::filesystem::path folder_;
  std::string run_;
  std::string name_;      ///< of the file
  std::string resource_;  ///< uid
  std::optional<ImageFile> file_;
  std::deque<Document> ready_;
};

}  // namespace

std::unique_ptr<Recording> by_reference(std::unique_ptr<Recording> recording, Reference reference,
                                        const std::string& image_key, const std::filesystem::path& folder) {
  return std::make_unique<ByReference>(std::move(recording), reference, image_key, folder);
}

}  // namespace annulus
