// SPDX-License-Identifier: BSD-3-Clause
// Measures detectors/codec on bitshuffle-LZ4 chunks of 16-bit pixels; bench/codec_peers.py runs it:
//   codec_bench [--benchmark_...] FOLDER/NAME...
// FOLDER/NAME.bslz4 is a chunk and FOLDER/NAME.raw what another program decodes it to. Nothing is measured unless we
// do, too.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <hwy/highway.h>
#include <hwy/targets.h>
#include <lz4.h>

#include "detectors/codec/bslz4.hpp"

namespace annulus::codec {
namespace {

using Bytes = std::vector<std::byte>;
constexpr std::size_t element_size = 2;

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void decode(std::span<const std::byte> chunk, Bytes& out) {
  if (const auto good = decode_bslz4(chunk, element_size, out); !good)
    throw std::runtime_error(to_string(good.error()));
}

struct Frame {
  explicit Frame(const std::string& path) : chunk(read_file(path + ".bslz4")), pixels(read_file(path + ".raw")) {
    Bytes out(pixels.size());
    decode(chunk, out);
    if (out != pixels) throw std::runtime_error(path + ": decoded differently");
    decode(encode_bslz4(pixels, element_size), out);
    if (out != pixels) throw std::runtime_error(path + ": encoded differently");
  }
  Bytes chunk;
  Bytes pixels;
};

void decode_frame(benchmark::State& state, const Frame& frame) {
  Bytes out(frame.pixels.size());
  for (auto _ : state) decode(frame.chunk, out);
}

/// With the vector instructions of an older processor.
void decode_with(std::int64_t target, benchmark::State& state, const Frame& frame) {
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  decode_frame(state, frame);
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

void encode_frame(benchmark::State& state, const Frame& frame) {
  for (auto _ : state) benchmark::DoNotOptimize(encode_bslz4(frame.pixels, element_size));
}

/// LZ4 alone: the same blocks one after the other into the same room, which stays in the nearest cache.
void decode_lz4_alone(benchmark::State& state, const Frame& frame) {
  const auto header = *read_chunk_header(frame.chunk);
  std::vector<std::span<const std::byte>> blocks;
  for (std::size_t position = chunk_header_bytes; position + 8 * element_size < frame.chunk.size();) {
    blocks.push_back(*read_block(frame.chunk, position, "bench"));
  }
  std::vector<char> room(header.block_bytes);
  std::size_t decoded = 0;
  for (auto _ : state) {
    decoded = 0;
    for (const auto block : blocks) {
      decoded +=
          static_cast<std::size_t>(LZ4_decompress_safe(reinterpret_cast<const char*>(block.data()), room.data(),
                                                       static_cast<int>(block.size()), static_cast<int>(room.size())));
    }
  }
  if (decoded != frame.pixels.size() / (8 * element_size) * (8 * element_size))
    state.SkipWithError("LZ4 decoded too little");
}

void add(const std::string& path) {
  const auto frame = std::make_shared<const Frame>(path);
  const std::string name = std::filesystem::path(path).filename();
  const auto run = [frame](auto* measure) {
    return [frame, measure](benchmark::State& state) { measure(state, *frame); };
  };
  benchmark::RegisterBenchmark(("lz4/" + name).c_str(), run(decode_lz4_alone));
  benchmark::RegisterBenchmark(("decode/" + name).c_str(), run(decode_frame));
  benchmark::RegisterBenchmark(("encode/" + name).c_str(), run(encode_frame));
  for (const auto target : {HWY_AVX2, HWY_SSE4}) {
    benchmark::RegisterBenchmark((std::string(hwy::TargetName(target)) + "/" + name).c_str(),
                                 [=](benchmark::State& state) { decode_with(target, state, *frame); });
  }
  for (const int threads : {1, 2}) {
    benchmark::RegisterBenchmark(("threads/" + name).c_str(), run(decode_frame))->Threads(threads)->UseRealTime();
  }
}

}  // namespace
}  // namespace annulus::codec

int main(int argc, char** argv) try {
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; ++i) annulus::codec::add(argv[i]);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "codec_bench: %s\n", error.what());
  return 1;
}
