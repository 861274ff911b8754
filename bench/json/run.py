#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions of the JSON reader, counted by callgrind, beside those of cJSON and jansson, and against our goals.

Usage: run.py PATH_OF_bench_json      (cmake target bench_json, built without sanitizers, -O2)
Fails when a goal is missed, or when a hostile text of twice the size costs more than 2.2 times the instructions.
"""
import os
import re
import subprocess
import sys
import tempfile

GOALS = [  # document bytes, instructions; the first makes a message of 299 bytes
    (111, 5000),
    (32768, 650000),
]
PARSERS = ["ours", "cjson", "jansson"]
GROWTH_MAX = 2.2

HOSTILE_BYTES = 16384
HOSTILE_GOAL = 100  # instructions per byte
PER_BYTE = ["wide", "text", "answer", "cut"]  # whose worst is held against the goal; what each reads: bench_json.h


def members(key, value="0"):
    return ('{"a":0', f',"{key}":{value}', "}")


def elements(value):
    return ('{"a":[0', f",{value}", "]}")


def string(part):
    return ('{"a":"', part, '"}')


def summaries(value):
    return ('{"jobs":{"QUEUED":[0', f",{value}", "]}}")


K = r"\u006b"
KEYS = {  # beside the table of hostile_wide: k...k00 to k...k63
    "empty keys": members(""),
    "keys of 1 byte": members("k"),
    "keys of 1 byte, objects": members("k", "{}"),
    "keys as long as asked for": members("k" * 21 + "9x"),
    "keys that end as asked for": members("k" * 16 + "j" + "kkkk00"),
    "keys of 1 escape": members(K),
    "keys of 1 short escape": members(r"\t"),
    "keys of 6 short escapes": members(r"\t" * 6),
    "keys of 6 escapes": members(K * 6, r'"\n\u0041"'),
    "keys that end so, escaped": members(K * 16 + r"\u006a" + K * 4 + r"\u0030\u0030"),
    "keys that end so, 1 escape": members("k" * 18 + "jkk" + r"\u0030" + "0"),
    "keys of surrogate pairs": members(r"\ud83d\ude00" * 4),
    "keys of half a pair": members(r"\ud83d"),
    "keys of 2-byte UTF-8": members("\u00e9" * 4),
}
VALUES = {
    "short escapes": string(r"\t"),
    "every second byte escaped": string(r"x\t"),
    "escapes": string(K),
    "surrogate pairs": string(r"\ud83d\ude00"),
    "2-byte UTF-8": string("\u00e9"),
    "3-byte UTF-8": string("\u20ac"),
    "4-byte UTF-8": string("\U0001f600"),
    "every second character UTF-8": string("x\u00e9"),
    "plain string": string("plain text"),
}
SHAPES = {
    "blanks": ('{"a":', " \t\r\n", "0}"),
    "digits": ('{"a":', "1234567890", "}"),
    "arrays in arrays": elements("[" * 30 + "]" * 30),
    "objects in objects": elements('{"":' * 29 + "0" + "}" * 29),
    "empty arrays": elements("[]"),
    "empty strings": elements('""'),
    "digits one by one": elements("0"),
    "digits among blanks": (elements(" 0 ")),
    "numbers of all parts": elements("-1.1e-1"),
    "words": elements("true"),
}
CUTS = {
    "nearly its key": members("jobDocumen"),
    "its key, deeper": members("a", '{"b":{"jobDocument":0}}'),
    "its value, escapes": ('{"jobDocument":"', r"\t", '"}'),
    "its value, digits": ('{"jobDocument":', "1", "}"),
    "its value, arrays": ('{"jobDocument":[0', ",[]", "]}"),
}
NOTICES = {  # their lists of executions are read three times, and each execution once more
    "empty summaries": summaries("{}"),
    "digits for summaries": summaries("0"),
    "empty lists": ('{"jobs":{"a":[]', ',"":[]', "}}"),
    "summaries of short keys": summaries("{" + ",".join(['"":0'] * 9) + "}"),
    "summaries of escapes": summaries("{" + ",".join([r'"\t":0'] * 7) + "}"),
}
HOSTILE = {
    "wide": {**KEYS, **VALUES, **SHAPES},
    "text": VALUES,
    "answer": KEYS,
    "cut": {**KEYS, **VALUES, **SHAPES, **CUTS},
    "notice": NOTICES,
}


def count(program, parser, size, parts=()):
    """Returns the message's bytes and the instructions of one parse. The dynamic linker's are done before."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind.out")
        run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out,
                              "--toggle-collect=parse_once", program, parser, str(size), *parts],
                             capture_output=True, text=True, check=False, env=dict(os.environ, LD_BIND_NOW="1"))
        if run.returncode != 0:
            sys.exit(f"{parser} {size} {parts}: {run.stdout}{run.stderr}")
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
            size, instructions = count(program, parser, document)
            ours = ours or instructions
            print(f"{size:9} {parser:>8} {instructions:13} {instructions / size:9.1f} {instructions / ours:8.2f}")
        verdict = "kept" if ours <= goal else "MISSED"
        print(f"{'':9} {'goal':>8} {goal:13} {'':9} {goal / ours:8.2f}  {verdict}")
        if ours > goal:
            missed.append(f"{ours} instructions for a document of {document} bytes, goal {goal}")
    return missed


def check_hostile(program):
    """Prints what hostile texts cost, the worst of each reader last; returns what missed its goal."""
    missed = []
    print(f"\n{'hostile':>9} {'':32} {'instructions':>13} {'per byte':>9} {'growth':>8}")
    for reader, texts in HOSTILE.items():
        worst = 0
        for name, parts in texts.items():
            _, once = count(program, reader, HOSTILE_BYTES, parts)
            size, twice = count(program, reader, 2 * HOSTILE_BYTES, parts)
            print(f"{reader:>9} {name:32} {twice:13} {twice / size:9.1f} {twice / once:8.2f}", flush=True)
            worst = max(worst, twice / size)
            if twice > GROWTH_MAX * once:
                missed.append(f"{reader}, {name}: twice the text costs {twice / once:.2f} times the instructions")
        print(f"{reader:>9} {'worst':32} {'':13} {worst:9.1f}")
        if reader in PER_BYTE and worst > HOSTILE_GOAL:
            missed.append(f"{reader}: {worst:.1f} instructions per byte, goal {HOSTILE_GOAL}")
    return missed


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    missed = compare(sys.argv[1]) + check_hostile(sys.argv[1])
    if missed:
        sys.exit("\n".join(missed))


if __name__ == "__main__":
    main()
