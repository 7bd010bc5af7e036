// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/sources.hpp"

#include "operators/stream/wiring.hpp"

namespace annulus {

Stream<ErrorReport> error_reports(Graph& graph, std::size_t capacity) {
  auto queue = std::make_shared<StreamQueue<ErrorReport>>(capacity);
  Stream<ErrorReport> reports = from_queue(graph, queue);
  graph.errors().listen([queue, &graph, &source = reports.node()](const ErrorReport& report) {
    const Node* node = graph.find(report.node);
    if (node == nullptr || (node != &source && !is_below(*node, source))) queue->try_push(report);
  });
  return reports;
}

}  // namespace annulus
