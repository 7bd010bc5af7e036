# SPDX-License-Identifier: BSD-3-Clause
"""`annulus simulate bluesky` by reference, and with faults: what is sent is valid, the files can be read while they grow,
and every frame that goes wrong is accounted for in the reduced file."""

import json
import subprocess

import event_model
import h5py
import msgpack
import msgpack_numpy
import numpy as np
import pytest

from processes import wait_for
from receiver import validate
from test_references import KEY, SHAPE, config, images_of

FRAMES = 10
WAYS = ["inline", "stream_resource", "resource"]
STATES = {"reduced": 1, "lost": 2}
pytestmark = pytest.mark.filterwarnings("ignore:Mean of empty slice")  # of frames that were lost


@pytest.fixture
def images(tmp_path):
    """Frame k has 100 + k counts in every pixel."""
    paths = [tmp_path / f"image_{k:02d}.npy" for k in range(FRAMES)]
    for k, path in enumerate(paths):
        np.save(path, np.full(SHAPE, 100 + k, np.uint16))
    return paths


@pytest.fixture
def simulate(annulus_bin, images, tmp_path):
    """Starts simulators: simulate(way, option...)."""
    started = []

    def start(way, *options):
        reference = [] if way == "inline" else ["--by-reference", way, "--files", tmp_path / "raw files"]
        command = [annulus_bin, "simulate", "bluesky", "--image-key", KEY, "--images", *images, "--frames", str(FRAMES)]
        started.append(subprocess.Popen([*command, *reference, *map(str, options)], stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.communicate()


def finish(simulator):
    output, _ = simulator.communicate(timeout=30)
    assert simulator.returncode == 0, output
    return output


def raw_documents(simulate, receiver, port, way, *options):
    """What an unmodified RemoteDispatcher hears of one run."""
    simulator = simulate(way, "--bind", f"tcp://127.0.0.1:{port}", *options)
    dispatcher = receiver(port)
    finish(simulator)
    return dispatcher.wait_for_stop()


@pytest.mark.parametrize("way", WAYS[1:])
@pytest.mark.parametrize("serializer", ["pickle", "msgpack", "json"])
def test_documents_that_point_to_files_are_those_of_event_model(way, serializer, simulate, receiver, ports, tmp_path):
    loads = {"msgpack": lambda b: msgpack.unpackb(b, object_hook=msgpack_numpy.decode), "json": json.loads}
    simulator = simulate(way, "--bind", f"tcp://127.0.0.1:{ports['raw']}", "--rate", "0", "--serializer", serializer)
    options = {"deserializer": loads[serializer]} if serializer in loads else {}
    dispatcher = receiver(ports["raw"], **options)
    finish(simulator)
    documents = dispatcher.wait_for_stop()
    validate(documents)
    names = [name for name, _ in documents]
    resource, datum = ("stream_resource", "stream_datum") if way == "stream_resource" else ("resource", "datum")
    assert names == ["start", "descriptor", resource, *[datum, "event"] * FRAMES, "stop"]
    uid = documents[0][1]["uid"]
    with h5py.File(tmp_path / "raw files" / f"{uid}.h5") as file:
        np.testing.assert_array_equal(file["entry/data/data"][:, 0, 0], 100 + np.arange(FRAMES))
        assert file["entry/data/data"].dtype == np.uint16 and file["entry/data/data"].shape == (FRAMES, *SHAPE)


def test_other_programs_follow_the_documents_to_the_images(simulate, receiver, ports):
    """event-model's own Filler finds the images with a handler of few lines, as databroker does."""

    class Handler:
        specs = {"AD_HDF5_SWMR"}

        def __init__(self, path, frame_per_point):
            self.file, self.count = h5py.File(path, "r", swmr=True), frame_per_point

        def __call__(self, point_number):
            first = point_number * self.count
            return self.file["entry/data/data"][first : first + self.count]

    documents = raw_documents(simulate, receiver, ports["raw"], "resource", "--rate", "0")
    with event_model.Filler({"AD_HDF5_SWMR": Handler}, inplace=False) as filler:
        filled = [filler(name, document)[1] for name, document in documents]
    images = [document["data"][KEY] for (name, _), document in zip(documents, filled, strict=True) if name == "event"]
    assert [image.shape for image in images] == [(1, *SHAPE)] * FRAMES
    assert [image.mean() for image in images] == [100 + k for k in range(FRAMES)]


@pytest.mark.parametrize("way", WAYS[1:])
def test_files_can_be_read_while_the_run_goes_on(way, simulate, daemon, ports, tmp_path):
    running = daemon(config(tmp_path, ports["raw"]))
    simulator = simulate(way, "--connect", f"tcp://127.0.0.1:{ports['raw']}", "--rate", "5")
    status = running.wait_for(lambda s: s["run"] and s["run"]["frames"]["written"] >= 2, "the second frame")
    uid = status["run"]["uid"]
    with h5py.File(tmp_path / "raw files" / f"{uid}.h5", "r", swmr=True) as file:
        data = file["entry/data/data"]
        seen = len(data)
        assert 2 <= seen < FRAMES and simulator.poll() is None, "the run goes on"

        def grown():
            data.refresh()
            return len(data) > seen

        wait_for(grown, "more images in the open file")
        np.testing.assert_array_equal(data[:, 0, 0], 100 + np.arange(len(data)))
    finish(simulator)
    running.wait_for_run(uid)
    states, means = images_of(running, uid)
    assert states == [STATES["reduced"]] * FRAMES
    np.testing.assert_allclose(means, 100 + np.arange(FRAMES))


def run_with(simulate, daemon, ports, tmp_path, way, *options):
    """One simulated run through a daemon: the daemon, and the path of its file."""
    running = daemon(config(tmp_path, ports["raw"]))
    finish(simulate(way, "--connect", f"tcp://127.0.0.1:{ports['raw']}", "--rate", "0", *options))
    status = running.wait_for(lambda s: s["run"] and s["run"]["outcome"], "the run to end")
    return running, running.config.parent / "data" / f"{status['run']['uid']}.nxs"


def ledger(path):
    """Exit status, state of every frame, mean of every pattern, and the reasons by first frame."""
    with h5py.File(path) as file:
        marks = file["entry/annulus/marks"]
        reasons = dict(zip(marks["first_frame"][()].tolist(), marks["reason"].asstr()[()], strict=True))
        return (file["entry/annulus/exit_status"].asstr()[()], list(file["entry/annulus/ledger/frame_state"]),
                np.nanmean(file["entry/data/I"][()], axis=1), reasons)


def expected(lost=(), frames=FRAMES):
    """States and means when the given frames are lost."""
    states = [STATES["lost" if k in lost else "reduced"] for k in range(frames)]
    means = np.array([np.nan if k in lost else 100.0 + k for k in range(frames)])
    return states, means


# What each fault does to the frames, and what the log says of it.
FAULTS = {
    "nothing": ([], (), None),
    "lost": (["--lose", "3,7"], (3, 7), None),
    "the last is lost": (["--lose", FRAMES - 1], (FRAMES - 1,), None),
    "duplicated": (["--duplicate", "5"], (), "event 6 come"),
    "reordered": (["--reorder", "4"], (4,), "event 5 come"),
    "truncated": (["--truncate", "6"], (6,), "refused: pickle"),
    "all at once": (["--lose", "3,7", "--duplicate", "5", "--reorder", "1", "--truncate", "9"], (1, 3, 7, 9), "refused"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_accounted_for(fault, way, simulate, daemon, ports, tmp_path):
    options, lost, told = FAULTS[fault]
    running, path = run_with(simulate, daemon, ports, tmp_path, way, *options)
    exit_status, states, means, reasons = ledger(path)
    assert exit_status == "success"
    assert (states, sorted(reasons)) == (expected(lost)[0], sorted(lost))
    np.testing.assert_allclose(means, expected(lost)[1])
    assert all("gap in the sequence numbers" in reason or "never came" in reason for reason in reasons.values())
    frames = running.status()["run"]["frames"]
    assert (frames["reduced"], frames["lost"], frames["rejected"]) == (FRAMES - len(lost), len(lost), 0)
    assert told is None or told in running.log
    cut = [option for option in options if option == "--truncate"]
    (source,) = running.status()["sources"]
    refused = source["refused"].get("pickle", 0)
    assert refused == len(cut) * (1 if way == "inline" else 2), "an event, and what points to its image"


@pytest.mark.parametrize("way", WAYS)
def test_an_aborted_run_is_one_in_the_file(way, simulate, daemon, ports, tmp_path):
    _, path = run_with(simulate, daemon, ports, tmp_path, way, "--abort-after", 8, "--lose", "2")
    exit_status, states, _, _ = ledger(path)
    assert exit_status == "abort"
    assert states == expected((2,), 8)[0]


@pytest.mark.parametrize("way", WAYS)
def test_a_run_without_a_stop_is_ended_with_the_service(way, simulate, daemon, ports, tmp_path):
    running = daemon(config(tmp_path, ports["raw"]))
    finish(simulate(way, "--connect", f"tcp://127.0.0.1:{ports['raw']}", "--rate", "0", "--lose-stop"))
    status = running.wait_for(lambda s: s["run"] and s["run"]["frames"]["written"] == FRAMES, "all frames")
    assert not status["run"]["outcome"]
    assert running.terminate() == 0
    exit_status, states, means, _ = ledger(running.config.parent / "data" / f"{status['run']['uid']}.nxs")
    assert exit_status == "abort"
    assert states == expected()[0]
    np.testing.assert_allclose(means, expected()[1])


@pytest.mark.parametrize("way", WAYS)
def test_a_second_run_that_begins_too_early_keeps_apart(way, simulate, daemon, ports, tmp_path):
    running = daemon(config(tmp_path, ports["raw"]))
    output = finish(simulate(way, "--connect", f"tcp://127.0.0.1:{ports['raw']}", "--rate", "0", "--runs", "2", "--overlap",
                             "--lose", "6"))
    assert f"runs 1 and 2: {2 * FRAMES - 2} frames" in output
    folder = running.config.parent / "data"

    def closed():
        files = sorted(folder.glob("*.nxs"))
        return len(files) == 2 and not any(path.is_symlink() for path in files) and files

    for path in wait_for(closed, "two files"):
        exit_status, states, means, _ = ledger(path)
        assert (exit_status, states) == ("success", expected((6,))[0])
        np.testing.assert_allclose(means, expected((6,))[1])


@pytest.mark.parametrize("options, answer", [
    (["--by-reference", "stream_resorce"], "Did you mean 'stream_resource'?"),
    (["--files", "somewhere"], "--files requires --by-reference"),
    (["--lose", "x"], "--lose"),
])
def test_wrong_options_are_explained(options, answer, annulus_bin, images):
    command = [annulus_bin, "simulate", "bluesky", "--bind", "tcp://127.0.0.1:0", "--images", *images, *options]
    answered = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert answered.returncode == 2 and answer in answered.stderr
