// SPDX-License-Identifier: BSD-3-Clause
// Writes a reduced file on command, for tests that read it from another process:
//   write_reduced_file DIRECTORY NAME BINS
// prints "path PATH", then obeys lines on stdin (append COUNT | mark FIRST LAST STATE REASON | flush | close STATUS)
// and answers each with "ok ROWS", the rows acknowledged, or "error TEXT". Row k, bin b of I is k + b / 1000.
#include <exception>
#include <iostream>
#include <sstream>
#include <string>

#include "service/io/nexus/reduced_file.hpp"

namespace {

using namespace annulus;

Pattern make_pattern(std::uint64_t number, const std::shared_ptr<const RadialAxis>& axis) {
  const std::size_t bins = axis->bins();
  Pattern pattern;
  pattern.number = number;
  pattern.time = 1.7e9 + 0.1 * static_cast<double>(number);
  pattern.axis = axis;
  pattern.intensity = Numbers::zeros(bins);
  for (std::size_t b = 0; b < bins; ++b)
    pattern.intensity.edit()[b] = static_cast<double>(number) + static_cast<double>(b) / 1000;
  pattern.sigma = std::vector<double>(bins, 0.5);
  pattern.signal = std::vector<double>(bins, 4.0 * static_cast<double>(number));
  pattern.variance = std::vector<double>(bins, 4);
  pattern.normalization = std::vector<double>(bins, 4);
  pattern.count = std::vector<double>(bins, 5);
  pattern.readings = std::make_shared<const Dict>(Dict{{"motor", 0.5 * static_cast<double>(number)}});
  return pattern;
}

FrameState parse_state(const std::string& name) {
  for (int i = 0; i < 7; ++i)
    if (name_of(static_cast<FrameState>(i)) == name) return static_cast<FrameState>(i);
  throw std::invalid_argument("no frame state '" + name + "'");
}

void obey(const std::string& line, ReducedFile& file, std::uint64_t& next, const RadialAxis& axis) {
  const auto shared_axis = std::make_shared<const RadialAxis>(axis);
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "append") {
    std::uint64_t count = 0;
    words >> count;
    for (; count > 0; --count) file.append(make_pattern(next++, shared_axis));
  } else if (verb == "mark") {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::string state;
    std::string reason;
    words >> first >> last >> state >> std::ws;
    std::getline(words, reason);
    file.mark(first, last, parse_state(state), reason);
    next = last + 1;
  } else if (verb == "flush") {
    file.flush();
  } else if (verb == "close") {
    std::string status;
    words >> status;
    file.close({.exit_status = status, .reason = "", .time = 1.7e9 + 60});
  } else {
    throw std::invalid_argument("no command '" + verb + "'");
  }
}

void answer(const std::string& line, ReducedFile& file, std::uint64_t& next, const RadialAxis& axis) {
  try {
    obey(line, file, next, axis);
    std::cout << "ok " << file.acknowledged() << std::endl;
  } catch (const std::exception& error) {
    std::cout << "error " << error.what() << std::endl;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    const auto axis = RadialAxis::uniform(RadialUnit::q_nm, 0, 10, std::stoul(argv[3]));
    const RunInfo run{.uid = "6f2c", .title = "LaB6", .start_time = 1.7e9, .start_json = R"({"uid": "6f2c"})"};
    const BeamInfo beam{
        .wavelength = 1e-10, .instrument = "xpd", .source = "NSLS-II", .source_type = "Synchrotron X-ray Source"};
    const Provenance provenance{.version = "0.1.0",
                                .date = "2026-11-23T10:00:00+00:00",
                                .config = "version: 1",
                                .poni = "Distance: 1",
                                .options = {{"bins", 1000}, {"split", "bbox"}},
                                .solid_angle_applied = true};
    ReducedFile file(argv[1], argv[2], run, beam, provenance);
    std::cout << "path " << file.path().string() << std::endl;
    std::uint64_t next = 0;
    for (std::string line; std::getline(std::cin, line);) answer(line, file, next, axis);
  } catch (const std::exception& error) {
    std::cout << "error " << error.what() << std::endl;
    return 1;
  }
}
