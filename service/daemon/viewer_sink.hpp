// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "operators/data/frame.hpp"
#include "operators/data/pattern.hpp"

#include "operators/stream/node.hpp"
#include "service/http/viewer_hub.hpp"

namespace annulus {

/// Shows patterns, cakes and frames on the web page. Give it `overflow: latest`: a page that is slow to draw then costs
/// nothing but pictures.
///   in "patterns": Pattern (optional)      in "cakes": Cake (optional)      in "frames": Frame (optional)
class ViewerSink final : public Node {
 public:
  ViewerSink(std::string name, ViewerHub& hub);

  void check(Problems& problems) const override;

 private:
  void run_started(const Run& run, const Context& context) override;
  void run_stopped(const Run& run, const Context& context) override;
  template <class Result>
  void on_result(const Result& result, const Context& context);
  void on_frame(const Frame& frame, const Context& context);

  ViewerHub* hub_;
  In<Pattern> patterns_{*this, "patterns", &ViewerSink::on_result<Pattern>, Presence::optional};
  In<Cake> cakes_{*this, "cakes", &ViewerSink::on_result<Cake>, Presence::optional};
  In<Frame> frames_{*this, "frames", &ViewerSink::on_frame, Presence::optional};
};

}  // namespace annulus
