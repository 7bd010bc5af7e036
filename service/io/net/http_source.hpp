// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "service/io/net/descriptor.hpp"
#include "service/io/net/server_source.hpp"
#include "service/io/net/web_server.hpp"

namespace annulus {

struct HttpSourceOptions {
  std::string path{"/"};                             ///< what the path of a request begins with
  std::size_t largest_body = std::size_t{64} << 20;  ///< [bytes]
  std::vector<std::string> origins{};                ///< of web pages that may send: "http://127.0.0.1:8080"
  ListenOptions listen{};
};

/// Emits the body of every POST request. The answer is 200 when the element has gone through the graph, or into its
/// queues; 503 when the graph refuses it (the run has failed, or the service stops), 4xx for what cannot be used.
class HttpSource final : public ServerSource {
 public:
  HttpSource(std::string name, const ProducerOptions& options, std::uint16_t port, const HttpSourceOptions& http);

 private:
  struct Reply {
    int status = 200;
    std::string text;
  };
  void open() override;
  bool produce() override;
  void wake() override { wake_.raise(); }
  void shut() noexcept override;
  int respond(mg_connection* connection) noexcept;
  Reply read_element(mg_connection* connection, std::string& body) const;
  static void send(mg_connection* connection, const Reply& reply);
  void count(int reading, int answering);

  HttpSourceOptions http_;
  WakeUp wake_;
  std::mutex mutex_;
  std::condition_variable left_;
  int reading_ = 0;    ///< requests that are being read
  int answering_ = 0;  ///< requests whose element is on its way, or whose answer
  std::unique_ptr<WebServer> server_;
};

/// The bodies of POST requests; port 0 is any free one (port_of() tells which).
Stream<std::string> from_http_server(Graph& graph, std::uint16_t port, const HttpSourceOptions& http = {},
                                     const ProducerOptions& options = {});

}  // namespace annulus
