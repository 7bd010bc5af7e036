# SPDX-License-Identifier: BSD-3-Clause
"""Images by reference: documents that point into files, written by h5py in SWMR mode in another process, by ophyd-async's
simulated detector under a RunEngine, and as area detectors leave them."""

import subprocess
import sys
from pathlib import PurePath

import bluesky.plans as bp
import event_model
import h5py
import numpy as np
import pytest
from bluesky import RunEngine
from fabio.tifimage import TifImage

import beamline

SHAPE = (24, 32)
KEY = "det"

# Appends one image at each line of its input and says so, or closes the file at the end of it.
WRITER = """
import sys, h5py, numpy as np
path, rows, cols = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
file = h5py.File(path, "w", libver="latest")
data = file.create_dataset("entry/data/data", shape=(0, rows, cols), maxshape=(None, rows, cols), dtype="u2",
                           chunks=(1, rows, cols))
file.swmr_mode = True
print("open", flush=True)
for line in sys.stdin:
    k = data.shape[0]
    data.resize(k + 1, axis=0)
    data.flush()  # the extent is visible before the image is
    data[k] = 100 + k
    data.flush()
    print(k, flush=True)
file.close()
"""


class Writer:
    """h5py in a process of its own, appending in SWMR mode."""

    def __init__(self, path, shape=SHAPE):
        command = [sys.executable, "-c", WRITER, path, *map(str, shape)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        assert self.process.stdout.readline() == "open\n"

    def append(self):
        self.process.stdin.write("\n")
        assert self.process.stdout.readline().strip().isdigit()

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=20) == 0


@pytest.fixture
def writer():
    started = []

    def start(path):
        started.append(Writer(path))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()
        each.process.stdin.close()
        each.process.stdout.close()


def poni(path, shape=SHAPE):
    """A detector of 1 mm pixels around the beam."""
    path.write_text(f"""poni_version: 2.1
Detector: Detector
Detector_config: {{"pixel1": 1e-3, "pixel2": 1e-3, "max_shape": [{shape[0]}, {shape[1]}], "orientation": 3}}
Distance: 0.1
Poni1: {shape[0] / 2 * 1e-3}
Poni2: {shape[1] / 2 * 1e-3}
Rot1: 0
Rot2: 0
Rot3: 0
Wavelength: 1e-10
""")
    return path


def config(tmp_path, port, options="", shape=SHAPE, attach="bind"):
    return f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, {attach}: "tcp://127.0.0.1:{port}", image: {KEY}{options}}}
operators:
  integrate: {{type: integrate1d, in: raw, poni: {poni(tmp_path / "small.poni", shape)}, bins: 10,
              split: "no", solid_angle: false}}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs", flush_frames: 1}}
"""


def images_of(running, uid):
    """What the file of a run says: the state of every frame, and the mean of every pattern."""
    with h5py.File(running.config.parent / "data" / f"{uid}.nxs") as file:
        assert file["entry/annulus/exit_status"].asstr()[()] == "success"
        states = list(file["entry/annulus/ledger/frame_state"])
        return states, np.nanmean(file["entry/data/I"][()], axis=1)


class Run:
    """A run whose detector writes files, document by document."""

    def __init__(self, send, external, shape=SHAPE, images=1, readings=False):
        self.send = send
        self.run = event_model.compose_run(metadata={"plan_name": "count"})
        self.uid = self.run.start_doc["uid"]
        keys = {KEY: {"source": "test", "dtype": "array", "shape": [images, *shape], "external": external}}
        if readings:
            keys["motor"] = {"source": "test", "dtype": "number", "shape": []}
        self.stream = self.run.compose_descriptor(name="primary", data_keys=keys)
        send("start", self.run.start_doc)
        send("descriptor", self.stream.descriptor_doc)

    def stream_resource(self, mimetype, uri, **parameters):
        self.resource = self.run.compose_stream_resource(
            mimetype=mimetype, uri=uri, data_key=KEY, parameters=parameters)
        self.send("stream_resource", self.resource.stream_resource_doc)

    def stream_datum(self, first, stop):
        document = self.resource.compose_stream_datum({"start": first, "stop": stop},
                                                      seq_nums={"start": first + 1, "stop": stop + 1},
                                                      descriptor=self.stream.descriptor_doc)
        self.send("stream_datum", document)

    def stop(self):
        self.send("stop", self.run.compose_stop())


HDF5 = "application/x-hdf5"
STATES = {"reduced": 1, "lost": 2}


def test_frames_are_read_while_they_are_being_written(tmp_path, daemon, publisher, ports, writer):
    running = daemon(config(tmp_path, ports["raw"]))
    run = Run(publisher(ports["raw"], running), "STREAM:")
    run.stream_resource(HDF5, f"file://localhost{tmp_path}/a.h5", dataset="/entry/data/data", chunk_shape=[1, *SHAPE])
    run.stream_datum(0, 2)  # before there is a file
    detector = writer(tmp_path / "a.h5")
    for k in range(2):
        detector.append()
        running.wait_for(lambda s: s["run"]["uid"] == run.uid and s["run"]["frames"]["written"] == k + 1, f"frame {k}")  # noqa: B023
    run.stream_datum(2, 4)
    run.stop()
    detector.append()
    running.wait_for(lambda s: s["run"]["frames"]["written"] == 3, "the third frame")
    assert not running.status()["run"]["outcome"], "the end of the run waits for what is announced"
    detector.append()
    running.wait_for_run(run.uid)
    states, means = images_of(running, run.uid)
    assert states == [STATES["reduced"]] * 4
    np.testing.assert_allclose(means, [100, 101, 102, 103])
    detector.close()


def test_a_detector_of_ophyd_async_is_reduced_frame_by_frame(tmp_path, daemon, proxy, publisher):
    from ophyd_async.core import StaticFilenameProvider, StaticPathProvider, init_devices
    from ophyd_async.sim import SimBlobDetector

    running = daemon(config(tmp_path, proxy.out_port, shape=(240, 320), attach="connect"))
    engine = RunEngine({})
    with init_devices():
        detector = SimBlobDetector(StaticPathProvider(StaticFilenameProvider("blob"), PurePath(tmp_path)), name=KEY)
    engine.subscribe(publisher(proxy.in_port, running))
    (uid,) = engine(bp.count([detector], 5))
    frames = running.wait_for_run(uid)["frames"]
    assert frames["received"] == frames["reduced"] == frames["written"] == 5
    states, means = images_of(running, uid)
    assert states == [STATES["reduced"]] * 5
    with h5py.File(tmp_path / "blob.h5") as file:
        stored = file["entry/data/data"][()].mean(axis=(1, 2))
    assert len(stored) == 5 and np.all(means > 0)
    np.testing.assert_allclose(means / means[0], stored / stored[0], rtol=1e-6)


def area_detector_files(folder, spec, frames):
    """The files that an area detector's plugin leaves; returns (resource_path, resource_kwargs)."""
    images = [np.full(SHAPE, 100 + k, np.uint16) for k in range(frames)]
    if spec == "AD_TIFF":
        for k, image in enumerate(images):
            TifImage(data=image).write(str(folder / f"img_{k:06d}.tiff"))
        return ".", {"template": "%s%s_%6.6d.tiff", "filename": "img", "frame_per_point": 2}
    if spec == "AD_HDF5_SINGLE":
        for k, image in enumerate(images):
            with h5py.File(folder / f"img_{k:03d}.h5", "w") as file:
                file["entry/data/data"] = image
        return "", {"template": "%s%s_%3.3d.h5", "filename": "img", "frame_per_point": 2}
    with h5py.File(folder / "a.h5", "w") as file:
        file["entry/instrument/detector/data" if spec == "TPX_HDF5" else "entry/data/data"] = np.array(images)
    return "a.h5", {"frame_per_point": 2}


@pytest.mark.parametrize("spec", ["AD_TIFF", "AD_HDF5", "AD_HDF5_SWMR", "AD_HDF5_SINGLE", "TPX_HDF5"])
@pytest.mark.parametrize("datum_first", [True, False])
def test_resources_of_area_detectors_are_found_below_a_mapped_root(spec, datum_first, tmp_path, daemon, publisher, ports):
    (tmp_path / "here").mkdir()
    path, kwargs = area_detector_files(tmp_path / "here", spec, 6)
    running = daemon(config(tmp_path, ports["raw"],
                            f", root_map: {{/ioc/data: {tmp_path}/here}}, allow: [{tmp_path}/nothing]"))
    run = Run(publisher(ports["raw"], running), "FILESTORE:", images=2, readings=True)
    resource = run.run.compose_resource(spec=spec, root="/ioc/data", resource_path=path, resource_kwargs=kwargs)
    run.send("resource", resource.resource_doc)
    for k in range(3):
        datum = resource.compose_datum(datum_kwargs={"point_number": k})
        event = run.stream.compose_event(data={KEY: datum["datum_id"], "motor": 0.5 * k},
                                         timestamps={KEY: 0.0, "motor": 0.0}, filled={KEY: False})
        for name, document in [("datum", datum), ("event", event)][:: 1 if datum_first else -1]:
            run.send(name, document)
    run.stop()
    running.wait_for_run(run.uid)
    states, means = images_of(running, run.uid)
    assert states == [STATES["reduced"]] * 6
    np.testing.assert_allclose(means, [100, 101, 102, 103, 104, 105])


def test_a_series_of_an_eiger_is_read_through_its_master_file(tmp_path, daemon, publisher, ports):
    import hdf5plugin

    for part in (1, 2):
        with h5py.File(tmp_path / f"x_7_data_{part:06d}.h5", "w") as file:
            file.create_dataset("entry/data/data", data=np.full((3, *SHAPE), 10 * part, np.uint32),
                                chunks=(1, *SHAPE), compression=hdf5plugin.Bitshuffle(cname="lz4"))
    with h5py.File(tmp_path / "x_7_master.h5", "w") as file:
        for part in (1, 2):
            link = h5py.ExternalLink(f"x_7_data_{part:06d}.h5", "/entry/data/data")
            file.require_group("entry/data")[f"data_{part:06d}"] = link
    running = daemon(config(tmp_path, ports["raw"]))
    run = Run(publisher(ports["raw"], running), "FILESTORE:", images=6)
    resource = run.run.compose_resource(spec="AD_EIGER2", root=str(tmp_path), resource_path="x",
                                        resource_kwargs={"images_per_file": 3})
    run.send("resource", resource.resource_doc)
    datum = resource.compose_datum(datum_kwargs={"seq_id": 7})
    run.send("datum", datum)
    run.send("event", run.stream.compose_event(data={KEY: datum["datum_id"]}, timestamps={KEY: 0.0},
                                               filled={KEY: False}))
    run.stop()
    running.wait_for_run(run.uid)
    states, means = images_of(running, run.uid)
    assert states == [STATES["reduced"]] * 6
    np.testing.assert_allclose(means, [10, 10, 10, 20, 20, 20])


def test_files_that_never_come_are_lost_and_the_run_ends(tmp_path, daemon, publisher, ports):
    running = daemon(config(tmp_path, ports["raw"], ", wait: 0.2"))
    run = Run(publisher(ports["raw"], running), "STREAM:")
    run.stream_resource(HDF5, f"file://localhost{tmp_path}/never.h5", dataset="/entry/data/data")
    run.stream_datum(0, 3)
    run.stop()
    frames = running.wait_for_run(run.uid)["frames"]
    assert frames["lost"] == 3 and frames["reduced"] == 0
    assert "waited 0.2 s" in running.log and "never.h5 is not there" in running.log
    assert running.terminate() == 0


def test_a_stop_does_not_wait_for_files(tmp_path, daemon, publisher, ports):
    running = daemon(config(tmp_path, ports["raw"], ", wait: 1000"))
    run = Run(publisher(ports["raw"], running), "STREAM:")
    run.stream_resource(HDF5, f"file://localhost{tmp_path}/never.h5", dataset="/entry/data/data")
    run.stream_datum(0, 3)
    run.stop()
    running.wait_for(lambda s: s["run"] and s["run"]["uid"] == run.uid, "the run")
    assert running.terminate() == 0
    assert "the service was stopped before they could be read" in running.log


def test_a_sequence_of_tiffs_is_followed(tmp_path, daemon, publisher, ports):
    folder = tmp_path / "tiffs"
    running = daemon(config(tmp_path, ports["raw"]))
    run = Run(publisher(ports["raw"], running), "STREAM:")
    run.stream_resource("multipart/related;type=image/tiff", f"file://localhost{folder}/", template="f_{:06d}.tiff",
                        chunk_shape=[1, *SHAPE])
    run.stream_datum(0, 3)
    run.stop()
    folder.mkdir()
    for k in range(3):
        TifImage(data=np.full(SHAPE, 7 + k, np.uint32)).write(str(folder / f"f_{k:06d}.tiff"))
    running.wait_for_run(run.uid)
    states, means = images_of(running, run.uid)
    assert states == [STATES["reduced"]] * 3
    np.testing.assert_allclose(means, [7, 8, 9])


def test_files_outside_of_the_allowed_folders_are_not_opened(tmp_path, daemon, publisher, ports):
    (tmp_path / "allowed").mkdir()
    area_detector_files(tmp_path, "AD_HDF5", 1)
    (tmp_path / "allowed" / "link.h5").symlink_to(tmp_path / "a.h5")
    running = daemon(config(tmp_path, ports["raw"], f", allow: {tmp_path}/allowed"))
    send = publisher(ports["raw"], running)
    for uri in (f"file://localhost{tmp_path}/a.h5", f"file://localhost{tmp_path}/allowed/link.h5", "http://host/a.h5"):
        run = Run(send, "STREAM:")
        run.stream_resource(HDF5, uri, dataset="/entry/data/data")
        run.stream_datum(0, 1)
        run.stop()
        assert running.wait_for_run(run.uid)["frames"]["rejected"] == 1
    assert "lies outside of the folders in allow" in running.log and "nothing is fetched" in running.log
