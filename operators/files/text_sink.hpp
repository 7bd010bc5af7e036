// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Ends a stream in a text file.

#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "operators/stream/stream.hpp"

namespace annulus {

struct TextSinkOptions {
  std::string end{"\n"};         ///< written behind each element
  bool append = true;            ///< behind what the file holds; false: in its place
  std::string name{"textfile"};  ///< of the node
};

/// What does not depend on the type of the elements: writes them, and acknowledges what has been flushed.
class TextSinkNode : public Node {
 public:
  TextSinkNode(std::string path, const TextSinkOptions& options);
  TextSinkNode(std::ostream& stream, const TextSinkOptions& options);

 protected:
  /// Throws IoError when the text cannot be written.
  void write(std::string_view text, const Context& context);

 private:
  void init() override;
  void run_stopped(const Run& run, const Context& context) override;
  void close() override;
  void flush();
  [[noreturn]] void refuse();

  std::string path_;
  TextSinkOptions options_;
  std::ofstream file_;
  std::ostream* stream_;
  std::vector<Hold> unflushed_;
};

/// Writes fmt::format("{}", element) and the end.
template <class T>
class TextSink final : public TextSinkNode {
 public:
  using TextSinkNode::TextSinkNode;
  [[nodiscard]] In<T>& in() noexcept { return in_; }

 private:
  void on_element(const T& element, const Context& context) { write(fmt::format("{}", element), context); }

  In<T> in_{*this, "in", &TextSink::on_element};
};

namespace detail {

template <class T, class Target>
void connect_text_sink(const Stream<T>& stream, Target&& target, TextSinkOptions options) {
  Graph& graph = stream.graph();
  options.name = graph.free_name(options.name);
  graph.connect(stream.out(), graph.make<TextSink<T>>(std::forward<Target>(target), options).in());
}

}  // namespace detail

/// Writes every element and an end into a file, for types that fmt can format. A file that cannot be opened refuses
/// the start with an IoError; an element that cannot be written is an error of that element. Lines are flushed when a
/// run ends, when the graph stops, and at every 1024th; an element is acknowledged when it has been flushed.
template <class T>
void sink_to_textfile(const Stream<T>& stream, const std::filesystem::path& path, const TextSinkOptions& options = {}) {
  detail::connect_text_sink(stream, path.string(), options);
}
/// The same into a stream, which must outlive the graph and be used by nobody else while it runs.
template <class T>
void sink_to_textfile(const Stream<T>& stream, std::ostream& out, const TextSinkOptions& options = {}) {
  detail::connect_text_sink(stream, out, options);
}

}  // namespace annulus
