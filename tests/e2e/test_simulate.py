# SPDX-License-Identifier: BSD-3-Clause
"""`annulus simulate bluesky` is a beamline as far as Bluesky can tell, and its powder is one as far as pyFAI can."""

import subprocess

import numpy as np
import pyFAI
import pyFAI.calibrant
import pytest

from beamline import IMAGE_KEY
from conftest import ROOT
from receiver import validate

FRAMES = 3


@pytest.fixture
def simulate(annulus_bin, ports, receiver):
    """simulate(*options) sends a run to a RemoteDispatcher; returns the documents."""

    def run(*options):
        simulator = subprocess.Popen(
            [annulus_bin, "simulate", "bluesky", "--bind", f"tcp://127.0.0.1:{ports['raw']}", "--image-key", IMAGE_KEY,
             "--frames", str(FRAMES), "--rate", "0", *options], stdout=subprocess.PIPE, text=True)
        dispatcher = receiver(ports["raw"])
        output, _ = simulator.communicate(timeout=30)
        assert simulator.returncode == 0
        assert f"{FRAMES} frames" in output
        return dispatcher.wait_for_stop()

    return run


def test_generated_rings_are_where_the_calibrant_has_them(simulate):
    poni = ROOT / "configs" / "demo.poni"
    documents = simulate("--poni", poni, "--calibrant", "CeO2")
    validate(documents)
    images = [document["data"][IMAGE_KEY] for name, document in documents if name == "event"]
    geometry = pyFAI.load(str(poni))
    assert [image.shape for image in images] == [geometry.detector.shape] * FRAMES
    assert not np.array_equal(images[0], images[1]), "noise differs from frame to frame"
    calibrant = pyFAI.calibrant.get_calibrant("CeO2", geometry.wavelength)
    expected = np.degrees(calibrant.get_2th())
    radial, intensity = geometry.integrate1d_ng(images[0], 1500, unit="2th_deg", method=("no", "csr", "cython"))[:2]
    for ring in expected[:5]:
        near = np.abs(radial - ring) < 0.15
        assert abs(radial[near][np.argmax(intensity[near])] - ring) < 0.05


def test_noise_is_that_of_counting(simulate):
    documents = simulate("--poni", ROOT / "configs" / "demo.poni")
    first, second = [document["data"][IMAGE_KEY].astype(float) for name, document in documents if name == "event"][:2]
    valid = (first >= 0) & (second >= 0)
    mean = (first + second)[valid].mean() / 2
    variance = np.var((first - second)[valid]) / 2
    assert variance == pytest.approx(mean, rel=0.02)


def test_given_images_are_sent_as_they_are(simulate, tmp_path):
    image = np.random.default_rng(2).integers(0, 60000, (30, 20)).astype(np.uint16)
    np.save(tmp_path / "image.npy", image)
    documents = simulate("--images", tmp_path / "image.npy")
    validate(documents)
    for name, document in documents:
        if name == "event":
            np.testing.assert_array_equal(document["data"][IMAGE_KEY], image)
            assert document["data"][IMAGE_KEY].dtype == np.uint16
