# SPDX-License-Identifier: BSD-3-Clause
"""`annulus integrate` against pyFAI on generated cases.

Where pixels are whole, both agree to the precision of pyFAI's float32 output, 1.2e-7; where they are divided, within 1e-6
(median) and 1e-5 (all bins).
"""

import numpy as np
import pyFAI
import pyFAI.detectors
import pytest
from pyFAI.detectors import _dectris

from both_sides import (
    DOUBLE_PER_FLOAT,
    FLOAT32_EPS,
    Case,
    assert_close,
    assert_same,
    deviation,
    edges_of,
    interior,
    range_option,
    run,
)

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:pyFAI", "ignore::RuntimeWarning:numexpr")

GEOMETRY = "Distance: 0.15\nPoni1: 0.04\nPoni2: 0.03\nRot1: 0.05\nRot2: -0.1\nRot3: 0.2\nWavelength: 0.8e-10\n"
PONI = {
    "1": "PixelSize1: 0.00025\nPixelSize2: 0.0002\nSplineFile: None\n" + GEOMETRY,
    "1-detector": "Detector: Pilatus 300k\nPixelSize1: 0.000172\nPixelSize2: 0.000172\n" + GEOMETRY,
    "1-appended": "PixelSize1: 0.0001\nPixelSize2: 0.0001\nDistance: 3\nPoni1: 1\nPoni2: 1\nRot1: 1\n# again\n"
    "PixelSize1: 0.00025\nPixelSize2: 0.0002\n" + GEOMETRY,
    "2": "poni_version: 2\nDetector: Detector\n"
    'Detector_config: {"pixel1": 0.00025, "pixel2": 0.0002, "max_shape": [300, 320]}\n' + GEOMETRY,
    "2.1": 'poni_version: 2.1\nDetector: Pilatus300k\nDetector_config: {"orientation": 3}\n' + GEOMETRY,
    "2.1-generic": "poni_version: 2.1\nDetector: Detector\n"
    'Detector_config: {"pixel1": 0.00025, "pixel2": 0.0002, "max_shape": null, "orientation": 3}\n' + GEOMETRY,
    "3": 'poni_version: 3\nDetector: Eiger2_250k\nDetector_config: {"orientation": 3, "sensor": {"material": "Si", '
    '"thickness": 0.00045}}\n' + GEOMETRY + "Parallax: False\n",
}
PILATUS = PONI["2.1"]


def rings(poni_text, directory, dtype=np.int32, seed=1):
    """Rings with Poisson noise on the detector of a poni file."""
    path = directory / "for_rings.poni"
    path.write_text(poni_text)
    ai = pyFAI.load(str(path))
    q = ai.center_array(ai.detector.shape or (280, 260), unit="q_nm^-1")
    expected = 20 + 200 * np.exp(-(((q % 7) - 3.5) ** 2) / 0.05)
    return np.random.default_rng(seed).poisson(expected).astype(dtype)


@pytest.fixture
def case(annulus_bin, tmp_path):
    def make(poni_text=PILATUS, image=None, **how):
        image = rings(poni_text, tmp_path, **how) if image is None else image
        return Case(annulus_bin, tmp_path, poni_text, image)

    return make


@pytest.mark.parametrize("split", ["no", "bbox"])
@pytest.mark.parametrize("version", PONI)
def test_poni_version(case, version, split):
    it = case(PONI[version])
    assert_same(it.annulus(split=split), it.pyfai(split=split), split)


@pytest.mark.parametrize("split", ["no", "bbox"])
@pytest.mark.parametrize("unit", ["q_nm^-1", "q_A^-1", "2th_deg", "2th_rad", "r_mm"])
def test_unit(case, unit, split):
    it = case()
    assert_same(it.annulus(unit=unit, split=split), it.pyfai(unit=unit, split=split), split)


@pytest.mark.parametrize("polarization", [-1, -0.3, 0, 0.99, 1])
def test_polarization(case, polarization):
    it = case()
    assert_same(it.annulus("--polarization", polarization), it.pyfai(polarization_factor=polarization))


def test_without_solid_angle(case):
    it = case()
    assert_same(it.annulus("--no-solid-angle"), it.pyfai(correctSolidAngle=False))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "int64", "float32", "float64"])
def test_type_of_image(case, dtype):
    it = case(dtype=dtype)
    assert_same(it.annulus(), it.pyfai())


@pytest.mark.parametrize("bins", [1, 7, 1000, 5000])
def test_number_of_bins(case, bins):
    it = case()
    ours, theirs = it.annulus(bins=bins), it.pyfai(bins=bins)
    bins_to_compare = interior(theirs) if bins > 1 else np.array([True])
    for name in ("intensity", "sigma"):
        assert_close(deviation(ours[name], theirs[name], bins_to_compare), name)
    assert ours["count"].sum() == pytest.approx(theirs["count"].sum(), rel=1e-6)


def test_dark_flat_and_mask(case):
    it = case()
    random = np.random.default_rng(2)
    shape = it.image.shape
    dark = random.uniform(0, 5, shape).astype(np.float32)
    flat = random.uniform(0.5, 1.5, shape).astype(np.float32)
    flat[::17, ::13] = 0  # a pixel without efficiency is masked
    mask = (random.uniform(size=shape) < 0.1).astype(np.uint8)
    ours = it.annulus("--dark", it.save("dark", dark), "--flat", it.save("flat", flat), "--mask", it.save("mask", mask))
    # pyFAI's mask replaces that of the detector.
    theirs = it.pyfai(dark=dark, flat=flat, mask=(mask | it.ai.detector.mask))
    assert_same(ours, theirs)


@pytest.mark.parametrize(("dtype", "marks"), [("int32", [-1, -2, -3]), ("uint16", [65535, 65534]), ("uint32", [2**32 - 1])])
def test_marks_of_the_detector(case, tmp_path, dtype, marks):
    image = rings(PILATUS, tmp_path, dtype=dtype)
    for i, mark in enumerate(marks):
        image[i :: 11 * len(marks), ::7] = mark
    it = case(image=image)
    assert_same(it.annulus(), it.pyfai())


def test_dummy(case, tmp_path):
    image = rings(PILATUS, tmp_path, dtype=np.float32)
    image[::5, ::3] = 12345
    image[::7, ::5] = np.nan
    it = case(image=image)
    assert_same(it.annulus("--dummy", 12345), it.pyfai(dummy=12345, delta_dummy=0))


def test_radial_range(case):
    it = case()
    ours = it.annulus("--radial-range", 5, 25)
    theirs = it.pyfai(radial_range=(5, 25 / (1 + FLOAT32_EPS)))
    assert_same(ours, theirs)
    # What lies outside is dropped here and credited to the outermost bins there.
    truth = 20 / 200 / 2 * np.array([-1, 1]) + [25, 5]
    np.testing.assert_allclose(ours["radial"][[-1, 0]], truth)
    assert ours["count"][0] < theirs["count"][0]


@pytest.mark.parametrize("sector", [(-30, 60), (170, 190), (170, -170), (-200, -95), (0, 360)])
def test_azimuth_range(case, sector):
    it = case()
    lo, hi = sector
    extent = hi - lo if hi > lo else hi - lo + 360
    chi = np.rad2deg(it.ai.chiArray().astype(float))
    outside = ((chi - lo) % 360 >= extent) | it.ai.detector.mask.astype(bool)
    radial = it.pyfai(split="no")["radial"]
    lo_edge, hi_edge = edges_of(radial)
    ours = it.annulus("--azimuth-range", lo, hi, *range_option(radial), split="no")
    theirs = it.pyfai(split="no", mask=outside, radial_range=(lo_edge, hi_edge / (1 + FLOAT32_EPS)))
    bins = (theirs["count"] > 0) & (np.arange(len(radial)) > 0) & (np.arange(len(radial)) < len(radial) - 1)
    assert theirs["count"].sum() > 100
    np.testing.assert_array_equal(ours["count"][1:-1], theirs["count"][1:-1])
    assert deviation(ours["intensity"], theirs["intensity"], bins).max() < DOUBLE_PER_FLOAT


def test_sectors_around_the_circle_add_up(case):
    it = case()
    fixed = range_option(it.pyfai()["radial"])
    whole = it.annulus(*fixed)
    parts = [it.annulus("--azimuth-range", a, a + 72, *fixed) for a in range(-100, 260, 72)]
    for name in ("sum_signal", "sum_normalization", "count"):
        # Pixels across two sectors are rounded in either.
        np.testing.assert_allclose(sum(p[name] for p in parts), whole[name], rtol=1e-5)


def polygon_deviations(ours, theirs):
    """Of intensity and sigma with polygons: pyFAI adds their float32 areas, 1e-6 off where slivers of pixels count."""
    np.testing.assert_allclose(ours["radial"], theirs["radial"], rtol=1e-6)
    bins = interior(theirs)
    bins[:3] = False  # of the pixel with the beam, which lies all around it here but not in pyFAI
    assert bins.sum() > 0.5 * len(bins)
    return {name: deviation(ours[name], theirs[name], bins) for name in ("intensity", "sigma")}


@pytest.mark.parametrize("unit", ["q_nm^-1", "q_A^-1", "2th_deg", "2th_rad", "r_mm"])
@pytest.mark.parametrize("bins", [50, 200, 1000])
def test_polygons(case, unit, bins):
    it = case()
    for name, found in polygon_deviations(
        it.annulus(unit=unit, split="full", bins=bins), it.pyfai(unit=unit, split="full", bins=bins)
    ).items():
        assert_close(found, name)


def test_logarithmic_bins(case):
    it = case()
    ours = it.annulus("--radial-range", 3, 30, "--spacing", "logarithmic", split="no", bins=100)
    theirs = it.pyfai(split="no", bins=100, unit="log(q.nm)_None", radial_range=tuple(np.log([3, 30])))
    edges = np.geomspace(3, 30, 101)
    np.testing.assert_allclose(ours["radial"], (edges[1:] + edges[:-1]) / 2, rtol=1e-12)
    # A centre within a rounding of an edge may be on its other side: running sums tell of those alone.
    running = np.cumsum(ours["count"] - theirs["count"])[1:-1] - (ours["count"] - theirs["count"])[0]
    assert np.abs(running).max() <= 2
    assert np.mean(ours["count"][1:-1] == theirs["count"][1:-1]) > 0.95


@pytest.mark.parametrize("split", ["no", "bbox", "full"])
def test_bounds_of_bins(case, tmp_path, split):
    """Bins of several of pyFAI's hold what those hold."""
    it = case()
    first, last = 4, 30
    fine = it.annulus("--radial-range", first, last, split=split, bins=260)
    theirs = it.pyfai(split=split, bins=260, radial_range=(first, last / (1 + FLOAT32_EPS)))
    chosen = np.array([3, 4, 6, 17, 40, 41, 100, 200, 255])  # away from the bounds, where pyFAI adds what is outside
    file = tmp_path / "edges.txt"
    np.savetxt(file, np.linspace(first, last, 261)[chosen], header="bounds [1/nm]")
    ours = it.annulus("--edges", file, split=split)
    for name in ("sum_signal", "sum_normalization", "count"):
        # Bounds differ by roundings: without splitting a centre on one may fall on its other side.
        for other, tolerance in ((fine, 1e-6), (theirs, 1e-5)):
            expected = np.add.reduceat(other[name], chosen)[:-1]
            np.testing.assert_allclose(ours[name], expected, rtol=1e-3 if split == "no" else tolerance)


@pytest.mark.parametrize("split", ["no", "bbox", "full"])
def test_sector_is_an_azimuth_range(case, split):
    it = case()
    one, other = it.annulus("--sector", 170, 20, split=split), it.annulus("--azimuth-range", 170, -170, split=split)
    for name in ("intensity", "sigma", "count"):
        np.testing.assert_array_equal(one[name], other[name])


def dectris_detectors():
    """Every DECTRIS pixel detector of pyFAI that has a size."""
    classes = {cls for cls in pyFAI.detectors.ALL_DETECTORS.values() if cls.__module__ == _dectris.__name__}
    return sorted((cls for cls in classes if issubclass(cls, _dectris._Dectris)), key=lambda cls: cls.__name__)


@pytest.mark.parametrize("cls", dectris_detectors(), ids=lambda cls: cls.__name__)
def test_mask_of_detector(annulus_bin, tmp_path, cls):
    """Every pixel has a random value: sums over the unmasked ones agree only if the masks do, pixel by pixel."""
    detector = cls()
    image = np.random.default_rng(5).integers(1, 2**20, detector.max_shape, dtype=np.int32)
    poni = f'poni_version: 2.1\nDetector: {cls.aliases[0]}\nDetector_config: {{"orientation": 3}}\n' + GEOMETRY
    # pixel sizes show in the radii: unsplit, uncorrected sums of rings
    it = Case(annulus_bin, tmp_path, poni, image)
    ours = it.annulus("--no-solid-angle", bins=20, unit="r_mm", split="no")
    used = detector.mask == 0 if detector.mask is not None else np.ones(detector.max_shape, bool)
    assert ours["count"].sum() == used.sum()
    assert ours["sum_signal"].sum() == image[used].sum(dtype=np.int64)
    radius = it.ai.center_array(unit="r_mm")
    assert ours["radial"][-1] < radius[used].max() < ours["radial"][-1] * 1.03


# --------------------------------------------------------------------------------------------------------- text files


def test_xy_holds_what_h5_does(case):
    it = case()
    ours = it.annulus(bins=300)
    out = it.directory / "out.xy"
    run(it.annulus_bin, it.image_file, "--poni", it.poni, "--bins", 300, "--error-model", "poisson", "-o", out)
    assert out.read_text().startswith("#")
    columns = np.loadtxt(out, comments="#").T
    for column, name in zip(columns, ("radial", "intensity", "sigma"), strict=True):
        np.testing.assert_array_equal(column, ours[name])


def test_xy_marks_empty_bins(case):
    it = case()
    out = it.directory / "out.xy"
    run(it.annulus_bin, it.image_file, "--poni", it.poni, "--bins", 100, "--error-model", "poisson", "--radial-range",
        0, 500, "-o", out)
    radial, intensity, sigma = np.loadtxt(out, comments="#").T
    assert np.isnan(intensity[-1]) and np.isnan(sigma[-1])
    np.testing.assert_allclose(radial, np.arange(2.5, 500, 5))


def test_several_images_give_one_numbered_file_each(case):
    it = case()
    second = it.save("second", it.image * 2)
    run(it.annulus_bin, it.image_file, second, "--poni", it.poni, "--bins", 50, "-o", it.directory / "many.xy")
    files = sorted(it.directory.glob("many*.xy"))
    assert len(files) == 2
    one, two = (np.loadtxt(f, comments="#").T[1] for f in files)
    np.testing.assert_allclose(two, 2 * one, rtol=1e-12)
