// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "detectors/bluesky/image_place.hpp"

namespace annulus::bluesky {

/// Where images lie that a document points to; or why they cannot be had.
struct ImagePlace {
  std::shared_ptr<const ImageFiles> files;  ///< null: they cannot be had
  std::uint64_t first = 0;                  ///< the first image, counted from 0 through all files
  std::optional<std::uint64_t> count;       ///< empty: the document does not say
  std::string problem;
};

/// What documents have said about files with images: resources with their datums, and stream resources. The oldest are
/// forgotten when there are too many.
class References {
 public:
  void add_resource(const Dict& document) { add(document, read_resource(document)); }
  void add_stream_resource(const Dict& document) { add(document, read_stream_resource(document)); }
  void add_datum(const Dict& document);
  /// Columns instead of documents.
  void add_datum_page(const Dict& document);
  /// The deprecated form: a list of datum_kwargs.
  void add_bulk_datum(const Dict& document);

  /// The images of a datum; nothing while it has not come.
  [[nodiscard]] std::optional<ImagePlace> find_datum(std::string_view id) const;
  /// The resource of a stream; null when it has not come.
  struct Resource {
    ImageResource said;
    std::shared_ptr<const ImageFiles> files;  ///< null: cannot be used
    std::string problem;
  };
  [[nodiscard]] const Resource* find_resource(std::string_view uid) const;

 private:
  struct Datum {
    std::string resource;
    std::optional<std::int64_t> point;   ///< point_number
    std::optional<std::int64_t> series;  ///< seq_id
    std::optional<std::int64_t> image;   ///< frame_num
  };
  void add(const Dict& document, Expected<ImageResource, std::string> said);
  void add_datum(std::string id, std::string resource, const Dict& kwargs);

  std::unordered_map<std::string, Resource> resources_;
  std::deque<std::string> resource_order_;
  std::unordered_map<std::string, Datum> datums_;
  std::deque<std::string> datum_order_;
};

}  // namespace annulus::bluesky
