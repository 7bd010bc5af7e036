# SPDX-License-Identifier: BSD-3-Clause
"""Frames to cakes and patterns over the azimuth, through the service to files, against pyFAI."""

import subprocess

import h5py
import numpy as np
import pyFAI
import pytest

from offline import BINS, PONI, RANGE, reduce

AZIMUTHAL_BINS = 36


@pytest.fixture(scope="module")
def images():
    ai = pyFAI.load(str(PONI))
    rings = 40 + 30 * np.cos(ai.array_from_unit(unit="q_nm^-1")) + 5 * np.cos(2 * ai.chiArray())
    random = np.random.default_rng(3)
    return np.stack([random.poisson(rings) for _ in range(3)]).astype(np.uint16)


def test_a_cake_is_an_image_for_every_frame(annulus_bin, tmp_path, images):
    operator = f"type: integrate2d, azimuthal_bins: {AZIMUTHAL_BINS}, error_model: poisson"
    with reduce(annulus_bin, tmp_path, images, operator, f"bins: {BINS}") as file:
        assert file["entry/definition"][()] == b"NXazint2d"
        data = file["entry/data"]
        assert list(data.attrs["axes"]) == [".", "azimuthal_axis", "radial_axis"]
        assert data.attrs["interpretation"] == "image"
        assert data["I"].shape == (len(images), AZIMUTHAL_BINS, BINS)
        assert data["norm"].shape == (AZIMUTHAL_BINS, BINS)
        np.testing.assert_allclose(data["azimuthal_axis_edges"], np.linspace(-180, 180, AZIMUTHAL_BINS + 1))
        assert list(file["entry/annulus/ledger/frame_state"]) == [1] * len(images)

        ai = pyFAI.load(str(PONI))
        for image, intensity, sigma in zip(images, data["I"], data["I_errors"]):
            theirs = ai.integrate2d(image, BINS, AZIMUTHAL_BINS, unit="q_nm^-1", radial_range=RANGE,
                                    azimuth_range=(-180, 180), error_model="poisson",
                                    method=("bbox", "csr", "cython"))  # fmt: skip
            inner = (slice(1, -1), slice(1, -1))  # of the edges pyFAI keeps what lies outside
            whole = theirs.count[inner] > 5
            assert whole.sum() > 0.5 * whole.size
            for ours, other in ((intensity, theirs.intensity), (sigma, theirs.sigma)):
                difference = np.abs(ours[inner][whole] / other[inner][whole].astype(float) - 1)
                assert np.median(difference) < 2e-6
                assert np.quantile(difference, 0.95) < 2e-5


def test_over_the_azimuth_the_radius_is_joined(annulus_bin, tmp_path, images):
    operator = f"type: integrate_radial, azimuthal_bins: {AZIMUTHAL_BINS}, error_model: poisson"
    with reduce(annulus_bin, tmp_path, images, operator, "bins: 1") as file:
        data = file["entry/data"]
        assert data["I"].shape == (len(images), AZIMUTHAL_BINS)
        assert data["radial_axis"].attrs["units"] == "degrees"
        # The first image's azimuthal modulation comes back.
        angle = np.deg2rad(data["radial_axis"][()])
        valid = data["count"][0] > 1000
        wave = np.polyfit(np.cos(2 * angle[valid]), data["I"][0][valid], 1)
        assert wave[0] == pytest.approx(5, rel=0.2)


def test_files_are_integrated_to_cakes(annulus_bin, tmp_path, images):
    np.save(tmp_path / "image.npy", images[0])
    command = [annulus_bin, "integrate", tmp_path / "image.npy", "--poni", PONI, "--bins", BINS, "--azimuthal-bins",
               AZIMUTHAL_BINS, "--radial-range", *RANGE, "--split", "no", "-o", tmp_path / "cake.h5"]  # fmt: skip
    subprocess.run(list(map(str, command)), check=True, timeout=50)
    theirs = pyFAI.load(str(PONI)).integrate2d(images[0], BINS, AZIMUTHAL_BINS, unit="q_nm^-1", radial_range=RANGE,
                                               azimuth_range=(-180, 180), method=("no", "csr", "cython"))  # fmt: skip
    with h5py.File(tmp_path / "cake.h5") as file:
        assert file["entry/definition"][()] == b"NXazint2d"
        inner = (slice(1, -1), slice(1, -1))
        ours, whole = file["entry/data/I"][0][inner], theirs.count[inner] > 0
        np.testing.assert_array_equal(file["entry/data/count"][0][inner], theirs.count[inner])
        np.testing.assert_allclose(ours[whole], theirs.intensity[inner][whole], rtol=1e-6)
