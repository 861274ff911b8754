#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions of the JSON reader, counted by callgrind, beside those of cJSON and jansson, and against our goals.

Usage: run.py PATH_OF_bench_json      (cmake target bench_json, built without sanitizers, -O2)
Fails when a goal is missed, or when a text of twice the size costs more than 2.2 times the instructions.
"""
import os
import re
import subprocess
import sys
import tempfile

GOALS = [  # document bytes, instructions; the first makes a message of 299 bytes
    (111, 7000),
    (32768, 650000),
]
PARSERS = ["ours", "cjson", "jansson"]
HOSTILE = ["nesting", "members", "short", "escapes", "utf8", "blanks", "digits"]
HOSTILE_BYTES = 16384
GROWTH_MAX = 2.2


def count(program, parser, text, size):
    """Returns the message's bytes and the instructions of one parse."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind.out")
        run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out,
                              "--toggle-collect=parse_once", program, parser, text, str(size)],
                             capture_output=True, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"{parser} {text} {size}: {run.stdout}{run.stderr}")
        with open(out, encoding="utf-8") as profile:
            instructions = re.search(r"^(?:summary|totals): (\d+)", profile.read(), re.MULTILINE)
    if not instructions or int(instructions[1]) == 0:
        sys.exit("callgrind counted nothing: is parse_once still a function of its own?")
    return int(run.stdout.split()[0]), int(instructions[1])


def compare(program):
    """Prints the table of parsers; returns what missed its goal."""
    missed = []
    print(f"{'message':>9} {'parser':>8} {'instructions':>13} {'per byte':>9} {'to ours':>8}")
    for document, goal in GOALS:
        ours = 0
        for parser in PARSERS:
            size, instructions = count(program, parser, "job", document)
            ours = ours or instructions
            print(f"{size:9} {parser:>8} {instructions:13} {instructions / size:9.1f} {instructions / ours:8.2f}")
        verdict = "kept" if ours <= goal else "MISSED"
        print(f"{'':9} {'goal':>8} {goal:13} {'':9} {goal / ours:8.2f}  {verdict}")
        if ours > goal:
            missed.append(f"{ours} instructions for a document of {document} bytes, goal {goal}")
    return missed


def check_growth(program):
    """Prints how hostile texts cost with 64 requested members; returns those that cost more than in proportion."""
    missed = []
    print(f"\n{'hostile':>9} {'bytes':>8} {'instructions':>13} {'per byte':>9} {'growth':>8}")
    for text in HOSTILE:
        _, once = count(program, "wide", text, HOSTILE_BYTES)
        size, twice = count(program, "wide", text, 2 * HOSTILE_BYTES)
        print(f"{text:>9} {size:8} {twice:13} {twice / size:9.1f} {twice / once:8.2f}")
        if twice > GROWTH_MAX * once:
            missed.append(f"{text}: twice the text costs {twice / once:.2f} times the instructions")
    return missed


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    missed = compare(sys.argv[1]) + check_growth(sys.argv[1])
    if missed:
        sys.exit("\n".join(missed))


if __name__ == "__main__":
    main()
