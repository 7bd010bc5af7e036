# SPDX-License-Identifier: BSD-3-Clause
"""What the end-to-end tests share: the built program, daemons, beamlines of unmodified Bluesky parts, a browser."""

import os
from pathlib import Path

import pytest
from bluesky.callbacks.zmq import Publisher

import beamline
from processes import Daemon, Proxy, free_port
from receiver import Receiver

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def build_dir():
    """The build tree under test: $ANNULUS_BUILD_DIR, or that of `make test`."""
    return Path(os.environ.get("ANNULUS_BUILD_DIR", ROOT / "build" / "release"))


@pytest.fixture(scope="session")
def annulus_bin(build_dir):
    """The program under test: $ANNULUS_BIN, or that of the build tree."""
    program = Path(os.environ.get("ANNULUS_BIN", build_dir / "annulus"))
    assert program.is_file(), f"{program} is not there; build it with `make test`"
    return program


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real measurements; tests that ask for it are skipped where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"no real measurements (there is no {SHARED / 'data'})")
    return SHARED / "data"


@pytest.fixture(scope="session", params=["generated", "real"])
def measurement(request):
    """An image with its geometry: first one that is made here, then a real one where there is one."""
    if request.param == "generated":
        return beamline.generated(ROOT / "configs" / "demo.poni")
    return beamline.pilatus2m_ceo2(request.getfixturevalue("shared_data"))


@pytest.fixture(scope="session")
def generated():
    return beamline.generated(ROOT / "configs" / "demo.poni")


@pytest.fixture
def daemon(annulus_bin, tmp_path):
    """Starts daemons: daemon(config) runs `annulus serve` on the text of a configuration and waits until it is healthy.

    At the end of the test each is told to stop; a crash, a bad exit status or a sanitizer's report fails the test.
    """
    started = []

    def start(config):
        started.append(Daemon(annulus_bin, config, tmp_path / f"daemon_{len(started)}"))
        started[-1].wait_until_healthy()
        return started[-1]

    yield start
    # All are stopped before the first complaint is raised.
    complaints = [complaint for each in started if (complaint := each.end())]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def proxy():
    """An unmodified bluesky Proxy in a process of its own."""
    with Proxy() as running:
        yield running


def of_port(address):
    return f"127.0.0.1:{address}" if isinstance(address, int) else address


@pytest.fixture
def publisher():
    """Starts publishers: publisher(address, daemon, receiver) is a bluesky Publisher that the other two are known to hear.

    The address may be a port of this machine. Further arguments go to the Publisher; without any it is what beamlines run by default.
    """
    started = []

    def start(address, daemon, receiver=None, **options):
        started.append(Publisher(of_port(address), **options))
        beamline.wait_until_heard(started[-1], daemon, receiver)
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def receiver():
    """Starts receivers: receiver(address) collects what an unmodified RemoteDispatcher hears from an address or port."""
    started = []

    def start(address, **options):
        started.append(Receiver(of_port(address), **options))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def ports():
    """Free TCP ports, by name: ports["pub"] stays the same within a test."""

    class Ports(dict):
        def __missing__(self, name):
            self[name] = free_port()
            return self[name]

    return Ports()


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM.is_file(), f"{CHROMIUM} is not there; `make test` installs it"
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=quiet)
        yield running
        running.close()
