// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "operators/stream/buffer.hpp"
#include "operators/stream/registry.hpp"

namespace annulus {

/// Makes known what configurations can do with elements of type T whatever node yields them: `overflow:` on an edge
/// puts a Buffer<T> there. One line per payload type beside the registration of the nodes; a table filled by hand
/// keeps queue and thread code out of every file that declares a port.
template <class T>
void register_payload(Registry& registry) {
  registry.add_buffer(type_id<T>(), [](std::string name) -> std::unique_ptr<Node> {
    return std::make_unique<Buffer<T>>(std::move(name));
  });
}

}  // namespace annulus
