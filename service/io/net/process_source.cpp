// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/process_source.hpp"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "operators/data/error.hpp"

#include "operators/stream/sources.hpp"

namespace annulus {
namespace {

constexpr int look_ms = 10;  // how often a process that ends is looked at

/// What the child gets: no input, the pipe as output, all signals as a fresh program has them. Throws nothing.
class SpawnSettings {
 public:
  SpawnSettings(int output, bool with_stderr) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    if (with_stderr) posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const noexcept { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const noexcept { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

ProcessSource::ProcessSource(std::string name, const ProducerOptions& options, std::vector<std::string> command,
                             const ProcessOptions& process)
    : ProducerNode(std::move(name), "from_process", options),
      command_(std::move(command)),
      process_(process),
      lines_(process.delimiter, process.longest_line) {
  if (command_.empty()) throw ConfigError(this->name() + ": the command is empty (nothing to run) give a program");
}

void ProcessSource::open() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw IoError(name() + ": cannot make a pipe (" + cause_of(errno) + ")");
  Descriptor reading(ends[0]);
  const Descriptor writing(ends[1]);
  const SpawnSettings settings(writing.get(), process_.with_stderr);
  std::vector<char*> arguments;
  for (std::string& word : command_) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int error =
      ::posix_spawnp(&pid_, arguments[0], settings.actions(), settings.attributes(), arguments.data(), ::environ);
  if (error != 0) {
    pid_ = 0;
    throw IoError(fmt::format("{}: cannot run '{}' ({}) give a program that is in PATH, or its full path", name(),
                              command_.front(), cause_of(error)));
  }
  (void)lines_.take_rest();
  wake_.lower();
  output_ = std::move(reading);
}

bool ProcessSource::produce() {
  std::array<pollfd, 2> entries{{{wake_.fd(), POLLIN, 0}, {output_.get(), POLLIN, 0}}};
  if (::poll(entries.data(), entries.size(), -1) < 0 || stop_asked()) return true;
  std::array<char, 65536> bytes{};
  const ssize_t size = entries[1].revents != 0 ? ::read(output_.get(), bytes.data(), bytes.size()) : -1;
  if (size < 0) return true;
  if (size > 0) {
    lines_.add({bytes.data(), static_cast<std::size_t>(size)});
    pass_lines();
    return true;
  }
  if (std::string rest = lines_.take_rest(); !rest.empty()) pass_on(std::move(rest));
  await_exit();
  return stop_asked();
}

void ProcessSource::pass_lines() {
  while (lines_.has_line()) {
    std::string line = lines_.take();
    if (!process_.with_end) line.resize(line.size() - lines_.delimiter().size());
    pass_on(std::move(line));
    if (stop_asked()) return;
  }
  if (lines_.skipped() > reported_) {
    count_dropped(lines_.skipped() - std::exchange(reported_, lines_.skipped()));
    report({}, fmt::format("a line of '{}' was skipped (longer than {} bytes) look at the delimiter, or allow longer "
                           "lines",
                           command_.front(), lines_.longest()));
  }
}

void ProcessSource::pass_on(std::string line) {
  if (!offer(out_, std::move(line))) give_up();
}

bool ProcessSource::has_exited() noexcept {
  if (pid_ == 0) return true;
  if (::waitpid(pid_, &status_, WNOHANG) == 0) return false;
  pid_ = 0;
  return true;
}

void ProcessSource::await_exit() {
  while (!has_exited()) {
    if (wake_.wait(look_ms)) return;
  }
  report_exit();
}

void ProcessSource::report_exit() {
  if (WIFEXITED(status_) && WEXITSTATUS(status_) != 0) {
    report({}, fmt::format("'{}' ended with exit code {}", command_.front(), WEXITSTATUS(status_)));
  } else if (WIFSIGNALED(status_)) {
    report({}, fmt::format("'{}' was ended by signal {}", command_.front(), WTERMSIG(status_)));
  }
}

void ProcessSource::shut() noexcept {
  output_.close();
  if (has_exited()) return;
  ::kill(pid_, SIGTERM);
  for (auto waited = std::chrono::milliseconds(0); waited < process_.patience;
       waited += std::chrono::milliseconds(look_ms)) {
    if (has_exited()) return;
    (void)::poll(nullptr, 0, look_ms);
  }
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) continue;
  pid_ = 0;
}

Stream<std::string> from_process(Graph& graph, std::vector<std::string> command, const ProcessOptions& process,
                                 const ProducerOptions& options) {
  return make_producer<ProcessSource>(graph, "from_process", options, std::move(command), process);
}

}  // namespace annulus
