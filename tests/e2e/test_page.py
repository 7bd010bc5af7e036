# SPDX-License-Identifier: BSD-3-Clause
"""What a person sees: the live page in a real browser, while a run comes in."""

import re

import numpy as np
import pyFAI
import pytest

import beamline
from beamline import IMAGE_KEY
from processes import wait_for

FRAMES = 4

# Counts the coloured pixels of the plot's canvas: without its curve it has only grey lines and letters.
COLOURED_PIXELS = """canvas => {
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4) {
    const channels = [data[i], data[i + 1], data[i + 2]];
    if (data[i + 3] > 128 && Math.max(...channels) - Math.min(...channels) > 40) coloured++;
  }
  return coloured;
}"""


@pytest.fixture
def page(browser):
    """A page that fails the test when its scripts complain."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # Chromium itself notes a lost or refused connection; what the page makes of it is what counts.
    page.on("console", lambda message: message.type == "error" and "ERR_CONNECTION_RE" not in message.text
            and complaints.append(message.text))
    page.set_default_timeout(15000)
    yield page
    page.close()
    assert complaints == []


def test_the_page_shows_a_run_as_it_comes_in(measurement, daemon, publisher, page, ports, build_dir):
    running = daemon(f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, bind: "tcp://127.0.0.1:{ports["raw"]}", image: {IMAGE_KEY}}}
operators:
  integrate: {measurement.integrate1d}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs"}}
  viewer: {{type: viewer, in: [integrate, raw], overflow: latest}}
""")
    page.goto(running.url)
    page.get_by_text("The first pattern will appear here.").wait_for()
    assert page.get_by_test_id("pattern-figure").get_attribute("data-points") == "0"

    send = publisher(ports["raw"], running)
    documents = list(beamline.compose_run(measurement.image, FRAMES, scan_id=42))
    *run, stop = documents
    for name, document in run:
        send(name, document)

    reduced = page.get_by_test_id("frames-reduced")
    page.wait_for_function("element => element.textContent.trim() === '4'", arg=reduced.element_handle())
    figure = page.get_by_test_id("pattern-figure")
    page.wait_for_function("figure => Number(figure.dataset.points) > 700", arg=figure.element_handle())
    assert page.get_by_test_id("pattern-canvas").evaluate(COLOURED_PIXELS) > 1000
    check_cursor(page, measurement)
    assert "42" in page.get_by_test_id("run-scan").inner_text()
    assert documents[0][1]["uid"][:8] in page.get_by_test_id("run-uid").inner_text()
    preview = page.get_by_test_id("preview-image")
    page.wait_for_function("image => image.naturalWidth > 100", arg=preview.element_handle())
    assert "integrate" in page.get_by_test_id("node-table").inner_text()

    send(*stop)
    outcome = page.get_by_test_id("run-outcome")
    page.wait_for_function("element => element.textContent.includes('success')", arg=outcome.element_handle())
    assert page.get_by_test_id("frames-lost").inner_text() == "0"
    page.screenshot(path=build_dir / f"page_{measurement.poni.stem}.png")


def cakes_only(ports, *operators):
    """A configuration that shows nothing but cakes."""
    lines = "\n".join(f"  {operator}" for operator in operators)
    names = ", ".join(operator.partition(":")[0] for operator in operators)
    return f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, bind: "tcp://127.0.0.1:{ports["raw"]}", image: {IMAGE_KEY}}}
operators:
{lines}
sinks:
  viewer: {{type: viewer, in: [{names}], overflow: latest}}
"""


def read_at_cursor(page, *keys):
    """Radial coordinate, azimuth and intensity of a bin of the cake, beside the middle."""
    for key in keys:
        page.locator("#cake-plot").press(key)
    reading = page.get_by_test_id("cake-cursor").inner_text().replace("\u202f", "")
    q, chi, intensity = re.fullmatch(r"q = (\S+) nm⁻¹ +χ = (\S+)° +(empty bin|I = \S+)", reading).groups()
    return float(q), float(chi), intensity.removeprefix("I = ")


def test_the_page_shows_cakes_as_pyfai_makes_them(measurement, daemon, publisher, page, ports, build_dir):
    radial, azimuthal = 300, 90
    lowest, highest = measurement.edges
    mask = f"mask: {measurement.mask}, " if measurement.mask else ""
    running = daemon(cakes_only(
        ports, f"cake: {{type: integrate2d, in: raw, poni: {measurement.poni}, {mask}bins: {radial}, azimuthal_bins: {azimuthal}, "
        f"unit: q_nm^-1, split: bbox, radial_range: [{lowest}, {highest}]}}"))  # fmt: skip
    page.goto(running.url)
    page.get_by_text("The first cake will appear here.").wait_for()
    assert not page.get_by_text("The first pattern will appear here.").is_visible()
    send = publisher(ports["raw"], running)
    for name, document in beamline.compose_run(measurement.image, FRAMES):
        send(name, document)
    page.get_by_test_id("cake-size").get_by_text(f"{azimuthal} × {radial} bins").wait_for()
    page.get_by_test_id("cake-frame").get_by_text(f"frame {FRAMES - 1}").wait_for()

    ai = pyFAI.load(str(measurement.poni))
    theirs = ai.integrate2d(
        measurement.image, radial, azimuthal, unit="q_nm^-1", radial_range=(lowest, highest), azimuth_range=(-180, 180),
        mask=np.load(measurement.mask) if measurement.mask else None, method=("bbox", "csr", "cython"))  # fmt: skip
    compared = 0
    for _ in range(8):
        q, chi, intensity = read_at_cursor(page, "ArrowUp", "ArrowLeft", "ArrowLeft")
        row, col = np.argmin(np.abs(theirs.azimuthal - chi)), np.argmin(np.abs(theirs.radial - q))
        assert abs(theirs.azimuthal[row] - chi) < 0.1
        if theirs.count[row, col] > 5:
            assert float(intensity) == pytest.approx(theirs.intensity[row, col], rel=5e-3)
            compared += 1
    assert compared >= 4
    page.get_by_test_id("cake-card").screenshot(path=build_dir / f"cake_{measurement.poni.stem}.png")


@pytest.mark.parametrize(
    "name, image, azimuthal, radial, intensity, colour, share_empty",
    [("empty", -1, 36, 100, "empty bin", "405462", "100.0"), ("zero", 0, 36, 100, "0", "000004", None),
     ("constant", 7, 36, 100, "7", "fcffa4", None), ("large", 7, 720, 2000, "7", "fcffa4", None),
     ("single", 7, 1, 1, "7", "fcffa4", "0.0")])  # fmt: skip
def test_cakes_of_one_value_of_none_and_of_many_bins_are_shown(generated, daemon, publisher, page, ports, build_dir, name,
                                                               image, azimuthal, radial, intensity, colour,
                                                               share_empty):
    running = daemon(cakes_only(
        ports, f"cake: {{type: integrate2d, in: raw, poni: {generated.poni}, bins: {radial}, azimuthal_bins: {azimuthal}, "
        "solid_angle: false, radial_range: [2, 30]}"))  # fmt: skip
    send = publisher(ports["raw"], running)
    page.goto(running.url)
    for kind, document in beamline.compose_run(np.full_like(generated.image, image), 1):
        send(kind, document)
    size = page.get_by_test_id("cake-size")
    size.get_by_text(f"{azimuthal} × {radial:,} bins".replace(",", "\u202f")).wait_for()
    if share_empty:
        assert f"{share_empty} % empty" in size.inner_text()
    assert page.get_by_text("Every bin is empty.").is_visible() == (name == "empty")
    assert page.get_by_test_id("cake-ramp").is_visible() == (name != "empty")
    assert read_at_cursor(page, "ArrowUp")[2] == intensity
    middle = page.get_by_test_id("cake-canvas").evaluate(
        """canvas => [...canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data]""")
    assert bytes(middle) == bytes.fromhex(colour + "ff")
    page.get_by_test_id("cake-card").screenshot(path=build_dir / f"cake_{name}.png")


def test_the_pipeline_shows_its_nodes_and_their_rates_while_a_run_goes_on(generated, daemon, publisher, page, ports,
                                                                          build_dir):
    running = daemon(f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, bind: "tcp://127.0.0.1:{ports["raw"]}", image: {IMAGE_KEY}}}
operators:
  integrate: {generated.integrate1d}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs"}}
  viewer: {{type: viewer, in: [integrate, raw], overflow: latest}}
""")
    send = publisher(ports["raw"], running)
    page.goto(running.url)
    pipeline = page.get_by_test_id("pipeline")
    pipeline.locator("svg").wait_for()
    assert sorted(node.get_attribute("data-node") for node in pipeline.locator(".node").all()) == [
        "file", "integrate", "raw", "viewer"]
    labels = pipeline.locator(".label .payload").all_text_contents()
    assert sorted(labels) == ["Frame", "Frame → frames", "Pattern", "Pattern → patterns"]
    assert pipeline.locator(".edge.lossy").count() == 2

    *run, stop = beamline.compose_run(generated.image, 2000)
    documents = iter(run)
    rates = {name: pipeline.locator(f"[data-node={name}] .rate") for name in ("raw", "integrate", "file")}

    def all_turn():
        # One at a time: the run goes on for longer than anybody waits.
        send(*next(documents))
        return all(re.match(r"(0\.[1-9]|[1-9])", rate.text_content()) for rate in rates.values())

    wait_for(all_turn, "the rates of the nodes to be told")
    assert running.status()["edges"][0] == {"from": "raw", "from_port": "frames", "to": "integrate", "to_port": "in",
                                            "payload": "Frame", "queues": []}
    assert any(edge["queues"] and edge["queues"][0]["overflow"] == "latest" for edge in running.status()["edges"])
    pipeline.screenshot(path=build_dir / "pipeline.png")
    send(*stop)
    assert "annulus_node_out_rate_hertz" in running.get("metrics")


def check_cursor(page, measurement):
    """The arrow keys move a cursor along the curve, which reads as pyFAI has it."""
    page.locator("#pattern-plot").press("ArrowRight")
    reading = page.get_by_test_id("pattern-cursor").inner_text().replace("\u202f", "").replace("\u00a0", "")
    q, intensity = map(float, re.match(r"q = ([0-9.]+) .* I = ([0-9.]+)", reading).groups())
    nearest = np.argmin(np.abs(measurement.reference.radial - q))
    assert intensity == pytest.approx(measurement.reference.intensity[nearest], rel=2e-3)


def test_the_page_says_so_when_the_daemon_ends_and_finds_it_again(generated, daemon, page, ports):
    config = f"""version: 1
service: {{name: test, http: "127.0.0.1:{ports["http"]}"}}
sources:
  raw: {{type: bluesky_zmq, bind: "tcp://127.0.0.1:{ports["raw"]}"}}
operators:
  integrate: {generated.integrate1d}
sinks:
  viewer: {{type: viewer, in: [integrate, raw], overflow: latest}}
"""
    first = daemon(config)
    page.goto(first.url)
    banner = page.get_by_test_id("connection-banner")
    page.get_by_test_id("node-table").get_by_text("integrate1d").wait_for()
    assert not banner.is_visible()
    assert first.terminate() == 0
    banner.wait_for(state="visible")
    daemon(config)
    banner.wait_for(state="hidden")


def test_metrics_and_health_are_there_for_machines(generated, daemon, ports):
    running = daemon(f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, bind: "tcp://127.0.0.1:{ports["raw"]}"}}
operators:
  integrate: {generated.integrate1d}
sinks:
  viewer: {{type: viewer, in: integrate, overflow: latest}}
""")
    metrics = running.get("metrics")
    assert "# TYPE annulus_frames_received_total counter" in metrics
    assert "annulus_frames_received_total 0" in metrics
    assert 'annulus_state{state="idle"} 1' in metrics
    assert '"status":"ok"' in running.get("healthz").replace(" ", "")
