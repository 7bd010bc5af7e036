// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "operators/data/frame.hpp"
#include "operators/data/pattern_arithmetic.hpp"

#include "operators/integrate/integration_setups.hpp"
#include "operators/stream/takes_settings.hpp"
#include "operators/stream/transform.hpp"

namespace annulus {

/// Base of operators that integrate frames: all but what kind of result what integrates them is asked for. `Kernel`:
/// one of AnyIntegrator's, which the kind makes.
template <class Result, class Kernel = Integrator>
class Integration : public Transform<Frame, Result>, public TakesSettings {
 public:
  Integration(std::string name, IntegrationKind kind)
      : Transform<Frame, Result>(std::move(name)), setups_(*this, std::move(kind)) {}

  void take_settings(Problems& problems) override { setups_.take_settings(problems); }
  void check(Problems& problems) const override { setups_.check(problems); }

 protected:
  /// One result a frame. `variance`: of the pixels of each, where the error model takes it; else null. Runs in several
  /// threads at once when there are workers.
  [[nodiscard]] virtual std::vector<Result> integrate(const Kernel& kernel, std::span<const Frame> frames,
                                                      const Array* variance) const = 0;

 private:
  using Setup = IntegrationSetups::Setup;
  using Task = typename Transform<Frame, Result>::Task;

  void init() override { setups_.init(); }
  void run_started(const Run& run, const Context& context) override { setups_.run_started(run, context); }
  void run_stopped(const Run& run, const Context&) override { setups_.run_stopped(run); }
  void stop_threads() override {
    setups_.stop_threads();
    Transform<Frame, Result>::stop_threads();
  }

  /// A geometry or mask is got ready in the background; until then, frames are integrated with the old.
  bool ready_for_change(const WantedChange& wanted) override {
    setups_.prepare(
        wanted, {.ready = [this](const WantedChange& w) { this->take_change(w); },
                 .refused = [this](const WantedChange& w, const std::string& why) { this->refuse_change(w, why); }});
    return false;
  }
  void param_changed(const ParamBase&) override { setups_.take_prepared(); }

  std::optional<Result> transform(const Frame& frame, const Context& context) override {
    return std::move(results(*setups_.setup_of(context), std::span(&frame, 1)).front());
  }

  /// Frames go faster through an Integrator side by side; through others, one by one.
  [[nodiscard]] std::size_t together() const override {
    return std::is_same_v<Kernel, Integrator> ? frames_together : 1;
  }

  void transform_together(std::span<const Task> tasks) override {
    while (!tasks.empty()) {
      const std::shared_ptr<Setup> setup = setups_.setup_of(tasks.front().context);
      std::vector<Frame> frames;
      for (const Task& task : tasks) {
        if (setups_.setup_of(task.context) != setup) break;
        frames.push_back(*task.element);
      }
      std::vector<Result> made = results(*setup, frames);
      for (std::size_t i = 0; i < made.size(); ++i) *tasks[i].result = std::move(made[i]);
      tasks = tasks.subspan(frames.size());
    }
  }

  [[nodiscard]] std::vector<Result> results(Setup& setup, std::span<const Frame> frames) const {
    const AnyIntegrator& any = setups_.integrator_for(setup, frames.front().pixels.shape());
    std::vector<double> divisors;
    if (setups_.divides()) {
      for (const Frame& frame : frames) divisors.push_back(setups_.divisor_of(frame));
    }
    const Array* const variance = setup.variance ? &*setup.variance : nullptr;
    std::vector<Result> made = integrate(*std::get<std::unique_ptr<const Kernel>>(any), frames, variance);
    for (std::size_t i = 0; i < divisors.size(); ++i) normalize(made[i], divisors[i]);
    for (Result& result : made) result.reduction = setup.reduction;
    return made;
  }

  IntegrationSetups setups_;
};

}  // namespace annulus
