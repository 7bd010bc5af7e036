# SPDX-License-Identifier: BSD-3-Clause
"""What a careless or hostile neighbour can do: it is told clearly, counted, and the run goes on."""

import os
import pickle
import subprocess

import h5py
import numpy as np
import pytest
import zmq

import beamline
from beamline import IMAGE_KEY

PATIENCE = 20

MISTAKES = """version: 1
service: {name: test, http: 127.0.0.1:0}
sources:
  raw: {type: bluesky_zmq, connect: "tcp://127.0.0.1:5568", imgae: pilatus_image}
operators:
  integrate: {type: integrate1d, in: raw, poni: nowhere.poni, bins: many, unit: q_nm}
  dark: {type: dark_substract, in: raw}
sinks:
  file: {type: nexus_file, in: integrated, directory: data}
"""


def run(annulus_bin, *arguments, **options):
    return subprocess.run([annulus_bin, *arguments], capture_output=True, text=True, timeout=PATIENCE, **options)


@pytest.mark.parametrize("command", ["check", "serve"])
def test_all_mistakes_of_a_configuration_are_told_at_once_with_their_lines(annulus_bin, tmp_path, command):
    config = tmp_path / "bad.yaml"
    config.write_text(MISTAKES)
    result = run(annulus_bin, command, config)
    assert result.returncode == 2
    for line, words in {
        4: ["imgae", "image"],
        6: ["nowhere.poni"],
        7: ["dark_substract", "dark_subtract"],
        9: ["integrated", "integrate"],
    }.items():
        told = [text for text in result.stderr.splitlines() if text.startswith(f"{config}:{line}: ")]
        assert told, f"line {line} is not mentioned in:\n{result.stderr}"
        assert all(any(word in text for text in told) for word in words), told
    assert f"{config}:6: operators.integrate.bins" in result.stderr
    assert "q_nm^-1" in result.stderr


def test_a_port_in_use_ends_the_start_with_a_reason(annulus_bin, tmp_path, ports, generated):
    with zmq.Context() as context, context.socket(zmq.PUB) as taken:
        taken.bind(f"tcp://127.0.0.1:{ports['taken']}")
        config = tmp_path / "config.yaml"
        for service, publisher in ((ports["taken"], ports["free"]), (0, ports["taken"])):
            config.write_text(f"""version: 1
service: {{name: test, http: "127.0.0.1:{service}"}}
sources:
  raw: {{type: bluesky_zmq, connect: "tcp://127.0.0.1:{ports['free']}"}}
operators:
  integrate: {generated.integrate1d}
sinks:
  an: {{type: bluesky_pub, in: integrate, bind: "tcp://127.0.0.1:{publisher}"}}
""")
            result = run(annulus_bin, "serve", config)
            assert result.returncode == 1, result.stderr
            assert str(ports["taken"]) in result.stderr and "in use" in result.stderr.lower()


def test_a_folder_that_cannot_be_written_ends_the_start_with_a_reason(annulus_bin, tmp_path, ports, generated):
    (tmp_path / "data").write_text("a file where the folder should be")
    config = tmp_path / "config.yaml"
    config.write_text(daemon_config(generated, ports))
    result = run(annulus_bin, "serve", config)
    assert result.returncode == 1, result.stderr
    assert str(tmp_path / "data") in result.stderr


def daemon_config(measurement, ports):
    return f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, bind: "tcp://127.0.0.1:{ports["raw"]}", image: {IMAGE_KEY}}}
operators:
  integrate: {measurement.integrate1d}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs", flush_frames: 1}}
"""


@pytest.fixture
def raw_socket(ports):
    """A plain ZeroMQ socket that can send anything to the daemon."""
    with zmq.Context() as context, context.socket(zmq.PUB) as socket:
        socket.linger = 1000
        socket.connect(f"tcp://127.0.0.1:{ports['raw']}")
        yield socket


class Poison:
    """Unpickling this touches a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_bad_bytes_are_counted_and_the_run_goes_on(generated, daemon, publisher, raw_socket, ports, tmp_path):
    running = daemon(daemon_config(generated, ports))
    send = publisher(ports["raw"], running)
    beamline.wait_until_heard(lambda name, doc: raw_socket.send(b" probe {}"), running)
    refused_before = refused(running.status())
    touched = tmp_path / "touched"
    documents = list(beamline.compose_run(generated.image, 2))
    bad = [
        b"",
        b"no-spaces",
        b"\x00" * 100,
        b" event " + b"\x80\x05garbage",
        b" event " + pickle.dumps(documents[2][1])[:1000],
        b" event " + pickle.dumps(Poison(touched)),
        b" event " + b"\xdd\xff\xff\xff\xff",
        b" event " + b'{"data": [[[[',
    ]

    for name, document in documents[:3]:
        send(name, document)
    for message in bad:
        raw_socket.send(message)
    running.wait_for(lambda s: refused(s) >= refused_before + len(bad), f"{len(bad)} refusals")
    for name, document in documents[3:]:
        send(name, document)

    frames = running.wait_for_run(documents[0][1]["uid"])["frames"]
    assert frames["reduced"] == frames["written"] == 2
    assert not touched.exists()
    errors = running.status()["errors"]
    assert any("refused" in error["message"] for error in errors), errors


def refused(status):
    return sum(sum(source["refused"].values()) for source in status["sources"])


def test_bad_frames_are_reported_and_the_run_goes_on(generated, daemon, publisher, ports):
    running = daemon(daemon_config(generated, ports))
    send = publisher(ports["raw"], running)
    bad = {
        1: generated.image[:-1],  # another shape
        2: 3.5,  # a number where the image should be
        3: np.full(generated.image.shape, "text"),  # refused as bytes: the gap in the numbers tells that it is lost
    }
    documents = list(beamline.compose_run(generated.image, 5))
    events = [document for name, document in documents if name == "event"]
    for number, image in bad.items():
        events[number]["data"][IMAGE_KEY] = image
    for name, document in documents:
        send(name, document)

    uid = documents[0][1]["uid"]
    frames = running.wait_for_run(uid)["frames"]
    assert (frames["reduced"], frames["rejected"] + frames["failed"], frames["lost"]) == (2, 2, 1)
    assert len(running.status()["errors"]) >= len(bad)
    with h5py.File(running.config.parent / "data" / f"{uid}.nxs") as file:
        entry = file["entry"]
        names = entry["annulus/ledger/frame_state"].attrs["state_names"]
        states = [names[state] for state in entry["annulus/ledger/frame_state"]]
        by_number = dict(zip(entry["annulus/ledger/frame_number"], states, strict=True))
        assert sorted(by_number) == list(range(5))
        for row, number in enumerate(entry["annulus/ledger/frame_number"]):
            assert (by_number[number] == "reduced") == (number not in bad)
            assert np.isnan(entry["data/I"][row]).all() == (number in bad), "missing is never zero"


def test_documents_out_of_order_are_reported_and_later_runs_are_reduced(generated, daemon, publisher, ports):
    running = daemon(daemon_config(generated, ports))
    send = publisher(ports["raw"], running)
    (start, descriptor, event, stop) = list(beamline.compose_run(generated.image, 1))
    for name, document in (event, stop, descriptor, event):
        send(name, document)
    running.wait_for(lambda s: len(s["errors"]) >= 3, "reports of the orphans")

    good = list(beamline.compose_run(generated.image, 2))
    for name, document in good:
        send(name, document)
    assert running.wait_for_run(good[0][1]["uid"])["frames"]["reduced"] == 2
