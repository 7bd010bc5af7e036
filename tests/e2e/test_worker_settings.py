# SPDX-License-Identifier: BSD-3-Clause
"""Integrations that pyFAI's WorkerConfig describes: saved by pyFAI as JSON, done by us and by pyFAI's worker."""

import json
import subprocess

import h5py
import numpy as np
import pyFAI
import pytest
from pyFAI.containers import ErrorModel, PolarizationDescription
from pyFAI.io.integration_config import WorkerConfig
from pyFAI.io.ponifile import PoniFile
from pyFAI.units import to_unit
from pyFAI.worker import Worker

from offline import PONI, replay

BAD = 60000
WHOLE = ("no", "histogram", "cython")
FLOAT32_EPS = np.finfo(np.float32).eps


@pytest.fixture(scope="module")
def image():
    ai = pyFAI.load(str(PONI))
    rings = 400 + 300 * np.cos(ai.array_from_unit(unit="q_nm^-1")) + 50 * np.cos(2 * ai.center_array(unit="chi_rad"))
    random = np.random.default_rng(5)
    pixels = random.poisson(rings).astype(np.uint16)
    pixels[random.random(pixels.shape) < 1e-3] = BAD
    return pixels


@pytest.fixture
def folder(tmp_path, image):
    """An image with a dark, a flat field and a mask."""
    random = np.random.default_rng(6)
    np.save(tmp_path / "image.npy", image)
    np.save(tmp_path / "dark.npy", random.integers(1, 9, image.shape).astype(np.float32))
    np.save(tmp_path / "flat.npy", random.uniform(0.8, 1.2, image.shape).astype(np.float32))
    mask = (random.random(image.shape) < 0.05) | (pyFAI.load(str(PONI)).detector.mask != 0)
    np.save(tmp_path / "mask.npy", mask.astype(np.uint8))
    return tmp_path


def worker_config(**more):
    parameters = dict(poni=PoniFile(str(PONI)), nbpt_rad=300, unit=to_unit("2th_deg"), method=("bbox", "csr", "cython"),
                      error_model=ErrorModel.POISSON, radial_range=[2.0, 12.0], integrator_method="integrate1d")  # fmt: skip
    return WorkerConfig(**(parameters | more))


def everything(folder):
    """All that a worker does to an image."""
    return worker_config(polarization_description=(0.95, 0.0), normalization_factor=2.5, val_dummy=BAD, delta_dummy=1.0,
                         dark_current=str(folder / "dark.npy"), flat_field=str(folder / "flat.npy"),
                         mask_file=str(folder / "mask.npy"), azimuth_range=[-60.0, 100.0], method=WHOLE)  # fmt: skip


def saved(config, path):
    config.save(str(path))
    return path


def by_pyfai(path, image, **more):
    config = WorkerConfig.from_file(str(path))
    for name, value in more.items():
        setattr(config, name, value)
    lo, hi = config.radial_range
    config.radial_range = [lo, hi / (1 + FLOAT32_EPS)]  # pyFAI moves its upper bound up by so much
    worker = Worker()
    worker.set_config(config)
    worker.output = "raw"
    return worker.process(image)


def integrate(annulus_bin, *arguments):
    command = [annulus_bin, "integrate", *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=50)


def assert_same(ours, theirs, inner=np.s_[1:-1]):
    """Of the bins at the ends of a range pyFAI keeps what lies outside."""
    filled = theirs.count[inner] > 0
    assert filled.any()
    np.testing.assert_allclose(ours["radial_axis"], theirs.radial, rtol=1e-6)
    for name, values in (("I", theirs.intensity), ("I_errors", theirs.sigma)):
        np.testing.assert_allclose(ours[name][0][inner][filled], values[inner][filled], rtol=1e-6)


@pytest.mark.parametrize("method", [WHOLE, ("bbox", "csr", "cython")])
def test_a_saved_integration_is_done_by_the_command(annulus_bin, folder, image, method):
    config = everything(folder)
    config.method = method
    if method != WHOLE:
        config.azimuth_range = None  # pyFAI keeps a box whole that touches the sector
    path = saved(config, folder / "worker.json")
    result = integrate(annulus_bin, folder / "image.npy", "--settings", path, "-o", folder / "out.nxs")
    assert result.returncode == 0, result.stderr
    with h5py.File(folder / "out.nxs") as file:
        assert_same(file["entry/data"], by_pyfai(path, image))
        assert file["entry/normalization_applied"][()]


def test_the_offset_of_the_polarization_counts(annulus_bin, folder, image):
    """The worker of pyFAI reads it and does not use it; its integrator does."""
    polarization = PolarizationDescription(0.95, 0.3)
    config = worker_config(polarization_description=polarization, method=WHOLE, error_model=ErrorModel.NO)
    path = saved(config, folder / "worker.json")
    result = integrate(annulus_bin, folder / "image.npy", "--settings", path, "-o", folder / "out.nxs")
    assert result.returncode == 0, result.stderr
    lo, hi = config.radial_range
    theirs = pyFAI.load(str(PONI)).integrate1d(image, 300, unit="2th_deg", radial_range=(lo, hi / (1 + FLOAT32_EPS)),
                                               polarization_factor=polarization, method=WHOLE)  # fmt: skip
    with h5py.File(folder / "out.nxs") as file:
        np.testing.assert_allclose(file["entry/data/I"][0][1:-1], theirs.intensity[1:-1], rtol=1e-6)


def test_options_count_more_than_the_settings(annulus_bin, folder, image):
    path = saved(everything(folder), folder / "worker.json")
    options = ["--bins", 100, "--normalization-factor", 1, "--azimuth-range", -20, 20]
    result = integrate(annulus_bin, folder / "image.npy", "--settings", path, *options, "-o", folder / "out.nxs")
    assert result.returncode == 0, result.stderr
    other = everything(folder)
    other.nbpt_rad, other.normalization_factor, other.azimuth_range = 100, 1.0, [-20.0, 20.0]
    theirs = by_pyfai(saved(other, folder / "other.json"), image)
    with h5py.File(folder / "out.nxs") as file:
        assert_same(file["entry/data"], theirs)


def test_a_saved_integration_is_an_operator(annulus_bin, folder, image):
    path = saved(everything(folder), folder / "worker.json")
    result = replay(annulus_bin, folder, image[np.newaxis], "type: integrate1d, settings: worker.json")
    assert result.returncode == 0, result.stderr
    with h5py.File(folder / "out.nxs") as file:
        assert_same(file["entry/data"], by_pyfai(path, image))


def test_keys_count_more_than_the_settings(annulus_bin, folder, image):
    path = saved(everything(folder), folder / "worker.json")
    result = replay(annulus_bin, folder, image[np.newaxis], "type: integrate1d, settings: worker.json, dark: null, bins: 50")
    assert result.returncode == 0, result.stderr
    other = everything(folder)
    other.nbpt_rad, other.dark_current = 50, None
    with h5py.File(folder / "out.nxs") as file:
        assert_same(file["entry/data"], by_pyfai(saved(other, folder / "other.json"), image))
    assert path.is_file()


def test_a_saved_cake_has_its_azimuths_where_pyfai_has_them(annulus_bin, folder, image):
    config = worker_config(nbpt_rad=60, nbpt_azim=24, chi_discontinuity_at_0=True, method=WHOLE,
                           val_dummy=BAD, integrator_method="integrate2d")  # fmt: skip
    path = saved(config, folder / "worker.json")
    result = replay(annulus_bin, folder, image[np.newaxis], "type: integrate2d, settings: worker.json")
    assert result.returncode == 0, result.stderr
    theirs = by_pyfai(path, image, azimuth_range=[0, 360])  # without one its bins span the pixels, ours the turn
    with h5py.File(folder / "out.nxs") as file:
        data = file["entry/data"]
        np.testing.assert_allclose(data["azimuthal_axis_edges"], np.linspace(0, 360, 25), atol=1e-9)
        inner = np.s_[1:-1, 1:-1]
        filled = theirs.count[inner] > 0
        assert filled.mean() > 0.9
        difference = np.abs(data["I"][0][inner][filled] / theirs.intensity[inner][filled] - 1)
        assert np.quantile(difference, 0.99) < 1e-6  # a pixel on a bound may be in the bin beside


def test_a_saved_clipping_is_an_operator(annulus_bin, folder, image):
    config = worker_config(integrator_method="sigma_clip_ng", error_model=ErrorModel.AZIMUTHAL,
                           extra_options={"thres": 3.0, "max_iter": 3}, method=("no", "csr", "cython"))  # fmt: skip
    path = saved(config, folder / "worker.json")
    result = replay(annulus_bin, folder, image[np.newaxis], "type: sigma_clip, settings: worker.json")
    assert result.returncode == 0, result.stderr
    theirs = by_pyfai(path, image)
    with h5py.File(folder / "out.nxs") as file:
        difference = np.abs(file["entry/data/I"][0][1:-1] / theirs.intensity[1:-1] - 1)
        assert np.quantile(difference, 0.9) < 1e-6 and difference.max() < 1e-3  # the same, of single pixels


@pytest.mark.parametrize("change, said", [
    (dict(integrator_method="sigma_clip_ng"), "--settings: {path}: integrator_method asks for a pattern without outliers"),
    (dict(monitor_name="I0"), "--settings: {path}: monitor_name is 'I0' (image files have no readings)"),
    (dict(integrator_class="FiberIntegrator"), '{path}: integrator_class "FiberIntegrator" is not supported'),
    (dict(extra_options={"robust": True}), "{path}: extra_options: 'robust': true is not supported"),
    (dict(method=("pseudo", "csr", "cython")), "{path}: method: the split 'pseudo' is not supported"),
    (dict(dark_current=["a.npy", "b.npy"]), "{path}: dark_current must be one file"),
    (dict(mask_file="none.npy"), "none.npy"),
])  # fmt: skip
def test_the_command_refuses_what_it_would_not_do(annulus_bin, folder, change, said):
    path = saved(worker_config(**change), folder / "worker.json")
    result = integrate(annulus_bin, folder / "image.npy", "--settings", path, "-o", folder / "out.nxs")
    assert result.returncode != 0
    assert said.format(path=path) in result.stderr
    assert not (folder / "out.nxs").exists()


def test_a_configuration_tells_the_line_of_settings_that_do_not_fit(annulus_bin, folder, image):
    saved(worker_config(nbpt_azim=36), folder / "worker.json")
    result = replay(annulus_bin, folder, image[np.newaxis], "type: integrate1d, settings: worker.json")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1, result.stderr
    assert "config.yaml:6: operators.reduce.settings: the file does not describe integrate1d" in result.stderr
    assert "write 'type: integrate2d'" in result.stderr


def test_a_key_that_is_not_known_could_change_the_result(annulus_bin, folder):
    path = saved(worker_config(), folder / "worker.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"unheard_of": 1}))
    result = integrate(annulus_bin, folder / "image.npy", "--settings", path, "-o", folder / "out.nxs")
    assert result.returncode == 2
    assert f"{path}: 'unheard_of' is not a key of a worker (it could change the result)" in result.stderr
