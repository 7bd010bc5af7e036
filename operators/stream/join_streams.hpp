// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "operators/stream/stream.hpp"

// Joins as functions of streams.

namespace annulus {

struct JoinOptions {
  std::string name = {};
  std::size_t max_size =
      0;  ///< how many elements may wait at an input (join_by_frame: how late one may be); 0: default
  std::vector<std::size_t> emit_on = {};  ///< combine_latest: the inputs that cause an emission; none: all
};

namespace detail {

template <template <class> class Rule, class... Ts>
TupleJoin<Rule, Ts...>& make_join(Graph& graph, const JoinOptions& options, const char* word) {
  const std::string name = graph.free_name(options.name.empty() ? word : options.name);
  using N = TupleJoin<Rule, Ts...>;
  if constexpr (requires { typename N::EmitOn; }) {
    return graph.make<N>(name, options.emit_on);
  } else {
    return options.max_size == 0 ? graph.make<N>(name) : graph.make<N>(name, options.max_size);
  }
}

template <template <class> class Rule, class... Ts, std::size_t... I>
Stream<std::tuple<Ts...>> join(const JoinOptions& options, const char* word, std::index_sequence<I...>,
                               const Stream<Ts>&... streams) {
  Graph& graph = std::get<0>(std::tie(streams...)).graph();
  auto& node = make_join<Rule, Ts...>(graph, options, word);
  (streams.connect(node.template in<I>()), ...);
  return {graph, node.out()};
}

}  // namespace detail

/// A value that takes a place in the tuples of zip().
template <class T>
struct Literal {
  T value;
};
template <class T>
Literal<T> literal(T value) {
  return {std::move(value)};
}

namespace detail {

template <class T>
std::tuple<> literals_of(const Stream<T>&) {
  return {};
}
template <class T>
std::tuple<T> literals_of(const Literal<T>& item) {
  return {item.value};
}
template <class T>
std::tuple<Stream<T>> streams_of(const Stream<T>& item) {
  return {item};
}
template <class T>
std::tuple<> streams_of(const Literal<T>&) {
  return {};
}

/// The tuple whose places are taken from `row` where Items has a stream, from `literals` where it has a literal.
template <class... Items, class Row, class Literals>
auto merge(Row row, const Literals& literals) {
  constexpr bool is_stream[] = {std::tuple_size_v<decltype(literals_of(std::declval<Items>()))> == 0 ...};
  const auto place = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
    constexpr auto before = [=] {
      std::size_t streams = 0;
      for (std::size_t k = 0; k < I; ++k) streams += is_stream[k] ? 1 : 0;
      return streams;
    }();
    if constexpr (is_stream[I]) {
      return std::get<before>(std::move(row));
    } else {
      return std::get<I - before>(literals);
    }
  };
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::make_tuple(place(std::integral_constant<std::size_t, I>())...);
  }(std::index_sequence_for<Items...>());
}

}  // namespace detail

/// The first elements of all streams, the second ones, and so on, as tuples. A literal is in every tuple.
template <class... Items>
auto zip(const JoinOptions& options, const Items&... items) {
  auto joined = std::apply(
      [&](const auto&... streams) {
        return detail::join<Zip>(options, "zip", std::make_index_sequence<sizeof...(streams)>(), streams...);
      },
      std::tuple_cat(detail::streams_of(items)...));
  auto literals = std::tuple_cat(detail::literals_of(items)...);
  if constexpr (std::tuple_size_v<decltype(literals)> == 0) {
    return joined;
  } else {
    using Row = typename decltype(joined)::Type;
    return joined.map([literals](const Row& row) { return detail::merge<Items...>(row, literals); }, "literals");
  }
}
/// The latest elements of all streams, as tuples.
template <class... Ts>
Stream<std::tuple<Ts...>> combine_latest(const JoinOptions& options, const Stream<Ts>&... streams) {
  return detail::join<CombineLatest>(options, "combine_latest", std::index_sequence_for<Ts...>(), streams...);
}
/// Every element of the first stream with the latest of the others.
template <class... Ts>
Stream<std::tuple<Ts...>> zip_latest(const JoinOptions& options, const Stream<Ts>&... streams) {
  return detail::join<ZipLatest>(options, "zip_latest", std::index_sequence_for<Ts...>(), streams...);
}
/// Elements with the same position in their run; `.unmatched` has what found no partner.
template <class... Ts>
struct FrameJoin : Stream<std::tuple<Ts...>> {
  Stream<Unmatched> unmatched;
};
template <class... Ts>
FrameJoin<Ts...> join_by_frame(const JoinOptions& options, const Stream<Ts>&... streams) {
  auto joined = detail::join<JoinByFrame>(options, "join_by_frame", std::index_sequence_for<Ts...>(), streams...);
  auto& node = static_cast<TupleJoin<JoinByFrame, Ts...>&>(joined.node());
  return {joined, {joined.graph(), node.unmatched()}};
}

namespace detail {
template <template <class> class Rule, class T, class... Options>
Stream<std::vector<T>> join_list(const char* word, const std::vector<Stream<T>>& streams, Options&&... options) {
  Graph& graph = streams.at(0).graph();
  auto& node = graph.make<ListJoin<Rule, T>>(graph.free_name(word), std::forward<Options>(options)...);
  for (const Stream<T>& stream : streams) stream.connect(node.add_input());
  return {graph, node.out()};
}
}  // namespace detail

/// The same for any number of streams of one type, as vectors. More streams can be added to the node: see ListJoin.
template <class T>
Stream<std::vector<T>> zip(const std::vector<Stream<T>>& streams, std::size_t max_size = 10) {
  return detail::join_list<Zip>("zip", streams, max_size);
}
template <class T>
Stream<std::vector<T>> combine_latest(const std::vector<Stream<T>>& streams, std::vector<std::size_t> emit_on = {}) {
  return detail::join_list<CombineLatest>("combine_latest", streams, std::move(emit_on));
}

template <class T>
template <class... Items>
auto Stream<T>::zip(const Items&... others) const {
  return annulus::zip({}, *this, others...);
}
template <class T>
template <class... Us>
auto Stream<T>::combine_latest(const Stream<Us>&... others) const {
  return annulus::combine_latest({}, *this, others...);
}
template <class T>
template <class... Us>
auto Stream<T>::zip_latest(const Stream<Us>&... others) const {
  return annulus::zip_latest({}, *this, others...);
}
template <class T>
template <class... Us>
auto Stream<T>::join_by_frame(const Stream<Us>&... others) const {
  return annulus::join_by_frame({}, *this, others...);
}

}  // namespace annulus
