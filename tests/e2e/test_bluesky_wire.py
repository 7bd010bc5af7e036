# SPDX-License-Identifier: BSD-3-Clause
"""A shared line as beamlines have it: Publisher -> Proxy -> annulus -> RemoteDispatcher with several runs, prefixes and
serializers at once, and with listeners that come late."""

from dataclasses import replace

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import numpy as np
import pytest
from bluesky import RunEngine
from bluesky.callbacks.zmq import Publisher
from ophyd.sim import SynSignal, motor

import beamline
from beamline import IMAGE_KEY
from processes import wait_for
from receiver import validate
from test_live_run import CODECS

FRAMES = 3


def config(measurement, proxy, pub_port, form="auto", taken="", **output):
    options = "".join(f", {key}: {value}" for key, value in output.items())
    return f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, connect: "tcp://127.0.0.1:{proxy.out_port}", image: {IMAGE_KEY}, serializer: {form},
        prefix: "{taken}"}}
operators:
  integrate: {measurement.integrate1d}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs"}}
  an: {{type: bluesky_pub, in: integrate, bind: "tcp://127.0.0.1:{pub_port}"{options}}}
"""


def refused(running, kind):
    return sum(source["refused"][kind] for source in running.status()["sources"])


def refusals(running):
    """Every kind of message that was refused, with its number."""
    (source,) = running.status()["sources"]
    return {kind: number for kind, number in source["refused"].items() if number > 0}


@pytest.mark.parametrize("serializer", CODECS)
def test_two_interleaved_runs_keep_apart(serializer, generated, daemon, proxy, publisher, receiver, ports):
    dumps, loads = CODECS[serializer]
    running = daemon(config(generated, proxy, ports["pub"], serializer, "raw", prefix="an", serializer=serializer))
    dispatcher = receiver(ports["pub"], prefix=b"an", deserializer=loads)
    send = publisher(proxy.in_port, running, dispatcher, prefix=b"raw", serializer=dumps)
    stranger = Publisher(f"127.0.0.1:{proxy.in_port}", prefix=b"other", serializer=dumps)

    def stranger_is_heard():
        stranger("start", {"uid": "x", "time": 0})
        return refused(running, "other_prefix") > 0

    wait_for(stranger_is_heard, "a publisher with another prefix to be heard")

    doubled = np.where(generated.image >= 0, 2 * generated.image, -1).astype(np.int32)
    measurements = [generated, replace(generated, image=doubled)]
    runs = [list(beamline.compose_run(each.image, FRAMES, number)) for number, each in enumerate(measurements)]
    for documents in zip(*runs, strict=True):
        for name, document in documents:
            stranger(name, document)
            send(name, document)
    stranger.close()

    received = [dispatcher.wait_for_run(documents[0][1]["uid"]) for documents in runs]
    for documents, measurement in zip(received, measurements, strict=True):
        validate(documents)
        events = [document["data"] for name, document in documents if name == "event"]
        assert [event["frame_number"] for event in events] == list(range(FRAMES))
        for event in events:
            measurement.check(event["intensity"], event["sigma"])
    starts = [document["uid"] for name, document in dispatcher.documents if name == "start" and document["parent_uids"]]
    assert len(set(starts)) == len(starts)
    assert list(refusals(running)) == ["other_prefix"]


@pytest.mark.parametrize("serializer", CODECS)
def test_documents_of_every_kind_are_understood(serializer, generated, daemon, proxy, publisher, receiver, ports):
    running = daemon(config(generated, proxy, ports["pub"]))
    dispatcher = receiver(ports["pub"])
    send = publisher(proxy.in_port, running, dispatcher, serializer=CODECS[serializer][0])
    documents = beamline.compose_every_kind(generated.image)
    for name, document in documents:
        send(name, document)
    uid = documents[0][1]["uid"]
    events = [document["data"] for name, document in dispatcher.wait_for_run(uid) if name == "event"]
    assert [event["frame_number"] for event in events] == [0, 1, 2, 3]
    frames = running.wait_for_run(uid)["frames"]
    assert (frames["reduced"], frames["lost"], frames["rejected"]) == (4, 0, 0)
    assert refusals(running) == {}


def test_processes_of_one_machine_meet_at_files(generated, daemon, publisher, receiver, tmp_path):
    raw, reduced = (f"ipc://{tmp_path}/{name}" for name in ("raw", "an"))
    running = daemon(f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, bind: "{raw}", image: {IMAGE_KEY}}}
operators:
  integrate: {generated.integrate1d}
sinks:
  an: {{type: bluesky_pub, in: integrate, bind: "{reduced}"}}
""")
    dispatcher = receiver(reduced)
    send = publisher(raw, running, dispatcher)
    documents = list(beamline.compose_run(generated.image, FRAMES))
    for name, document in documents:
        send(name, document)
    events = [document["data"] for name, document in dispatcher.wait_for_run(documents[0][1]["uid"]) if name == "event"]
    assert len(events) == FRAMES
    generated.check(events[-1]["intensity"], events[-1]["sigma"])


def test_a_service_that_joins_during_a_run_waits_for_the_next(generated, daemon, proxy, receiver, ports):
    engine = RunEngine({})
    sender = Publisher(f"127.0.0.1:{proxy.in_port}")
    engine.subscribe(sender)
    camera = SynSignal(name=IMAGE_KEY, func=lambda: generated.image)
    monitor = SynSignal(name="monitor", func=lambda: np.float64(1.5))
    started = []

    def join():
        started.append(daemon(config(generated, proxy, ports["pub"])))
        started.append(receiver(ports["pub"]))
        beamline.wait_until_heard(sender, *started)

    def plan(in_the_middle):
        @bpp.stage_decorator([camera, monitor])
        def steps():
            uid = yield from bps.open_run({"plan_name": "late"})
            yield from bps.mv(motor, 0)
            yield from bps.create("baseline")
            yield from bps.read(motor)
            yield from bps.save()
            for number in range(FRAMES):
                if number == 1:
                    in_the_middle()
                yield from bps.mv(motor, number)
                yield from bps.trigger_and_read([camera, monitor, motor])
            yield from bps.close_run()
            return uid

        return steps()

    (late,) = engine(plan(join))
    (uid,) = engine(plan(lambda: None))
    sender.close()

    running, dispatcher = started
    documents = dispatcher.wait_for_run(uid)
    validate(documents)
    assert running.wait_for_run(uid)["frames"]["written"] == FRAMES
    assert dispatcher.runs_of(late) == []
    # The frames and the stop of the run that was missed: all counted, each kind told once.
    assert refused(running, "unknown_run") == FRAMES - 1 + 1
    told = [error["message"] for error in running.status()["errors"] if "its start was missed" in error["message"]]
    assert len(told) == 2, told
