// SPDX-License-Identifier: BSD-3-Clause
// Runs a fuzz target over the files of its corpus, for compilers without libFuzzer. Every input is also run cut in
// two at each byte, which is cheap and finds most steps past an end.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void run(const std::vector<std::uint8_t>& input) {
  LLVMFuzzerTestOneInput(input.data(), input.size());
  for (std::size_t cut = 0; cut < input.size(); ++cut) {
    // Each part in memory of its own, so that a sanitizer sees its end.
    const auto middle = input.begin() + static_cast<std::ptrdiff_t>(cut);
    const std::vector<std::uint8_t> head(input.begin(), middle);
    const std::vector<std::uint8_t> tail(middle, input.end());
    LLVMFuzzerTestOneInput(head.data(), head.size());
    LLVMFuzzerTestOneInput(tail.data(), tail.size());
  }
}

}  // namespace

int main(int argc, char** argv) try {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      run(read_file(entry.path()));
      ++count;
    }
  }
  std::printf("%zu inputs\n", count);
  return count > 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
