#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Worst-case stack of the JSON reader, from the compiler's own call graph (gcc 10 or newer).

Usage: stack.py [COMPILER [FLAG...]]     default: gcc -O2
Fails when a chain of calls needs more than 256 bytes, when a function calls itself by any way round, or when a frame
has no fixed size. The C library's functions (memcpy, strlen) are outside of the count.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

LIMIT = 256
ROOTS = ["json_read", "json_decode", "json_string_is", "json_next_member", "json_next_element"]
REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read_call_graph(compiler, folder):
    frames, calls = {}, {}
    for source in glob.glob(os.path.join(REPO, "common", "*.c")):
        stem = os.path.join(folder, os.path.basename(source)[:-2])
        subprocess.run(compiler + ["-std=c11", "-DNDEBUG", "-fcallgraph-info=su", "-I", REPO, "-c", source,
                                   "-o", stem + ".o"], check=True)
        with open(stem + ".ci", encoding="utf-8") as graph:
            for line in graph:
                node = re.match(r'node: \{ title: "([^"]+)" label: "[^"]*\\n(\d+) bytes \((.*?)\)', line)
                edge = re.match(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', line)
                if node:
                    if node[3] != "static":
                        sys.exit(f"{node[1]}: the frame's size is not fixed ({node[3]})")
                    frames[node[1]] = int(node[2])
                elif edge:
                    calls.setdefault(edge[1], set()).add(edge[2])
    return frames, calls


def find_worst(name, frames, calls, above=()):
    if name in above:
        sys.exit("recursion: " + " > ".join(above + (name,)))
    below = [find_worst(callee, frames, calls, above + (name,)) for callee in calls.get(name, ())]
    depth, chain = max(below, default=(0, []))
    return depth + frames.get(name, 0), [name] + chain


def main():
    compiler = sys.argv[1:] or ["gcc", "-O2"]
    with tempfile.TemporaryDirectory() as folder:
        frames, calls = read_call_graph(compiler, folder)
    worst = 0
    print(" ".join(compiler))
    for root in ROOTS:
        depth, chain = find_worst(root, frames, calls)
        worst = max(worst, depth)
        steps = " > ".join(f"{name.rsplit(':', 1)[-1]} {frames.get(name, 0)}" for name in chain)
        print(f"  {root:18} {depth:4} bytes   {steps}")
    if worst > LIMIT:
        sys.exit(f"more than {LIMIT} bytes of stack")


if __name__ == "__main__":
    main()
