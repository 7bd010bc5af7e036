# SPDX-License-Identifier: BSD-3-Clause
"""Reduced files as other programs see them: h5py and silx, while they are written, afterwards, and after a kill."""

import os
import random
import resource
import signal
import subprocess
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
import silx.io.nxdata

BUILD = Path(os.environ.get("ANNULUS_BUILD_DIR", Path(__file__).parents[2] / "build" / "release"))
BINS = 100
STATES = ["missing", "reduced", "lost", "rejected", "failed", "dropped", "filtered"]


class Writer:
    """The test program write_reduced_file, driven line by line."""

    def __init__(self, directory, name="run.nxs", **popen_options):
        command = [BUILD / "write_reduced_file", directory, name, str(BINS)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, **popen_options
        )
        verb, path = self.process.stdout.readline().split(maxsplit=1)
        assert verb == "path", path
        self.path = Path(path.strip())

    def send(self, line):
        self.process.stdin.write(line + "\n")

    def tell(self, line):
        self.send(line)
        return self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
            self.process.communicate()


@pytest.fixture
def writer(tmp_path):
    with Writer(tmp_path) as running:
        yield running


def check_rows(entry):
    """Every row whose state says reduced holds exactly the data of its frame; returns the states."""
    state = entry["annulus/ledger/frame_state"][()]
    number = entry["annulus/ledger/frame_number"][()]
    intensity = entry["data/I"][()]
    assert len(number) >= len(state) and len(intensity) >= len(state)
    reduced = np.flatnonzero(state == STATES.index("reduced"))
    expected = number[reduced, None] + np.arange(BINS) / 1000
    np.testing.assert_array_equal(intensity[reduced], expected)
    np.testing.assert_array_equal(entry["data/sum_signal"][()][reduced], np.repeat(4.0 * number[reduced, None], BINS, 1))
    np.testing.assert_array_equal(entry["readings/motor"][()][reduced], 0.5 * number[reduced])
    others = np.flatnonzero(state != STATES.index("reduced"))
    assert np.isnan(intensity[others]).all()
    return state


def test_is_read_while_it_is_written(writer):
    assert writer.tell("append 3") == "ok 0"
    assert writer.tell("flush") == "ok 3"
    assert writer.path.is_symlink()
    with h5py.File(writer.path, "r", swmr=True) as file:
        state = file["entry/annulus/ledger/frame_state"]
        assert list(state[()]) == [1, 1, 1]
        assert file["entry/annulus/exit_status"].asstr()[()] == "running"
        assert writer.tell("mark 3 4 lost gap in the sequence") == "ok 3"
        assert writer.tell("append 2") == "ok 3"
        assert list(state[()]) == [1, 1, 1], "rows that were not acknowledged are not there"
        assert writer.tell("flush") == "ok 7"
        for name in ("annulus/ledger/frame_state", "annulus/ledger/frame_number", "data/I", "data/sum_signal",
                     "readings/motor"):
            file["entry"][name].refresh()
        assert list(check_rows(file["entry"])) == [1, 1, 1, 2, 2, 1, 1]


def test_is_a_plain_file_after_close(writer):
    writer.tell("append 2")
    writer.tell("mark 2 2 failed mask of another shape")
    assert writer.tell("close success") == "ok 3"
    assert not writer.path.is_symlink()
    assert [path.name for path in writer.path.parent.iterdir()] == ["run.nxs"]
    for libver in ("earliest", "latest"):
        with h5py.File(writer.path, "r", libver=libver) as file:
            entry = file["entry"]
            assert list(check_rows(entry)) == [1, 1, 4]
            assert entry["annulus/exit_status"].asstr()[()] == "success"
            assert entry["end_time"].asstr()[()] == "2023-11-14T22:14:20.000000+00:00"
            assert list(entry["annulus/frames_by_state"]) == [0, 2, 0, 0, 1, 0, 0]
            assert list(entry["annulus/marks/reason"].asstr()) == ["mask of another shape"]
            assert list(entry["annulus/ledger/frame_state"].attrs["state_names"]) == STATES
    with h5py.File(writer.path, "a") as file:
        file["entry/title"][()] = "an ordinary program may add to it"


def test_has_the_fields_of_nxazint1d(writer):
    writer.tell("append 1")
    writer.tell("close success")
    with h5py.File(writer.path, "r") as file:
        assert file.attrs["default"] == "entry"
        entry = file["entry"]
        assert entry.attrs["NX_class"] == "NXentry" and entry.attrs["default"] == "data"
        assert entry["definition"].asstr()[()] == "NXazint1d"
        assert entry["solid_angle_applied"][()] is np.True_
        assert entry["polarization_applied"][()] is np.False_
        assert entry["normalization_applied"][()] is np.False_
        assert entry["instrument/name"].asstr()[()] == "xpd"
        assert entry["instrument/source/probe"].asstr()[()] == "x-ray"
        mono = entry["instrument/monochromator"]
        assert mono["wavelength"][()] == pytest.approx(1.0) and mono["wavelength"].attrs["units"] == "angstrom"
        assert mono["energy"][()] == pytest.approx(12.39841984) and mono["energy"].attrs["units"] == "keV"
        assert entry["reduction/program"].asstr()[()] == "annulus"
        assert entry["reduction/input/poni"].asstr()[()] == "Distance: 1"
        assert entry["reduction/input/bins"][()] == 1000
        assert entry["annulus/start"].asstr()[()] == '{"uid": "6f2c"}'
        data = entry["data"]
        assert data.attrs["signal"] == "I" and list(data.attrs["axes"]) == [".", "radial_axis"]
        assert data["I"].shape == (1, BINS), "two dimensions even for one frame"
        assert data["radial_axis_edges"].shape == (BINS + 1,)
        assert data["radial_axis"].attrs["long_name"] == "q" and data["radial_axis"].attrs["units"] == "1/nm"
        np.testing.assert_array_equal(data["norm"], np.full(BINS, 5.0))
        assert data["frame_time"][0] == 1.7e9


@pytest.mark.parametrize("frames", [1, 4])
def test_opens_to_a_plot_in_silx(writer, frames):
    writer.tell(f"append {frames}")
    writer.tell("close success")
    with h5py.File(writer.path, "r") as file:
        plot = silx.io.nxdata.get_default(file)
        assert plot is not None and plot.is_valid, plot and plot.issues
        assert plot.signal_dataset_name == "I" and plot.signal_name == "intensity"
        assert plot.axes_dataset_names == [None, "radial_axis"]
        assert plot.errors is not None and plot.errors.shape == (frames, BINS)
        assert plot.interpretation == "spectrum"


def test_a_run_without_frames_is_readable(writer):
    assert writer.tell("close abort") == "ok 0"
    with h5py.File(writer.path, "r") as file:
        assert len(file["entry/annulus/ledger/frame_state"]) == 0
        assert "data" not in file["entry"]
        assert silx.io.nxdata.get_default(file) is None


@pytest.mark.parametrize("seed", range(8))
def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path, seed):
    delay = random.Random(seed).uniform(0, 0.05)
    with Writer(tmp_path) as writer:
        writer.tell("append 1")
        assert writer.tell("flush") == "ok 1"
        for _ in range(2000):
            writer.send("append 37")
        time.sleep(delay)
        writer.process.send_signal(signal.SIGKILL)
        answers, _ = writer.process.communicate()
    acknowledged = max([1] + [int(line.split()[1]) for line in answers.splitlines() if line.startswith("ok ")])
    assert writer.path.is_symlink() and writer.path.resolve().name == "run.nxs.partial"
    with h5py.File(writer.path, "r", swmr=True) as file:
        state = check_rows(file["entry"])
        assert np.count_nonzero(state == 1) >= acknowledged


def test_two_runs_of_one_name_are_two_files(writer):
    with Writer(writer.path.parent) as second:
        assert second.path.name == "run_1.nxs"


def test_a_full_disk_is_reported_and_the_file_closes_with_what_it_has(tmp_path):
    """A limit on the size of files stands for a full disk: the same write fails, in the middle of HDF5."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    with Writer(tmp_path, preexec_fn=limit, restore_signals=False) as writer:
        writer.tell("append 10")
        assert writer.tell("flush") == "ok 10"
        answer = writer.tell("append 500")
        while answer.startswith("ok"):
            answer = writer.tell("append 500")
        assert "File too large" in answer, answer
        assert "File too large" in writer.tell("append 1"), "further rows are refused"
        answer = writer.tell("close success")
        assert answer.startswith("error") and "File too large" in answer, answer
        writer.process.communicate()
        assert writer.process.returncode == 0
    with h5py.File(writer.path, "r", swmr=writer.path.is_symlink()) as file:
        state = check_rows(file["entry"])
        assert np.count_nonzero(state == 1) >= 10


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")
def test_no_space_on_the_disk_leaves_a_closed_file(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], capture_output=True).returncode != 0:
        pytest.skip("this machine does not let root mount")
    try:
        with Writer(disk) as writer:
            answer = writer.tell("append 64")
            assert answer == "ok 64"
            while answer.startswith("ok"):
                answer = writer.tell("append 64")
            assert "no space left on device" in answer
            assert "no space left on device" in writer.tell("close success")
            with h5py.File(disk / "run.nxs", "r") as file:
                state = check_rows(file["entry"])
                assert np.count_nonzero(state == 1) >= 64
                assert file["entry/annulus/exit_status"].asstr()[()] == "fail"
                assert "no space left" in file["entry/annulus/reason"].asstr()[()]
    finally:
        subprocess.run(["umount", disk], check=True)
