# SPDX-License-Identifier: BSD-3-Clause
"""Positions and coordinates of every pixel against pyFAI, through the test program show_geometry."""

import inspect
import re
import subprocess

import numpy as np
import pyFAI
import pyFAI.detectors
import pytest
from pyFAI import units
from pyFAI.detectors import Detector, HexDetector

TILTED = """poni_version: 2.1
Detector: Pilatus100k
Detector_config: {"orientation": 3}
Distance: 0.0999
Poni1: 0.0058
Poni2: 0.0469
Rot1: 0.34
Rot2: -0.52
Rot3: 0.13
Wavelength: 1.23e-10
"""

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")


@pytest.fixture
def show(build_dir, tmp_path):
    """show(poni text, what, ...) is what show_geometry says of it, as an array."""

    def call(poni, what, *sample):
        file = tmp_path / "geometry.poni"
        file.write_text(poni)

        def ask(*arguments):
            command = [build_dir / "show_geometry", file, *map(str, arguments)]
            result = subprocess.run(command, capture_output=True, timeout=60)
            assert result.returncode == 0, result.stderr.decode()
            return np.frombuffer(result.stdout, np.uint8 if arguments[0] == "mask" else float)

        detector = ask("detector")
        if what == "detector":
            return detector
        tail = {"centres": (3,), "corners": (4, 3)}.get(what, ())
        return ask(what, *sample).reshape(*detector[:2].astype(int), *tail)

    return call


def load(poni, tmp_path):
    file = tmp_path / "pyfai.poni"
    file.write_text(poni)
    return pyFAI.load(str(file))


def positions(ai):
    """x, y, z of the pixels [m]."""
    z, y, x = np.moveaxis(ai.position_array(corners=False), -1, 0)
    return x, y, z


@pytest.mark.parametrize("orientation", [1, 2, 3, 4])
def test_orientations(show, tmp_path, orientation):
    poni = TILTED.replace('"orientation": 3', f'"orientation": {orientation}')
    ai = load(poni, tmp_path)
    theirs = ai.position_array(corners=False)
    np.testing.assert_allclose(show(poni, "centres"), theirs, atol=1e-15)
    # pyFAI stores corners in single precision.
    corners = np.stack(ai.calc_pos_zyx(corners=True), axis=-1)
    np.testing.assert_allclose(show(poni, "corners"), corners, atol=1e-8)
    rows, cols = np.indices(theirs.shape[:2], dtype=float)
    np.testing.assert_allclose(show(poni, "cos_incidence"), ai.cos_incidence(rows, cols), atol=1e-15)


# Of pyFAI's TestFastPath: detector, distance, poni1, poni2, rot1 to rot3, where its two paths differed the most.
PATHOLOGICAL = [
    ("Pilatus100k", 0.037759112584709535, 0.005490358659182459, 0.06625690275821605, 0.20918568578536278, 0.42161920581114365, 0.38784171093239983),
    ("Pilatus100k", 0.48459003559204783, 0.02783657100374448, -0.15784154756282065, -0.3927992588689394, 0.148115949280184, -0.2901541134116695),
    ("Pilatus100k", 0.7350926443000882, -0.22055143279015976, -0.11124668733292842, -0.18105235367380956, 0.36581323339171257, 0.2146474866836957),
    ("Pilatus300k", 0.04711960678381288, 0.012745759325719641, 0.1010652698401574, 0.46240992613529186, -0.027476969196682077, -0.30578860159890153),
    ("Pilatus100k", 0.43544642285972124, 0.07803878450256929, 0.2601779472529494, -0.33177239820033455, 0.2762729953307118, 0.2928945825578625),
    ("Pilatus100k", 0.13655542730645986, 0.16271587646145157, 0.05248001026597382, -0.16145635108891077, -0.443426307059295, 0.40517456402269536),
]  # fmt: skip


@pytest.mark.parametrize("case", PATHOLOGICAL, ids=str)
def test_geometries_in_which_pyfai_s_paths_differed(show, tmp_path, case):
    detector, *numbers = case
    keys = ("Distance", "Poni1", "Poni2", "Rot1", "Rot2", "Rot3")
    poni = f'poni_version: 2.1\nDetector: {detector}\nDetector_config: {{"orientation": 3}}\n'
    poni += "".join(f"{key}: {number!r}\n" for key, number in zip(keys, numbers)) + "Wavelength: 1e-10\n"
    ai = load(poni, tmp_path)
    np.testing.assert_allclose(show(poni, "centres"), ai.position_array(corners=False), atol=1e-15)
    np.testing.assert_allclose(show(poni, "corners"), np.stack(ai.calc_pos_zyx(corners=True), axis=-1), atol=1e-7)
    x, y, z = positions(ai)
    for name, expected in (("2th_rad", np.arctan2(np.hypot(x, y), z)), ("chi_rad", np.arctan2(y, x))):
        np.testing.assert_allclose(show(poni, name), expected, rtol=1e-12, atol=1e-12)


def test_spacing_squared_is_q_over_a_turn_squared(show):
    np.testing.assert_allclose(show(TILTED, "d*2_nm^-2"), (show(TILTED, "q_nm^-1") / (2 * np.pi)) ** 2, rtol=1e-13)


def detectors():
    """All that pyFAI can make without being told more; hexagonal pixels are not supported."""
    classes = {c for c in vars(pyFAI.detectors).values() if inspect.isclass(c) and issubclass(c, Detector)}
    names = (c.__name__ for c in classes if not issubclass(c, HexDetector))
    return sorted(name for name in names if getattr(getattr(pyFAI.detectors, name), "MAX_SHAPE", None))


def poni_of(detector, config='{"orientation": 3}'):
    return re.sub("Detector_config: .*", f"Detector_config: {config}", TILTED.replace("Pilatus100k", detector))


@pytest.mark.parametrize("name", detectors())
def test_detectors(show, name):
    """Shape, pixels and mask of every detector."""
    detector = pyFAI.detectors.detector_factory(name)
    ours = show(poni_of(name), "detector")
    np.testing.assert_allclose(ours, [*detector.shape, detector.pixel1, detector.pixel2], rtol=1e-12)
    if detector.mask is not None:
        assert (show(poni_of(name), "mask") == (detector.mask != 0)).all()


IRREGULAR = ["Jungfrau", "ImXPadS10", "ImXPadS70", "ImXPadS70V", "ImXPadS140", "Xpad_flat", "Cirpad", "Rapid"]


@pytest.mark.parametrize("name", IRREGULAR)
def test_detectors_with_irregular_pixels(show, tmp_path, name):
    config = '{"pixel1": 1e-3, "pixel2": 1e-3, "orientation": 3}' if name == "Rapid" else '{"orientation": 3}'
    poni = poni_of(name, config)
    ai = load(poni, tmp_path)
    corners = show(poni, "corners")
    rows, cols = corners.shape[:2]  # pyFAI gives all pixels of the unbinned Rapid, larger
    # pyFAI stores the corners, and what is made of them, in single precision.
    theirs = np.stack(ai.calc_pos_zyx(corners=True), axis=-1)[:rows, :cols]
    np.testing.assert_allclose(corners, theirs, atol=2e-7)
    np.testing.assert_allclose(show(poni, "centres"), ai.position_array(corners=False)[:rows, :cols], atol=2e-7)
    ours = show(poni, "cos_incidence")
    theirs = ai.cos_incidence(*np.indices(ai.detector.shape, dtype=float))[:rows, :cols]
    # The normal of a small pixel suffers from single precision.
    np.testing.assert_allclose(ours, np.abs(theirs), atol=1e-7 if ai.detector.IS_FLAT else 2e-3)


SENSORS = {20: '{"material": "Si", "thickness": 0.00045}', 80: '{"material": "CdTe"}',
           30: '{"material": "Gd2O2S", "thickness": 4e-5}'}


@pytest.mark.parametrize("energy", SENSORS)  # [keV]
def test_parallax(show, tmp_path, energy):
    """At energies of the tables, between which pyFAI interpolates otherwise."""
    sensor = SENSORS[energy]
    poni = poni_of("Pilatus100k", f'{{"orientation": 3, "sensor": {sensor}}}').replace("_version: 2.1", "_version: 3")
    poni = re.sub("Wavelength: .*", f"Wavelength: {units.hc * 1e-10 / energy!r}\nParallax: True", poni)
    ai = load(poni, tmp_path)
    assert ai.parallax is not None
    plain = show(poni.replace("Parallax: True", "Parallax: False"), "centres")
    ours, theirs = show(poni, "centres"), ai.position_array(corners=False, do_parallax=True)
    moved = np.abs(theirs - plain).max()
    assert moved > 5e-6
    np.testing.assert_allclose(ours, theirs, atol=1e-5 * moved)
    corners = ai.position_array(corners=True, do_parallax=True)
    np.testing.assert_allclose(show(poni, "corners"), corners, atol=2e-8)


def test_sensor_absorption(annulus_bin, tmp_path):
    """A uniform image under the correction is 1 over pyFAI's formula for a transmission of 1 - efficiency."""
    sensor = '"sensor": {"material": "Si", "thickness": 0.00045}'
    (tmp_path / "geometry.poni").write_text(re.sub("Wavelength: .*", f"Wavelength: {units.hc * 1e-10 / 20!r}",
                                                   poni_of("Pilatus100k", f'{{"orientation": 3, {sensor}}}')))
    ai = pyFAI.load(str(tmp_path / "geometry.poni"))
    efficiency = ai.detector.sensor.material.absorbance(20, 0.00045)
    # calc_transmission(t0) of pyFAI is (1 - t0^(1 / cos)) / (1 - t0): what is absorbed, relative to normal incidence.
    absorbed = ai.calc_transmission(1 - efficiency)
    np.save(tmp_path / "image.npy", absorbed)
    command = [annulus_bin, "integrate", tmp_path / "image.npy", "--poni", tmp_path / "geometry.poni", "--bins", "50",
               "--no-solid-angle", "--sensor-absorption", "-o", tmp_path / "out.xy"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert absorbed.max() > 1.1
    np.testing.assert_allclose(np.loadtxt(tmp_path / "out.xy")[:, 1], 1, rtol=1e-6)


def nexus_poni(detector, tmp_path, config=""):
    """Saves a detector as pyFAI does, and a poni file that names it by a path relative to itself."""
    (tmp_path / "detector.h5").unlink(missing_ok=True)
    detector.save(str(tmp_path / "detector.h5"))
    return poni_of("NexusDetector", f'{{"filename": "detector.h5"{config}}}')


def distorted():
    """A detector whose pixels are pushed about by up to half a pixel, some of them without a position."""
    detector = Detector(1e-4, 1e-4, max_shape=(60, 80))
    rows, cols = np.indices((61, 81), dtype=float)
    detector.set_dy(0.5 * np.sin(cols / 9)[:61, :81])
    detector.set_dx(0.5 * np.cos(rows / 7)[:61, :81])
    detector.mask = np.zeros((60, 80), np.int8)
    detector.mask[3, 5] = 1
    corners = detector.get_pixel_corners()
    corners[10, 20] = np.nan
    detector.sensor = {"material": "GaAs", "thickness": 5e-4}
    return detector


@pytest.mark.parametrize("make", [pyFAI.detectors.Jungfrau, pyFAI.detectors.ImXPadS10, pyFAI.detectors.Pilatus300k,
                                  distorted], ids=lambda make: make.__name__)
def test_detectors_in_nexus_files(show, tmp_path, monkeypatch, make):
    """Files that pyFAI writes itself."""
    poni = nexus_poni(make(), tmp_path)
    monkeypatch.chdir(tmp_path)
    detector = pyFAI.detectors.NexusDetector("detector.h5")
    ai = load(poni, tmp_path)
    np.testing.assert_allclose(show(poni, "detector"), [*detector.shape, detector.pixel1, detector.pixel2], rtol=1e-12)
    mask = np.zeros(detector.shape, bool) if detector.mask is None else detector.mask != 0
    assert (show(poni, "mask") == mask).all()
    valid = ~mask
    corners = np.stack(ai.calc_pos_zyx(corners=True), axis=-1)
    np.testing.assert_allclose(show(poni, "corners")[valid], corners[valid], atol=2e-8)
    np.testing.assert_allclose(show(poni, "centres")[valid], ai.position_array(corners=False)[valid], atol=2e-8)


def test_nexus_files_are_refused_where_pyfai_is_of_two_minds(build_dir, tmp_path):
    (tmp_path / "geometry.poni").write_text(nexus_poni(pyFAI.detectors.Jungfrau(orientation=2), tmp_path))
    command = [build_dir / "show_geometry", tmp_path / "geometry.poni", "detector"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "orientation 2" in result.stderr and "save it with orientation 3" in result.stderr


def all_units():
    return sorted(units.ANY_UNITS)


@pytest.mark.parametrize("name", [name for name in all_units() if name not in units.ANY_FIBER_UNITS])
def test_units(show, tmp_path, name):
    ai = load(TILTED, tmp_path)
    x, y, z = positions(ai)
    unit = units.to_unit(name)
    theirs = unit.equation(x, y, z, ai.wavelength) * unit.scale
    np.testing.assert_allclose(show(TILTED, name), theirs, rtol=1e-13, atol=1e-13 * np.abs(theirs).max())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", sorted(units.ANY_FIBER_UNITS))
def test_units_of_a_sample_in_grazing_incidence(show, tmp_path, name, orientation):
    ai = load(TILTED, tmp_path)
    x, y, z = positions(ai)
    unit = units.get_unit_fiber(name, incident_angle=0.12, tilt_angle=0.34, sample_orientation=orientation)
    theirs = unit.equation(x, y, z, ai.wavelength) * unit.scale
    ours = show(TILTED, name, 0.12, 0.34, orientation)
    np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-13 * np.abs(theirs).max())


@pytest.mark.parametrize("name", all_units())
def test_what_is_said_of_units(annulus_bin, tmp_path, name):
    """`annulus integrate` takes every unit of pyFAI; the sign of the axis is as there."""
    (tmp_path / "geometry.poni").write_text(TILTED)
    np.save(tmp_path / "image.npy", np.ones((195, 487), np.int32))
    command = [annulus_bin, "integrate", tmp_path / "image.npy", "--poni", tmp_path / "geometry.poni", "--unit", name,
               "--incident-angle", "0.1", "--bins", "50", "--split", "no", "-o", tmp_path / "out.xy"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    axis = np.loadtxt(tmp_path / "out.xy")[:, 0]
    ai = load(TILTED, tmp_path)
    unit = units.get_unit_fiber(name, incident_angle=0.1) if name in units.ANY_FIBER_UNITS else units.to_unit(name)
    theirs = unit.equation(*positions(ai), ai.wavelength) * unit.scale
    width = axis[1] - axis[0]
    np.testing.assert_allclose([axis[0] - width / 2, axis[-1] + width / 2], [theirs.min(), theirs.max()],
                               rtol=1e-6, atol=1e-6 * width)
    assert axis[0] > 0 or not unit.positive


def test_every_unit_of_pyfai_is_known(annulus_bin):
    told = subprocess.run([annulus_bin, "describe", "integrate1d"], capture_output=True, text=True, timeout=60).stdout
    assert [name for name in all_units() if name not in told.replace("\\n", " ")] == []
