# SPDX-License-Identifier: BSD-3-Clause
"""Positions and coordinates of every pixel against pyFAI, through the test program show_geometry."""

import subprocess

import numpy as np
import pyFAI
import pytest
from pyFAI import units

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
    """show(poni text, what, ...) is what show_geometry says of it; the shape is that of the detector."""

    def call(poni, what, *sample, tail=()):
        file = tmp_path / "geometry.poni"
        file.write_text(poni)

        def ask(*arguments):
            command = [build_dir / "show_geometry", file, *map(str, arguments)]
            result = subprocess.run(command, capture_output=True, timeout=60)
            assert result.returncode == 0, result.stderr.decode()
            return np.frombuffer(result.stdout)

        shape = tuple(ask("shape").astype(int))
        return ask(what, *sample).reshape(shape + tail)

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
    np.testing.assert_allclose(show(poni, "centres", tail=(3,)), theirs, atol=1e-15)
    # pyFAI stores corners in single precision.
    corners = np.stack(ai.calc_pos_zyx(corners=True), axis=-1)
    np.testing.assert_allclose(show(poni, "corners", tail=(4, 3)), corners, atol=1e-8)
    rows, cols = np.indices(theirs.shape[:2], dtype=float)
    np.testing.assert_allclose(show(poni, "cos_incidence"), ai.cos_incidence(rows, cols), atol=1e-15)


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
