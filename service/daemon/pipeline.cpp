// SPDX-License-Identifier: BSD-3-Clause
#include "service/daemon/pipeline.hpp"

#include <memory>
#include <utility>

#include "operators/data/frame.hpp"
#include "operators/data/pattern.hpp"

#include "operators/correct/register.hpp"
#include "operators/integrate/register.hpp"
#include "operators/stream/payload.hpp"
#include "service/config/build.hpp"
#include "service/daemon/viewer_sink.hpp"
#include "service/io/nexus/nexus_sink.hpp"
#include "service/io/replay/replay_source.hpp"
#include "service/io/zmq/array_stream_source.hpp"
#include "service/io/zmq/bluesky_publisher.hpp"
#include "service/io/zmq/bluesky_source.hpp"
#include "service/io/zmq/simplon_source.hpp"

namespace annulus {

Registry make_registry(ViewerHub& hub, const std::string& config) {
  Registry registry;
  registry.add<BlueskySource>("bluesky_zmq", Category::source, "Bluesky documents with inline images, over ZeroMQ.");
  registry.add<SimplonSource>("simplon", Category::source, "The stream of a DECTRIS detector (SIMPLON V1 and V2).");
  registry.add<ArrayStreamSource>("array_zmq", Category::source,
                                  "Images of htype array-1.0 over ZeroMQ: areaDetector's plugin, PSI.");
  registry.add<ReplaySource>("replay", Category::source, "A recorded run: Bluesky documents, or images, from a file.");
  register_correct(registry);
  register_integrate(registry);
  const auto files_of = [&config](FileContent content) {
    return
        [config, content](std::string name) { return std::make_unique<NexusSink>(std::move(name), config, content); };
  };
  registry.add("nexus_file", Category::sink,
               "One NeXus/HDF5 file per run (NXazint1d or NXazint2d), readable while it grows.",
               files_of(FileContent::patterns));
  registry.add_variant("nexus_file", type_id<Pattern>(), files_of(FileContent::patterns));
  registry.add_variant("nexus_file", type_id<Cake>(), files_of(FileContent::cakes));
  registry.add<BlueskyPublisher>("bluesky_pub", Category::sink,
                                 "Publishes each run's patterns as a Bluesky run of its own, over ZeroMQ.");
  registry.add("viewer", Category::sink, "Shows patterns, cakes and frames on the web page.",
               [&hub](std::string name) { return std::make_unique<ViewerSink>(std::move(name), hub); });
  register_payload<Frame>(registry);
  register_payload<Pattern>(registry);
  register_payload<Cake>(registry);
  return registry;
}

Pipeline::Pipeline(const Config& config) { warnings_ = build_graph(config, make_registry(hub_, config.text), graph_); }

}  // namespace annulus
