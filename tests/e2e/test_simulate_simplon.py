# SPDX-License-Identifier: BSD-3-Clause
"""`annulus simulate simplon` is a detector as far as the service can tell, with every fault that a stream can have."""

import json
import subprocess

import h5py
import numpy as np
import pytest

from beamline import SERVICE
from conftest import ROOT
from processes import wait_for

FRAMES = 10
REDUCED, LOST, REJECTED = 1, 2, 3  # states of frames in files


@pytest.fixture
def images(tmp_path):
    """Four images of a detector of 60 x 80 pixels, in a file."""
    stack = np.random.default_rng(4).poisson(20, (4, 60, 80)).astype(np.uint16)
    np.save(tmp_path / "images.npy", stack)
    return tmp_path / "images.npy", stack


@pytest.fixture
def endpoint(ports):
    return f"tcp://127.0.0.1:{ports['stream']}"


@pytest.fixture
def simulate(annulus_bin, endpoint, images):
    """simulate(*options) sends series of the images; returns what the program printed."""

    def run(*options, code=0):
        command = [annulus_bin, "simulate", "simplon", "--bind", endpoint, "--frames", str(FRAMES), "--rate", "0",
                   *([] if "--generate" in options else ["--images", images[0]]), *options]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    return run


def config(endpoint, integrate="in: eiger, from_header: [geometry, mask]", patience=0.3):
    return f"""{SERVICE}
sources:
  eiger: {{type: simplon, connect: {endpoint}, patience: {patience}}}
operators:
  integrate: {{type: integrate1d, {integrate}, bins: 100, solid_angle: false}}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{scan_id}}.nxs", flush_frames: 1}}
"""


def closed(daemon, series):
    """Waits until the file of that series has its final name."""
    path = daemon.config.parent / "data" / f"{series}.nxs"
    wait_for(lambda: path.is_file() and not path.is_symlink(), f"the file of series {series}")


def finished(daemon, series=1):
    """The status once the file of that series is closed."""
    closed(daemon, series)
    return daemon.wait_for(lambda s: s["run"]["outcome"], f"series {series} to end")


def file_of(daemon, series=1):
    return h5py.File(daemon.config.parent / "data" / f"{series}.nxs")


def states_of(daemon, series=1):
    with file_of(daemon, series) as file:
        return list(file["entry/annulus/ledger/frame_state"])


def refused(status):
    return {kind: count for kind, count in status["sources"][0]["refused"].items() if count}


def states(**frames):
    """All reduced, but for `lost` and `rejected`."""
    numbers = {"lost": LOST, "rejected": REJECTED}
    named = {frame: numbers[name] for name, list_of in frames.items() for frame in list_of}
    return [named.get(frame, REDUCED) for frame in range(FRAMES)]


@pytest.mark.parametrize("compression", ["bslz4", "lz4", "none"])
@pytest.mark.parametrize("version", ["1", "2"])
def test_every_frame_arrives_with_its_own_pixels(daemon, simulate, images, endpoint, version, compression):
    running = daemon(config(endpoint))
    simulate("--version", version, "--compression", compression)
    status = finished(running)
    assert status["run"]["outcome"] == "success" and not refused(status)
    assert states_of(running) == states()
    sums = images[1].sum(axis=(1, 2))
    with file_of(running) as file:
        assert np.allclose(file["entry/data/sum_signal"][:].sum(axis=1), sums[np.arange(FRAMES) % len(sums)], rtol=1e-12)


FAULTS = {
    "lost": (["--lose", "3,7"], states(lost=[3, 7]), {}, "success"),
    "last frames lost": (["--lose", "8,9"], states(lost=[8, 9]), {}, "abort"),
    "sent twice": (["--duplicate", "0,4"], states(), {"repeated": 2}, "success"),
    "out of order": (["--reorder", "2,3,6"], states(), {}, "success"),
    "behind the end": (["--reorder", "9"], states(), {}, "success"),
    "cut pixels": (["--truncate", "6"], states(rejected=[6]), {"bslz4": 1}, "success"),
    "cut messages": (["--garble", "2,5"], states(lost=[2, 5]), {"simplon": 2}, "success"),
    "aborted": (["--abort-after", "4"], states(lost=range(4, FRAMES)), {}, "abort"),
    "all at once": (["--lose", "1", "--duplicate", "2", "--reorder", "3", "--truncate", "5", "--garble", "6",
                     "--abort-after", "8"],
                    states(lost=[1, 6, 8, 9], rejected=[5]), {"repeated": 1, "bslz4": 1, "simplon": 1}, "abort"),
}


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_accounted_for_exactly(daemon, simulate, endpoint, fault, version):
    options, expected, counts, outcome = FAULTS[fault]
    running = daemon(config(endpoint))
    simulate("--version", version, *options)
    status = finished(running)
    assert states_of(running) == expected
    assert refused(status) == counts
    assert status["run"]["outcome"] == outcome
    assert status["run"]["frames"]["lost"] == expected.count(LOST)
    assert status["run"]["frames"]["rejected"] == expected.count(REJECTED)


@pytest.mark.parametrize("version", ["1", "2"])
def test_stray_frames_of_an_aborted_series_are_stale(daemon, simulate, endpoint, version):
    running = daemon(config(endpoint))
    simulate("--version", version, "--series", "2", "--pause", "1", "--abort-after", "4", "--strays", "3")
    finished(running, 1)
    finished(running, 2)
    for series in (1, 2):
        assert states_of(running, series) == states(lost=range(4, FRAMES))
    running.wait_for(lambda status: refused(status) == {"stale": 3}, "three stray frames of the first series")


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_series_that_begins_before_the_other_has_ended_costs_neither_a_frame(daemon, simulate, endpoint, version):
    running = daemon(config(endpoint, patience=2))
    simulate("--version", version, "--series", "3", "--pause", "0", "--overlap", "4")
    for series in (1, 2, 3):
        assert finished(running, series)["run"]["outcome"] == "success"
        assert states_of(running, series) == states()
    assert not refused(running.status())


def test_series_without_header_or_end_hold_nothing_up(daemon, simulate, endpoint):
    running = daemon(config(endpoint))
    simulate("--lose-header")
    running.wait_for(lambda status: refused(status) == {"stale": FRAMES + 1}, "frames and end without a header")
    simulate("--lose-end", "--series", "2")
    closed(running, 1)
    running.wait_for(lambda s: s["run"]["frames"]["written"] == FRAMES, "the second series, which stays open")
    assert running.terminate() == 0
    for series in (1, 2):
        assert states_of(running, series) == states()


def test_thresholds_and_their_difference_go_their_own_ways(daemon, simulate, endpoint, images):
    text = config(endpoint, "in: eiger.difference, from_header: geometry").replace(
        "sinks:\n", "  second: {type: integrate1d, in: eiger.threshold_2, from_header: geometry, bins: 100, "
        "solid_angle: false}\nsinks:\n  other: {type: nexus_file, in: second, directory: data, name: \"second.nxs\"}\n")
    running = daemon(text)
    simulate("--channels", "threshold_1,threshold_2,difference")
    finished(running)
    first, second = images[1].astype(np.int64), images[1] // 2
    with file_of(running) as file, h5py.File(running.config.parent / "data" / "second.nxs") as other:
        for data, counts in ((file, first - second), (other, second)):
            sums = counts.sum(axis=(1, 2))[np.arange(FRAMES) % 4]
            assert np.allclose(data["entry/data/sum_signal"][:].sum(axis=1), sums, rtol=1e-12)


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_header_says_what_the_options_say(daemon, simulate, endpoint, tmp_path, version):
    mask = np.zeros((60, 80), np.uint8)
    mask[10:20, 30:40] = 1
    np.save(tmp_path / "mask.npy", mask)
    (tmp_path / "camera.poni").write_text(
        'Detector: Detector\nDetector_config: {"pixel1": 1e-4, "pixel2": 2e-4, "max_shape": [60, 80]}\n'
        "Distance: 0.15\nPoni1: 3e-3\nPoni2: 9e-3\nWavelength: 1e-10\n")
    running = daemon(config(endpoint))
    simulate("--version", version, "--poni", tmp_path / "camera.poni", "--mask", tmp_path / "mask.npy",
             "--header-appendix", "sample 5", "--image-appendix", "spot 3")
    finished(running)
    with file_of(running) as file:
        start = json.loads(file["entry/annulus/start"][()])
        poni = file["entry/reduction/input/poni"][()].decode()
        assert np.allclose(file["entry/data/count"][:].sum(axis=1), mask.size - mask.sum())
    assert start["user_data"] == "sample 5"
    detector = start["detector"]
    assert detector["beam_center_x"] == pytest.approx(45) and detector["beam_center_y"] == pytest.approx(30)
    assert detector["wavelength"] == pytest.approx(1e-10)
    assert detector["shape"] == [60, 80]
    values = dict(line.split(": ", 1) for line in poni.splitlines() if ": " in line and not line.startswith("#"))
    assert float(values["Poni1"]) == pytest.approx(3e-3) and float(values["Poni2"]) == pytest.approx(9e-3)
    assert float(values["Distance"]) == pytest.approx(0.15)


def test_the_example_configuration_can_be_tried_without_a_detector(daemon, simulate, endpoint, tmp_path):
    text = (ROOT / "configs" / "eiger.yaml").read_text()
    for old, new in (("tcp://127.0.0.1:9999", endpoint), ("127.0.0.1:8080", "127.0.0.1:0"), ("../data", "data")):
        assert old in text
        text = text.replace(old, new)
    running = daemon(text)
    simulate("--version", "1", "--generate", "--detector", "Eiger2_500k", "--distinct", "2")
    running.wait_for(lambda s: s["run"] and s["run"]["outcome"] == "success", "the series to be reduced")
    assert running.status()["run"]["frames"]["written"] == FRAMES
    (path,) = (running.config.parent / "data").glob("series_1_*.nxs")
    with h5py.File(path) as file:
        assert file["entry/data"].attrs["signal"] == "I"
        assert np.isfinite(file["entry/data/I"][:]).mean() > 0.9


def test_what_nobody_takes_is_told(simulate):
    assert "nobody listens" in simulate("--wait", "0.2", code=1)
