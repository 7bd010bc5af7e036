# SPDX-License-Identifier: BSD-3-Clause
"""A geometry that changes while the daemon runs: by `annulus set`, over HTTP, and not by pages of the web."""

import json
import subprocess
import urllib.error
import urllib.request

import h5py
import numpy as np
import pyFAI
import pytest

import beamline

FRAMES = 4
RANGE = (5.0, 30.0)
PONI = beamline.Path(__file__).parents[2] / "configs" / "demo.poni"


def farther_poni(folder):
    """The same geometry, half as far again."""
    ai = pyFAI.load(str(PONI))
    ai.dist *= 1.5
    path = folder / "farther.poni"
    ai.save(str(path))
    return path


@pytest.fixture
def running(daemon, ports):
    return daemon(f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, bind: "tcp://127.0.0.1:{ports["raw"]}", image: {beamline.IMAGE_KEY}}}
operators:
  integrate: {{type: integrate1d, in: raw, poni: {PONI}, bins: 500, split: no, radial_range: {list(RANGE)}}}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs", flush_frames: 1}}
""")


@pytest.fixture
def send(running, publisher, ports):
    return publisher(ports["raw"], running)


@pytest.fixture
def set_parameter(annulus_bin, running):
    """Runs `annulus set`."""

    def run(*arguments, cwd=None):
        command = [annulus_bin, "set", *arguments, "--at", running.url.removeprefix("http://").rstrip("/")]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=50, cwd=cwd)

    return run


def post(running, body, **headers):
    """The status and the text of what a POST is answered."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(running.url + "api/parameters", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=50) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def change_to(path):
    return {"node": "integrate", "parameter": "poni", "value": str(path)}


def send_run(running, send, image, in_the_middle=lambda: None):
    """A run; in_the_middle() is called when half of its frames have been reduced. Returns its file."""
    documents = list(beamline.compose_run(image, FRAMES))
    uid = documents[0][1]["uid"]
    sent = 0
    for name, document in documents:
        send(name, document)
        sent += name == "event"
        if name == "event" and sent == FRAMES // 2:
            running.wait_for(lambda s: s["run"]["uid"] == uid and s["run"]["frames"]["reduced"] == sent, "half of the run")
            in_the_middle()
    running.wait_for_run(uid)
    return h5py.File(running.config.parent / "data" / f"{uid}.nxs")


def by_pyfai(poni, image):
    eps = np.finfo(np.float32).eps  # pyFAI moves its upper bound up by so much
    return pyFAI.load(str(poni)).integrate1d(
        image, 500, unit="q_nm^-1", radial_range=(RANGE[0], RANGE[1] / (1 + eps)), method=("no", "histogram", "cython"),
        mask=(image < 0) | (pyFAI.load(str(poni)).detector.mask != 0)).intensity  # fmt: skip


def assert_made_with(poni, intensities, image):
    wanted = by_pyfai(poni, image)[1:-1]
    for intensity in intensities:
        np.testing.assert_allclose(intensity[1:-1], wanted, rtol=1e-6)


def test_a_geometry_changes_between_two_runs(running, send, set_parameter, generated, tmp_path):
    farther = farther_poni(tmp_path)
    with send_run(running, send, generated.image) as file:
        assert_made_with(PONI, file["entry/data/I"], generated.image)
    result = set_parameter("integrate", "poni=farther.poni", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"integrate.poni: '{farther}' from the next frame on\n"
    with send_run(running, send, generated.image) as file:
        assert_made_with(farther, file["entry/data/I"], generated.image)
        assert file["entry/reduction/input/poni"].asstr()[()] == farther.read_text()
    assert f"integrate.poni changed from {PONI} to {farther}" in running.log
    listed = json.loads(running.get("api/parameters"))
    assert [p["value"] for p in listed if p["parameter"] == "poni"] == [str(farther)]


def test_a_geometry_changes_between_two_frames(running, send, generated, tmp_path):
    farther = farther_poni(tmp_path)
    replies = []
    with send_run(running, send, generated.image, lambda: replies.append(post(running, change_to(farther)))) as file:
        assert_made_with(PONI, file["entry/data/I"][: FRAMES // 2], generated.image)
        assert_made_with(farther, file["entry/data/I"][FRAMES // 2 :], generated.image)
        assert file["entry/reduction/input/poni"].asstr()[()] == PONI.read_text()
        changes = file["entry/annulus/reductions"]
        assert list(changes["first_row"]) == [FRAMES // 2]
        assert list(changes["poni"].asstr()) == [farther.read_text()] and list(changes["mask"].asstr()) == ["none"]
    ((status, text),) = replies
    assert status == 200 and json.loads(text) == change_to(farther) | {"state": "ready"}


def test_what_is_refused_leaves_the_geometry(running, send, set_parameter, generated, tmp_path):
    (tmp_path / "broken.poni").write_text("Distance: far\n")
    for arguments, said in [
        (("integrat", "poni=a.poni"), "there is no node 'integrat'. Did you mean 'integrate'?"),
        (("integrate", "pony=a.poni"), "integrate.pony: there is no such parameter. Did you mean 'poni'?"),
        (("integrate", "bins=7"), "integrate.bins: cannot be changed while the graph runs"),
        (("integrate", "poni=none.poni"), f"integrate.poni stays as it was: {tmp_path}/none.poni: the poni file cannot be"),
        (("integrate", "poni=broken.poni"), f"integrate.poni stays as it was: {tmp_path}/broken.poni:1: "),
        (("integrate", "poni=null"), "integrate.poni stays as it was: the geometry is missing"),
        (("integrate", "poni"), "'poni' sets nothing; write KEY=VALUE"),
    ]:
        result = set_parameter(*arguments, cwd=tmp_path)
        assert result.returncode == 2 and result.stderr.startswith(said), result.stderr
    with send_run(running, send, generated.image) as file:
        assert_made_with(PONI, file["entry/data/I"], generated.image)


def test_what_may_be_changed_is_listed(set_parameter):
    result = set_parameter("integrate")
    assert result.returncode == 0
    assert result.stdout.startswith(f"integrate poni={PONI}\n    path: geometry")
    assert "integrate mask=none\n" in result.stdout


def test_nobody_there_is_an_error(annulus_bin, ports):
    command = [annulus_bin, "set", "integrate", "poni=a.poni", "--at", f"127.0.0.1:{ports['nobody']}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert result.returncode == 1
    assert f"127.0.0.1:{ports['nobody']}: nobody listens" in result.stderr


def test_pages_of_the_web_change_nothing(running, browser, tmp_path):
    """What a page of another origin tries, in a real browser: it fails there, or here."""
    farther = farther_poni(tmp_path)
    for headers, status in [
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ]:
        assert post(running, change_to(farther), **headers)[0] == status, headers
    assert post(running, b"x" * 20000)[0] == 413
    page = browser.new_page()
    page.route("http://evil.example/", lambda route: route.fulfill(body="<p>evil</p>", content_type="text/html"))
    page.goto("http://evil.example/")
    script = """async ([url, body, type]) => {
      try { const reply = await fetch(url, {method: 'POST', body, headers: {'Content-Type': type}, mode: type == 'text/plain' ? 'no-cors' : 'cors'});
            return reply.type + ' ' + reply.status; }
      catch (error) { return 'failed'; }
    }"""
    body = json.dumps(change_to(farther))
    assert page.evaluate(script, [running.url + "api/parameters", body, "application/json"]) == "failed"
    page.evaluate(script, [running.url + "api/parameters", body, "text/plain"])
    page.close()
    assert str(farther) not in running.get("api/parameters")
    assert "changed from" not in running.log


def test_changes_can_be_off(daemon, ports):
    service = beamline.SERVICE.replace("http:", "changes: off, http:")
    running = daemon(f"""{service}
sources:
  raw: {{type: bluesky_zmq, bind: "tcp://127.0.0.1:{ports["raw"]}", image: {beamline.IMAGE_KEY}}}
operators:
  integrate: {{type: integrate1d, in: raw, poni: {PONI}}}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs"}}
""")
    status, text = post(running, change_to(PONI))
    assert status == 403 and "service.changes" in text
