// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/document_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <zlib.h>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/json.hpp"
#include "detectors/bluesky/msgpack.hpp"
#include "detectors/bluesky/wire.hpp"

namespace annulus::bluesky {
namespace {

constexpr std::size_t chunk = 256 * 1024;
constexpr std::size_t max_document = std::size_t{1} << 30U;
constexpr std::string_view broken_line = "json: line is no whole document";

/// The document in `["name", {...}]` or `{"name": ..., "doc": {...}}`.
Expected<Document, std::string> document_of(Value value) {
  Value name;
  Value content;
  if (List* pair = value.get_if<List>(); pair != nullptr && pair->size() == 2) {
    name = std::move((*pair)[0]);
    content = std::move((*pair)[1]);
  } else if (Dict* record = value.get_if<Dict>(); record && record->contains("name") && record->contains("doc")) {
    name = std::move((*record)["name"]);
    content = std::move((*record)["doc"]);
  }
  Dict* dict = content.get_if<Dict>();
  if (dict == nullptr || !is_document_name(name.text_or({}))) {
    return Unexpected<std::string>("documents: not a document (neither [name, document] nor {name, doc})");
  }
  return Document{std::string(name.text_or({})), std::move(*dict)};
}

}  // namespace

struct DocumentReader::File {
  std::string path;
  gzFile handle;  // zlib also reads files that are not compressed

  explicit File(const std::filesystem::path& file) : path(file.string()), handle(gzopen(path.c_str(), "rb")) {
    if (handle == nullptr) throw IoError(fmt::format("cannot open '{}' ({})", path, std::strerror(errno)));
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { gzclose(handle); }

  std::size_t read(char* to, std::size_t size) {
    const int count = gzread(handle, to, static_cast<unsigned>(size));
    int status = Z_OK;
    const char* message = gzerror(handle, &status);
    if (count >= 0 && (status == Z_OK || status == Z_STREAM_END)) return static_cast<std::size_t>(count);
    throw IoError(fmt::format("cannot read '{}' ({})", path, status == Z_ERRNO ? std::strerror(errno) : message));
  }
};

DocumentReader::DocumentReader(const std::filesystem::path& path) : file_(std::make_unique<File>(path)) {}
DocumentReader::~DocumentReader() = default;

Expected<std::optional<Document>, DecodeError> DocumentReader::next() {
  if (format_ == Format::unknown) format_ = detect();
  if (ended_) return std::nullopt;
  if (format_ == Format::unknown) return stop_at("documents: file holds neither JSON nor msgpack documents");
  const auto cut = format_ == Format::json ? next_json() : next_msgpack();
  if (!cut) return Unexpected<DecodeError>(cut.error());
  if (!*cut) return std::nullopt;

  // A copy of its own, so that its arrays keep this document alive and not the whole file.
  const auto text = std::make_shared<const std::string>(**cut);
  const std::size_t at = offset_ + begin_ - text->size();
  const auto bytes = as_bytes(*text);
  auto value = format_ == Format::json ? decode_json(bytes) : decode_msgpack(bytes, text);
  if (!value) return Unexpected<DecodeError>({value.error().problem, at + value.error().offset});
  auto document = document_of(std::move(*value));
  if (!document) return Unexpected<DecodeError>({document.error(), at});
  return std::move(*document);
}

DocumentReader::Format DocumentReader::detect() {
  while (true) {
    begin_ = std::min(buffer_.find_first_not_of(" \t\r\n", begin_), buffer_.size());
    if (!ahead().empty()) break;
    if (!refill()) {
      ended_ = true;  // an empty file has no documents
      return Format::unknown;
    }
  }
  const auto first = static_cast<unsigned char>(ahead().front());
  if (first == '[' || first == '{') return Format::json;
  return first == 0x92 ? Format::msgpack : Format::unknown;
}

Expected<std::optional<std::string_view>, DecodeError> DocumentReader::next_json() {
  while (true) {
    switch (cutter_.find(ahead())) {
      case JsonCutter::Found::value: {
        (void)take(cutter_.begin());
        const std::size_t size = cutter_.size();
        cutter_.next();
        return take(size);
      }
      case JsonCutter::Found::end: ended_ = true; return std::nullopt;
      case JsonCutter::Found::broken: {
        (void)take(cutter_.begin());
        const std::size_t at = offset_ + begin_;
        (void)take(cutter_.size());
        cutter_.next();
        return Unexpected<DecodeError>({std::string(broken_line), at});
      }
      case JsonCutter::Found::more: break;
    }
    if (ahead().size() > max_document) return stop_at("json: document is longer than 1 GiB");
    if (refill()) continue;
    if (cutter_.begin() < ahead().size())
      return stop_at(cutter_.is_broken() ? broken_line : "json: file ends within a document");
    ended_ = true;
    return std::nullopt;
  }
}

Expected<std::optional<std::string_view>, DecodeError> DocumentReader::next_msgpack() {
  while (true) {
    if (!ahead().empty()) {
      const auto length = msgpack_length(as_bytes(ahead()));
      if (!length) return stop_at(length.error().problem);
      if (*length) return take(**length);
    }
    if (ahead().size() > max_document) return stop_at("msgpack: document is longer than 1 GiB");
    if (refill()) continue;
    if (!ahead().empty()) return stop_at("msgpack: file ends within a document");
    ended_ = true;
    return std::nullopt;
  }
}

/// Reads on; false at the end of the file. Reads more at a time as a document grows, so that looking for its end
/// again takes linear time in all.
bool DocumentReader::refill() {
  buffer_.erase(0, begin_);
  offset_ += begin_;
  begin_ = 0;
  const std::size_t before = buffer_.size();
  const std::size_t wanted = std::clamp(before, chunk, max_document);
  buffer_.resize(before + wanted);
  const std::size_t count = file_->read(buffer_.data() + before, wanted);
  buffer_.resize(before + count);
  return count > 0;
}

Unexpected<DecodeError> DocumentReader::stop_at(std::string_view problem) {
  ended_ = true;
  return Unexpected<DecodeError>({std::string(problem), offset_ + begin_});
}

std::string_view DocumentReader::take(std::size_t length) {
  const std::string_view taken = ahead().substr(0, length);
  begin_ += length;
  return taken;
}

DocumentWriter::DocumentWriter(const std::filesystem::path& path) : path_(path), out_(path, std::ios::binary) {
  if (!out_) throw IoError(fmt::format("cannot write '{}' ({})", path.string(), std::strerror(errno)));
}

void DocumentWriter::write(const Document& document) {
  std::string line = fmt::format("[\"{}\", ", document.name);
  encode_json(document.content, line);
  line += "]\n";
  out_.write(line.data(), static_cast<std::streamsize>(line.size()));
  out_.flush();
  if (!out_) throw IoError(fmt::format("cannot write '{}' ({})", path_.string(), std::strerror(errno)));
}

}  // namespace annulus::bluesky
