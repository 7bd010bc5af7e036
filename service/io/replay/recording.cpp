// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/replay/recording.hpp"

#include <array>
#include <chrono>
#include <fstream>
#include <string_view>
#include <utility>

#include "detectors/bluesky/document_file.hpp"
#include "detectors/files/image_series.hpp"
#include "detectors/files/image_spec.hpp"
#include "service/io/runs/raw_run.hpp"

namespace annulus {
namespace {

double unix_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

class RecordedDocuments final : public Recording {
 public:
  explicit RecordedDocuments(const std::string& file) : reader_(file) {}
  Expected<std::optional<Document>, DecodeError> next() override { return reader_.next(); }

 private:
  bluesky::DocumentReader reader_;
};

class RecordedFrames final : public Recording {
 public:
  RecordedFrames(std::uint64_t count, std::function<Frame(std::uint64_t)> frame, const std::string& image_key,
                 Dict metadata, std::string exit_status)
      : run_(image_key, std::move(metadata)),
        count_(count),
        frame_(std::move(frame)),
        exit_status_(std::move(exit_status)) {}

  Expected<std::optional<Document>, DecodeError> next() override {
    switch (step_) {
      case Step::start: step_ = count_ > 0 ? Step::descriptor : Step::stop; return run_.start(unix_now());
      case Step::descriptor:
        step_ = Step::event;
        current_ = frame_(0);
        return run_.descriptor(current_);
      case Step::event: return next_event();
      case Step::stop: step_ = Step::end; return run_.stop(unix_now(), exit_status_);
      case Step::end: break;
    }
    return std::nullopt;
  }

 private:
  enum class Step { start, descriptor, event, stop, end };

  Document next_event() {
    Document event = run_.event(current_);
    if (++sent_ < count_) {
      current_ = frame_(sent_);
    } else {
      step_ = Step::stop;
    }
    return event;
  }

  RawRun run_;
  std::uint64_t count_;
  std::function<Frame(std::uint64_t)> frame_;
  std::string exit_status_;
  Frame current_;
  std::uint64_t sent_ = 0;
  Step step_ = Step::start;
};

bool begins_like_images(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return true;
  std::array<char, 8> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  const std::string_view text(head.data(), head.size());
  using namespace std::string_view_literals;
  for (const std::string_view magic : {"\x89HDF"sv, "\x93NUMPY"sv, "II*\0"sv, "MM\0*"sv}) {
    if (text.starts_with(magic)) return true;
  }
  return false;
}

}  // namespace

std::unique_ptr<Recording> open_recording(const std::string& file, const std::string& image_key) {
  const ImageSpec spec = parse_image_spec(file);
  if (!begins_like_images(spec.path)) return std::make_unique<RecordedDocuments>(file);
  std::shared_ptr<ImageSeries> images = open_images(file);
  const double begun = unix_now();
  return record_frames(
      images->size(),
      [images, begun](std::uint64_t k) {
        return Frame{.number = k, .time = begun, .pixels = images->read(k), .readings = nullptr};
      },
      image_key, Dict{{"scan_id", 1}, {"plan_name", "replay"}, {"title", spec.path.filename().string()}});
}

std::unique_ptr<Recording> record_frames(std::uint64_t count, std::function<Frame(std::uint64_t)> frame,
                                         const std::string& image_key, Dict metadata, std::string exit_status) {
  return std::make_unique<RecordedFrames>(count, std::move(frame), image_key, std::move(metadata),
                                          std::move(exit_status));
}

}  // namespace annulus
