# SPDX-License-Identifier: BSD-3-Clause
"""A run's whole way, with unmodified parts of Bluesky on both sides: RunEngine -> Publisher -> Proxy -> annulus ->
RemoteDispatcher, and the file beside it."""

import json
import pickle
from functools import partial

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import event_model
import h5py
import msgpack
import msgpack_numpy
import numpy as np
import pytest
from bluesky import RunEngine
from ophyd.sim import SynSignal

import beamline
from beamline import IMAGE_KEY
from processes import wait_for
from receiver import validate

FRAMES = 5
CODECS = {
    "pickle": (pickle.dumps, pickle.loads),
    "msgpack": (
        partial(msgpack.packb, default=msgpack_numpy.encode),
        partial(msgpack.unpackb, object_hook=msgpack_numpy.decode),
    ),
    "json": (lambda doc: json.dumps(doc, cls=event_model.NumpyEncoder).encode(), json.loads),
}


def config(measurement, proxy, pub_port):
    return f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, connect: "tcp://127.0.0.1:{proxy.out_port}", image: {IMAGE_KEY}}}
operators:
  integrate: {measurement.integrate1d}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs", flush_frames: 1}}
  an: {{type: bluesky_pub, in: integrate, bind: "tcp://127.0.0.1:{pub_port}"}}
"""


def scan(detector, in_the_middle):
    """A plan that takes FRAMES images and calls in_the_middle(uid) before the last of them."""

    @bpp.stage_decorator([detector])
    def plan():
        uid = yield from bps.open_run({"plan_name": "scan", "sample_name": "CeO2"})
        for number in range(FRAMES):
            if number == FRAMES - 1:
                in_the_middle(uid)
            yield from bps.trigger_and_read([detector])
        yield from bps.close_run()

    return plan()


def test_a_run_is_reduced_written_and_republished(measurement, daemon, proxy, publisher, receiver, ports):
    running = daemon(config(measurement, proxy, ports["pub"]))
    dispatcher = receiver(ports["pub"])
    engine = RunEngine({})
    engine.subscribe(publisher(proxy.in_port, running, dispatcher))
    detector = SynSignal(name=IMAGE_KEY, func=lambda: measurement.image)
    path_of = lambda uid: running.config.parent / "data" / f"{uid}.nxs"  # noqa: E731

    def read_live(uid):
        wait_for(path_of(uid).exists, "the file of the run")
        running.wait_for(lambda s: s["run"]["uid"] == uid and s["run"]["frames"]["written"] == FRAMES - 1, "4 rows")
        with h5py.File(path_of(uid), "r", swmr=True) as file:
            measurement.check(file["entry/data/I"][FRAMES - 2], file["entry/data/I_errors"][FRAMES - 2])

    (uid,) = engine(scan(detector, read_live))

    documents = dispatcher.wait_for_run(uid)
    validate(documents)
    check_documents(documents, uid, measurement)
    frames = running.wait_for_run(uid)["frames"]
    assert [frames[state] for state in ("received", "reduced", "written", "published")] == [FRAMES] * 4
    check_file(path_of(uid), measurement)


def check_documents(documents, raw_uid, measurement):
    start = documents[0][1]
    assert start["uid"] != raw_uid
    assert start["parent_uids"] == [raw_uid] and start["original_run_uid"] == raw_uid
    assert start["analysis_stage"] and start["sample_name"] == "CeO2"
    events = [document["data"] for name, document in documents if name == "event"]
    assert [event["frame_number"] for event in events] == list(range(FRAMES))
    for event in events:
        measurement.check(event["intensity"], event["sigma"])
        np.testing.assert_allclose(event["q"], measurement.reference.radial, rtol=1e-6)


def check_file(path, measurement):
    with h5py.File(path, "r") as file:
        entry = file["entry"]
        assert entry["annulus/exit_status"].asstr()[()] == "success"
        assert list(entry["annulus/ledger/frame_number"]) == list(range(FRAMES))
        assert entry["data/I"].shape == (FRAMES, 1000)
        for intensity, sigma in zip(entry["data/I"], entry["data/I_errors"], strict=True):
            measurement.check(intensity, sigma)


@pytest.mark.parametrize("serializer", ["pickle", "msgpack", "json"])
def test_every_serializer_carries_the_same_numbers(serializer, generated, daemon, publisher, receiver, ports):
    serialize, deserialize = CODECS[serializer]
    running = daemon(f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, bind: "tcp://127.0.0.1:{ports["raw"]}", image: {IMAGE_KEY}}}
operators:
  integrate: {generated.integrate1d}
sinks:
  an: {{type: bluesky_pub, in: integrate, bind: "tcp://127.0.0.1:{ports["pub"]}", serializer: {serializer}}}
""")
    dispatcher = receiver(ports["pub"], deserializer=deserialize)
    send = publisher(ports["raw"], running, dispatcher, serializer=serialize)
    documents = list(beamline.compose_run(generated.image, 1))
    for name, document in documents:
        send(name, document)
    received = dispatcher.wait_for_run(documents[0][1]["uid"])
    validate(received)
    (event,) = [document["data"] for name, document in received if name == "event"]
    generated.check(event["intensity"], event["sigma"])
