// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "operators/stream/buffer.hpp"
#include "operators/stream/joins.hpp"
#include "operators/stream/loop.hpp"
#include "operators/stream/paced.hpp"
#include "operators/stream/registry.hpp"
#include "operators/stream/stateful.hpp"

namespace annulus {

/// Makes known what configurations can do with elements of type T whatever node yields them; `overflow:` on an edge
/// puts a Buffer<T> there. One line per payload type beside the registration of the nodes; a table filled by hand
/// keeps queue and thread code out of every file that declares a port. Operators that make lists and tuples are for
/// C++: no node of a configuration takes those.
template <class T>
void register_payload(Registry& registry) {
  registry.add_variant<T, Buffer<T>>("buffer", "What follows runs in a thread of its own, behind a bounded queue.");
  registry.add_variant<T, Slice<T>>("slice", "Elements number start, start + step, ... before stop of each run.");
  registry.add_variant<T, Delay<T>>("delay", "Passes every element on a time after its arrival.");
  registry.add_variant<T, RateLimit<T>>("rate_limit",
                                        "Passes elements on with a least time between them; none is lost.");
  registry.add_variant<T, Loop<T>>("loop", "The buffer that closes a circle: emits what arrives and what comes back.");
  registry.add_variant<T, Union<T>>("union", "Passes on what comes from any number of nodes.");
}

}  // namespace annulus
