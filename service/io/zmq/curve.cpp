// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/curve.hpp"

#include <array>
#include <fstream>

#include <fmt/format.h>
#include <zmq.h>

#include "operators/data/error.hpp"

#include "service/io/zmq/socket.hpp"

namespace annulus {
namespace {

using Path = std::filesystem::path;

bool is_key(const std::string& text) {
  std::array<std::uint8_t, 32> bytes{};
  return text.size() == 40 && zmq_z85_decode(bytes.data(), text.c_str()) != nullptr;
}

/// The quoted value of a line `    public-key = "..."`.
std::string quoted(const std::string& line, std::string_view name) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string::npos || line.compare(begin, name.size(), name) != 0) return {};
  const std::size_t open = line.find('"', begin + name.size());
  const std::size_t close = line.rfind('"');
  return open == std::string::npos || close <= open ? std::string() : line.substr(open + 1, close - open - 1);
}

std::vector<std::string> read_client_keys(const Path& folder) {
  std::error_code error;
  std::vector<std::string> keys;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".key") keys.push_back(read_curve_file(entry.path()).public_key);
  }
  if (error) throw IoError(fmt::format("{} cannot be listed ({})", folder.string(), error.message()));
  if (keys.empty()) {
    throw ConfigError(fmt::format("{} holds no .key file (nobody could connect) put the clients' public keys there",
                                  folder.string()));
  }
  return keys;
}

CurveKeys make_keys() {
  std::array<char, 41> public_key{};
  std::array<char, 41> secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    throw IoError("this ZeroMQ library was built without CURVE (no encryption) install one that has libsodium");
  }
  return {public_key.data(), secret_key.data()};
}

CurveKeys own_keys(const Path& file) {
  CurveKeys keys = read_curve_file(file);
  if (keys.secret_key.empty()) {
    throw ConfigError(
        fmt::format("{} holds no secret key (it is a public certificate) name the .key_secret file", file.string()));
  }
  return keys;
}

}  // namespace

CurveKeys read_curve_file(const Path& file) {
  std::ifstream in(file);
  if (!in) throw IoError(fmt::format("{} cannot be opened", file.string()));
  CurveKeys keys;
  int lines = 0;
  for (std::string line; lines < 1000 && std::getline(in, line); ++lines) {
    if (const std::string key = quoted(line, "public-key"); !key.empty()) keys.public_key = key;
    if (const std::string key = quoted(line, "secret-key"); !key.empty()) keys.secret_key = key;
  }
  if (is_key(keys.public_key) && (keys.secret_key.empty() || is_key(keys.secret_key))) return keys;
  throw ConfigError(
      fmt::format("{} is not a CURVE certificate (no 'public-key' of 40 characters) make one with "
                  "python3 -c 'import zmq.auth; zmq.auth.create_certificates(\".\", \"annulus\")'",
                  file.string()));
}

std::optional<CurveSecurity> read_curve(Attach attach, const std::optional<Path>& secret_key,
                                        const std::optional<Path>& server_key, const std::optional<Path>& client_keys) {
  if (!secret_key && !server_key && !client_keys) return std::nullopt;
  if (attach == Attach::bind && server_key)
    throw ConfigError(
        "curve_server_key is for a socket that connects (this one binds: clients prove themselves to it)");
  if (attach == Attach::bind && !secret_key)
    throw ConfigError("a socket that binds needs curve_secret_key (its own key pair, to which clients are given .key)");
  if (attach == Attach::connect && !server_key)
    throw ConfigError("a socket that connects needs curve_server_key (the public key of the peer that binds)");
  if (attach == Attach::connect && client_keys)
    throw ConfigError("curve_client_keys is for a socket that binds (this one connects)");
  CurveSecurity security{.own = secret_key ? own_keys(*secret_key) : make_keys(), .server_key = {}, .client_keys = {}};
  if (server_key) security.server_key = read_curve_file(*server_key).public_key;
  if (client_keys) security.client_keys = read_client_keys(*client_keys);
  return security;
}

void CurveParams::check(Problems& problems, Attach attach) const {
  try {
    (void)read(attach);
  } catch (const std::exception& error) {
    const bool of_server = error.what() != nullptr && !secret_key_->has_value() && server_key_->has_value();
    problems.add(of_server ? server_key_.name() : secret_key_->has_value() ? secret_key_.name() : "", error.what());
  }
}

}  // namespace annulus
