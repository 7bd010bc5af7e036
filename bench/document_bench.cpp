// SPDX-License-Identifier: BSD-3-Clause
// Measures the decoding of pickled documents; bench/compare_documents.py runs it.
//   document_bench --decode FILE             prints the document in FILE as JSON
//   document_bench FILE... [OPTION...]       decodes each FILE, options as Google Benchmark's

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

#include <benchmark/benchmark.h>

#include "bench/allocations.hpp"
#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/json.hpp"
#include "detectors/bluesky/pickle.hpp"

namespace annulus {
namespace {

std::shared_ptr<const std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return std::make_shared<const std::string>(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

Value decode(const std::shared_ptr<const std::string>& text) {
  auto value = bluesky::decode_pickle(bluesky::as_bytes(*text), text);
  if (!value) throw std::runtime_error(to_string(value.error()));
  return std::move(*value);
}

/// Time of decoding and of freeing what came of it; memory asked for by one decoding, in the message and out of it.
void decode_again_and_again(benchmark::State& state, const std::shared_ptr<const std::string>& text) {
  for (auto _ : state) benchmark::DoNotOptimize(decode(text));
  const CountAllocations allocations;
  benchmark::DoNotOptimize(decode(text));
  state.counters["allocations"] = static_cast<double>(allocations.count());
  state.counters["allocated_bytes"] = static_cast<double>(allocations.bytes());
}

void print_as_json(const std::string& path) {
  std::string json;
  bluesky::encode_json(decode(read_file(path)), json);
  std::cout << json << '\n';
}

}  // namespace
}  // namespace annulus

int main(int argc, char** argv) try {
  if (argc == 3 && std::string(argv[1]) == "--decode") {
    annulus::print_as_json(argv[2]);
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    benchmark::RegisterBenchmark(argv[i], annulus::decode_again_and_again, annulus::read_file(argv[i]));
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
