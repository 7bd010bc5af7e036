# SPDX-License-Identifier: BSD-3-Clause
"""What ships besides the program: the systemd unit, the container's package list, the example configurations."""

import re
import shutil
import socket
import subprocess

import numpy as np
import pytest

import beamline
from conftest import ROOT
from processes import Daemon

UNIT = ROOT / "docker" / "annulus@.service"


def test_every_example_configuration_is_good(annulus_bin, tmp_path):
    """With the calibration files in place that a beamline would bring along."""
    configs = tmp_path / "configs"
    shutil.copytree(ROOT / "configs", configs)
    shutil.copytree(ROOT / "docker", tmp_path / "docker")
    shutil.copy(configs / "demo.poni", tmp_path / "docker")
    (configs / "calibration").mkdir()
    shutil.copy(configs / "demo.poni", configs / "calibration" / "ceo2.poni")
    image = beamline.generated(configs / "demo.poni").image
    np.save(configs / "calibration" / "mask.npy", image < 0)
    from PIL import Image

    Image.fromarray(image * 0).save(configs / "calibration" / "dark.tif")
    found = [*configs.glob("*.yaml"), tmp_path / "docker" / "annulus.yaml"]
    assert len(found) >= 3
    for config in found:
        result = subprocess.run([annulus_bin, "check", config], capture_output=True, text=True, timeout=20)
        assert result.returncode == 0, result.stderr
        assert result.stderr == "", "no warnings either"


def test_the_service_manager_hears_of_start_life_and_end(annulus_bin, generated, ports, tmp_path, monkeypatch):
    """The protocol of Type=notify with a watchdog, spoken to a socket in the place of systemd's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "1000000")
        running = Daemon(annulus_bin, f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, bind: "tcp://127.0.0.1:{ports["raw"]}"}}
operators:
  integrate: {generated.integrate1d}
sinks:
  viewer: {{type: viewer, in: integrate, overflow: latest}}
""", tmp_path / "daemon")
        try:
            assert manager.recv(100) == b"READY=1"
            running.wait_until_healthy()
            assert [manager.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        finally:
            complaint = running.end()
        assert complaint is None
        heard = manager.recv(100)
        while heard == b"WATCHDOG=1":
            heard = manager.recv(100)
        assert heard == b"STOPPING=1"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here to judge the unit")
def test_the_unit_is_accepted_and_well_fenced(annulus_bin, tmp_path):
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/usr/bin/annulus", str(annulus_bin)))
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=30)
    assert (verified.returncode, verified.stderr) == (0, "")
    security = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=15", unit],
                              capture_output=True, text=True, timeout=30)
    assert security.returncode == 0, security.stdout


def test_the_container_has_the_libraries_that_the_program_names(annulus_bin):
    """One package of tools/packages/run.txt for each library of the program's own; none too many."""
    if not shutil.which("dpkg-query"):
        pytest.skip("no Debian packages on this machine")
    headers = subprocess.run(["objdump", "-p", annulus_bin], capture_output=True, text=True, check=True, timeout=20)
    files = [f"*/{library}" for library in re.findall(r"NEEDED\s+(\S+)", headers.stdout)]
    owners = subprocess.run(["dpkg-query", "-S", *files], capture_output=True, text=True, timeout=20).stdout
    needed = {line.split(":")[0] for line in owners.splitlines() if "-linux-gnu/" in line}
    listed = {line for line in (ROOT / "tools" / "packages" / "run.txt").read_text().splitlines() if line[:1] not in ("", "#")}
    sanitizers = {"libasan8", "libubsan1"}
    assert needed - {"libc6", "libgcc-s1", "libstdc++6"} - sanitizers == listed - {"libstdc++6"}


def test_an_installation_is_complete_and_its_unit_names_its_program(build_dir, tmp_path):
    if not (build_dir / "cmake_install.cmake").is_file():
        pytest.skip(f"{build_dir} is no build tree")
    command = ["cmake", "--install", build_dir, "--prefix", tmp_path / "usr"]
    subprocess.run(command, check=True, capture_output=True, timeout=50)
    unit = (tmp_path / "usr/lib/systemd/system/annulus@.service").read_text()
    assert f"ExecStart={tmp_path}/usr/bin/annulus serve /etc/annulus/%i.yaml" in unit
    version = subprocess.run([tmp_path / "usr/bin/annulus", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("annulus ")
    for name in ("lib/sysusers.d/annulus.conf", "share/doc/annulus/deployment.md", "share/doc/annulus/examples/demo.yaml"):
        assert (tmp_path / "usr" / name).is_file(), name
