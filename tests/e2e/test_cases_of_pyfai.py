# SPDX-License-Identifier: BSD-3-Clause
"""The synthetic cases of pyFAI's own tests, through `annulus integrate` against pyFAI and against the right value.

Others of them are C++ tests: polarization and preproc, cakes of a flat image, all errors from the scatter of pixels (see
tests/operators/kernels), and the integrators by quantiles.
"""

import numpy as np
import pyFAI.detectors
import pytest
from pyFAI.integrator.azimuthal import AzimuthalIntegrator

from both_sides import Case, deviation, interior

SPLITS = ["no", "bbox", "full"]
WAVELENGTH = "Wavelength: 1e-10\n"

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")


def poni(detector, config, distance, poni1, poni2, rot1=0, rot2=0, rot3=0, wavelength=WAVELENGTH):
    return (f"poni_version: 2.1\nDetector: {detector}\nDetector_config: {config}\nDistance: {distance}\nPoni1: {poni1}\n"
            f"Poni2: {poni2}\nRot1: {rot1}\nRot2: {rot2}\nRot3: {rot3}\n{wavelength}")  # fmt: skip


def generic(pixel, rows, cols):
    return f'{{"pixel1": {pixel}, "pixel2": {pixel}, "max_shape": [{rows}, {cols}], "orientation": 3}}'


@pytest.fixture
def case(annulus_bin, tmp_path):
    return lambda text, image: Case(annulus_bin, tmp_path, text, image)


def assert_near(ours, theirs, bins, names=("intensity", "sigma"), largest=1e-5):
    for name in names:
        found = deviation(ours[name], theirs[name], bins)
        assert np.median(found) < 1e-6, name
        assert found.max() < largest, name


@pytest.mark.parametrize("split", SPLITS)
def test_error_model(case, split):
    """An image that falls with q, with a flat field, at hardly any tilt; the beam is 1 cm outside of it."""
    text = poni("Detector", generic(1e-4, 128, 128), 1, 0, 0, -0.01, 0.01)
    q = AzimuthalIntegrator(
        dist=1, rot1=-0.01, rot2=0.01, detector=pyFAI.detectors.Detector(1e-4, 1e-4, max_shape=(128, 128)), wavelength=1e-10
    ).array_from_unit(unit="q_nm^-1")
    flat = 1 + np.random.default_rng(0).random((128, 128))
    it = case(text, (1e8 * flat * 100 / (1 + q * q)).astype(np.float64))
    ours = it.annulus("--flat", it.save("flat", flat), "--polarization", 0.99, bins=100, split=split)
    theirs = it.pyfai(flat=flat, polarization_factor=0.99, bins=100, split=split)
    assert_near(ours, theirs, interior(theirs))


@pytest.mark.parametrize("split", SPLITS)
def test_uncertainties(case, split):
    """Poisson counts of 1000 close to the detector, more bins than pixels along the radius."""
    text = poni("Pilatus100k", '{"orientation": 3}', 0.1, 0.01, 0.01)
    it = case(text, np.random.default_rng(1).poisson(1000, (195, 487)).astype(np.int32))
    ours, theirs = it.annulus(bins=500, split=split), it.pyfai(bins=500, split=split)
    bins = interior(theirs)
    if split == "full":
        bins[:10] = False  # of the pixel with the beam: see below
    names = ("intensity", "sigma", "count", "sum_signal", "sum_normalization", "sum_variance")
    assert_near(ours, theirs, bins, names, largest=1e-5)
    # A formula of its own: every pixel has about 1000 counts, so that sigma is 31.6 over the root of their number.
    if split == "no":
        np.testing.assert_allclose(ours["sigma"] / ours["intensity"], 1 / np.sqrt(ours["sum_signal"]), rtol=1e-6)


def test_weighted_mean_of_an_image_that_is_its_flat_field(case):
    """ImXPad: pixels of several sizes. The sums of signal and normalization are the same, the count is not."""
    detector = pyFAI.detectors.ImXPadS10()
    flat = np.random.default_rng(2).uniform(0.5, 1.5, detector.shape)
    it = case(poni("ImXPadS10", '{"orientation": 3}', 1, 0, 0), flat)
    ours = it.annulus("--no-solid-angle", "--flat", it.save("flat", flat), unit="r_mm", bins=100)
    theirs = it.pyfai(flat=flat, correctSolidAngle=False, unit="r_mm", bins=100)
    bins = interior(theirs)
    np.testing.assert_allclose(ours["sum_signal"], ours["sum_normalization"], rtol=1e-12)
    assert np.abs(ours["sum_normalization"] / ours["count"] - 1)[bins].max() > 1e-3
    assert_near(ours, theirs, bins, ("intensity", "count", "sum_signal", "sum_normalization"))


def rwp(one, other):
    """Weighted profile R factor of two patterns."""
    weight = np.where(one + other > 0, 1 / np.maximum(one + other, 1e-30), 0)
    return np.sqrt((weight * (one - other) ** 2).sum() / (weight * one**2).sum())


def test_single_pixels(case):
    """Five pixels, each over many bins: the ways of splitting differ among each other, and not from pyFAI's."""
    image = np.zeros((512, 512), np.int32)
    for k in range(1, 6):
        image[100 * k, 100 * k] = 10000
    it = case(poni("Detector", generic(1e-4, 512, 512), 1, 0, 0), image)
    ours = {split: it.annulus(unit="2th_deg", bins=10000, split=split)["sum_signal"] for split in SPLITS}
    theirs = {split: it.pyfai(unit="2th_deg", bins=10000, split=split)["sum_signal"] for split in SPLITS}
    for split in SPLITS:
        assert ours[split].sum() == pytest.approx(50000, rel=1e-9)
        for other in SPLITS:
            if split == other:
                # Without splitting a centre may fall to the other side of an edge.
                assert rwp(ours[split], theirs[split]) < (0.07 if split == "no" else 1e-3)
            else:
                assert rwp(ours[split], theirs[other]) > 0.07


@pytest.mark.parametrize("split", SPLITS)
def test_nine_sectors(case, split):
    """pyFAI's bug 1487: sectors of 20 degrees from -90 on, of an image that depends on the azimuth."""
    text = poni("Pilatus200k", '{"orientation": 3}', 0.1, 0.03, 0)
    detector = pyFAI.detectors.Pilatus200k()
    ai = AzimuthalIntegrator(dist=0.1, poni1=0.03, poni2=0, detector=detector, wavelength=1e-10)
    tth, chi = ai.twoThetaArray().astype(float), ai.chiArray().astype(float)
    image = -tth * (tth - 0.8) * (np.sin(4 * chi) + 1)
    it = case(text, image)
    bounds = ("--no-solid-angle", "--radial-range", 0, 40)
    sectors = [it.annulus(*bounds, "--sector", start, 20, bins=10, split=split) for start in range(-90, 90, 20)]
    intensities = np.array([sector["intensity"] for sector in sectors])
    filled = np.array([sector["count"] for sector in sectors]).min(axis=0) > 100
    assert filled.sum() >= 4
    assert (intensities.std(axis=0)[filled] > 0.01).all()
    # The mean of the pixels whose centres are there, which splitting changes a little.
    ring = np.floor(4 * np.pi * np.sin(tth / 2) * 10 / 4)
    used = detector.mask == 0
    for start, intensity in zip(range(-90, 90, 20), intensities):
        inside = used & (np.rad2deg(chi) >= start) & (np.rad2deg(chi) < start + 20)
        means = [image[inside & (ring == k)].mean() for k in np.flatnonzero(filled)]
        np.testing.assert_allclose(intensity[filled], means, rtol=1e-9 if split == "no" else 0.02)
    whole = it.annulus(*bounds, "--sector", -90, 180, bins=10, split=split)
    for name in ("sum_signal", "sum_normalization", "count"):
        np.testing.assert_allclose(sum(s[name] for s in sectors), whole[name], rtol=2e-5, atol=1e-4)


@pytest.mark.parametrize(("rot3", "start"), [(0.5, 0), (-0.4, -180)])
@pytest.mark.parametrize("split", ["bbox", "full"])
def test_pixels_on_the_cut(case, split, rot3, start):
    """pyFAI's TestRecenter: 5 x 5 pixels of 1 mm about the beam, of which some lie on the cut. Of every pixel all is found."""
    text = poni("Detector", generic(1e-3, 5, 5), 1, 2.2e-3, 2.8e-3, rot3=rot3)
    for row, col in [(2, 2), (2, 0), (2, 1), (2, 4), (3, 1), (1, 3)]:
        image = np.zeros((5, 5), np.int32)
        image[row, col] = 65534
        it = case(text, image)
        common = ("--no-solid-angle", "--radial-range", 0, 10)
        turn = it.annulus(*common, "--sector", start, 360, unit="r_mm", bins=1, split=split)
        assert turn["sum_signal"].sum() == pytest.approx(65534, rel=1e-6)
        quarters = [it.annulus(*common, "--sector", start + 90 * k, 90, unit="r_mm", bins=1, split=split)["sum_signal"][0]
                    for k in range(4)]  # fmt: skip
        assert sum(quarters) == pytest.approx(65534, rel=1e-4)
        if (row, col) == (2, 2):
            assert min(quarters) > 0.03 * 65534  # of the pixel with the beam every side has something
        else:
            assert min(quarters) == 0
            assert quarters[int((np.rad2deg(it.ai.chiArray()[row, col]) - start) % 360 // 90)] > 0.2 * 65534


def test_ring_of_negative_counts(case):
    """pyFAI's test_mask: a ring of -10 is averaged, masked to the background of 0, or left empty by its mark."""
    text = poni("Pilatus1M", '{"orientation": 3}', 1, 0.09, 0.08)
    ai = AzimuthalIntegrator(dist=1, poni1=0.09, poni2=0.08, wavelength=1e-10,
                                                        detector=pyFAI.detectors.Pilatus1M())  # fmt: skip
    tth = np.rad2deg(ai.twoThetaArray().astype(float))
    ring = np.abs(tth - 1.5) < 0.05
    image = np.where(ring, -10, 0).astype(np.float32)
    it = case(text, image)
    options = ("--radial-range", 1, 2)
    how = {"unit": "2th_deg", "split": "no", "bins": 100}
    at = np.abs(np.linspace(1.005, 1.995, 100) - 1.5) < 0.03
    np.testing.assert_allclose(it.annulus(*options, **how)["intensity"][at], -10, rtol=0.02)
    mask = (ring & (np.arange(image.shape[1]) % 2 == 0)).astype(np.uint8)
    image[mask != 0] = 1e6
    it = case(text, image)
    masked = it.annulus(*options, "--mask", it.save("mask", mask), **how)
    np.testing.assert_allclose(masked["intensity"][at], -10, rtol=0.02)
    left_out = it.annulus(*options, "--mask", it.save("mask", ring.astype(np.uint8)), **how)
    assert np.isnan(left_out["intensity"][at]).all() and (left_out["count"][at] == 0).all()
    marked = case(text, np.where(ring, -10, 0).astype(np.float32)).annulus(*options, "--dummy", -10, **how)
    assert np.isnan(marked["intensity"][at]).all() and (marked["count"][at] == 0).all()


# -------------------------------------------------------------------------------------------- where pyFAI is not right


@pytest.mark.parametrize("split", ["no", "bbox"])
def test_outermost_bins_hold_what_lies_in_them(case, split):
    """Under a range pyFAI credits to the outermost bins what lies outside."""
    text = poni("Pilatus100k", '{"orientation": 3}', 0.1, 0.01, 0.02)
    it = case(text, np.random.default_rng(3).poisson(100, (195, 487)).astype(np.int32))
    lo, hi, bins = 10.0, 50.0, 40
    ours = it.annulus("--radial-range", lo, hi, "--no-solid-angle", unit="r_mm", split=split, bins=bins)
    theirs = it.pyfai(unit="r_mm", split=split, bins=bins, radial_range=(lo, hi), correctSolidAngle=False)
    radius = lambda row, col: np.hypot(0.172 * row - 10, 0.172 * col - 20)  # noqa: E731
    row, col = np.indices(it.image.shape)
    centre = radius(row + 0.5, col + 0.5)
    width = np.max([np.abs(radius(row + i, col + j) - centre) for i in (0, 1) for j in (0, 1)], axis=0)
    used = it.ai.detector.mask == 0
    for index, first in ((0, lo), (bins - 1, hi - 1)):
        if split == "no":
            part = ((centre >= first) & (centre < first + 1)).astype(float)
        else:
            part = np.clip(np.minimum(centre + width, first + 1) - np.maximum(centre - width, first), 0, None) / (2 * width)
        assert ours["count"][index] == pytest.approx(part[used].sum(), rel=1e-5)
        assert ours["sum_signal"][index] == pytest.approx((part * it.image)[used].sum(), rel=1e-5)
        if split == "bbox":
            assert theirs["count"][index] > 1.05 * part[used].sum()


@pytest.mark.parametrize("offset", [(0.5, 0.5), (0.3, 0.6), (0.1, 0.9)])
def test_pixel_with_the_beam_reaches_down_to_it(case, offset):
    """By the share of points all over the pixel. pyFAI gives nothing to the bins next to the beam."""
    image = np.zeros((11, 11), np.int32)
    image[5, 5] = 1_000_000
    beam = [(5 + x) * 1e-3 for x in offset]
    it = case(poni("Detector", generic(1e-3, 11, 11), 1, *beam), image)
    ours = it.annulus("--no-solid-angle", "--radial-range", 0, 2, unit="r_mm", split="full", bins=8)
    points = (np.arange(2000) + 0.5) / 2000
    radius = np.hypot(points[:, None] - offset[0], points[None, :] - offset[1])
    expected = np.histogram(radius, np.linspace(0, 2, 9))[0] / radius.size * 1e6
    np.testing.assert_allclose(ours["sum_signal"], expected, atol=500)
    theirs = it.pyfai(unit="r_mm", split="full", bins=8, radial_range=(0, 2), correctSolidAngle=False)
    assert theirs["sum_signal"][0] < 0.2 * expected[0]


@pytest.mark.parametrize("split", SPLITS)
def test_patterns_over_the_azimuth_come_round(case, split):
    """A range of chi across the cut holds the pixels on both sides; pyFAI stops at 180, and its polygons have no area."""
    text = poni("Detector", generic(1e-3, 61, 61), 1, 30.2e-3, 40.7e-3)
    it = case(text, np.random.default_rng(4).poisson(50, (61, 61)).astype(np.int32))
    chi = np.rad2deg(it.ai.chiArray().astype(float))
    across = it.annulus("--radial-range", 150, 210, unit="chi_deg", split=split, bins=6)
    upper = it.annulus("--radial-range", 150, 180, unit="chi_deg", split=split, bins=3)
    lower = it.annulus("--radial-range", -180, -150, unit="chi_deg", split=split, bins=3)
    for name in ("sum_signal", "count", "sum_normalization"):
        np.testing.assert_allclose(across[name], np.concatenate([upper[name], lower[name]]), rtol=1e-5)
    turn = it.annulus(unit="chi_deg", split=split, bins=36)
    assert turn["sum_signal"].sum() == pytest.approx(it.image.sum(), rel=1e-9)
    if split == "no":
        counts = np.histogram(chi % 360, np.arange(150, 211, 10))[0]
        np.testing.assert_array_equal(across["count"], counts)
    else:
        sectors = [it.annulus("--sector", 150 + 10 * k, 10, "--radial-range", 0, 100, unit="r_mm", split=split, bins=1)
                   for k in range(6)]  # fmt: skip
        for name in ("sum_signal", "count"):
            np.testing.assert_allclose(across[name], [s[name][0] for s in sectors], rtol=1e-3)


@pytest.mark.parametrize("split", ["no", "bbox"])
def test_azimuth_agrees_with_pyfai_away_from_the_cut(case, split):
    """Of a detector on the right of the beam, which no pixel of is on the cut."""
    it = case(poni("Pilatus100k", '{"orientation": 3}', 0.1, 0.01, -0.02),
              np.random.default_rng(5).poisson(100, (195, 487)).astype(np.int32))  # fmt: skip
    theirs = it.pyfai(unit="chi_deg", split=split, bins=60)
    lo, hi = theirs["radial"][0], theirs["radial"][-1]
    width = (hi - lo) / 59
    ours = it.annulus("--radial-range", repr(float(lo - width / 2)), repr(float(hi + width / 2)), unit="chi_deg",
                      split=split, bins=60)  # fmt: skip
    bins = interior(theirs)
    tolerance = 2e-2 if split == "no" else 1e-4  # centres on the other side of an edge; edges as float32 centres tell them
    for name in ("intensity", "sigma"):
        assert deviation(ours[name], theirs[name], bins).max() < tolerance
