# SPDX-License-Identifier: BSD-3-Clause
"""docs/streamz-conformance.md has every row once, and every row that can be tested is."""

import re

from conftest import ROOT

ROWS = set(range(1, 170))
VERDICTS = {"as Streamz", "done right", "contract", "not in C++"}
UNTESTED = "not in C++"


def page():
    """(number, verdict, remark) of every row of the page."""
    text = (ROOT / "docs" / "streamz-conformance.md").read_text()
    lines = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|([^|]*)\|$", text, re.MULTILINE)
    return [(int(number), verdict, remark.strip()) for number, verdict, remark in lines]


def rows_with_a_test():
    """The numbers in the names of tests: TEST(StreamzRows, row_012_what_happens)."""
    sources = (ROOT / "tests").rglob("*_test.cpp")
    names = [name for path in sources for name in re.findall(r"\(\w+,\s*row_(\d{3})_", path.read_text())]
    return {int(name) for name in names}


def test_the_page_has_every_row_once_and_in_order():
    assert [number for number, _, _ in page()] == sorted(ROWS)


def test_every_verdict_is_one_of_four_and_a_row_without_a_test_says_why():
    assert {verdict for _, verdict, _ in page()} <= VERDICTS
    assert [number for number, verdict, remark in page() if verdict == UNTESTED and not remark] == []


def test_every_row_has_a_test_unless_the_page_says_that_it_makes_no_sense():
    untested = {number for number, verdict, _ in page() if verdict == UNTESTED}
    assert rows_with_a_test() == ROWS - untested
