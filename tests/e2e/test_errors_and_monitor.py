# SPDX-License-Identifier: BSD-3-Clause
"""Error models of configurations, and normalization by a reading of the event, against pyFAI.

Pixels are whole, so all agree to single precision but the scatter within a bin, which in pyFAI depends on the order of the
pixels (docs/accuracy.md).
"""

import json
import subprocess

import event_model
import h5py
import numpy as np
import pyFAI
import pytest

from offline import BINS, PONI, RANGE, reduce

INNER = slice(1, -1)
SINGLE = 1e-6
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture(scope="module")
def images():
    ai = pyFAI.load(str(PONI))
    rings = 40 + 30 * np.cos(ai.array_from_unit(unit="q_nm^-1"))
    return np.random.default_rng(5).poisson(rings, (2, *rings.shape)).astype(np.uint16)


def peer(image, **options):
    return pyFAI.load(str(PONI)).integrate1d(image, BINS, unit="q_nm^-1", radial_range=RANGE, polarization_factor=0.9,
                                             method=("no", "csr", "cython"), **options)  # fmt: skip


def largest(ours, theirs):
    return np.abs(ours[INNER] / np.asarray(theirs, float)[INNER] - 1).max()


@pytest.mark.parametrize("model", ["poisson", "azimuthal", "variance"])
def test_errors_of_a_bin_and_of_a_pixel(annulus_bin, tmp_path, images, model):
    further, given = "", {"error_model": model}
    if model == "variance":
        variance = np.random.default_rng(6).uniform(1, 9, images[0].shape).astype(np.float32)
        np.save(tmp_path / "variance.npy", variance)
        further, given = f", variance: {tmp_path}/variance.npy", {"variance": variance}
    operator = f"type: integrate1d, split: no, error_model: {model}{further}"
    with reduce(annulus_bin, tmp_path, images, operator) as file:
        data = file["entry/data"]
        for row, image in enumerate(images):
            theirs = peer(image, **given)
            limit = 1e-4 if model == "azimuthal" else SINGLE
            assert largest(data["I"][row], theirs.intensity) < SINGLE
            assert largest(data["I_errors"][row], theirs.sem) < limit
            assert largest(data["std"][row], theirs.std) < limit
            assert largest(data["sum_variance"][row], theirs.sum_variance) < limit


def test_without_outliers_to_clip_hybrid_is_poisson(annulus_bin, tmp_path, images):
    found = []
    for model in ("hybrid", "poisson"):
        folder = tmp_path / model
        folder.mkdir()
        with reduce(annulus_bin, folder, images, f"type: integrate1d, error_model: {model}") as file:
            found.append([file[f"entry/data/{name}"][()] for name in ("I", "I_errors", "std")])
    np.testing.assert_array_equal(*found)


def test_a_frame_is_divided_by_a_reading_of_its_event(annulus_bin, tmp_path, images):
    monitors = [2.5, 0.0, 4.0]
    run = event_model.compose_run(metadata={"scan_id": 1})
    image = {"source": "test", "dtype": "array", "shape": list(images[0].shape), "dtype_numpy": "<u2"}
    stream = run.compose_descriptor(name="primary", data_keys={
        "image": image, "I0": {"source": "test", "dtype": "number", "shape": []}})  # fmt: skip
    events = [stream.compose_event(data={"image": images[0], "I0": monitor}, timestamps={"image": 0.0, "I0": 0.0})
              for monitor in monitors]  # fmt: skip
    documents = [("start", run.start_doc), ("descriptor", stream.descriptor_doc), *(("event", event) for event in events),
                 ("stop", run.compose_stop())]  # fmt: skip
    lines = "".join(json.dumps(pair, cls=event_model.NumpyEncoder) + "\n" for pair in documents)
    (tmp_path / "run.jsonl").write_text(lines)
    (tmp_path / "config.yaml").write_text(f"""version: 1
service: {{name: monitor}}
sources:
  raw: {{type: bluesky_zmq, connect: tcp://127.0.0.1:5568, image: image}}
operators:
  integrate: {{type: integrate1d, in: raw, poni: {PONI}, bins: {BINS}, radial_range: {list(RANGE)}, polarization: 0.9,
              split: no, error_model: poisson, monitor: I0}}
sinks:
  file: {{type: nexus_file, in: integrate, directory: {tmp_path}, name: "out.nxs"}}
""")
    command = [annulus_bin, "replay", tmp_path / "run.jsonl", "--config", tmp_path / "config.yaml"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert "frame 1 cannot be normalized (its monitor 'I0' is 0" in result.stderr + result.stdout
    with h5py.File(tmp_path / "out.nxs") as file:
        assert list(file["entry/annulus/ledger/frame_state"]) == [1, 4, 1]
        assert file["entry/normalization_applied"][()]
        data = file["entry/data"]
        assert np.isnan(data["I"][1]).all()
        for row in (0, 2):
            theirs = peer(images[0], error_model="poisson", normalization_factor=monitors[row])
            assert largest(data["I"][row], theirs.intensity) < SINGLE
            assert largest(data["I_errors"][row], theirs.sem) < SINGLE
            assert largest(data["sum_normalization"][row], theirs.sum_normalization) < SINGLE
