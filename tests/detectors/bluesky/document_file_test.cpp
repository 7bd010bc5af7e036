// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/document_file.hpp"

#include <map>

#include "detectors/bluesky/msgpack.hpp"
#include "detectors/bluesky/run_tracker.hpp"
#include "tests/detectors/bluesky/vectors.hpp"

namespace annulus::bluesky {
namespace {

/// A file in the test's own folder, removed afterwards.
class TemporaryFile final {
 public:
  explicit TemporaryFile(std::string_view content = {})
      : path(std::filesystem::path(::testing::TempDir()) /
             (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".txt")) {
    std::ofstream(path, std::ios::binary) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path path;
};

/// All documents of a file; problems as documents named "error".
std::vector<Document> read_all(const std::filesystem::path& path) {
  DocumentReader reader(path);
  std::vector<Document> documents;
  while (true) {
    auto document = reader.next();
    if (!document) {
      documents.push_back(
          {"error", {{"problem", document.error().problem}, {"offset", std::uint64_t{document.error().offset}}}});
    } else if (*document) {
      documents.push_back(std::move(**document));
    } else {
      return documents;
    }
  }
}

std::vector<Document> read_text(std::string_view content) { return read_all(TemporaryFile(content).path); }

const std::vector<Document> two{{"start", {{"uid", "a] \\\" [,"}}}, {"stop", {{"run_start", "a"}}}};

TEST(DocumentFile, reads_json_in_every_layout) {
  EXPECT_EQ(read_text("[\"start\", {\"uid\": \"a] \\\\\\\" [,\"}]\n[\"stop\", {\"run_start\": \"a\"}]\n"), two);
  EXPECT_EQ(read_text("{\"name\": \"start\", \"doc\": {\"uid\": \"a] \\\\\\\" [,\"}}\n"
                      "{\"name\": \"stop\", \"doc\": {\"run_start\": \"a\"}}"),
            two);
  EXPECT_EQ(read_text("[\n [\"start\", {\"uid\": \"a] \\\\\\\" [,\"}],\n [\"stop\", {\"run_start\": \"a\"}]\n]\n"),
            two);
  EXPECT_EQ(read_text("[{\"name\": \"start\", \"doc\": {\"uid\": \"a] \\\\\\\" [,\"}},"
                      "{\"name\": \"stop\", \"doc\": {\"run_start\": \"a\"}}]"),
            two);
}

TEST(DocumentFile, has_no_documents_when_empty) {
  EXPECT_TRUE(read_text("").empty());
  EXPECT_TRUE(read_text(" \n\n").empty());
  EXPECT_TRUE(read_text("[]").empty());
}

TEST(DocumentFile, reads_suitcase_msgpack) {
  ANNULUS_NEEDS_VECTORS();
  const auto documents = read_all(testing::vectors_path() / "suitcase_msgpack_stream.msgpack");
  std::string names;
  for (const Document& document : documents) names += document.name + " ";
  EXPECT_EQ(names, "start descriptor event stop ");
  const Dict& data = *dict_at(documents.at(2).content, "data");
  EXPECT_EQ(*data.find("det_image"), Value(testing::vector_image()));
}

TEST(DocumentFile, reads_real_recorded_runs) {
  const auto path = std::filesystem::path(ANNULUS_SHARED_DIR) / "data/documents_usaxs/usaxs.json.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the recorded documents are not there (" << path << ")";
  const auto documents = read_all(path);
  std::map<std::string, int> count;
  RunTracker tracker;
  std::uint64_t stopped = 0;
  for (const Document& document : documents) {
    ++count[document.name];
    for (const RunEvent& event : tracker.feed(document)) stopped += std::holds_alternative<RunStopped>(event);
  }
  EXPECT_EQ(documents.size(), 211U);
  EXPECT_EQ(count["start"], 10);
  EXPECT_EQ(count["error"], 0);
  EXPECT_EQ(stopped, static_cast<std::uint64_t>(count["stop"]));
  EXPECT_EQ(tracker.orphans(), 0U);
}

TEST(DocumentFile, reads_documents_longer_than_its_buffer) {
  Document image{
      "event",
      {{"data", Dict{{"image", Array::of<std::uint8_t>({1000, 1000}, std::vector<std::uint8_t>(1000 * 1000, 7))}}}}};
  std::string content;
  for (int i = 0; i < 3; ++i) encode_msgpack(List{image.name, image.content}, content);
  EXPECT_EQ(read_text(content), (std::vector<Document>{image, image, image}));

  const std::string line = "[\"start\", {\"uid\": \"" + std::string(1000 * 1000, 'x') + "\"}]\n";
  EXPECT_EQ(read_text(line + line).size(), 2U);
}

TEST(DocumentFile, reports_a_broken_document_and_goes_on_behind_it) {
  const auto documents = read_text("[\"start\", {\"uid\": nope}]\n[1, 2]\n[\"stop\", {}]\n");
  ASSERT_EQ(documents.size(), 3U);
  EXPECT_EQ(documents[0].name, "error");
  EXPECT_EQ(documents[1].name, "error");
  EXPECT_EQ(text_at(documents[1].content, "problem"),
            "documents: not a document (neither [name, document] nor {name, doc})");
  EXPECT_EQ(integer_at(documents[1].content, "offset", 0), 25);
  EXPECT_EQ(documents[2].name, "stop");
}

TEST(DocumentFile, reports_a_line_that_was_broken_off_and_goes_on_with_the_next) {
  for (const char* line : {"[\"event\", {\"uid\": \"a", "[\"event\", {\"uid\": [1, 2", "[\"event\", {\"uid\": \"a\\",
                           "oops", "]", "{\"name\": \"event\", \"doc\": {"}) {
    const auto documents = read_text(std::string("[\"start\", {}]\n") + line + "\n[\"stop\", {}]\n");
    ASSERT_EQ(documents.size(), 3U) << line;
    EXPECT_EQ(documents[0].name, "start");
    EXPECT_EQ(text_at(documents[1].content, "problem"), "json: line is no whole document");
    EXPECT_EQ(integer_at(documents[1].content, "offset", 0), 14);
    EXPECT_EQ(documents[2].name, "stop");
  }
  EXPECT_EQ(text_at(read_text("[\"start\", {}] oops").at(1).content, "problem"), "json: line is no whole document");
  EXPECT_EQ(read_text("[\"event\", {\n[\"event\", {\n[\"stop\", {}]").size(), 3U);
}

TEST(DocumentFile, reads_documents_over_several_lines) {
  EXPECT_EQ(read_text("[\n\"start\",\n{\n\"uid\": [\n\"a\",\n{\n\"b\": 1\n}\n]\n}\n]\n[ \"stop\",\n  {}\n]").size(),
            2U);
  EXPECT_EQ(read_text("[\"start\",\n  {\"uid\":\n  [\"a\",\n  \"b\"]}\n]\n").at(0).name, "start");
}

TEST(DocumentFile, reports_a_file_that_ends_within_a_document) {
  for (const std::string& content : {std::string("[\"start\", {\"uid\": \"a\"}]\n[\"stop\", {\"ru"),
                                     testing::chars("\x92\xa5start\x80\x92\xa4st")}) {
    const auto documents = read_text(content);
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_EQ(documents[0].name, "start");
    EXPECT_TRUE(text_at(documents[1].content, "problem").ends_with(": file ends within a document"));
  }
}

TEST(DocumentFile, refuses_other_files) {
  EXPECT_EQ(text_at(read_text("\x89HDF\r\n").at(0).content, "problem"),
            "documents: file holds neither JSON nor msgpack documents");
  EXPECT_THROW(DocumentReader("/does/not/exist.jsonl"), IoError);
}

TEST(DocumentFile, reads_what_it_writes) {
  const TemporaryFile file;
  {
    DocumentWriter writer(file.path);
    for (const Document& document : two) writer.write(document);
  }
  EXPECT_EQ(read_all(file.path), two);
  EXPECT_THROW(DocumentWriter("/does/not/exist/file.jsonl"), IoError);
}

}  // namespace
}  // namespace annulus::bluesky
