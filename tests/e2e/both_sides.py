# SPDX-License-Identifier: BSD-3-Clause
"""`annulus integrate` and pyFAI on the same image, and how far apart they are.

Interior bins only are compared: pyFAI credits to the first and the last bin of a range what lies outside of it.
"""

import subprocess

import h5py
import numpy as np
import pyFAI

FLOAT32_EPS = 1.1920929e-7
DOUBLE_PER_FLOAT = 5e-7  # what two float32 roundings and a sum may differ
MEDIAN, ALL = 1e-6, 1e-5  # of bins of divided pixels


def run(annulus_bin, *arguments):
    result = subprocess.run([annulus_bin, "integrate", *map(str, arguments)], capture_output=True, text=True, timeout=50)
    assert result.returncode == 0, result.stderr
    return result


def read_h5(path):
    """The sums and averages of the only frame in a reduced file, by pyFAI's names."""
    with h5py.File(path) as file:
        data = file["entry/data"]
        assert data.attrs["NX_class"] == "NXdata"
        names = {"radial": "radial_axis", "intensity": "I", "sigma": "I_errors", "count": "count"}
        names |= {name: name for name in ("sum_signal", "sum_normalization", "sum_variance")}
        return {key: data[name][()].reshape(-1) for key, name in names.items() if name in data}


class Case:
    """One image with its geometry in files, integrated by either side."""

    def __init__(self, annulus_bin, directory, poni, image):
        self.annulus_bin = annulus_bin
        self.directory = directory
        self.poni = directory / "geometry.poni"
        self.poni.write_text(poni)
        self.image = image
        self.image_file = self.save("image", image)
        self.ai = pyFAI.load(str(self.poni))

    def save(self, name, array):
        path = self.directory / f"{name}.npy"
        np.save(path, array)
        return path

    def annulus(self, *options, bins=200, unit="q_nm^-1", split="bbox"):
        out = self.directory / "out.h5"
        out.unlink(missing_ok=True)
        run(self.annulus_bin, self.image_file, "--poni", self.poni, "--bins", bins, "--unit", unit, "--split", split,
            "--error-model", "poisson", *options, "-o", out)
        return read_h5(out)

    def pyfai(self, bins=200, unit="q_nm^-1", split="bbox", **options):
        method = (split, "histogram" if split == "no" else "csr", "cython")
        return as_dict(self.ai.integrate1d(self.image, bins, unit=unit, method=method, error_model="poisson", **options))


def as_dict(result):
    names = ("radial", "intensity", "sigma", "count", "sum_signal", "sum_normalization", "sum_variance")
    return {name: np.asarray(getattr(result, name), dtype=float) for name in names}


def edges_of(radial):
    """First and last edge of uniform bins with these centres."""
    width = (radial[-1] - radial[0]) / (len(radial) - 1)
    return max(0.0, radial[0] - width / 2), radial[-1] + width / 2


def range_option(radial):
    return "--radial-range", *map(repr, map(float, edges_of(radial)))


def interior(pattern):
    inside = pattern["count"] > 0
    inside[[0, -1]] = False
    return inside


def deviation(ours, theirs, bins):
    """|ours / theirs - 1|, and 0 where both are 0."""
    ours, theirs = ours[bins], theirs[bins]
    scale = np.where(theirs == 0, 1, np.abs(theirs))
    return np.abs(ours - theirs) / scale


def assert_close(found, name):
    assert np.median(found) < MEDIAN, name
    assert found.max() < ALL, name


def assert_same(ours, theirs, split="bbox"):
    np.testing.assert_allclose(ours["radial"], theirs["radial"], rtol=1e-9)
    bins = interior(theirs)
    assert bins.sum() > 0.5 * len(bins)
    np.testing.assert_array_equal(ours["count"] > 0, theirs["count"] > 0)
    for name in ("intensity", "sigma", "count", "sum_signal", "sum_normalization", "sum_variance"):
        found = deviation(ours[name], theirs[name], bins)
        if split == "no":
            assert found.max() < DOUBLE_PER_FLOAT, name
        else:
            assert_close(found, name)
