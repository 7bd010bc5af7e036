// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "operators/stream/stage.hpp"

namespace annulus {

/// How a group_by names and ends its groups.
struct GroupOptions {
  std::size_t max_groups = 1000;  ///< then the group that has rested longest ends
  bool uid_is_key = false;        ///< the group's uid is the key alone (group_by_run), not "run/key"
};

/// Makes a run of the elements of each key: below, every operator keeps its state by group, and what it kept comes out
/// when the group ends: with the run, when `ends(element)` says that it was the last, or when there are too many
/// groups. The run itself passes too.
template <class T, class KeyOf, class Ends>
class GroupBy final : public Stage<T, T> {
 public:
  using Key = std::decay_t<std::invoke_result_t<KeyOf&, const T&>>;

  GroupBy(std::string name, KeyOf key_of, Ends ends, GroupOptions options)
      : Stage<T, T>(std::move(name), "group_by"),
        key_of_(std::move(key_of)),
        ends_(std::move(ends)),
        options_(options) {}
  [[nodiscard]] int group_step() const override { return 1; }

 private:
  struct Group {
    Key key;
    RunPtr run;
  };
  using Groups = std::list<Group>;  // the one used last in front

  void on_element(T&& element, const Context& context) override {
    Groups& groups = groups_(context);
    Key key = std::invoke(key_of_, std::as_const(element));
    auto it = std::find_if(groups.begin(), groups.end(), [&](const Group& group) { return group.key == key; });
    if (it == groups.end()) {
      begin(groups, std::move(key), context);
    } else {
      groups.splice(groups.begin(), groups, it);
    }
    const RunPtr run = groups.front().run;
    const bool last = std::invoke(ends_, std::as_const(element));
    this->out_.emit(std::move(element), Context{run.get(), context.position, context.ticket});
    if (last) end(groups, groups.begin(), context);
    if (groups.size() > options_.max_groups) end(groups, std::prev(groups.end()), context);
  }

  void begin(Groups& groups, Key key, const Context& context) {
    std::string uid = options_.uid_is_key ? fmt::format("{}", key) : fmt::format("{}/{}", context.run->uid(), key);
    RunPtr run = this->graph().begin_group(*this, *context.run, std::move(uid));
    groups.push_front({std::move(key), run});
    this->send_signal({}, Context{run.get(), context.position, context.ticket});
  }

  void end(Groups& groups, typename Groups::iterator it, const Context& context) {
    const RunPtr run = std::move(it->run);
    groups.erase(it);
    run->finish(context.run->exit_status(), context.run->reason());
    run->state_of(this->index()).ended = true;
    this->send_signal({.kind = Signal::Kind::run_stop, .state = {}, .first = 0, .last = 0, .reason = {}},
                      Context{run.get(), context.position, context.ticket});
  }

  void run_stopped(const Run&, const Context& context) override {
    Groups& groups = groups_(context);
    while (!groups.empty()) end(groups, std::prev(groups.end()), context);
  }

  KeyOf key_of_;
  Ends ends_;
  GroupOptions options_;
  RunLocal<Groups> groups_{*this};
};

/// Returns the elements of groups to the run that the groups are parts of.
template <class T>
class Ungroup final : public Stage<T, T> {
 public:
  /// `group_by`: the node that made the groups.
  Ungroup(std::string name, std::size_t group_by) : Stage<T, T>(std::move(name), "ungroup"), group_by_(group_by) {}
  [[nodiscard]] int group_step() const override { return -1; }
  [[nodiscard]] bool passes(const Run& run) const override { return !run.is_group_of(group_by_); }

 private:
  void on_element(T&& element, const Context& context) override {
    this->out_.emit(std::move(element), Context{context.run->parent().get(), context.position, context.ticket});
  }
  void gap(const Signal& signal, const Context& context) override {
    if (passes(*context.run)) return this->send_signal(signal, context);
    for (OutPort* out : this->outputs()) {
      out->send_signal(signal, Context{context.run->parent().get(), context.position, context.ticket});
    }
  }

  std::size_t group_by_;
};

}  // namespace annulus
