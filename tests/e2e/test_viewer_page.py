# SPDX-License-Identifier: BSD-3-Clause
"""The live page in a real browser, fed by build/*/http_demo."""

import os
import pathlib
import re
import subprocess

import pytest
from playwright.sync_api import expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("ANNULUS_BUILD_DIR", "build/release")

class Demo:
    """A running http_demo."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([BUILD / "http_demo", *arguments], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.port = re.search(r":(\d+)/", self.url)[1]

    def stop(self):
        """Ends it if it still runs; its exit status."""
        self.process.terminate()
        with self.process:
            return self.process.wait(timeout=20)


@pytest.fixture
def demo():
    running = Demo("0", "lossy")
    yield running
    running.stop()


@pytest.fixture
def page(browser, demo):
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    opened.complaints = []
    opened.on("console", lambda m: opened.complaints.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.on("request", lambda r: None if r.url.startswith((demo.url, "blob:")) else opened.complaints.append(r.url))
    opened.goto(demo.url)
    yield opened
    context.close()


def frame_number(page):
    return int(page.get_by_test_id("pattern-figure").get_attribute("data-number"))


def wait_until_past(page, number):
    page.wait_for_function(
        "n => Number(document.querySelector('[data-testid=pattern-figure]').dataset.number) > n", arg=number
    )


def number_in(page, name):
    return int(re.sub(r"\D", "", page.get_by_test_id(name).inner_text()))


def lit_pixels(page):
    """The plot's pixels that were drawn on, as a hash of their positions."""
    return page.evaluate(
        """() => {
          const canvas = document.querySelector('[data-testid=pattern-canvas]');
          const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          let lit = 0, hash = 0;
          for (let i = 3; i < data.length; i += 4) if (data[i] > 0) { ++lit; hash = (hash * 31 + i) | 0; }
          return [lit, hash];
        }"""
    )


def test_the_pattern_appears_and_moves(page):
    expect(page.get_by_test_id("pattern-canvas")).to_be_visible()
    expect(page.get_by_test_id("pattern-figure")).to_have_attribute("data-points", "1000")
    first, (lit, drawn) = frame_number(page), lit_pixels(page)
    assert lit > 1000
    wait_until_past(page, first + 5)
    assert lit_pixels(page)[1] != drawn


def test_the_frame_is_shown_with_its_numbers(page):
    image = page.get_by_test_id("preview-image")
    expect(image).to_be_visible()
    page.wait_for_function("() => document.querySelector('[data-testid=preview-image]').naturalWidth > 0")
    assert image.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [327, 348]
    assert number_in(page, "preview-max") > 0


def cake_pixel(page, radial, azimuthal):
    """Colour of the cake's canvas at shares of its plotting area, from the left and from below."""
    return page.get_by_test_id("cake-canvas").evaluate(
        """(canvas, [x, y]) => {
          const [whole, area] = [canvas, canvas.parentElement.querySelector('.u-over')].map(e => e.getBoundingClientRect());
          const scale = canvas.width / whole.width;
          const left = (area.left - whole.left + x * area.width) * scale;
          const top = (area.top - whole.top + (1 - y) * area.height) * scale;
          return [...canvas.getContext('2d').getImageData(left, top, 1, 1).data];
        }""",
        [radial, azimuthal],
    )


EMPTY = [0x40, 0x54, 0x62, 255]  # as masked pixels of the frame


def test_the_cake_appears_and_moves(page):
    expect(page.get_by_test_id("cake-canvas")).to_be_visible()
    expect(page.get_by_test_id("cake-frame")).to_have_text(re.compile(r"^frame \d+$"))
    expect(page.get_by_test_id("cake-size")).to_have_text(re.compile(r"^180 × 500 bins, \d+\.\d % empty$"))
    first = int(page.get_by_test_id("cake-figure").get_attribute("data-number"))
    page.wait_for_function(
        "n => Number(document.querySelector('[data-testid=cake-figure]').dataset.number) > n", arg=first
    )


def test_intensity_is_a_colour_and_an_empty_bin_has_its_own(page):
    expect(page.get_by_test_id("cake-canvas")).to_be_visible()
    assert cake_pixel(page, 0.01, 0.5) == EMPTY  # behind the beam stop
    assert cake_pixel(page, 0.99, 0.5) == EMPTY  # beyond the edge of the detector, along +x
    inside = [cake_pixel(page, q / 60, 0.62) for q in (18.1, 19.5)]
    assert EMPTY not in inside
    assert sum(inside[0]) > sum(inside[1])  # on a ring and beside it
    # The corners are seen farther out than the sides: 45 degrees is at five eighths of the height.
    assert cake_pixel(page, 0.9, 0.625) != EMPTY


def test_the_cake_is_read_with_the_mouse_and_with_the_keyboard(page):
    expect(page.get_by_test_id("cake-canvas")).to_be_visible()
    area = page.locator("#cake-plot .u-over").bounding_box()
    page.mouse.move(area["x"] + area["width"] / 2, area["y"] + area["height"] / 4)
    reading = page.get_by_test_id("cake-cursor")
    expect(reading).to_have_text(re.compile(r"^q = (29\.94|30\.06) nm⁻¹ +χ = (89|91)° +I = [\d.]+$"))
    page.mouse.move(area["x"] + 2, area["y"] + area["height"] / 4)
    expect(reading).to_contain_text("empty bin")
    q, chi = map(float, re.findall(r"= ([\d.]+)", reading.inner_text()))
    plot = page.locator("#cake-plot")
    plot.press("ArrowUp")
    plot.press("ArrowRight")
    expect(reading).to_contain_text(re.compile(rf"^q = {q + 0.12:.4g} nm⁻¹ +χ = {chi + 2:g}° +empty bin"))


def test_the_cake_is_zoomed_by_dragging_and_shown_whole_again(page):
    expect(page.get_by_test_id("cake-canvas")).to_be_visible()
    plot = page.locator("#cake-plot")
    plot.scroll_into_view_if_needed()
    area = page.locator("#cake-plot .u-over").bounding_box()
    at = lambda x, y: page.mouse.move(area["x"] + x * area["width"], area["y"] + y * area["height"])  # noqa: E731
    at(0.25, 0.25)
    page.mouse.down()
    at(0.5, 0.5)
    page.mouse.up()
    reset = page.get_by_test_id("cake-card").get_by_role("button", name="full range")
    expect(reset).to_be_enabled()
    at(0.5, 0.5)  # the middle of what was chosen
    expect(page.get_by_test_id("cake-cursor")).to_contain_text(re.compile(r"q = 22\.\d+ nm⁻¹ +χ = 4[357]°"))
    plot.press("0")
    expect(reset).to_be_disabled()


def test_linear_colours_are_darker_between_the_rings(page):
    expect(page.get_by_test_id("cake-canvas")).to_be_visible()
    before = cake_pixel(page, 19.5 / 60, 0.62)
    page.get_by_test_id("cake-log").press("Space")
    assert sum(cake_pixel(page, 19.5 / 60, 0.62)) < sum(before)


def test_another_output_is_chosen_and_stays_chosen(page, demo):
    size = page.get_by_test_id("cake-size")
    choice = page.get_by_test_id("cake-card").get_by_label("output")
    expect(size).to_contain_text("180 × 500")
    choice.select_option("coarse")
    expect(size).to_contain_text("12 × 40")
    demo.stop()
    expect(page.get_by_test_id("connection-banner")).to_be_visible()
    page.complaints.clear()
    again = Demo(demo.port)
    try:
        figure = page.get_by_test_id("cake-figure")
        run = figure.get_attribute("data-run")
        expect(figure).not_to_have_attribute("data-run", run, timeout=20000)
        expect(size).to_contain_text("12 × 40")
        assert choice.locator("option").all_text_contents() == ["cake", "coarse"]
    finally:
        assert again.stop() == 0


def test_the_cake_fills_its_card_whatever_the_width(page):
    for width in (360, 1400, 800):
        page.set_viewport_size({"width": width, "height": 800})
        canvas = page.get_by_test_id("cake-canvas")
        page.wait_for_function(
            "c => Math.abs(c.clientWidth - document.querySelector('#cake-plot').clientWidth) < 2",
            arg=canvas.element_handle(),
        )
        assert cake_pixel(page, 0.01, 0.5) == EMPTY
        assert cake_pixel(page, 0.5, 0.5) not in (EMPTY, [0, 0, 0, 0])


def test_the_numbers_of_the_run_go_up(page):
    expect(page.get_by_test_id("state")).to_have_text("running")
    expect(page.get_by_test_id("run-uid")).to_have_text(re.compile("^[0-9a-f]{8}$"))
    expect(page.get_by_test_id("run-scan")).to_have_text("scan 4272")
    first = number_in(page, "frames-reduced")
    page.wait_for_function(
        "n => Number(document.querySelector('[data-testid=frames-reduced]').textContent.replace(/\\D/g, '')) > n",
        arg=first,
    )
    assert number_in(page, "frames-received") >= number_in(page, "frames-reduced") >= number_in(page, "frames-written")


def test_losses_and_errors_are_told_with_their_reason(page):
    expect(page.get_by_test_id("lost-reasons")).to_contain_text("failed in an operator", timeout=15000)
    expect(page.get_by_test_id("errors")).to_contain_text("integrate, frame 49")
    expect(page.get_by_test_id("node-table")).to_contain_text("integrate1d")
    expect(page.get_by_test_id("source-table")).to_contain_text("3 decode")


def test_the_pipeline_tells_rates_queues_drops_and_errors(page):
    pipeline = page.get_by_test_id("pipeline")
    integrate = pipeline.locator("[data-node=integrate]")
    expect(integrate.locator(".rate")).to_have_text("25.0 → 25.0 /s")
    expect(integrate.locator(".queue")).to_have_text(re.compile(r"^\d+ / 16$"))
    expect(integrate.locator(".bad")).to_have_text(re.compile(r"^\d+ errors?$"), timeout=15000)
    expect(pipeline.locator(".edge.lossy")).to_have_count(2)
    label = pipeline.locator(".label", has_text="Pattern → patterns")
    expect(label).to_contain_text("latest")
    expect(label.locator(".warn")).to_have_text(re.compile(r"^\S+ dropped$"))
    assert pipeline.locator(".label", has_text="images").locator(".fill").evaluate_all(
        "bars => bars.every(bar => Number(bar.getAttribute('width')) >= 0)")


@pytest.mark.parametrize("width", [360, 1400])
def test_no_label_of_the_pipeline_meets_another_or_leaves_its_box(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator("[data-node=integrate] .bad")).to_have_count(1, timeout=15000)
    assert page.get_by_test_id("pipeline").evaluate(
        """pipeline => {
          const area = element => element.getBoundingClientRect();
          const texts = [...pipeline.querySelectorAll('text')].filter(text => text.textContent !== '');
          const boxes = [...pipeline.querySelectorAll('.node')];
          const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
                              && a.top < b.bottom - 4 && b.top < a.bottom - 4;  // lines of text are close
          const within = (a, b) => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
          const found = [];
          texts.forEach((text, i) => texts.slice(i + 1).forEach(other => {
            if (meet(area(text), area(other))) found.push(`${text.textContent} meets ${other.textContent}`);
          }));
          for (const box of boxes) for (const text of texts) {
            const good = box.contains(text) ? within(area(text), area(box.querySelector('rect')))
                                            : !meet(area(text), area(box.querySelector('rect')));
            if (!good) found.push(`${text.textContent} at ${box.dataset.node}`);
          }
          return found;
        }"""
    ) == []


def test_scale_zoom_and_cursor_work_with_the_keyboard(page):
    expect(page.get_by_test_id("pattern-canvas")).to_be_visible()
    page.get_by_test_id("log-scale").press("Space")
    expect(page.get_by_test_id("log-scale")).to_be_checked()
    plot = page.locator("#pattern-plot")
    plot.press("ArrowRight")
    expect(page.get_by_test_id("pattern-cursor")).to_contain_text(re.compile(r"q = [\d.]+ nm⁻¹ +I = .+ ± "))
    reset = page.locator("#reset-zoom")
    expect(reset).to_be_disabled()
    plot.press("+")
    expect(reset).to_be_enabled()
    plot.press("0")
    expect(reset).to_be_disabled()
    expect(page.get_by_test_id("pattern-canvas")).to_be_visible()


def test_a_lost_connection_is_told_and_taken_up_again(page, demo):
    banner = page.get_by_test_id("connection-banner")
    expect(page.get_by_test_id("pattern-canvas")).to_be_visible()
    expect(banner).to_be_hidden()
    assert demo.stop() == 0
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("No connection")
    page.complaints.clear()
    again = Demo(demo.port)
    try:
        expect(banner).to_be_hidden(timeout=20000)
        expect(page.get_by_test_id("pattern-figure")).not_to_have_attribute("data-run", "")
        wait_until_past(page, 0)
    finally:
        assert again.stop() == 0


def test_the_page_breaks_no_rule_and_loads_nothing_from_elsewhere(page):
    expect(page.get_by_test_id("preview-image")).to_be_visible()
    wait_until_past(page, frame_number(page))
    assert page.complaints == []


@pytest.mark.parametrize("width", [360, 800, 1900])
def test_nothing_overflows_the_window(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.get_by_test_id("pattern-canvas")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
