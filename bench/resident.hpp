// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>

namespace annulus {

/// Resident memory of this process [bytes].
inline double resident() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return 1024 * std::stod(line.substr(6));
  }
  throw std::runtime_error("no VmRSS in /proc/self/status");
}

}  // namespace annulus
