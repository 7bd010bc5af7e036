#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks what a compiler does not: licences, layers, heavy headers, file sizes, links.

Prints one line a finding, `file:line: problem (reason) suggestion`, and exits 1 when there is one.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CODE = {".cpp", ".hpp", ".py", ".sh", ".ts", ".cmake"}
TEXT = CODE | {".md", ".txt", ".yaml", ".yml", ".json", ".html", ".css", ".service", ".toml"}
LENGTH_WARN, LENGTH_MAX = 400, 600  # lines
SIZE_MAX = 500_000  # bytes
GENERATED = {"package-lock.json"}

# Headers that cost seconds to compile or tie a room to a library: who may include them. Tests of a room count as it.
FENCE = {
    "zmq": ["service/io/zmq/"],
    "hdf5": ["detectors/hdf5/"],
    "hwy/": ["detectors/codec/", "operators/kernels/", "targets.hpp", "bench/"],
    "opencv2/": ["detectors/files/", "service/http/"],
    "CLI/": ["service/main.cpp", "service/cli/"],
    "civetweb": ["service/http/", "service/io/net/"],
    "CivetServer": ["service/http/"],
    "msgpack": ["detectors/bluesky/"],
    "yaml-cpp/": ["service/config/"],
    "prometheus/": ["service/http/"],
}
OPEN_END = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
HOME_PATH = re.compile(r"(?<![\w.*}])/(home|root|work|Users)/\w")
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Room:
    name: str
    uses: frozenset  # names of the rooms it declares, of lower layers and peers


def rooms_of(root, files):
    """Folder -> Room, from the annulus_library() calls: the same table that CMake checks for layers."""
    rooms = {}
    for path in files:
        if Path(path).name != "CMakeLists.txt":
            continue
        text = re.sub(r"#.*", "", (root / path).read_text())
        for name, body in re.findall(r"annulus_library\(\s*(\w+)([^)]*)\)", text):
            rooms[str(Path(path).parent)] = Room(name, frozenset(re.findall(r"annulus::(\w+)", body)))
    return rooms


def room_of(rooms, path):
    return next((rooms[str(p)] for p in Path(path).parents if str(p) in rooms), None)


def reachable(rooms, room):
    """Names of all rooms whose headers `room` may include: what it declares, and what those declare."""
    by_name = {r.name: r for r in rooms.values()}
    seen, todo = set(), [room.name]
    while todo:
        name = todo.pop()
        if name not in seen and name in by_name:
            seen.add(name)
            todo.extend(by_name[name].uses)
    return seen


def check_include(rooms, path, line):
    match = INCLUDE.match(line)
    if not match:
        return
    target = match[1] or match[2]
    owner = path.removeprefix("tests/")
    for header, allowed in FENCE.items():
        if target.startswith(header) and not owner.startswith(tuple(allowed)):
            yield f"includes {target} (a heavy header, fenced to {', '.join(allowed)}) use what that room offers"
    here, there = room_of(rooms, path), room_of(rooms, target)
    if here and there and there.name not in reachable(rooms, here):
        yield f"includes {target} (room {here.name} does not declare {there.name}) add it to DEPS if its layer is lower"


def check_code(path, lines):
    if lines and not any("SPDX-License-Identifier: BSD-3-Clause" in line for line in lines[:3]):
        yield 1, "no licence (every source file names it) start with SPDX-License-Identifier: BSD-3-Clause"
    if path.endswith(".hpp") and "#pragma once" not in lines:
        yield 1, "no #pragma once (a header may be included twice) add it below the licence"
    if len(lines) > LENGTH_MAX:
        yield 1, f"{len(lines)} lines (the limit is {LENGTH_MAX}) split it"


def check_links(root, path, number, line):
    for target in LINK.findall(line):
        file = target.split("#")[0]
        if file and "://" not in file and not file.startswith("mailto:") and not (root / path).parent.joinpath(file).exists():
            yield number, f"link to {target} (there is no such file) correct it"


def check_listed(root, files):
    """Every .cpp is named in a CMakeLists.txt: a forgotten one is neither built nor tested."""
    listed = set()
    for path in files:
        if Path(path).name == "CMakeLists.txt" or path.endswith(".cmake"):
            base, text = Path(path).parent, (root / path).read_text()
            listed |= {str(base / name) for name in re.findall(r"[\w./-]+\.cpp", text)}
            listed |= {str(base / f"{name}.cpp") for name in re.findall(r"annulus_fuzz\((\w+)", text)}
    for path in files:
        if path.endswith(".cpp") and path not in listed:
            yield f"{path}:1: in no CMakeLists.txt (it is never built) list it or remove it"


def check_file(root, rooms, path):
    file = root / path
    if file.stat().st_size > SIZE_MAX and file.name not in GENERATED:
        yield 1, f"{file.stat().st_size} bytes (the limit is {SIZE_MAX}) generate it, or make it smaller"
        return
    if file.suffix not in TEXT and file.name not in {"Makefile", "Dockerfile", "run"}:
        return
    lines = file.read_text().splitlines()
    if file.suffix in CODE or file.name in {"Makefile", "Dockerfile", "CMakeLists.txt"}:
        yield from check_code(path, lines)
    for number, line in enumerate(lines, 1):
        if file.name in GENERATED:
            break
        if OPEN_END.search(line):
            yield number, "an open end (the code says what is, issues say what is wanted) do it or file it"
        if HOME_PATH.search(line):
            yield number, "a path of one machine (it exists nowhere else) make it relative"
        if file.suffix in {".cpp", ".hpp"}:
            yield from ((number, problem) for problem in check_include(rooms, path, line))
        if file.suffix == ".md":
            yield from check_links(root, path, number, line)


def check(root, files):
    """All findings in `files` (paths relative to `root`), as lines of text."""
    rooms = rooms_of(root, files)
    findings = [f"{path}:{number}: {problem}" for path in files for number, problem in check_file(root, rooms, path)]
    return findings + list(check_listed(root, files))


def files_of(root):
    listing = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(name for name in names if name and (root / name).is_file())


def main():
    root = Path(__file__).resolve().parent.parent
    files = files_of(root)
    findings = check(root, files)
    print("\n".join(findings), end="\n" if findings else "")
    for path in files:
        if Path(path).suffix in CODE and (length := len((root / path).read_text().splitlines())) > LENGTH_WARN:
            print(f"note: {path} has {length} lines; over {LENGTH_WARN}, ask whether it holds two things")
    print(f"{len(files)} files checked, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
