// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/files/formats.hpp"
#include "detectors/files/read_bytes.hpp"

namespace annulus::detail {
namespace {

using namespace std::string_view_literals;

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// Takes the digits at the front of `text`, without leading zeros.
std::string_view take_number(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_digit);
  std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

/// "a2" before "a10".
bool comes_before(const std::filesystem::path& first, const std::filesystem::path& second) {
  const std::string first_name = first.filename().string();
  const std::string second_name = second.filename().string();
  std::string_view a = first_name;
  std::string_view b = second_name;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view number_a = take_number(a);
      const std::string_view number_b = take_number(b);
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
      if (number_a != number_b) return number_a < number_b;
    } else if (a.front() != b.front()) {
      return a.front() < b.front();
    } else {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.empty() == b.empty() ? first_name < second_name : a.empty();
}

bool begins_like_an_image(const std::filesystem::path& path) {
  const std::string start = read_start(path, 8);
  return std::ranges::any_of(std::vector{"\x93NUMPY"sv, "II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv, "\x89HDF"sv},
                             [&](std::string_view magic) { return start.starts_with(magic); });
}

class FolderImages final : public ImageSeries {
 public:
  FolderImages(const std::filesystem::path& folder, const std::optional<RawFormat>& raw) : raw_(raw) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (!entry.is_regular_file() || entry.path().filename().string().starts_with('.')) continue;
      if (raw || begins_like_an_image(entry.path())) paths.push_back(entry.path());
    }
    std::ranges::sort(paths, comes_before);
    for (const auto& path : paths) {
      begins_.push_back(size_);
      files_.push_back(path);
      size_ += open_images(path.string(), raw_)->size();
    }
    if (size_ == 0) throw DataError(fmt::format("{}: no images in this folder", folder.string()));
  }

  std::size_t size() const override { return size_; }
  Array read(std::size_t index) override {
    const std::size_t file = file_of(index);
    if (!open_ || file != current_) open_ = open_images(files_[file].string(), raw_);
    current_ = file;
    return open_->read(index - begins_[file]);
  }
  std::string label(std::size_t index) const override {
    const std::size_t file = file_of(index);
    return open_images(files_[file].string(), raw_)->label(index - begins_[file]);
  }

 private:
  [[nodiscard]] std::size_t file_of(std::size_t index) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(begins_, index) - begins_.begin()) - 1;
  }

  std::optional<RawFormat> raw_;
  std::vector<std::filesystem::path> files_;
  std::vector<std::size_t> begins_;  ///< number of each file's first image
  std::size_t size_ = 0;
  std::unique_ptr<ImageSeries> open_;
  std::size_t current_ = 0;
};

}  // namespace

std::unique_ptr<ImageSeries> open_folder(const ImageSpec& spec, const std::optional<RawFormat>& raw) {
  return std::make_unique<FolderImages>(spec.path, raw);
}

}  // namespace annulus::detail
