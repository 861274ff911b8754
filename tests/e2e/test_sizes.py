# SPDX-License-Identifier: MIT
"""JSON_processString and the buffers of its callers (include/lib_json.h): sizes/buffers.c, built by both compilers as C and C++ at every
optimisation, plain, fortified, under ASan and UBSan. No build writes past a buffer; GCC with any optimisation uses all of the room
of variables, blocks and members; without one, and with clang, a buffer counts as four bytes. Under ASan GCC sees the sizes only when ASan
does not mark variables as they come and go (R-65)."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import ROOT

LIBRARY = [ROOT / path for path in (
    "common/err.c", "common/json_fields.c", "common/json_read.c", "common/json_scan.c", "common/json_text.c", "common/number.c", "common/slice.c", "device/api/json_cause.c",
    "device/api/json_reading.c", "device/api/lib_json.c", "device/api/line.c", "device/core/text.c")]
PROGRAM = ROOT / "tests" / "e2e" / "sizes" / "buffers.c"
COMMON = ["-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow", "-I", ROOT, "-I", ROOT / "include"]
LANGUAGES = {"gcc": ["-std=gnu11"], "clang": ["-std=gnu11"], "g++": ["-x", "c++", "-std=gnu++11"], "clang++": ["-x", "c++", "-std=gnu++11"]}
LEVELS = ["-O0", "-Og", "-O1", "-Os", "-O2", "-O3"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
UNMARKED = ["-fno-sanitize-address-use-after-scope"]
FORTIFIED = ["-D_FORTIFY_SOURCE=2"]
# What must be seen at every optimisation. More may be, as long as nothing is written where it must not.
SEEN = {"local", "static", "block-static", "global", "malloc", "member", "member-of-member", "first-member", "member-of-global", "by-pointer",
        "const-table", "assigned-table", "table-used-twice"}


def run(words):
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          env=dict(os.environ, ASAN_OPTIONS="detect_leaks=1"), timeout=120)
    return done.returncode, done.stdout


class Sizes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sizes-"))
        cls.addClassCleanup(lambda: subprocess.run(["rm", "-rf", str(cls.folder)], check=True))
        cls.objects = {}
        for name, options in (("plain", []), ("sanitized", SANITIZERS)):
            cls.objects[name] = []
            for source in LIBRARY:
                file = cls.folder / f"{name}-{source.stem}.o"
                code, out = run(["gcc", "-std=gnu11", "-O1", *options, "-I", ROOT, "-I", ROOT / "include", "-c", source, "-o", file])
                if code:
                    raise AssertionError(out)
                cls.objects[name].append(file)

    @staticmethod
    def is_optimised(options):
        return "-O0" not in options

    def build(self, compiler, options, is_sanitized):
        """The kinds whose whole room was used."""
        file = self.folder / "program"
        is_small_known = self.is_optimised(options) and (not is_sanitized or options[1:] == UNMARKED)
        flags = [*options, *(SANITIZERS if is_sanitized else []), f"-DJSON_ROOM_OF_SMALL={int(is_small_known)}"]
        unit = self.folder / "unit.o"
        code, out = run([compiler, *LANGUAGES[compiler], *COMMON, *flags, "-c", PROGRAM, "-o", unit])
        self.assertEqual(code, 0, out)
        code, out = run([compiler, *flags, unit, *self.objects["sanitized" if is_sanitized else "plain"], "-o", file])
        self.assertEqual(code, 0, out)
        code, out = run([file])
        self.assertEqual((code, "FAULT" in out), (0, False), f"{compiler} {' '.join(flags)}\n{out}")
        return {line.split()[1] for line in out.splitlines() if line.startswith("sized ")}

    def check(self, compiler, options, is_sanitized=False):
        with self.subTest(compiler=compiler, options=options, is_sanitized=is_sanitized):
            seen = self.build(compiler, options, is_sanitized)
            if compiler in ("clang", "clang++") or not self.is_optimised(options):
                self.assertEqual(seen, set())
            elif not is_sanitized or options[1:] == UNMARKED:
                self.assertEqual(SEEN - seen, set())

    def test_both_compilers_at_every_level(self):
        for compiler in ("gcc", "clang"):
            for level in LEVELS:
                self.check(compiler, [level])
        for compiler in ("g++", "clang++"):
            for level in ("-O0", "-Og", "-O2"):
                self.check(compiler, [level])

    def test_fortified(self):
        for compiler in ("gcc", "clang"):
            self.check(compiler, ["-O2", *FORTIFIED])

    def test_link_time_optimisation(self):
        self.check("gcc", ["-O2", "-flto"])

    def test_sanitized(self):
        for level in ("-O0", "-Og", "-O2"):
            self.check("gcc", [level], is_sanitized=True)
        for level in ("-O1", "-Os", "-O2"):
            self.check("gcc", [level, *UNMARKED], is_sanitized=True)
        self.check("g++", ["-O2", *FORTIFIED], is_sanitized=True)


if __name__ == "__main__":
    unittest.main()
