// SPDX-License-Identifier: BSD-3-Clause
// Measures the integration of frames by two threads, or as many as are asked for; bench/engine_peers.py and
// bench/service_rate.py run it:
//   engine_bench FOLDER [THREADS] [--benchmark_...]
// FOLDER/generated and FOLDER/recorded (if there) have geometry.poni, frame.raw (16-bit pixels) and frame.bslz4. Writes
// what every kind of integration makes of the generated frame, as doubles, to FOLDER/KIND.intensity and KIND.sigma.
// FOLDER/spotted.raw (if there) is the generated frame with outliers, which are clipped.
// Nothing is measured unless packed frames and frames in a queue give the same bits as one alone.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <lz4.h>

#include "bench/resident.hpp"
#include "detectors/codec/bslz4.hpp"
#include "detectors/codec/packed_image.hpp"
#include "detectors/geometry/poni.hpp"
#include "operators/kernels/integrator.hpp"
#include "operators/kernels/parallel.hpp"
#include "operators/kernels/sigma_clipper.hpp"

namespace annulus {
namespace {

std::size_t threads = 2;
constexpr std::size_t queue = 16;        // frames that wait
constexpr std::size_t set_frames = 256;  // more than any cache holds, also when they are packed
constexpr std::size_t spotted_frames = 64;
constexpr std::size_t step = 1009;  // generated frames are turned by so many pixels against each other
using Bytes = std::vector<std::byte>;

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

Frame frame_of(Array pixels) {
  Frame frame;
  frame.pixels = std::move(pixels);
  return frame;
}

Frame packed_frame(const Shape& shape, Bytes bytes) {
  const auto chunk = std::make_shared<const Bytes>(std::move(bytes));
  const auto packed = codec::PackedImage::open(*chunk, 2, 2 * count_of(shape), chunk, BufferPool(1));
  if (!packed) throw std::runtime_error(to_string(packed.error()));
  return frame_of(Array(DType::u16, shape, *packed));
}

std::vector<std::uint16_t> read_pixels(const std::filesystem::path& path, const Shape& shape) {
  const Bytes bytes = read_file(path);
  if (bytes.size() != 2 * count_of(shape)) throw std::runtime_error("the frame has another shape");
  std::vector<std::uint16_t> pixels(count_of(shape));
  std::memcpy(pixels.data(), bytes.data(), bytes.size());
  return pixels;
}

/// Frames of one geometry in memory, plain and packed: generated ones all different, a recorded one in as many copies.
struct Set {
  Set(const std::filesystem::path& folder, bool turn) : poni(read_poni(folder / "geometry.poni")) {
    const Shape shape{poni.detector.rows, poni.detector.cols};
    std::vector<std::uint16_t> pixels = read_pixels(folder / "frame.raw", shape);
    const Bytes chunk = read_file(folder / "frame.bslz4");
    for (std::size_t k = 0; k < set_frames; ++k) {
      if (turn && k > 0) std::ranges::rotate(pixels, pixels.begin() + step);
      packed.push_back(packed_frame(
          shape,
          turn && k > 0 ? codec::encode_bslz4(std::as_bytes(std::span<const std::uint16_t>(pixels)), 2) : chunk));
      if (turn || k == 0) plain.push_back(frame_of(Array::of(shape, pixels)));
    }
  }
  Poni poni;
  std::vector<Frame> plain;  ///< of the recorded frame only one
  std::vector<Frame> packed;
};

IntegrationOptions options_of(const std::string& kind) {
  IntegrationOptions options;
  options.bins = 1000;
  options.split = kind == "cake" ? Split::bbox : parse_split(kind);
  options.error_model = ErrorModel::poisson;
  options.polarization = 0.99;
  if (kind == "cake") options.azimuthal_bins = 360;
  return options;
}

void require(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what);
}

bool same(const Numbers& a, const Numbers& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

/// A frame alone gives the same bits in a queue and packed.
void check(const Set& set, const Integrator& integrator) {
  const auto among = [&](const std::vector<Frame>& frames) {
    return integrator.integrate(std::span(frames).first(std::min(queue, frames.size()))).front();
  };
  const Pattern alone = integrator.integrate(set.plain[0]);
  for (const Pattern& other : {integrator.integrate(set.packed[0]), among(set.plain), among(set.packed)}) {
    require(same(alone.intensity, other.intensity) && same(alone.sigma, other.sigma), "a pattern depends on the way");
  }
}

void write(const std::filesystem::path& path, const Numbers& values) {
  const auto bytes = std::as_bytes(std::span(values));
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// Goes through a set again and again, so that no frame is still in a cache when it comes.
class Turns {
 public:
  explicit Turns(const std::vector<Frame>& frames) : frames_(frames) {}
  std::span<const Frame> next(std::size_t count) {
    if (place_ + count > frames_.size()) place_ = 0;
    place_ += count;
    return std::span(frames_).subspan(place_ - count, count);
  }

 private:
  const std::vector<Frame>& frames_;
  std::size_t place_ = 0;
};

/// `f` takes the next `count` frames.
template <class F>
void add(const std::string& name, const std::vector<Frame>& frames, std::size_t count, F f) {
  const auto turns = std::make_shared<Turns>(frames);
  const auto run = [=](benchmark::State& state) {
    for (auto _ : state) f(turns->next(count));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
  };
  benchmark::RegisterBenchmark(name.c_str(), run)->UseRealTime();
}

void add_patterns(const std::string& name, const std::vector<Frame>& frames,
                  const std::shared_ptr<const Integrator>& integrator) {
  add(name + "/single", frames, 1,
      [=](std::span<const Frame> next) { benchmark::DoNotOptimize(integrator->integrate(next[0])); });
  add(name + "/queued", frames, queue,
      [=](std::span<const Frame> next) { benchmark::DoNotOptimize(integrator->integrate(next)); });
}

/// How much resident memory grows while eight times as many frames are integrated as before, one by one and queued.
void add_growth(const std::vector<Frame>& frames, const std::shared_ptr<const Integrator>& integrator) {
  const auto integrate_all = [=, &frames] {
    for (const Frame& frame : frames) benchmark::DoNotOptimize(integrator->integrate(frame));
    Turns turns(frames);
    for (std::size_t k = 0; k < frames.size(); k += queue)
      benchmark::DoNotOptimize(integrator->integrate(turns.next(queue)));
  };
  benchmark::RegisterBenchmark("growth", [=](benchmark::State& state) {
    for (auto _ : state) {
      integrate_all();
      const double before = resident();
      for (int time = 0; time < 8; ++time) integrate_all();
      state.counters["bytes"] = resident() - before;
    }
  })->Iterations(1);
}

/// All bytes of a frame, half by either thread.
void add_memory_read(const Set& set, const std::shared_ptr<Team>& team) {
  add("memory", set.plain, 1, [=](std::span<const Frame> next) {
    const auto bytes = next[0].pixels.bytes();
    team->run([&](std::size_t member) {
      const std::size_t half = bytes.size() / sizeof(std::uint64_t) / threads;
      const Elements<std::uint64_t> words(bytes.data() + member * half * sizeof(std::uint64_t), half);
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < half; ++i) sum += words[i];
      benchmark::DoNotOptimize(sum);
    });
  });
}

/// LZ4 alone: half of the blocks by either thread, each into the same room, which stays in the nearest cache.
void add_lz4(const std::string& name, const Set& set, const std::shared_ptr<Team>& team) {
  add(name + "/lz4", set.packed, 1, [=](std::span<const Frame> next) {
    const auto chunk = dynamic_cast<const codec::PackedImage&>(*next[0].pixels.packed()).chunk();
    const auto header = *codec::read_chunk_header(chunk);
    std::vector<std::span<const std::byte>> blocks;
    for (std::size_t position = codec::chunk_header_bytes; position + 16 < chunk.size();) {
      blocks.push_back(*codec::read_block(chunk, position, "bench"));
    }
    team->run([&](std::size_t member) {
      std::vector<char> room(header.block_bytes);
      for (std::size_t k = blocks.size() * member / threads; k < blocks.size() * (member + 1) / threads; ++k) {
        benchmark::DoNotOptimize(LZ4_decompress_safe(reinterpret_cast<const char*>(blocks[k].data()), room.data(),
                                                     static_cast<int>(blocks[k].size()),
                                                     static_cast<int>(room.size())));
      }
    });
  });
}

/// A sparse matrix by rows, as other programs integrate: for every bin the pixels and their parts as floats.
struct Csr {
  Csr(const Set& set, const IntegrationOptions& options) {
    const Divider divider(set.poni, options, threads);
    std::vector<Fraction> fractions;
    divider.divide(0, divider.pixels(), fractions);
    std::ranges::stable_sort(fractions, {}, &Fraction::bin);
    starts.resize(divider.bins() + 1);
    for (const Fraction& f : fractions) {
      ++starts[f.bin + 1];
      pixels.push_back(f.pixel);
      parts.push_back(static_cast<float>(f.part));
    }
    for (std::size_t bin = 0; bin < divider.bins(); ++bin) starts[bin + 1] += starts[bin];
  }

  void multiply(const Array& image, Team& team, std::vector<double>& out) const {
    const Elements<std::uint16_t> values(image.bytes().data(), image.size());
    out.resize(starts.size() - 1);
    team.run([&](std::size_t member) {
      // Bins that have half of the entries.
      const auto bin_at = [&](std::size_t share) {
        return static_cast<std::size_t>(std::ranges::lower_bound(starts, pixels.size() * share / threads) -
                                        starts.begin());
      };
      for (std::size_t bin = bin_at(member); bin < std::min(bin_at(member + 1), out.size()); ++bin) {
        double sum = 0;
        for (std::size_t k = starts[bin]; k < starts[bin + 1]; ++k) sum += double{parts[k]} * values[pixels[k]];
        out[bin] = sum;
      }
    });
  }

  std::vector<std::size_t> starts;
  std::vector<std::uint32_t> pixels;
  std::vector<float> parts;
};

void add_csr(const Set& set, const Integrator& integrator, const std::shared_ptr<Team>& team) {
  const auto csr = std::make_shared<const Csr>(set, options_of("bbox"));
  std::vector<double> sums;
  csr->multiply(set.plain[0].pixels, *team, sums);
  const Pattern pattern = integrator.integrate(set.plain[0]);
  for (std::size_t bin = 0; bin < sums.size(); ++bin) {
    require(std::abs(sums[bin] - pattern.signal[bin]) <= 1e-4 * (pattern.signal[bin] + 1),
            "the matrix adds up otherwise");
  }
  add("csr", set.plain, 1, [=](std::span<const Frame> next) {
    std::vector<double> out;
    csr->multiply(next[0].pixels, *team, out);
    benchmark::DoNotOptimize(out);
  });
}

void add_generated(const std::filesystem::path& folder, const Set& set, const std::shared_ptr<Team>& team) {
  for (const std::string kind : {"no", "bbox", "full"}) {
    const auto integrator = std::make_shared<const Integrator>(set.poni, options_of(kind), threads);
    check(set, *integrator);
    const Pattern pattern = integrator->integrate(set.plain[0]);
    write(folder / (kind + ".intensity"), pattern.intensity);
    write(folder / (kind + ".sigma"), pattern.sigma);
    add_patterns(kind, set.plain, integrator);
    if (kind == "bbox") {
      add_patterns("generated", set.packed, integrator);
      add_csr(set, *integrator, team);
      add_growth(set.plain, integrator);
    }
    add("ready/" + kind, set.plain, 1, [&set, kind](std::span<const Frame>) {
      benchmark::DoNotOptimize(std::make_unique<Integrator>(set.poni, options_of(kind), threads));
    });
  }
  const auto cakes = std::make_shared<const Integrator>(set.poni, options_of("cake"), threads);
  const Cake cake = cakes->integrate2d(set.plain[0]);
  write(folder / "cake.intensity", cake.intensity);
  write(folder / "cake.sigma", cake.sigma);
  add("cake/single", set.plain, 1,
      [=](std::span<const Frame> next) { benchmark::DoNotOptimize(cakes->integrate2d(next[0])); });
  add_memory_read(set, team);
  add_lz4("generated", set, team);
}

/// Frames with outliers, clipped after each error model.
void add_clipping(const std::filesystem::path& folder, const Poni& poni) {
  const Shape shape{poni.detector.rows, poni.detector.cols};
  std::vector<std::uint16_t> pixels = read_pixels(folder / "spotted.raw", shape);
  static std::vector<Frame> frames;
  for (std::size_t k = 0; k < spotted_frames; ++k) {
    if (k > 0) std::ranges::rotate(pixels, pixels.begin() + step);
    frames.push_back(frame_of(Array::of(shape, pixels)));
  }
  for (const ErrorModel model : {ErrorModel::poisson, ErrorModel::azimuthal, ErrorModel::hybrid}) {
    IntegrationOptions options = options_of("no");
    options.error_model = model;
    const auto clipper = std::make_shared<const SigmaClipper>(poni, options, SigmaClip{}, threads);
    const Pattern pattern = clipper->integrate(frames[0]);
    const std::string name = std::string(name_of(model));
    write(folder / (name + ".intensity"), pattern.intensity);
    write(folder / (name + ".sigma"), pattern.sigma);
    write(folder / (name + ".count"), pattern.count);
    add("clip/" + name, frames, 1,
        [=](std::span<const Frame> next) { benchmark::DoNotOptimize(clipper->integrate(next[0])); });
  }
}

void run(const std::filesystem::path& folder) {
  const auto team = std::make_shared<Team>(threads);
  const Set generated(folder / "generated", true);
  add_generated(folder, generated, team);
  if (std::filesystem::exists(folder / "spotted.raw")) add_clipping(folder, generated.poni);
  std::unique_ptr<const Set> recorded;
  if (std::filesystem::exists(folder / "recorded")) {
    recorded = std::make_unique<const Set>(folder / "recorded", false);
    const auto integrator = std::make_shared<const Integrator>(recorded->poni, options_of("bbox"), threads);
    check(*recorded, *integrator);
    add_patterns("recorded", recorded->packed, integrator);
    add_lz4("recorded", *recorded, team);
  }
  benchmark::RunSpecifiedBenchmarks();
}

}  // namespace
}  // namespace annulus

int main(int argc, char** argv) try {
  benchmark::Initialize(&argc, argv);
  if (argc != 2 && argc != 3) throw std::runtime_error("needs a folder, and perhaps a number of threads");
  if (argc == 3) annulus::threads = std::stoul(argv[2]);
  annulus::run(argv[1]);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "engine_bench: %s\n", error.what());
  return 1;
}
