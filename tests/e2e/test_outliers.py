# SPDX-License-Identifier: BSD-3-Clause
"""Patterns without outliers and medians, through the service to files, against pyFAI.

Both take whole pixels (`split: no`) unless a test says otherwise. pyFAI computes in single precision: intensities, errors and
sums agree within 1e-6, and so do the pixels that are left in every bin, exactly. Interior bins only: pyFAI credits to the
first and the last bin of a range what lies outside of it.
"""

import subprocess

import numpy as np
import pyFAI
import pytest

from offline import BINS, PONI, RANGE, reduce

INNER = slice(1, -1)
SINGLE = 1e-6  # what single precision costs

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture(scope="module")
def images():
    """Rings with the spots of a crystal, and dead pixels."""
    ai = pyFAI.load(str(PONI))
    rings = 400 + 300 * np.cos(ai.array_from_unit(unit="q_nm^-1"))
    random = np.random.default_rng(3)
    images = np.stack([random.poisson(rings) for _ in range(2)]).astype(np.uint16)
    spots = random.random(images.shape) < 3e-4
    images[spots] = random.integers(1500, 6000, spots.sum())
    images[random.random(images.shape) < 1e-4] = 0
    return images


def peer(method, image, **options):
    split = options.pop("split", "no")
    return getattr(pyFAI.load(str(PONI)), method)(image, BINS, unit="q_nm^-1", radial_range=RANGE, polarization_factor=0.9,
                                                  method=(split, "csr", "cython"), **options)  # fmt: skip


NAMES = {"I": "intensity", "I_errors": "sem", "std": "std", "sum_signal": "sum_signal", "sum_variance": "sum_variance",
         "sum_normalization": "sum_normalization", "sum_normalization2": "sum_normalization2"}  # fmt: skip


def deviations(data, row, theirs):
    """By name: |ours / theirs - 1| of inner bins."""
    assert (theirs.count[INNER] > 0).all()
    for ours, peers in NAMES.items():
        values = getattr(theirs, peers)
        if values is None or ours not in data:
            continue
        yield ours, np.abs(data[ours][row][INNER] / values[INNER].astype(float) - 1)


@pytest.mark.parametrize(("threshold", "max_iter"), [(5, 5), (3, 1), (5, 0)])
@pytest.mark.parametrize("model", ["poisson", "azimuthal", "hybrid"])
def test_sigma_clip(annulus_bin, tmp_path, images, model, threshold, max_iter):
    operator = f"type: sigma_clip, error_model: {model}, threshold: {threshold}, max_iter: {max_iter}"
    with reduce(annulus_bin, tmp_path, images, operator) as file:
        assert file["entry/definition"][()] == b"NXazint1d"
        data = file["entry/data"]
        assert data["I"].shape == (len(images), BINS)
        for row, image in enumerate(images):
            theirs = peer("sigma_clip_ng", image, error_model=model, thres=threshold, max_iter=max_iter)
            np.testing.assert_array_equal(data["count"][row][INNER], theirs.count[INNER])
            spots = np.nansum(data["count"][row]) < np.sum(pyFAI.load(str(PONI)).integrate1d(image, BINS).count)
            assert spots or max_iter == 0
            for name, found in deviations(data, row, theirs):
                # pyFAI's scatter within a bin depends on the order of its pixels (docs/accuracy.md).
                of_order = model == "azimuthal" and name in ("I_errors", "std", "sum_variance")
                assert found.max() < (1e-4 if of_order else SINGLE), name


@pytest.mark.parametrize("model", ["none", "poisson"])
@pytest.mark.parametrize(
    ("operator", "percentile"), [("type: median", 50), ("type: quantile, percentile: [10, 80]", (10, 80))]
)
def test_quantiles(annulus_bin, tmp_path, images, operator, percentile, model):
    with reduce(annulus_bin, tmp_path, images, f"{operator}, split: no, error_model: {model}") as file:
        data = file["entry/data"]
        for row, image in enumerate(images):
            theirs = peer("medfilt1d_ng", image, error_model=model, percentile=percentile)
            np.testing.assert_array_equal(data["count"][row][INNER], theirs.count[INNER])
            for name, found in deviations(data, row, theirs):
                assert found.max() < SINGLE, name


@pytest.mark.parametrize("split", ["bbox", "full"])
def test_quantiles_of_parts_of_pixels(annulus_bin, tmp_path, images, split):
    """Parts are rounded, here to a double and in pyFAI to single precision: at a bound, another pixel may be taken."""
    operator = f"type: quantile, percentile: [10, 80], split: {split}, error_model: poisson"
    with reduce(annulus_bin, tmp_path, images, operator) as file:
        for row, image in enumerate(images):
            theirs = peer("medfilt1d_ng", image, error_model="poisson", percentile=(10, 80), split=split)
            found = dict(deviations(file["entry/data"], row, theirs))
            for name in ("I", "std"):
                assert np.median(found[name]) < SINGLE, name
                assert found[name].max() < 2e-4, name


def test_a_scatter_between_quantiles_is_that_of_the_pixels_between_them(annulus_bin, tmp_path, images):
    """pyFAI says 0 here."""
    operator = "type: quantile, percentile: [10, 80], split: no, error_model: azimuthal, solid_angle: false"
    with reduce(annulus_bin, tmp_path, images, operator) as file:
        data = file["entry/data"]
        ai = pyFAI.load(str(PONI))
        q, weight = ai.array_from_unit(unit="q_nm^-1"), ai.polarization(factor=0.9)
        edges = data["radial_axis_edges"][()]
        for bin in (10, 50, 90):
            inside = (q >= edges[bin]) & (q < edges[bin + 1]) & (ai.detector.mask == 0)
            x, n = images[0][inside] / weight[inside], weight[inside].astype(float)
            order = np.argsort(x, kind="stable")
            x, n = x[order], n[order]
            up_to = np.cumsum(n) / n.sum()
            between = (np.concatenate([[0], up_to[:-1]]) >= 0.1) & (up_to <= 0.8)
            x, n = x[between], n[between]
            mean = np.sum(n * x) / np.sum(n)
            wanted = np.sqrt(np.sum(n**2 * (x - mean) ** 2) / np.sum(n**2))
            assert data["std"][0][bin] == pytest.approx(wanted, rel=1e-3)


def test_patterns_without_outliers_go_where_patterns_go(annulus_bin, tmp_path):
    (tmp_path / "config.yaml").write_text(f"""version: 1
sources:
  raw: {{type: bluesky_zmq, connect: tcp://127.0.0.1:5578}}
operators:
  clipped: {{type: sigma_clip, in: raw, poni: {PONI}}}
  median: {{type: median, in: raw, poni: {PONI}}}
  middle: {{type: quantile, in: raw, poni: {PONI}, percentile: [25, 75]}}
sinks:
  an: {{type: bluesky_pub, in: [clipped, median, middle], bind: tcp://127.0.0.1:5579}}
  viewer: {{type: viewer, in: [clipped, median, middle, raw], overflow: latest}}
""")
    result = subprocess.run([annulus_bin, "check", tmp_path / "config.yaml"], capture_output=True, text=True, timeout=50)
    assert result.returncode == 0, result.stderr
