// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

#include "operators/files/line_splitter.hpp"
#include "operators/stream/producer.hpp"
#include "operators/stream/stream.hpp"
#include "service/io/net/descriptor.hpp"

namespace annulus {

struct ProcessOptions {
  std::string delimiter{"\n"};
  bool with_end = true;                             ///< lines keep their delimiter
  bool with_stderr = false;                         ///< standard error too; else it goes where this program's goes
  std::size_t longest_line = std::size_t{1} << 20;  ///< [bytes]; a longer line is skipped and reported
  std::chrono::milliseconds patience{2000};         ///< between asking the process to end (SIGTERM) and ending it
};

/// Runs a program and emits the lines of its output; what follows its last delimiter comes when its output ends. The
/// source is finished when the program has ended, and reports how when not with exit code 0. A stop ends the program;
/// a start runs it anew. Throws IoError at the start when it cannot be run.
class ProcessSource final : public ProducerNode {
 public:
  /// `command`: the program (looked for in PATH when it has no slash) and its arguments; no shell sees them.
  ProcessSource(std::string name, const ProducerOptions& options, std::vector<std::string> command,
                const ProcessOptions& process);
  [[nodiscard]] Out<std::string>& out() noexcept { return out_; }

 private:
  void open() override;
  bool produce() override;
  void wake() override { wake_.raise(); }
  void shut() noexcept override;
  void pass_lines();
  void pass_on(std::string line);
  void await_exit();
  [[nodiscard]] bool has_exited() noexcept;
  void report_exit();

  std::vector<std::string> command_;
  ProcessOptions process_;
  LineSplitter lines_;
  std::uint64_t reported_ = 0;
  WakeUp wake_;
  Descriptor output_;
  pid_t pid_ = 0;  ///< 0: none, or reaped
  int status_ = 0;
  Out<std::string> out_{*this, "out"};
};

/// The output of a program, line by line.
Stream<std::string> from_process(Graph& graph, std::vector<std::string> command, const ProcessOptions& process = {},
                                 const ProducerOptions& options = {});

}  // namespace annulus
