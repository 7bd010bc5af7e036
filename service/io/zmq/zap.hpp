// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace zmq {
class context_t;
}

namespace annulus {

/// Answers ZeroMQ's questions who may connect (https://rfc.zeromq.org/spec/27) for the sockets of a context,
/// the process's only one: `clients` (public keys, Z85) may connect to sockets of the domain that is given back. The
/// thread that answers starts with the first call and ends with the process. Throws IoError.
[[nodiscard]] std::string admit_only(zmq::context_t& context, const std::vector<std::string>& clients);

}  // namespace annulus
