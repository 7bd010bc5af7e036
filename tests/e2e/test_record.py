# SPDX-License-Identifier: BSD-3-Clause
"""What is on the wire is recorded, survives a kill, and comes out of a replay as it went in."""

import resource
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest
import zmq
from bluesky.callbacks.zmq import Publisher

import beamline
from beamline import IMAGE_KEY
from processes import PATIENCE, wait_for
from receiver import run_documents, validate


@pytest.fixture
def record(annulus_bin, tmp_path):
    """Starts recorders: record(endpoint, *options) has created its file when it returns."""
    started = []

    def start(endpoint, *options, **popen):
        path = tmp_path / f"run_{len(started)}.annulus"
        command = [annulus_bin, "record", endpoint, "-o", path, *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)
        process.path = path
        started.append(process)
        wait_for(lambda: process.poll() is not None or path.exists(), "the recording to begin")
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def finish(process):
    """Ctrl-C; returns the standard output."""
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    return output


def wait_until_recorded(send, process):
    """Sends runs without frames until one is in the file: subscriptions need a moment."""
    empty = process.path.stat().st_size

    def heard():
        for name, document in beamline.compose_run(None, 0):
            send(name, document)
        return process.path.stat().st_size > empty

    wait_for(heard, "the recorder to hear the publisher")


def wait_until_written(process, payload):
    """Waits until `payload`, the last that was sent, is in the file."""
    wait_for(lambda: payload in process.path.read_bytes()[-(2**16) :], "the last message to be written")


def different_images(generated, frames):
    documents = list(beamline.compose_run(generated.image, frames))
    for number, event in enumerate(document for name, document in documents if name == "event"):
        event["data"] = {IMAGE_KEY: generated.image + np.where(generated.image >= 0, number, 0).astype(np.int32)}
    return documents


def replay_to(receiver, annulus_bin, path, port):
    """Plays to an unmodified RemoteDispatcher; returns what it heard, and the finished player."""
    command = [annulus_bin, "replay", path, "--bind", f"tcp://127.0.0.1:{port}", "--speed", "max"]
    player = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    heard = receiver(port)
    player.output, player.errors = player.communicate(timeout=PATIENCE)
    return heard, player


def documents_of(heard, uid):
    wait_for(lambda: any(name == "stop" and doc["run_start"] == uid for name, doc in heard.documents), "the run")
    return run_documents(heard.documents, uid)


def require_equal(received, sent):
    validate(received)
    assert [name for name, _ in received] == [name for name, _ in sent]
    for (_, mine), (_, theirs) in zip(received, sent, strict=True):
        if "data" in theirs:
            np.testing.assert_array_equal(mine["data"][IMAGE_KEY], theirs["data"][IMAGE_KEY])
            mine, theirs = {**mine, "data": None}, {**theirs, "data": None}
        assert mine == theirs


def test_documents_come_out_of_a_replay_as_they_went_in(annulus_bin, generated, record, receiver, ports):
    process = record(f"tcp://127.0.0.1:{ports['in']}", "--bind")
    publisher = Publisher(f"127.0.0.1:{ports['in']}")
    wait_until_recorded(publisher, process)
    sent = different_images(generated, 3)
    for name, document in sent:
        publisher(name, document)
    wait_until_written(process, sent[-1][1]["uid"].encode())
    assert "messages, " in finish(process)
    publisher.close()

    heard, player = replay_to(receiver, annulus_bin, process.path, ports["out"])
    assert player.returncode == 0, player.errors
    require_equal(documents_of(heard, sent[0][1]["uid"]), sent)


def test_what_was_written_survives_a_kill(annulus_bin, generated, record, receiver, ports):
    process = record(f"tcp://127.0.0.1:{ports['in']}", "--bind")
    publisher = Publisher(f"127.0.0.1:{ports['in']}")
    wait_until_recorded(publisher, process)
    sent = different_images(generated, 3)
    for name, document in sent:
        publisher(name, document)
    wait_until_written(process, sent[-1][1]["uid"].encode())
    process.kill()
    process.wait()
    publisher.close()
    with process.path.open("ab") as file:
        file.write(b"\xc5REC\r\x9e\n\x1a and then the power went")

    heard, player = replay_to(receiver, annulus_bin, process.path, ports["out"])
    assert player.returncode == 1
    assert "the recording was not closed" in player.errors
    assert "no whole message" in player.errors
    require_equal(documents_of(heard, sent[0][1]["uid"]), sent)


def config_text(generated, source):
    return f"""{beamline.SERVICE}
sources:
  raw: {source}
operators:
  integrate: {generated.integrate1d}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs"}}
"""


def reduced(path):
    with h5py.File(path) as file:
        assert file["entry/annulus/exit_status"].asstr()[()] == "success"
        numbers = {name: data[()] for name, data in file["entry/data"].items() if isinstance(data, h5py.Dataset)}
    assert len(numbers["I"]) == 3
    return numbers


def test_a_recorded_run_gives_the_numbers_of_the_live_run(annulus_bin, generated, daemon, publisher, proxy, record,
                                                          tmp_path):
    endpoint = f"tcp://127.0.0.1:{proxy.out_port}"
    process = record(endpoint)
    live = daemon(config_text(generated, f'{{type: bluesky_zmq, connect: "{endpoint}", image: {IMAGE_KEY}, window: 2}}'))
    send = publisher(proxy.in_port, live)
    wait_until_recorded(send, process)
    sent = different_images(generated, 3)
    uid = sent[0][1]["uid"]
    for name, document in sent:
        send(name, document)
    live.wait_for_run(uid)
    wait_until_written(process, sent[-1][1]["uid"].encode())
    finish(process)

    (tmp_path / "again").mkdir()
    config = tmp_path / "again" / "config.yaml"
    config.write_text(live.config.read_text())
    command = [annulus_bin, "replay", process.path, "--config", config]
    replayed = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    warnings = [line for line in replayed.stderr.splitlines() if "warning" in line or "error" in line]
    assert all("has no data key" in line for line in warnings), "those of the runs that were sent to be heard"
    mine, theirs = reduced(config.parent / "data" / f"{uid}.nxs"), reduced(live.config.parent / "data" / f"{uid}.nxs")
    assert mine.keys() == theirs.keys()
    for name, values in theirs.items():
        np.testing.assert_array_equal(mine[name], values, name)


def test_messages_of_a_detector_keep_their_parts_and_their_pace(annulus_bin, record, ports):
    sent = [[b"header", b"", bytes(range(256)) * 1000], [b"frame", b"1"], [b"end"]]
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.bind(f"tcp://127.0.0.1:{ports['detector']}")
        process = record(f"tcp://127.0.0.1:{ports['detector']}", "--kind", "pull", "--messages", "3")
        for message in sent:
            push.send_multipart(message)
            time.sleep(0.2)  # the pace that is recorded
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0 and "no other PULL client gets" in errors

    def play(*options):
        with zmq.Context() as context, context.socket(zmq.PULL) as pull:
            pull.rcvtimeo = 1000 * PATIENCE
            pull.connect(f"tcp://127.0.0.1:{ports['again']}")
            command = [annulus_bin, "replay", process.path, "--bind", f"tcp://127.0.0.1:{ports['again']}", *options]
            player = subprocess.Popen(command, stdout=subprocess.PIPE)
            assert pull.recv_multipart() == sent[0]
            begun = time.monotonic()
            assert [pull.recv_multipart(), pull.recv_multipart()] == sent[1:]
            player.communicate(timeout=PATIENCE)
            assert player.returncode == 0
            return time.monotonic() - begun

    assert play() > 0.3
    assert play("--speed", "0.5") > 0.7
    play("--speed", "max")


def test_a_full_disk_ends_the_recording_with_the_reason(annulus_bin, record, ports, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.bind(f"tcp://127.0.0.1:{ports['detector']}")
        process = record(f"tcp://127.0.0.1:{ports['detector']}", "--kind", "pull", "--quiet", preexec_fn=limit)
        for _ in range(20):
            push.send(bytes(10_000))
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "File too large" in errors and "the 9 messages before are in it" in errors
    assert "9 messages" in output
    assert 90_000 < process.path.stat().st_size <= 100_000


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (["record", "tcp://127.0.0.1:1", "-o", "{there}"], 1, "a recording never replaces a file: choose another name"),
        (["record", "127.0.0.1:1", "-o", "{new}"], 1, "'127.0.0.1:1' is not an endpoint"),
        (["record", "tcp://127.0.0.1:1", "-o", "{new}", "--kind", "pul"], 2, "Did you mean 'pull'?"),
        (["record", "tcp://127.0.0.1:1", "-o", "no/such/folder/x"], 1, "No such file or directory"),
        (["replay", "{wire}"], 2, "nowhere to play to"),
        (["replay", "{wire}", "--to", "tcp://127.0.0.1:1", "--speed", "fast"], 2, "'fast' is no speed"),
        (["replay", "{wire}", "--to", "tcp://127.0.0.1:1", "--rate", "3"], 2, "Use --speed"),
        (["replay", "{wire}", "--bind", "tcp://127.0.0.1:*", "--wait", "0"], 1, "nobody listens"),
        (["replay", "{there}", "--to", "tcp://127.0.0.1:1", "--speed", "1"], 2, "for recorded wires only"),
    ],
)
def test_mistakes_are_told_with_the_reason(annulus_bin, tmp_path, arguments, status, problem):
    (tmp_path / "there").write_text("precious")
    wire = tmp_path / "wire"
    subprocess.run([annulus_bin, "record", "ipc://" + str(tmp_path / "socket"), "--seconds", "0", "-o", wire],
                   check=True, timeout=PATIENCE)
    paths = {"there": tmp_path / "there", "new": tmp_path / "new", "wire": wire}
    command = [annulus_bin, *(str(argument).format(**paths) for argument in arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == status
    assert problem in result.stderr
    assert (tmp_path / "there").read_text() == "precious"
    assert not (tmp_path / "new").exists()
