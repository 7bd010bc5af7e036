# SPDX-License-Identifier: BSD-3-Clause
"""`make demo`, on other ports and for a few seconds."""

import os
import re
import signal
import subprocess

import h5py
import pytest

from conftest import ROOT


@pytest.fixture
def demo(annulus_bin, tmp_path, ports):
    """demo(**environment) starts the demo with its own configuration, only elsewhere."""
    config = (ROOT / "configs" / "demo.yaml").read_text()
    for old, new in {
        "127.0.0.1:8080": "127.0.0.1:0",
        ":5568": f":{ports['raw']}",
        ":5578": f":{ports['pub']}",
        "../demo-data": str(tmp_path / "data"),
        "demo.poni": str(ROOT / "configs" / "demo.poni"),
    }.items():
        assert old in config
        config = config.replace(old, new)
    (tmp_path / "demo.yaml").write_text(config)
    environment = {"DEMO_CONFIG": str(tmp_path / "demo.yaml"), "ANNULUS_BIN": str(annulus_bin)}
    started = []

    def hear_ctrl_c():
        # A shell that runs the tests in the background has them ignore SIGINT, and a script cannot trap what it ignores.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def start(**more):
        started.append(subprocess.Popen([ROOT / "tools" / "demo.sh"], text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=os.environ | environment | more,
                                        preexec_fn=hear_ctrl_c))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()  # it ends what it started
            process.communicate(timeout=20)


def test_shows_a_pattern_within_ten_seconds_and_ends_with_a_summary(demo, tmp_path):
    process = demo(DEMO_SECONDS="3")
    output, _ = process.communicate(timeout=40)
    assert process.returncode == 0, output
    first = re.search(r"First reduced pattern ([0-9.]+) s after the daemon's start", output)
    assert float(first[1]) < 10
    assert re.search(r"http://127\.0\.0\.1:\d+/", output) and str(tmp_path / "data") in output
    received, reduced, written, published = map(
        int, re.search(r"(\d+) received, (\d+) reduced, (\d+) written, (\d+) published\n", output).groups())
    assert received == reduced == written == published > 10
    (path,) = (tmp_path / "data").glob("*.nxs")
    with h5py.File(path) as file:
        assert file["entry/data/I"].shape == (received, 1000)


def test_ends_in_order_after_ctrl_c(demo):
    process = demo()
    for line in process.stdout:
        if "Running until Ctrl-C" in line:
            break
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    assert "Done. What each run came to:" in output


def test_says_why_when_the_daemon_cannot_start(demo, tmp_path):
    (tmp_path / "demo.yaml").write_text("version: 1\nsources: {raw: {type: bluesky_zmqq}}\n")
    output, _ = (process := demo()).communicate(timeout=20)
    assert process.returncode != 0
    assert "bluesky_zmqq" in output and "the daemon could not start" in output
