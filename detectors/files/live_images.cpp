// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/live_images.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detectors/files/formats.hpp"
#include "detectors/files/hdf5_rows.hpp"
#include "detectors/files/image_series.hpp"
#include "detectors/hdf5/file.hpp"

namespace annulus {
namespace {

using Missing = Unexpected<std::string>;

/// Throws IoError while there is no file with something in it, DataError when `path` is no file at all.
void require_file(const std::string& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) throw IoError(fmt::format("{} is not there ({})", path, std::strerror(errno)));
  if (!S_ISREG(about.st_mode)) throw DataError(path + " is no ordinary file");
  if (about.st_size == 0) throw IoError(path + " is empty");
}

/// Throws IoError while somebody writes to the file and does not want it read: HDF5 locks it then. The lock asked for
/// here is given back at once, since a writer that finds it taken fails.
void require_unlocked(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) throw IoError(fmt::format("cannot open {} ({})", path, std::strerror(errno)));
  const bool locked = ::flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::flock(file, LOCK_UN);
  ::close(file);
  if (locked) throw IoError(path + " is being written, and not in SWMR mode (it can be read when it is closed)");
}

/// The images of one dataset.
class Stack {
 public:
  Stack(hdf5::Dataset dataset, std::string name) : dataset_(std::move(dataset)), name_(std::move(name)) {
    measure();
    if (shape_.size() < 2) {
      throw DataError(fmt::format("{}: shape {} is no image or stack of images", name_, to_string(shape_)));
    }
    if (dataset_.is_stored_outside()) {
      throw DataError(name_ + " keeps its values outside of the file (external storage); that is not followed");
    }
    detail::checked_image_bytes(shape_[shape_.size() - 2], shape_.back(), dataset_.dtype(), name_);
    detail::require_readable(dataset_);
  }

  [[nodiscard]] std::uint64_t images() const { return shape_.size() == 2 ? 1 : shape_[0] * images_per_row_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  void refresh() {
    dataset_.refresh();
    measure();
  }

  /// Image `index`; nothing while its row is announced by the extent but not written.
  [[nodiscard]] std::optional<Array> read(std::uint64_t index) const {
    if (shape_.size() == 2) return dataset_.has_row(0) ? std::optional(dataset_.read()) : std::nullopt;
    const std::size_t row = index / images_per_row_;
    if (!dataset_.has_row(row)) return std::nullopt;
    const Array images = detail::read_row(dataset_, row);
    return images.reshaped({images_per_row_, shape_[shape_.size() - 2], shape_.back()}).slice(index % images_per_row_);
  }

 private:
  void measure() {
    shape_ = dataset_.shape();
    images_per_row_ = shape_.size() < 3 ? 1 : count_of({shape_.begin() + 1, shape_.end() - 2});
    if (images_per_row_ == 0) throw DataError(name_ + " has an extent of 0");
  }

  hdf5::Dataset dataset_;
  std::string name_;
  Shape shape_;
  std::size_t images_per_row_ = 1;
};

/// One HDF5 file that grows.
class GrowingFile final : public LiveImages {
 public:
  GrowingFile(std::string path, std::string dataset) : path_(std::move(path)), dataset_(std::move(dataset)) {}

  Expected<Array, std::string> read(std::uint64_t index) override {
    try {
      if (!file_) open();
      if (index >= visible()) look_again();
      if (auto image = read_visible(index)) return std::move(*image);
    } catch (const IoError& error) {
      close();
      return Missing(error.what());
    } catch (const DataError&) {
      close();
      throw;
    }
    return Missing(fmt::format("image {} is not in {}:{} ({} are visible)", index, path_, dataset_, visible()));
  }

 private:
  void open() {
    require_file(path_);
    require_unlocked(path_);
    if (!hdf5::File::is_hdf5(path_)) throw IoError(path_ + " is no HDF5 file");
    file_ = hdf5::File::open_unlocked(path_);
    find_stacks();
  }

  void close() {
    stacks_.clear();
    file_.reset();
  }

  /// A dataset, or a group of data_000001, data_000002, ... as EIGER's master files have (before firmware 1.3 directly
  /// in /entry).
  void find_stacks() {
    const hdf5::Group root = file_->root();
    if (stacks_.empty() && root.is_dataset(dataset_)) {
      stacks_.emplace_back(root.dataset(dataset_), path_ + ":" + dataset_);
      return;
    }
    while (true) {
      const std::string part = fmt::format("{}/data_{:06d}", dataset_, stacks_.size() + 1);
      if (!root.exists(part)) break;
      stacks_.emplace_back(root.dataset(part), path_ + ":" + part);
    }
    if (stacks_.empty()) throw IoError(fmt::format("{} has no dataset '{}'", path_, dataset_));
  }

  [[nodiscard]] std::uint64_t visible() const {
    std::uint64_t count = 0;
    for (const Stack& stack : stacks_) count += stack.images();
    return count;
  }

  void look_again() {
    if (!file_->is_live()) {  // what was appended since shows only in a file opened anew
      close();
      return open();
    }
    stacks_.back().refresh();
    if (!file_->root().is_dataset(dataset_)) find_stacks();
  }

  std::optional<Array> read_visible(std::uint64_t index) {
    for (Stack& stack : stacks_) {
      if (index >= stack.images()) {
        index -= stack.images();
        continue;
      }
      auto image = stack.read(index);
      if (!image && file_->is_live()) stack.refresh();
      if (!image && !file_->is_live()) close();
      return image;
    }
    return std::nullopt;
  }

  std::string path_;
  std::string dataset_;
  std::optional<hdf5::File> file_;
  std::vector<Stack> stacks_;
};

/// Files with running numbers, each written at once.
class NumberedFiles final : public LiveImages {
 public:
  explicit NumberedFiles(ImageFiles files) : files_(std::move(files)) {}

  Expected<Array, std::string> read(std::uint64_t index) override {
    const std::string path = path_of_image(files_, index);
    const std::uint64_t page = index % files_.images_per_file;
    try {
      require_file(path);
      require_unlocked(path);
      const auto images = open_images(ImageSpec{.path = path, .dataset = files_.dataset, .index = {}});
      if (page < images->size()) return images->read(page);
      return Missing(fmt::format("{} has {} images, not {}", path, images->size(), page + 1));
    } catch (const std::exception& error) {  // a file that is still being written can look wrong in any way
      return Missing(error.what());
    }
  }

 private:
  ImageFiles files_;
};

}  // namespace

std::string path_of_image(const ImageFiles& files, std::uint64_t index) {
  if (!files.number) return files.path;
  const std::string digits = std::to_string(index / files.images_per_file);
  const std::size_t fill = files.number->width > digits.size() ? files.number->width - digits.size() : 0;
  return files.path + std::string(fill, files.number->zeros ? '0' : ' ') + digits + files.suffix;
}

std::unique_ptr<LiveImages> follow_images(const ImageFiles& files) {
  if (files.number) return std::make_unique<NumberedFiles>(files);
  return std::make_unique<GrowingFile>(files.path, files.dataset);
}

}  // namespace annulus
