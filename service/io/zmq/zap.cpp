// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/zap.hpp"

#include <array>
#include <atomic>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <zmq.hpp>
#include <zmq_addon.hpp>

#include <fmt/format.h>

namespace annulus {
namespace {

/// Frames of a request, by place (ZAP 1.0).
enum Place : std::size_t { version, request_id, domain, address, identity, mechanism, first_credential };

class Authenticator {
 public:
  explicit Authenticator(zmq::context_t& context) : socket_(context, zmq::socket_type::rep) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.bind("inproc://zeromq.zap.01");
    thread_ = std::thread([this] { answer_all(); });
  }
  ~Authenticator() {
    stopping_ = true;
    thread_.join();
  }
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  std::string admit(const std::vector<std::string>& clients) {
    const std::lock_guard lock(mutex_);
    std::string name = fmt::format("annulus-{}", ++domains_);
    admitted_[name] = {clients.begin(), clients.end()};
    return name;
  }

 private:
  void answer_all() {
    while (!stopping_) {
      zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
      try {
        if (zmq::poll(&item, 1, std::chrono::milliseconds(100)) > 0) answer();
      } catch (const zmq::error_t& error) {
        if (error.num() == ETERM) return;
      }
    }
  }

  void answer() {
    std::vector<zmq::message_t> request;
    (void)zmq::recv_multipart(socket_, std::back_inserter(request));
    const bool good = request.size() > first_credential && may_connect(request);
    const std::string id = request.size() > request_id ? request[request_id].to_string() : std::string();
    const std::string text = good ? "OK" : "not among the client keys";
    // Version, request, status, its text, user and metadata: both none.
    const std::array<zmq::const_buffer, 6> reply{
        zmq::str_buffer("1.0"), zmq::buffer(id),     good ? zmq::str_buffer("200") : zmq::str_buffer("400"),
        zmq::buffer(text),      zmq::const_buffer(), zmq::const_buffer()};
    (void)zmq::send_multipart(socket_, reply);
  }

  bool may_connect(const std::vector<zmq::message_t>& request) {
    const std::lock_guard lock(mutex_);
    const auto found = admitted_.find(request[domain].to_string());
    if (found == admitted_.end()) return true;  // a socket that asks for no particular clients
    if (request[mechanism].to_string_view() != "CURVE" || request[first_credential].size() != 32) return false;
    std::array<char, 41> key{};
    zmq_z85_encode(key.data(), request[first_credential].data<std::uint8_t>(), 32);
    return found->second.contains(key.data());
  }

  std::mutex mutex_;
  int domains_ = 0;
  std::map<std::string, std::set<std::string>> admitted_;
  zmq::socket_t socket_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace

std::string admit_only(zmq::context_t& context, const std::vector<std::string>& clients) {
  static Authenticator authenticator(context);
  return authenticator.admit(clients);
}

}  // namespace annulus
