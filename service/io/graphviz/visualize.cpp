// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/graphviz/visualize.hpp"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "operators/data/error.hpp"

#include "operators/stream/drawing.hpp"

namespace annulus {
namespace {

/// A file without a name, gone when closed. What a child reads and writes goes through files, not pipes, so that
/// neither side ever waits for the other.
class TemporaryFile {
 public:
  TemporaryFile() : file_(std::tmpfile(), &std::fclose) {
    if (!file_) throw IoError("a temporary file cannot be made: " + std::generic_category().message(errno));
  }
  [[nodiscard]] int descriptor() const { return ::fileno(file_.get()); }
  void write(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() || std::fflush(file_.get()) != 0) {
      throw IoError("a temporary file cannot be written: " + std::generic_category().message(errno));
    }
    std::rewind(file_.get());
  }
  [[nodiscard]] std::string read() {
    std::rewind(file_.get());
    std::string text(4096, '\0');
    std::string all;
    while (const std::size_t n = std::fread(text.data(), 1, text.size(), file_.get())) all.append(text, 0, n);
    return all;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

/// Starts `dot -Tsvg` with these three files and waits for its end. Returns what waitpid() tells.
int run_graphviz(int input, int output, int messages) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
  char program[] = "dot";
  char format[] = "-Tsvg";
  char* arguments[] = {program, format, nullptr};
  pid_t child = 0;
  const int refused = ::posix_spawnp(&child, program, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (refused == ENOENT) {
    throw IoError(
        "Graphviz is missing (there is no program 'dot' on the PATH) install it (apt-get install graphviz), or name a "
        "file that ends in .dot");
  }
  if (refused != 0) {
    throw IoError("Graphviz cannot be started (dot: " + std::generic_category().message(refused) + ")");
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw IoError("Graphviz was lost: " + std::generic_category().message(errno));
  }
  return status;
}

std::string to_svg(const std::string& dot) {
  TemporaryFile input;
  TemporaryFile output;
  TemporaryFile messages;
  input.write(dot);
  const int status = run_graphviz(input.descriptor(), output.descriptor(), messages.descriptor());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output.read();
  throw IoError(fmt::format("Graphviz failed ({}): {}",
                            WIFEXITED(status) ? fmt::format("dot ended with {}", WEXITSTATUS(status))
                                              : fmt::format("dot was ended by signal {}", WTERMSIG(status)),
                            messages.read()));
}

}  // namespace

void visualize(const Graph& graph, const std::filesystem::path& file) {
  const std::string ending = file.extension().string();
  if (ending != ".dot" && ending != ".gv" && ending != ".svg") {
    throw ConfigError(fmt::format(
        "{}: cannot be drawn (its ending says neither SVG nor DOT) let it end in .svg or .dot", file.string()));
  }
  const std::string dot = to_dot(graph);
  const std::string text = ending == ".svg" ? to_svg(dot) : dot;
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) {
    throw IoError(fmt::format("{}: cannot be written: {}", file.string(), std::generic_category().message(errno)));
  }
}

}  // namespace annulus
