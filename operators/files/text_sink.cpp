// SPDX-License-Identifier: BSD-3-Clause
#include "operators/files/text_sink.hpp"

#include <cerrno>
#include <system_error>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

constexpr std::size_t most_unflushed = 1024;

std::string why(int error) { return error == 0 ? "unknown cause" : std::generic_category().message(error); }

}  // namespace

TextSinkNode::TextSinkNode(std::string path, const TextSinkOptions& options)
    : Node(options.name), path_(std::move(path)), options_(options), stream_(&file_) {
  set_type("sink_to_textfile");
}

TextSinkNode::TextSinkNode(std::ostream& stream, const TextSinkOptions& options)
    : Node(options.name), options_(options), stream_(&stream) {
  set_type("sink_to_textfile");
}

void TextSinkNode::init() {
  if (stream_ != &file_) return;
  errno = 0;
  file_.open(path_, std::ios::binary | (options_.append ? std::ios::app : std::ios::trunc));
  if (!file_) {
    throw IoError(name() + ": cannot write " + path_ + " (" + why(errno) + ") give a file in a directory that exists");
  }
}

void TextSinkNode::write(std::string_view text, const Context& context) {
  errno = 0;
  if (!(*stream_ << text << options_.end)) refuse();
  if (context.ticket != nullptr) {
    unflushed_.push_back(context.hold());
    unflushed_.back().return_credit();
  }
  if (unflushed_.size() >= most_unflushed) flush();
}

void TextSinkNode::run_stopped(const Run&, const Context&) { flush(); }

void TextSinkNode::close() {
  if (stream_ != &file_ || file_.is_open()) flush();
  file_.close();
}

void TextSinkNode::flush() {
  const std::vector<Hold> done = std::exchange(unflushed_, {});
  errno = 0;
  if (stream_->flush()) return;
  for (const Hold& hold : done) hold.context().ticket->mark_failed();
  refuse();
}

void TextSinkNode::refuse() {
  const std::string reason = why(errno);
  stream_->clear();  // the next element is tried again
  throw IoError("cannot write " + (path_.empty() ? "the text" : path_) + " (" + reason + ") look at the disk");
}

}  // namespace annulus
