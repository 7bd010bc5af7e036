# SPDX-License-Identifier: BSD-3-Clause
"""SIGTERM in the middle of a run: nothing that was acknowledged is lost, and the file is whole."""

import signal

import h5py
import numpy as np
import pytest

import beamline
from beamline import IMAGE_KEY
from receiver import validate

FRAMES = 6


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_closes_the_file_with_every_frame_received(stop_signal, generated, daemon, publisher, receiver, ports):
    running = daemon(f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, bind: "tcp://127.0.0.1:{ports["raw"]}", image: {IMAGE_KEY}}}
operators:
  integrate: {generated.integrate1d}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs", flush_frames: 4, flush_seconds: 60}}
  an: {{type: bluesky_pub, in: integrate, bind: "tcp://127.0.0.1:{ports["pub"]}"}}
""")
    dispatcher = receiver(ports["pub"])
    send = publisher(ports["raw"], running, dispatcher)
    *documents, _stop = beamline.compose_run(generated.image, FRAMES)
    for name, document in documents:
        send(name, document)
    uid = documents[0][1]["uid"]
    status = running.wait_for(lambda s: s["run"]["uid"] == uid and s["run"]["frames"]["reduced"] == FRAMES, "all frames")
    assert status["run"]["frames"]["written"] == 4, "the last two wait for their flush"
    path = running.config.parent / "data" / f"{uid}.nxs"
    assert path.is_symlink(), "while it is written the file has another name"

    running.process.send_signal(stop_signal)
    assert running.process.wait(timeout=20) == 0
    assert not path.is_symlink() and not list(path.parent.glob("*.partial"))
    with h5py.File(path) as file:
        entry = file["entry"]
        assert entry["annulus/exit_status"].asstr()[()] == "abort"
        assert "stopped" in entry["annulus/reason"].asstr()[()]
        assert list(entry["annulus/ledger/frame_number"]) == list(range(FRAMES))
        for intensity, sigma in zip(entry["data/I"], entry["data/I_errors"], strict=True):
            generated.check(intensity, sigma)
    received = dispatcher.wait_for_run(uid)
    validate(received)
    assert received[-1][1]["exit_status"] == "abort"


def test_a_daemon_that_never_saw_a_run_stops_at_once(generated, daemon, ports):
    running = daemon(f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, connect: "tcp://127.0.0.1:{ports["nobody"]}"}}
operators:
  integrate: {generated.integrate1d}
sinks:
  an: {{type: bluesky_pub, in: integrate, bind: "tcp://127.0.0.1:{ports["pub"]}"}}
""")
    assert running.terminate() == 0
    assert np.diff([line_time(running.log, "stopping"), line_time(running.log, "stopped")]) < 1


def line_time(log, ending):
    """Seconds of the day of the log line with this ending."""
    (line,) = [line for line in log.splitlines() if line.endswith(ending)]
    hours, minutes, seconds = line.split()[1].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
