// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "operators/stream/node.hpp"
#include "operators/stream/param.hpp"

namespace annulus {

enum class Attach : std::uint8_t;

/// A key pair of CURVE (https://rfc.zeromq.org/spec/26), each key as 40 characters of Z85.
struct CurveKeys {
  std::string public_key;
  std::string secret_key;
};

/// How one socket proves who it is and whom it trusts. A socket that binds is CURVE's server, one that connects its
/// client, as in bluesky.
struct CurveSecurity {
  CurveKeys own;
  std::string server_key;                               ///< client: the public key of the server
  std::optional<std::vector<std::string>> client_keys;  ///< server: who may connect; none: whoever knows our public key
};

/// The keys of a certificate as pyzmq's zmq.auth.create_certificates writes it. `secret_key` is empty in a public one.
/// Throws IoError and ConfigError.
[[nodiscard]] CurveKeys read_curve_file(const std::filesystem::path& file);

/// Key files as options of a socket: a pyzmq key pair of its own (made when none is given and the socket is a client),
/// and who is trusted. Nothing when no key is named. Throws as read_curve_file, and ConfigError for what does not fit
/// the direction.
[[nodiscard]] std::optional<CurveSecurity> read_curve(Attach attach,
                                                      const std::optional<std::filesystem::path>& secret_key,
                                                      const std::optional<std::filesystem::path>& server_key,
                                                      const std::optional<std::filesystem::path>& client_keys);

/// The parameters of a node whose socket may be secured.
class CurveParams {
 public:
  explicit CurveParams(Node& node) : node_(node) {}

  void check(Problems& problems, Attach attach) const;
  [[nodiscard]] std::optional<CurveSecurity> read(Attach attach) const {
    return read_curve(attach, *secret_key_, *server_key_, *client_keys_);
  }

 private:
  using Path = std::optional<std::filesystem::path>;
  Node& node_;
  Param<Path> secret_key_{node_, "curve_secret_key", std::nullopt,
                          "CURVE: own key pair, a pyzmq .key_secret file; a socket that binds needs one"};
  Param<Path> server_key_{node_, "curve_server_key", std::nullopt,
                          "CURVE: public key (.key) of the peer to which this connects"};
  Param<Path> client_keys_{node_, "curve_client_keys", std::nullopt,
                           "CURVE: folder with the public keys (.key) of who may connect; none: whoever has our key"};
};

}  // namespace annulus
