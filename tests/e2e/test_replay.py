# SPDX-License-Identifier: BSD-3-Clause
"""Recorded runs go through the same graph as live ones, and come out the same to the last bit."""

import gzip
import json
import subprocess

import event_model
import h5py
import msgpack
import msgpack_numpy
import numpy as np
import pytest

import beamline
from beamline import IMAGE_KEY
from processes import Daemon
from receiver import validate

FRAMES = 3


@pytest.fixture(scope="module")
def documents(generated):
    """A recorded run whose frames differ."""
    run = list(beamline.compose_run(generated.image, FRAMES))
    for number, event in enumerate(document for name, document in run if name == "event"):
        event["data"] = {IMAGE_KEY: generated.image + np.where(generated.image >= 0, number, 0).astype(np.int32)}
    return run


def config_text(measurement, source):
    return f"""{beamline.SERVICE}
sources:
  raw: {source}
operators:
  integrate: {measurement.integrate1d}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs"}}
"""


@pytest.fixture
def config(generated, ports, tmp_path):
    path = tmp_path / "config.yaml"
    source = f'{{type: bluesky_zmq, connect: "tcp://127.0.0.1:{ports["raw"]}", image: {IMAGE_KEY}}}'
    path.write_text(config_text(generated, source))
    return path


def write_json_lines(path, documents):
    path.write_text("".join(json.dumps(pair, cls=event_model.NumpyEncoder) + "\n" for pair in documents))


def write_gzipped_json(path, documents):
    path.write_bytes(gzip.compress(json.dumps(documents, cls=event_model.NumpyEncoder).encode(), compresslevel=1))


def write_msgpack(path, documents):
    """As suitcase-msgpack does."""
    path.write_bytes(b"".join(msgpack.packb(pair, default=msgpack_numpy.encode) for pair in documents))


def patterns_of(path):
    with h5py.File(path) as file:
        assert file["entry/annulus/exit_status"].asstr()[()] == "success"
        return file["entry/data/I"][()], file["entry/data/I_errors"][()]


@pytest.fixture(scope="module")
def live(annulus_bin, generated, documents, tmp_path_factory):
    """What the daemon makes of the run when it comes over the wire: intensities and sigmas."""
    from bluesky.callbacks.zmq import Publisher

    from processes import free_port

    port = free_port()
    source = f'{{type: bluesky_zmq, bind: "tcp://127.0.0.1:{port}", image: {IMAGE_KEY}}}'
    running = Daemon(annulus_bin, config_text(generated, source), tmp_path_factory.mktemp("live") / "daemon")
    publisher = Publisher(f"127.0.0.1:{port}")
    try:
        running.wait_until_healthy()
        beamline.wait_until_heard(publisher, running)
        for name, document in documents:
            publisher(name, document)
        uid = documents[0][1]["uid"]
        running.wait_for_run(uid)
        return patterns_of(running.config.parent / "data" / f"{uid}.nxs")
    finally:
        publisher.close()
        assert running.end() is None


@pytest.mark.parametrize(
    ("name", "write"),
    [("run.jsonl", write_json_lines), ("run.json.gz", write_gzipped_json), ("run.msgpack", write_msgpack)],
)
def test_a_recording_gives_the_numbers_of_the_live_run(annulus_bin, config, documents, live, tmp_path, name, write):
    write(tmp_path / name, documents)
    subprocess.run([annulus_bin, "replay", tmp_path / name, "--config", config], check=True, timeout=30)
    replayed = patterns_of(tmp_path / "data" / f"{documents[0][1]['uid']}.nxs")
    for mine, theirs in zip(replayed, live, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_stack_of_images_gives_the_numbers_of_the_live_run(annulus_bin, config, documents, live, tmp_path):
    images = [document["data"][IMAGE_KEY] for name, document in documents if name == "event"]
    with h5py.File(tmp_path / "stack.h5", "w") as file:
        file["entry/data/images"] = np.stack(images)
    stack = f"{tmp_path}/stack.h5:/entry/data/images"
    subprocess.run([annulus_bin, "replay", stack, "--config", config, "--image-key", IMAGE_KEY], check=True, timeout=30)
    (path,) = (tmp_path / "data").glob("*.nxs")
    for mine, theirs in zip(patterns_of(path), live, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_recording_is_played_to_bluesky(annulus_bin, documents, receiver, ports, tmp_path):
    write_json_lines(tmp_path / "run.jsonl", documents)
    player = subprocess.Popen([annulus_bin, "replay", tmp_path / "run.jsonl", "--bind",
                               f"tcp://127.0.0.1:{ports['raw']}"], stdout=subprocess.PIPE, text=True)
    received = receiver(ports["raw"]).wait_for_stop()
    output, _ = player.communicate(timeout=20)
    assert player.returncode == 0 and f"{FRAMES} events" in output
    validate(received)
    assert received[0][1] == documents[0][1]
    for (_, mine), (_, theirs) in zip(received[2:-1], documents[2:-1], strict=True):
        np.testing.assert_array_equal(mine["data"][IMAGE_KEY], theirs["data"][IMAGE_KEY])


def test_a_recording_that_is_none_is_refused_with_a_reason(annulus_bin, config, tmp_path):
    (tmp_path / "run.jsonl").write_text("not a document\n")
    command = [annulus_bin, "replay", tmp_path / "run.jsonl", "--config", config]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert result.returncode == 1
    assert "documents (at byte 0)" in result.stderr
