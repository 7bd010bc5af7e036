// SPDX-License-Identifier: BSD-3-Clause
#include "operators/files/file_sources.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <set>
#include <system_error>

#include <glob.h>

#include "operators/files/line_splitter.hpp"

namespace annulus {
namespace {

namespace fs = std::filesystem;

std::string why(int error) { return std::generic_category().message(error); }

class TextFileSource final : public ProducerNode {
 public:
  TextFileSource(std::string name, const ProducerOptions& options, fs::path path, const TextFileOptions& file)
      : ProducerNode(std::move(name), "from_textfile", options, file.poll_interval),
        path_(std::move(path)),
        from_end_(file.from_end),
        lines_(file.delimiter, file.longest_line) {}
  [[nodiscard]] Out<std::string>& out() noexcept { return out_; }

 private:
  void open() override {
    if (file_.is_open()) return;  // goes on where it stopped
    errno = 0;
    file_.open(path_, std::ios::binary);
    if (!file_ || fs::is_directory(path_)) {
      const std::string reason = errno == 0 ? "it is a directory" : why(errno);
      file_.close();
      throw IoError(name() + ": cannot read " + path_.string() + " (" + reason + ") give a text file that exists");
    }
    if (from_end_) position_ = file_.seekg(0, std::ios::end).tellg();
  }

  bool produce() override {
    do {
      while (lines_.has_line()) {
        if (stop_asked() || !wait_for_room()) return true;
        if (!offer(out_, lines_.take())) give_up();
      }
      if (const std::uint64_t skipped = lines_.skipped() - std::exchange(reported_, lines_.skipped()); skipped > 0) {
        count_dropped(skipped);
        report({}, "a line of " + path_.string() + " was skipped (longer than " + std::to_string(lines_.longest()) +
                       " bytes) look at the delimiter, or allow longer lines");
      }
    } while (!stop_asked() && read_more());
    return true;
  }

  bool read_more() {
    file_.clear();
    if (file_.seekg(0, std::ios::end).tellg() < position_) {  // a new file, or an emptied one
      position_ = 0;
      (void)lines_.take_rest();
    }
    std::array<char, 65536> bytes{};
    file_.seekg(position_).read(bytes.data(), bytes.size());
    if (file_.bad()) throw IoError("cannot read " + path_.string() + " (" + why(errno) + ")");
    position_ += file_.gcount();
    lines_.add({bytes.data(), static_cast<std::size_t>(file_.gcount())});
    return file_.gcount() > 0;
  }

  fs::path path_;
  bool from_end_;
  LineSplitter lines_;
  std::ifstream file_;
  std::streamoff position_ = 0;
  std::uint64_t reported_ = 0;
  Out<std::string> out_{*this, "out"};
};

/// What is in the directory, or matches the pattern; dot files left out.
std::set<fs::path> list_names(const fs::path& where) {
  std::set<fs::path> names;
  if (fs::is_directory(where)) {
    for (const auto& entry : fs::directory_iterator(where)) {
      if (!entry.path().filename().string().starts_with('.')) names.insert(entry.path());
    }
    return names;
  }
  glob_t found{};
  const int result = glob(where.c_str(), GLOB_NOSORT, nullptr, &found);
  const std::unique_ptr<glob_t, decltype(&globfree)> owner(&found, &globfree);
  if (result != 0 && result != GLOB_NOMATCH)
    throw IoError("cannot search for " + where.string() + " (" + why(errno) + ")");
  for (std::size_t i = 0; i < found.gl_pathc; ++i) names.insert(found.gl_pathv[i]);
  return names;
}

class FileNameSource final : public ProducerNode {
 public:
  FileNameSource(std::string name, const ProducerOptions& options, fs::path pattern, const FileNameOptions& files)
      : ProducerNode(std::move(name), "filenames", options, files.poll_interval), pattern_(std::move(pattern)) {}
  [[nodiscard]] Out<fs::path>& out() noexcept { return out_; }

 private:
  void open() override {
    if (pattern_.string().find_first_of("*?[") == std::string::npos && !fs::exists(pattern_)) {
      throw IoError(name() + ": cannot watch " + pattern_.string() +
                    " (no such directory) make it first, or give a pattern such as data/*.tif");
    }
  }

  bool produce() override {
    const std::set<fs::path> found = list_names(pattern_);
    std::erase_if(seen_, [&](const fs::path& path) { return !found.contains(path); });
    for (const fs::path& path : found) {
      if (seen_.contains(path)) continue;
      if (stop_asked() || !wait_for_room()) break;
      if (!offer(out_, path)) give_up();
      seen_.insert(path);
    }
    return true;
  }

  fs::path pattern_;
  std::set<fs::path> seen_;
  Out<fs::path> out_{*this, "out"};
};

}  // namespace

Stream<std::string> from_textfile(Graph& graph, fs::path path, const TextFileOptions& file,
                                  const ProducerOptions& options) {
  return make_producer<TextFileSource>(graph, "from_textfile", options, std::move(path), file);
}

Stream<fs::path> filenames(Graph& graph, fs::path directory_or_pattern, const FileNameOptions& files,
                           const ProducerOptions& options) {
  return make_producer<FileNameSource>(graph, "filenames", options, std::move(directory_or_pattern), files);
}

}  // namespace annulus
