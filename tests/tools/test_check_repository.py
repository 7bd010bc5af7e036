# SPDX-License-Identifier: BSD-3-Clause
"""The repository check finds what it promises to find, and nothing in a clean tree."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import check_repository  # noqa: E402

LICENCE = "// SPDX-License-Identifier: BSD-3-Clause\n"
CLEAN = {
    "low/CMakeLists.txt": "# SPDX-License-Identifier: BSD-3-Clause\nannulus_library(low LAYER 0 SOURCES a.cpp)\n",
    "low/a.hpp": LICENCE + "#pragma once\n",
    "low/a.cpp": LICENCE + '#include "low/a.hpp"\n',
    "mid/CMakeLists.txt": "# SPDX-License-Identifier: BSD-3-Clause\nannulus_library(mid LAYER 1 DEPS annulus::low)\n",
    "mid/b.hpp": LICENCE + '#pragma once\n#include "low/a.hpp"\n',
    "top/CMakeLists.txt": "# SPDX-License-Identifier: BSD-3-Clause\nannulus_library(top LAYER 2 DEPS annulus::mid)\n",
    "top/c.hpp": LICENCE + '#pragma once\n#include "low/a.hpp"\n',
    "README.md": "See [the low room](low/a.hpp) and [a site](https://example.org/x).\n",
}


def findings(tmp_path, **changes):
    files = CLEAN | {name.replace("__", "/").replace("_dot_", "."): text for name, text in changes.items()}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return check_repository.check(tmp_path, sorted(files))


def test_a_clean_tree_has_no_findings(tmp_path):
    assert findings(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("low__a_dot_hpp", "#pragma once\n", "low/a.hpp:1: no licence"),
        ("low__a_dot_hpp", LICENCE, "low/a.hpp:1: no #pragma once"),
        ("low__a_dot_hpp", LICENCE + "#pragma once\n" + "\n" * 600, "low/a.hpp:1: 602 lines"),
        ("low__a_dot_cpp", LICENCE + '#include "mid/b.hpp"\n', "low/a.cpp:2: includes mid/b.hpp (room low"),
        ("low__a_dot_cpp", LICENCE + "#include <zmq.hpp>\n", "low/a.cpp:2: includes zmq.hpp (a heavy header"),
        ("low__a_dot_cpp", LICENCE + "// TO" + "DO more\n", "low/a.cpp:2: an open end"),
        ("low__a_dot_cpp", LICENCE + "// see /home" + "/ann/x\n", "low/a.cpp:2: a path of one machine"),
        ("low__forgotten_dot_cpp", LICENCE, "low/forgotten.cpp:1: in no CMakeLists.txt"),
        ("README_dot_md", "[gone](docs/gone.md#part)\n", "README.md:1: link to docs/gone.md#part"),
        ("big_dot_json", "0" * 600_000, "big.json:1: 600000 bytes"),
    ],
)
def test_each_fault_is_found_once_with_its_place(tmp_path, name, text, expected):
    found = findings(tmp_path, **{name: text})
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_a_fenced_header_is_free_in_its_room_and_in_the_tests_of_that_room(tmp_path):
    text = LICENCE + "#include <zmq.hpp>\n"
    room = "add_library(x service/io/zmq/s.cpp tests/service/io/zmq/s_test.cpp)\n# SPDX-License-Identifier: BSD-3-Clause\n"
    files = {"service__io__zmq__s_dot_cpp": text, "tests__service__io__zmq__s_test_dot_cpp": text}
    assert findings(tmp_path, CMakeLists_dot_txt=room, **files) == []


def test_this_repository_is_clean():
    root = Path(__file__).resolve().parents[2]
    assert check_repository.check(root, check_repository.files_of(root)) == []
