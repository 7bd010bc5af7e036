// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/data/error.hpp"

#include "operators/stream/payload.hpp"
#include "operators/stream/registry.hpp"
#include "operators/stream/source.hpp"

namespace annulus {

// Payloads and nodes that look like those of a beamline and are small enough for a test to see through.

struct Picture {
  int level = 0;
};
struct Mask {
  int level = 0;
};
struct Curve {
  double height = 0;
};
enum class TestUnit : std::uint8_t { q_nm, two_theta };
template <>
struct EnumNames<TestUnit> {
  static const std::vector<std::string_view>& names() {
    static const std::vector<std::string_view> list{"q_nm^-1", "2th_deg"};
    return list;
  }
};

class Camera final : public SourceNode {
 public:
  using SourceNode::SourceNode;
  bool emit(int level) { return emit_to(pictures, Picture{level}, common_run(), next_++); }
  Param<std::string> connect{*this, "connect", required, "where the detector sends"};
  Param<std::string> prefix{*this, "prefix", "", "first word of every message"};
  Out<Picture> pictures{*this, "pictures"};
  Out<Mask> mask{*this, "mask"};

 private:
  std::uint64_t next_ = 0;
};

inline void check_exists(const std::filesystem::path& path, const std::string& param, Problems& problems) {
  if (!std::filesystem::exists(path)) problems.add(param, "'" + path.string() + "' does not exist");
}

class Subtract final : public Node {
 public:
  using Node::Node;
  void check(Problems& problems) const override {
    if (*dark) check_exists(**dark, "dark", problems);
  }
  Param<std::optional<std::filesystem::path>> dark{*this, "dark", std::nullopt, "what to subtract"};
  Param<int> level{*this, "level", 0, "what else to subtract"};
  In<Picture> in{*this, "in", &Subtract::on_picture};
  Out<Picture> out{*this, "out"};

 private:
  void on_picture(const Picture& picture, const Context& context) {
    if (picture.level < 0) throw DataError("a negative level");
    out.emit(Picture{picture.level - *level}, context);
  }
};

class Integrate final : public Node {
 public:
  using Node::Node;
  void check(Problems& problems) const override {
    check_exists(*poni, "poni", problems);
    if (*range && (**range)[0] > (**range)[1]) problems.add("", "the range is upside down");
  }
  Param<std::filesystem::path> poni{*this, "poni", required, "geometry"};
  Param<int> bins{*this, "bins", 1000, "number of bins", at_least(1)};
  Param<TestUnit> unit{*this, "unit", TestUnit::q_nm, "radial unit"};
  Param<std::optional<std::array<double, 2>>> range{*this, "range", std::nullopt, "radial range"};
  In<Picture> in{*this, "in", &Integrate::on_picture};
  Out<Curve> out{*this, "out"};

 private:
  void on_picture(const Picture& picture, const Context& context) { out.emit(Curve{picture.level * 0.5}, context); }
};

class Overlay final : public Node {
 public:
  using Node::Node;
  In<Picture> image{*this, "image", &Overlay::on_picture};
  In<Picture> background{*this, "background", &Overlay::on_background};
  In<Mask> mask{*this, "mask", &Overlay::on_mask, Presence::optional};
  Out<Picture> out{*this, "out"};

 private:
  void on_picture(const Picture& picture, const Context& context) { out.emit(picture, context); }
  void on_background(const Picture&, const Context&) {}
  void on_mask(const Mask&, const Context&) {}
};

class Viewer final : public Node {
 public:
  using Node::Node;
  std::vector<double> heights;
  std::vector<int> levels;
  In<Curve> curves{*this, "curves", &Viewer::on_curve, Presence::optional};
  In<Picture> pictures{*this, "pictures", &Viewer::on_picture, Presence::optional};

 private:
  void on_curve(const Curve& curve, const Context&) { heights.push_back(curve.height); }
  void on_picture(const Picture& picture, const Context&) { levels.push_back(picture.level); }
};

class FileSink final : public Node {
 public:
  using Node::Node;
  Param<std::filesystem::path> directory{*this, "directory", "data", "folder of the files"};
  Param<std::string> name{*this, "name", "run", "name of the file"};
  In<Curve> in{*this, "in", &FileSink::on_curve};

 private:
  void on_curve(const Curve&, const Context&) {}
};

class Unregistered final : public Node {
 public:
  using Node::Node;
  In<Mask> in{*this, "in", &Unregistered::on_mask};

 private:
  void on_mask(const Mask&, const Context&) {}
};

class Stillborn final : public Node {
 public:
  explicit Stillborn(std::string name) : Node(std::move(name)) { throw IoError("no such device"); }
};

inline Registry test_registry() {
  Registry registry;
  registry.add<Camera>("camera", Category::source, "Pictures from a detector.");
  registry.add<Subtract>("subtract", Category::op, "Takes the dark away.");
  registry.add<Integrate>("integrate", Category::op, "A curve of a picture.");
  registry.add<Overlay>("overlay", Category::op, "Lays pictures over each other.");
  registry.add<Stillborn>("stillborn", Category::op, "Cannot be made.");
  registry.add<Viewer>("viewer", Category::sink, "Shows what it gets.");
  registry.add<FileSink>("file", Category::sink, "Writes curves.");
  registry.add<Unregistered>("mask_sink", Category::sink, "Takes what has no buffer.");
  register_payload<Picture>(registry);
  register_payload<Curve>(registry);
  return registry;
}

}  // namespace annulus
