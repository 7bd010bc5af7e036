// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/external_frames.hpp"

#include "tests/detectors/bluesky/tracker_log.hpp"

namespace annulus::bluesky {
namespace {

using namespace testing;

Dict external_key(List shape, const char* external) {
  Dict key = image_key(std::move(shape));
  key.set("external", external);
  return key;
}

const Dict motor{{"dtype", "number"}, {"shape", List{}}};

Document stream_resource(const std::string& uid, const std::string& uri, Dict parameters = {}) {
  return {"stream_resource",
          {{"uid", uid},
           {"data_key", "image"},
           {"mimetype", "application/x-hdf5"},
           {"uri", uri},
           {"parameters", std::move(parameters)}}};
}

Dict range(int start, int stop) { return {{"start", start}, {"stop", stop}}; }

Document stream_datum(const std::string& run, int first, int stop, const std::string& resource = "s") {
  return {"stream_datum",
          {{"uid", resource + "/0"},
           {"descriptor", run + "/primary"},
           {"stream_resource", resource},
           {"indices", range(first, stop)},
           {"seq_nums", range(first + 1, stop + 1)}}};
}

Document resource(const std::string& spec, const std::string& path, Dict kwargs) {
  return {"resource",
          {{"uid", "s"}, {"spec", spec}, {"root", "/data"}, {"resource_path", path}, {"resource_kwargs", kwargs}}};
}

Document datum(int point) {
  return {
      "datum",
      {{"datum_id", "s/" + std::to_string(point)}, {"resource", "s"}, {"datum_kwargs", Dict{{"point_number", point}}}}};
}

Document pointing_event(const std::string& run, int seq_num, int point) {
  return event(run, seq_num, "s/" + std::to_string(point));
}

TEST(ExternalFrames, of_a_stream_are_announced_by_its_stream_datums) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"image", external_key({2, 3, 4}, "STREAM:")}}));
  log.feed(stream_resource("s", "file://localhost/d/a%20b.h5", {{"dataset", "entry/data/data"}}));
  log.feed(stream_datum("r", 0, 3)).feed(stream_datum("r", 3, 4)).feed(stop("r", 4));
  EXPECT_EQ(log.lines,
            (Lines{"started r", "file r 0+6 /d/a b.h5 0", "file r 6+2 /d/a b.h5 6", "stopped r success 0/0/0"}));
  EXPECT_EQ(log.in_files[0].files->dataset, "/entry/data/data");
}

TEST(ExternalFrames, of_a_stream_wait_for_the_readings_beside_them) {
  Log log;
  log.feed(start("r"));
  log.feed(descriptor("r", {{"motor", motor}, {"image", external_key({1, 3, 4}, "STREAM:")}}));
  log.feed(stream_resource("s", "file:///d/a.h5")).feed(stream_datum("r", 0, 3));
  EXPECT_EQ(log.lines, (Lines{"started r"}));
  Document reading = event("r", 1);
  reading.content.set("data", Dict{{"motor", 0.5}});
  log.feed(reading);
  EXPECT_TRUE(log.last_is("file r 0+1 /d/a.h5 0"));
  EXPECT_EQ(*log.in_files[0].readings, (Dict{{"motor", 0.5}}));
  EXPECT_EQ(log.in_files[0].time, 3.25);
  reading.content.set("seq_num", 3);
  log.feed(reading).feed(stop("r", 3));
  EXPECT_EQ(log.lines, (Lines{"started r", "file r 0+1 /d/a.h5 0", "file r 1+1 /d/a.h5 1", "file r 2+1 /d/a.h5 2",
                              "stopped r success 0/0/0"}));
  EXPECT_EQ(log.in_files[1].readings, nullptr) << "its event never came";
}

TEST(ExternalFrames, of_a_stream_are_lost_where_the_sequence_has_a_gap) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"image", external_key({3, 4}, "STREAM:")}}));
  log.feed(stream_resource("s", "file:///d/a.h5"));
  log.feed(stream_datum("r", 1, 2)).feed(stream_datum("r", 1, 2)).feed(stop("r", 4));
  EXPECT_EQ(log.lines, (Lines{"started r", "lost r 0-0: gap in the sequence numbers", "file r 1+1 /d/a.h5 1",
                              "problem r stream_datum: images of event 2 come again or too late (3 was due); they are "
                              "ignored",
                              "lost r 2-3: never came before the run's stop", "stopped r success 0/3/0"}));
}

TEST(ExternalFrames, that_cannot_be_had_are_rejected_with_the_reason) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"image", external_key({3, 4}, "STREAM:")}}));
  log.feed(stream_resource("s", "https://host/a.h5")).feed(stream_datum("r", 0, 1));
  EXPECT_TRUE(log.last_is("rejected r 0-0: 'https://host/a.h5' is not a file (only file:// is read"));
  log.feed(stream_datum("r", 1, 2, "strange"));
  EXPECT_TRUE(log.last_is("rejected r 1-1: stream_resource 'strange' is not known"));
  log.feed(stream_resource("t", "file:///a.h5", {{"slice", "(::2)"}})).feed(stream_datum("r", 2, 3, "t"));
  EXPECT_TRUE(log.last_is("rejected r 2-2: the parameter slice '(::2)' is not supported"));
  log.feed(stream_resource("u", "file:///a.h5", {{"multiplier", 5}})).feed(stream_datum("r", 3, 4, "u"));
  EXPECT_TRUE(log.last_is("rejected r 3-3: 5 images an event (1 before)"));
}

TEST(ExternalFrames, of_a_datum_are_found_through_its_resource) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"motor", motor}, {"image", external_key({2, 3, 4}, "FILESTORE:")}}));
  log.feed(resource("AD_HDF5", "x/a.h5", {{"frame_per_point", 2}})).feed(datum(0)).feed(pointing_event("r", 1, 0));
  log.feed(datum(1)).feed(pointing_event("r", 2, 1)).feed(stop("r", 2));
  EXPECT_EQ(log.lines,
            (Lines{"started r", "file r 0+2 /data/x/a.h5 0", "file r 2+2 /data/x/a.h5 2", "stopped r success 0/0/0"}));
  EXPECT_EQ(log.in_files[0].files->dataset, "/entry/data/data");
  EXPECT_EQ(*log.in_files[0].readings, (Dict{{"motor", 0.25}}));
}

TEST(ExternalFrames, of_a_datum_wait_when_it_comes_after_its_event) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"image", external_key({1, 3, 4}, "FILESTORE:")}}));
  log.feed(pointing_event("r", 1, 0)).feed(pointing_event("r", 2, 1)).feed(pointing_event("r", 3, 2));
  log.feed(resource("AD_TIFF", "x", {{"template", "%s%s_%6.6d.tiff"}, {"filename", "f"}})).feed(datum(1));
  EXPECT_EQ(log.lines, (Lines{"started r"})) << "in the order of the events";
  log.feed({"datum_page",
            {{"resource", "s"}, {"datum_id", List{"s/0"}}, {"datum_kwargs", Dict{{"point_number", List{0}}}}}});
  log.feed(stop("r", 3));
  EXPECT_EQ(log.lines, (Lines{"started r", "file r 0+1 /data/x/f_ 0", "file r 1+1 /data/x/f_ 1",
                              "lost r 2-2: datum 's/2' never came", "stopped r success 0/1/0"}));
  EXPECT_EQ(log.in_files[0].files->number, (NumberForm{6, true}));
}

TEST(ExternalFrames, of_an_eiger_are_one_series_an_event) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"image", external_key({10, 3, 4}, "FILESTORE:")}}));
  log.feed(resource("AD_EIGER2", "x/abc", {{"images_per_file", 5}}));
  log.feed({"datum", {{"datum_id", "s/0"}, {"resource", "s"}, {"datum_kwargs", Dict{{"seq_id", 7}}}}});
  log.feed(pointing_event("r", 1, 0));
  EXPECT_TRUE(log.last_is("file r 0+10 /data/x/abc_7_master.h5 0"));
  EXPECT_EQ(log.in_files[0].files->dataset, "/entry/data");
}

TEST(ExternalFrames, of_an_eiger_may_be_one_image_an_event) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"image", external_key({3, 4}, "FILESTORE:")}}));
  log.feed(resource("AD_EIGER_SLICE", "x/abc", {{"images_per_file", 5}}));
  log.feed(
      {"datum", {{"datum_id", "s/0"}, {"resource", "s"}, {"datum_kwargs", Dict{{"seq_id", 7}, {"frame_num", 6}}}}});
  log.feed(pointing_event("r", 1, 0));
  EXPECT_TRUE(log.last_is("file r 0+1 /data/x/abc_7_master.h5 6"));
}

TEST(ExternalFrames, of_a_timepix_are_in_a_dataset_of_its_own) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"image", external_key({3, 4}, "FILESTORE:")}}));
  log.feed(resource("TPX_HDF5", "a.h5", {})).feed(datum(0)).feed(pointing_event("r", 1, 0));
  EXPECT_TRUE(log.last_is("file r 0+1 /data/a.h5 0"));
  EXPECT_EQ(log.in_files[0].files->dataset, "/entry/instrument/detector/data");
}

TEST(ExternalFrames, are_flushed_when_the_run_is_given_up) {
  Log log;
  log.feed(start("r")).feed(descriptor("r", {{"motor", motor}, {"image", external_key({3, 4}, "STREAM:")}}));
  log.feed(stream_resource("s", "file:///d/a.h5")).feed(stream_datum("r", 0, 3));
  log.add(log.tracker.abandon("shutdown"));
  EXPECT_EQ(log.lines, (Lines{"started r", "file r 0+3 /d/a.h5 0", "stopped r abort 0/0/0"}));
}

TEST(ImagePlace, takes_only_files_of_absolute_paths_from_uris) {
  EXPECT_EQ(path_of_uri("file://localhost/a/b%20c%25.h5").value(), "/a/b c%.h5");
  EXPECT_EQ(path_of_uri("file:///a.h5").value(), "/a.h5");
  EXPECT_EQ(path_of_uri("file:/a.h5").value(), "/a.h5");
  EXPECT_EQ(path_of_uri("file://ioc1/a.h5").value(), "//ioc1/a.h5");
  EXPECT_EQ(path_of_uri("file:///Z:/data/a.h5").value(), "Z:/data/a.h5");
  EXPECT_EQ(path_of_uri("file:///bad%zz").value(), "/bad%zz");
  for (const char* bad : {"http://h/a.h5", "", "a.h5", "file:a.h5", "file:///a%00b"}) {
    EXPECT_FALSE(path_of_uri(bad).has_value()) << bad;
  }
}

TEST(ImagePlace, understands_the_templates_of_numbered_files) {
  const auto read = [](const char* pattern) {
    const auto files = numbered_files(pattern, "/d/", "n");
    if (!files) return std::string("-");
    return files->path + "#" + std::to_string(files->number->width) + (files->number->zeros ? "z" : "") + files->suffix;
  };
  EXPECT_EQ(read("%s%s_%6.6d.tiff"), "/d/n_#6z.tiff");
  EXPECT_EQ(read("%s%s_%d.tif"), "/d/n_#0.tif");
  EXPECT_EQ(read("x_{:06d}.tiff"), "x_#6z.tiff");
  EXPECT_EQ(read("x_{}.tiff"), "x_#0.tiff");
  EXPECT_EQ(read("100%%_%03d_%s"), "100%_#3z_/d/");
  for (const char* bad : {"", "x.tiff", "%n%d", "%d%d", "{0}", "%99999d", "{:06d"}) EXPECT_EQ(read(bad), "-") << bad;
}

TEST(ImagePlace, joins_root_and_path_of_resources_also_from_windows) {
  const Dict windows{
      {"spec", "AD_HDF5"}, {"root", "Z:\\data"}, {"resource_path", "a\\b.h5"}, {"path_semantics", "windows"}};
  EXPECT_EQ(read_resource(windows).value().files.path, "Z:/data/a/b.h5");
  EXPECT_FALSE(read_resource({{"spec", "AD_HDF5"}, {"root", ""}, {"resource_path", "a.h5"}}).has_value());
  EXPECT_NE(read_resource({{"spec", "XSP3"}, {"root", "/"}, {"resource_path", "a"}}).error().find("AD_TIFF"),
            std::string::npos);
  const auto old = read_stream_resource({{"spec", "AD_HDF5_SWMR_STREAM"},
                                         {"root", "/r"},
                                         {"resource_path", "/a.h5"},
                                         {"resource_kwargs", Dict{{"path", "x/y"}, {"frame_per_point", 3}}}});
  EXPECT_EQ(old.value().files.path, "/r/a.h5");
  EXPECT_EQ(old.value().files.dataset, "/x/y");
  EXPECT_EQ(old.value().multiplier, 3U);
}

TEST(ImagePlace, takes_the_images_of_a_tiff_from_the_chunks) {
  const Dict document{{"uri", "file://localhost/d/"},
                      {"mimetype", "multipart/related;type=image/tiff"},
                      {"parameters", Dict{{"template", "f_{:04d}.tif"}, {"chunk_shape", List{5, 3, 4}}}}};
  EXPECT_EQ(
      read_stream_resource(document).value().files,
      (ImageFiles{
          .path = "/d/f_", .dataset = {}, .number = NumberForm{4, true}, .suffix = ".tif", .images_per_file = 5}));
}

}  // namespace
}  // namespace annulus::bluesky
