# SPDX-License-Identifier: BSD-3-Clause
"""Streams of detectors, pushed by pyzmq: a recorded EIGER series, the golden vectors of stream V2, areaDetector."""

import json
import subprocess

import h5py
import numpy as np
import pytest
import zmq

import beamline
import simplon

GEOMETRY = {"detector_distance": 0.2, "beam_center_x": 1030.5, "beam_center_y": 1080.0}


def config(endpoints, source="type: simplon", integrate="from_header: [geometry, mask]"):
    return f"""{beamline.SERVICE}
sources:
  eiger: {{{source}, connect: {json.dumps(endpoints)}}}
operators:
  integrate: {{type: integrate1d, in: eiger, {integrate}, bins: 500, solid_angle: false}}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{scan_id}}_{{uid}}.nxs", flush_frames: 1}}
"""


@pytest.fixture
def sockets():
    """Two PUSH sockets, as a detector or a fan-out has them."""
    with zmq.Context() as context, context.socket(zmq.PUSH) as first, context.socket(zmq.PUSH) as second:
        for socket in (first, second):
            socket.linger = 0
            socket.sndtimeo = 20_000
            socket.bind("tcp://127.0.0.1:*")
        yield first, second


def endpoints_of(sockets):
    return [socket.last_endpoint.decode().rstrip("\0") for socket in sockets]


def finished_run(daemon):
    return daemon.wait_for(lambda s: s["run"] and s["run"]["outcome"], "the run to end")["run"]


def only_file(daemon):
    (path,) = (daemon.config.parent / "data").glob("*.nxs")
    return h5py.File(path)


def test_a_recorded_series_over_two_sockets_is_reduced_with_the_geometry_of_its_header(
    shared_data, daemon, sockets
):
    folder = shared_data / "stream_eiger1_4m_v1"
    running = daemon(config(endpoints_of(sockets)))
    header, *images, end = simplon.recorded_series(folder, **GEOMETRY)
    sockets[0].send_multipart(header)
    for number, image in enumerate(images):
        sockets[number % 2].send_multipart(image)
    sockets[1].send_multipart(end)

    run = finished_run(running)
    assert run["outcome"] == "success"
    assert run["frames"]["reduced"] == run["frames"]["written"] == simplon.FRAMES
    image = simplon.recorded_image(folder)
    assert image.sum(dtype=np.int64) == simplon.CHECKSUM
    good = (image < 65534) & (simplon.recorded_mask() == 0)
    with only_file(running) as file:
        data = file["entry/data"]
        assert np.allclose(data["sum_signal"][:].sum(axis=1), image[good].sum(), rtol=1e-12)
        assert np.allclose(data["count"][:].sum(axis=1), good.sum(), rtol=1e-12)
        poni = file["entry/reduction/input/poni"][()].decode()
        start = json.loads(file["entry/annulus/start"][()])
        assert np.isclose(file["entry/instrument/monochromator/wavelength"][()], 1.5406012535095215)
    assert start["detector"]["pixel_mask"] == "array 2167 x 2070 uint32"
    values = dict(line.split(": ", 1) for line in poni.splitlines() if ": " in line and not line.startswith("#"))
    assert float(values["Distance"]) == GEOMETRY["detector_distance"]
    assert np.isclose(float(values["Poni1"]), GEOMETRY["beam_center_y"] * 7.5e-5, rtol=1e-7)
    assert np.isclose(float(values["Poni2"]), GEOMETRY["beam_center_x"] * 7.5e-5, rtol=1e-7)


def test_a_header_without_a_geometry_fails_its_run_and_the_next_one_is_reduced(shared_data, daemon, sockets):
    running = daemon(config(endpoints_of(sockets)))
    folder = shared_data / "stream_eiger1_4m_v1"
    simplon.push(sockets[0], simplon.recorded_series(folder), running)  # nobody had told the detector its distance
    failed = finished_run(running)
    assert failed["outcome"] == "fail"
    assert any("no detector_distance" in error["message"] for error in running.status()["errors"])

    simplon.push(sockets[0], simplon.recorded_series(folder, **GEOMETRY), running)
    running.wait_for(lambda s: s["run"]["outcome"] == "success" and s["run"]["uid"] != failed["uid"], "a good run")
    assert running.status()["run"]["frames"]["reduced"] == simplon.FRAMES


def test_truncated_images_are_refused_and_counted_and_the_service_goes_on(shared_data, daemon, sockets):
    running = daemon(config(endpoints_of(sockets), integrate="from_header: geometry"))
    cut = [[part[:20_000] for part in parts] if len(parts) == 4 else parts
           for parts in simplon.recorded_series(shared_data / "stream_eiger1_4m_v1", **GEOMETRY)]
    simplon.push(sockets[0], [*cut, [b"\xffgarbage"]], running)
    run = finished_run(running)
    assert run["frames"]["rejected"] == simplon.FRAMES
    (source,) = running.status()["sources"]
    assert source["refused"]["simplon"] == simplon.FRAMES + 1
    errors = [error["message"] for error in running.status()["errors"]]
    assert any("it begins ff 67 61 72" in message for message in errors), errors

    simplon.push(sockets[0], simplon.recorded_series(shared_data / "stream_eiger1_4m_v1", **GEOMETRY), running)
    running.wait_for(lambda s: s["run"]["outcome"] == "success", "a good run")


def test_a_recorded_wire_gives_the_same_patterns(shared_data, annulus_bin, sockets, tmp_path):
    recording, text = tmp_path / "series.annulus", config(endpoints_of(sockets))
    (tmp_path / "config.yaml").write_text(text)
    series = list(simplon.recorded_series(shared_data / "stream_eiger1_4m_v1", **GEOMETRY))
    command = [annulus_bin, "record", endpoints_of(sockets)[0], "-o", recording, "--kind", "pull"]
    with subprocess.Popen([*command, "--messages", str(len(series))], stdout=subprocess.PIPE) as recorder:
        for parts in series:
            sockets[0].send_multipart(parts)
        recorder.communicate(timeout=20)
    command = [annulus_bin, "replay", recording, "--config", tmp_path / "config.yaml"]
    played = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert played.returncode == 0, played.stderr
    (path,) = (tmp_path / "data").glob("*.nxs")
    with h5py.File(path) as file:
        assert list(file["entry/annulus/ledger/frame_state"]) == [1] * simplon.FRAMES
        assert file["entry/annulus/exit_status"][()] == b"success"


def test_a_series_of_stream_v2_is_reduced(shared_data, daemon, sockets):
    vectors = shared_data.parent / "vectors"
    running = daemon(config(endpoints_of(sockets), integrate="from_header: geometry"))
    messages = [[(vectors / f"dectris_v2_{name}.cbor").read_bytes()] for name in ("start", "image_bslz4", "end")]
    simplon.push(sockets[0], messages, running)
    run = finished_run(running)
    assert run["frames"]["reduced"] == 1, running.status()["errors"]
    image = np.fromfile(vectors / "dectris_image_65x48_u32.raw", "<u4")
    with only_file(running) as file:
        assert np.isclose(np.nansum(file["entry/data/sum_signal"][:]), image[image < 2**32 - 2].sum(), rtol=1e-12)


def test_images_of_areadetector_arrive(shared_data, daemon, sockets, tmp_path):
    poni = tmp_path / "camera.poni"
    poni.write_text("Detector: Detector\nDetector_config: {\"pixel1\": 1e-3, \"pixel2\": 1e-3}\n"
                    "Distance: 0.1\nPoni1: 1.5e-3\nPoni2: 2e-3\nWavelength: 1e-10\n")
    running = daemon(config(endpoints_of(sockets)[0], "type: array_zmq, socket: pull, idle: 0.2", f"poni: {poni}"))
    vectors = shared_data.parent / "vectors"
    simplon.push(sockets[0], [simplon.parts_of(vectors / "adzmq_array-1.0.lendump")], running)
    assert finished_run(running)["frames"]["reduced"] == 1
    with only_file(running) as file:
        assert np.isclose(file["entry/data/sum_signal"][0].sum(), np.arange(12).sum())
