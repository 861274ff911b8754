# SPDX-License-Identifier: MIT
"""The gates of `make check`: each takes a tree's root and returns findings, one line each; none means it passed.

gate_bites feeds every other gate a tree with something bad in it and expects a finding: a gate that cannot fail is none.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

JOBS = os.cpu_count() or 2
CODE_SUFFIXES = (".c", ".h", ".cpp")
LINES_MAX = 600
PORTABLE = ["common", "device/core", "device/runtime", "device/api"]
TARGETS = {
    "arm": ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "--specs=nano.specs"],
    "riscv": ["riscv64-unknown-elf-gcc", "-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"],
}
PORTS = {"riscv": "ports/esp_idf"}  # whose sources are compiled as well, against our own declarations
BRACES = "readability-braces-around-statements"
LINTED = ["common", "device", "ports", "examples", "cloud"]  # with every check of .clang-tidy
PORT_HEADERS = ["tests/esp_idf_decls", "tests/esp_idf_decls/lwip", "ports/esp_idf/sync"]
PORT_FLAGS = ["-D_GNU_SOURCE", "-DDEVICE_JOBS_BUILT_AT_S=1767225600"]
# What the next ESP-IDF builds a component with, beside our own warnings; of the objects only those of the one before are looked at.
NEXT_IDF_FLAGS = ["-DDECLS_IDF_MAJOR=6", "-std=gnu2x", "-Wtype-limits"]
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wvla", "-Wformat=2", "-Wconversion"]
CLANG_O2 = ["-DCMAKE_C_COMPILER=clang", "-DCMAKE_CXX_COMPILER=clang++"]
# The second compiler builds everything once, the quickest way; what a function has not initialised holds something else than gcc's builds have.
CLANG = [*CLANG_O2, "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_C_FLAGS=-O0 -ftrivial-auto-var-init=pattern"]
I386 = "build/i386/usr"  # tools/setup fetches it
HASHED = {"sim": "tests/sim", "interleave": "tests/interleave/interleave"}  # where a build has them
# Name: folder below build/, options. The first three are there anyway, and are the short form. Of the others one has `char` as ARM and
# RISC-V have it.
HASH_BUILDS = {
    "gcc -O2": ("host", []),
    "gcc -O1 with ASan and UBSan": ("asan", ["-DDEVICE_JOBS_SANITIZE=address,undefined"]),
    "clang -O0 -ftrivial-auto-var-init=pattern": ("clang", CLANG),
    "gcc -O0 -funsigned-char": ("hash-gcc", ["-DCMAKE_BUILD_TYPE=None", "-DCMAKE_C_FLAGS=-O0 -funsigned-char"]),
    "clang -O2": ("hash-clang", CLANG_O2),
    "gcc -O2 -m32": ("hash-32", ["-DCMAKE_BUILD_TYPE=None", "-DCMAKE_C_STANDARD_LIBRARIES=-lm"]),  # and hash_build
}
# `make test` has these gates in a shorter form, `make check` the whole one.
IS_SHORT = os.environ.get("DEVICE_JOBS_SHORT") == "1"
DEAR_BITES = ("tasks", "hash")  # each builds half of the tree: `make check` plays them
SHORT_HASH_BUILDS = 3
ANALYZED = ["common", "device", "ports"]  # by clang's analyzer also in the short form: it takes most of the time
SANITIZED_TASKS = ["test_runtime", "test_api", "test_port"]  # programs with tasks, run under TSan
# The seed's application has 20 ms to clear its flag behind a report (docs/guarantees.md): under TSan it may take longer than that.
NOT_UNDER_TSAN = ["test_api_seed"]


def run(command, **kwargs):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, errors="replace", **kwargs)
    return done.returncode, done.stdout


def sources(root, suffixes=CODE_SUFFIXES, tops=None):
    """Source files of the tree, also those not yet known to git; build folders are left out."""
    tops = tops or [p.name for p in root.iterdir() if p.is_dir() and p.name not in ("build", ".git")]
    return [f for top in tops for f in sorted((root / top).rglob("*")) if f.suffix in suffixes and f.is_file()]


def bad_lines(output, pattern=r"error|warning|undefined reference|No rule"):
    lines = [line for line in output.splitlines() if re.search(pattern, line)]
    return lines or output.splitlines()[-20:] or ["failed without a word"]


def in_parallel(function, items, at_a_time=JOBS):
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        return [finding for findings in pool.map(function, items) for finding in findings]


def cmake_build(root, name, *options, target=None, env=None):
    folder = root / "build" / name
    code, out = run(["cmake", "-S", root, "-B", folder, *options], env=env)
    if code == 0:
        code, out = run(["make", "-C", folder, "--no-print-directory", "-k", f"-j{JOBS}"]
                        + (target.split() if target else []))
    return [] if code == 0 else bad_lines(out)


def gate_format(root):
    code, out = run(["clang-format", "--dry-run", "-Werror", *sources(root)], cwd=root)
    return [] if code == 0 else bad_lines(out) + ["way out: make format"]


def gate_layers(root):
    code, out = run([sys.executable, root / "tools" / "layering", root])
    return [] if code == 0 else out.splitlines()


def gate_operations(root):
    """The published table of operations is what the route tables say."""
    code, out = run([sys.executable, root / "tools" / "operations"])
    return [] if code == 0 else out.splitlines()


def gate_house(root):
    """What every file of ours has: a licence line, a length that can be read, no path of somebody's machine."""
    findings = []
    for file in sources(root, CODE_SUFFIXES + (".py", ".cmake")) + sorted((root / "tools").iterdir()):
        if not file.is_file() or "__pycache__" in file.parts:
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        path = file.relative_to(root).as_posix()
        if "SPDX-License-Identifier: MIT" not in "\n".join(text.splitlines()[:3]):
            findings.append(f"{path}:1: no SPDX line")
        if file.suffix in CODE_SUFFIXES and text.count("\n") > LINES_MAX:
            findings.append(f"{path}: {text.count(chr(10))} lines, the end is {LINES_MAX}: split by topic")
        if re.search(r"/(?:home|root|Users)/\w", text) and path != "tools/gates.py":
            findings.append(f"{path}: a path of somebody's machine")
    return findings


def gate_gcc(root, target=None):
    return cmake_build(root, "host", target=target)


def gate_clang(root, target=None):
    return cmake_build(root, "clang", *CLANG, target=target)


def gate_circles(root, only=None):
    """Files use those below them, never around: of the whole tree, or of one folder."""
    code, out = run([sys.executable, root / "tools" / "circles", *(["--only", only] if only else [])])
    return [] if code == 0 else out.splitlines()


def compile_commands(root):
    file = root / "build" / "clang" / "compile_commands.json"
    if not file.exists():
        run(["cmake", "-S", root, "-B", file.parent, *CLANG])
    return file


def gate_lint(root, only=None):
    """clang-tidy with the short list of checks in .clang-tidy; in the short form without the analyzer where that is not ANALYZED."""
    compile_commands(root)
    files = only or sources(root, (".c",), LINTED)

    def lint(file):
        is_analyzed = not IS_SHORT or only or file.relative_to(root).parts[0] in ANALYZED
        fewer = [] if is_analyzed else ["--checks=-clang-analyzer-*"]
        code, out = run(["clang-tidy", "--quiet", *fewer, "-p", root / "build" / "clang", file], cwd=root)
        return [line for line in out.splitlines() if re.search(r": (warning|error):", line)] if code else []

    return in_parallel(lint, files)


def gate_braces(root, only=None):
    """One check of .clang-tidy for all that gate_lint does not read itself: headers, tests, fuzz, bench.

    What the host build does not compile, such as firmware, is read with our own declarations of ESP-IDF; a header that is
    still missing is no finding, and clang-tidy reads on behind it.
    """
    built = {entry["file"] for entry in json.loads(compile_commands(root).read_text())}
    files = only or [f for f in sources(root) if f.suffix != ".c" or f.relative_to(root).parts[0] not in LINTED]
    folders = [".", "include", "tests", "examples", *PORT_HEADERS]

    def check(file):
        extra = [] if str(file) in built else [f"--extra-arg=-I{root / folder}" for folder in folders]
        code, out = run(["clang-tidy", "--quiet", "-p", root / "build" / "clang", f"--checks=-*,{BRACES}",
                         "--header-filter=.*", *extra, file], cwd=root)
        findings = [line for line in out.splitlines() if f"[{BRACES}" in line]
        return findings if findings or code in (0, 1) else [f"{file}: clang-tidy ended with {code}"]

    return sorted(set(in_parallel(check, files)))


def gate_headers(root):
    """Each header compiles alone; those in include/ from C++ as well."""
    headers = sources(root, (".h",), ["include", "common", "device", "cloud"])
    flags = WARNINGS + ["-fsyntax-only", "-I", root, "-I", root / "include", "-I", root / "ports" / "linux",
                        "-D_GNU_SOURCE"]

    def check(header):
        ways = [["gcc", "-std=c11", "-x", "c"]]
        if header.parent == root / "include":
            ways.append(["g++", "-std=c++11", "-x", "c++"])
        findings = []
        for way in ways:
            with tempfile.NamedTemporaryFile("w", suffix=".c", delete=False) as unit:
                unit.write(f'#include "{header}"\n#include "{header}"\n')
            code, out = run([*way, *flags, unit.name])
            os.unlink(unit.name)
            findings += [] if code == 0 else bad_lines(out)[:5]
        return findings

    return in_parallel(check, headers)


def cross_compile(root, target, out_folder):
    """Compiles the portable folders and the port with -Os; object files and .su files land in out_folder. Findings.

    The port is compiled as ESP-IDF 5 does and as ESP-IDF 6 does.
    """
    flags = ["-std=c11", "-Os", "-DNDEBUG", "-ffunction-sections", "-fdata-sections", *WARNINGS, "-I", root, "-I",
             root / "include"]
    port_flags = PORT_FLAGS + [f"-I{root / folder}" for folder in PORT_HEADERS]

    def compile_one(file):
        part = file.relative_to(root).parent.as_posix()
        with_port = part == PORTS.get(target) or (part == "device/runtime" and target in PORTS)  # its objects' sizes
        own = port_flags if with_port else ["-I", root / "ports" / "template"]
        object_file = out_folder / (file.relative_to(root).as_posix().replace("/", "__") + ".o")
        ways = {target: [*own, "-fstack-usage", "-o", object_file]}
        if part == PORTS.get(target):
            ways[f"{target}, ESP-IDF 6"] = [*own, *NEXT_IDF_FLAGS, "-o", os.devnull]
        findings = []
        for name, options in ways.items():
            code, out = run([*TARGETS[target], *flags, *options, "-c", file])
            findings += [] if code == 0 else [f"{name}: {line}" for line in bad_lines(out)[:5]]
        return findings

    port = sorted((root / PORTS[target]).glob("*.c")) if target in PORTS else []
    return in_parallel(compile_one, sources(root, (".c",), PORTABLE) + port)


def gate_cross(root):
    findings = []
    for target in TARGETS:
        with tempfile.TemporaryDirectory() as folder:
            findings += cross_compile(root, target, pathlib.Path(folder))
    return findings


def gate_sizes(root):
    """Sizes and stack use beside the checked-in table (bench/sizes.txt)."""
    code, out = run([sys.executable, root / "tools" / "size-report", "--check", "--root", root])
    return [] if code == 0 else out.splitlines()


def gate_tasks(root, programs=None):
    """The programs with tasks, under TSan."""
    wanted = programs or [f.stem for f in sources(root, (".c",), ["tests/unit"])
                          if f.stem.startswith(tuple(SANITIZED_TASKS)) and f.stem not in NOT_UNDER_TSAN]
    findings = cmake_build(root, "tsan", "-DDEVICE_JOBS_SANITIZE=thread", target=" ".join(wanted))
    if findings:
        return findings
    def play(name):
        code, out = run([root / "build" / "tsan" / "tests" / name], cwd=root,
                        env=dict(os.environ, TSAN_OPTIONS="halt_on_error=0:exitcode=66"))
        return [f"{name}: code {code}"] + bad_lines(out, r"WARNING|FAILED|#\d|error")[:30] if code else []

    return in_parallel(play, sorted(wanted), 2 * JOBS)  # they wait more than they work


def can_run_32():
    """A compiler may lack the libraries of 32 bits, and a kernel may refuse their programs (ia32_emulation=off)."""
    with tempfile.TemporaryDirectory(prefix="m32-") as folder:
        source, program = pathlib.Path(folder, "one.c"), pathlib.Path(folder, "one")
        source.write_text("#include <stdio.h>\nint main(void) { return puts(\"32\") < 0; }\n")
        if run(["gcc", "-m32", source, "-o", program])[0] != 0:
            return False
        try:
            return run([program])[0] == 0
        except OSError:
            return False


def hash_build(root, name, programs):
    """Builds what has a hash; returns (findings, {program: path}). Of 32 bits only what can be had here."""
    folder, options = HASH_BUILDS[name]
    env = None
    if "-m32" in name:
        libraries = root / I386
        if not can_run_32():
            return [], {}
        if not libraries.is_dir():
            folder, programs = f"{folder}-libc", [program for program in programs if program != "sim"]
        options = [*options, f"-DCMAKE_C_FLAGS=-O2 -m32 -isystem {libraries}/include -isystem {libraries}/include/i386-linux-gnu"]
        env = dict(os.environ, PKG_CONFIG_PATH=f"{libraries}/lib/i386-linux-gnu/pkgconfig")
    if not programs:
        return [], {}
    findings = cmake_build(root, folder, *options, target=" ".join(programs), env=env)
    return findings, {program: root / "build" / folder / HASHED[program] for program in programs}


def hash_lines(program, heap_fill):
    """What it says: a line per world, and the number over all of them."""
    env = dict(os.environ, MALLOC_PERTURB_=str(heap_fill))
    code, out = run([program, "--hash", "--each"], env=env)
    lines = re.findall(r"^[0-9a-f]{16}\b.*", out, re.M)
    return ([], lines) if code == 0 and lines else ([f"{program}: code {code}", *out.splitlines()[-20:]], [])


def differences(program, said):
    """`said`: name of a build -> its lines."""
    (first, expected), *others = said.items()
    findings = []
    for name, lines in others:
        if lines != expected:
            line = next((b for a, b in zip(expected, lines) if a != b), "")
            findings.append(f"{program}: '{first}' says {expected[-1]}, '{name}' says {lines[-1]}; the first world that differs: "
                            f"{program} {line[17:]}")
    return findings


def gate_hash(root, builds=None, programs=tuple(HASHED)):
    """The same worlds are the same in every build: with each compiler, optimised or not, under sanitizers, of 32 and 64 bits."""
    builds = builds or list(HASH_BUILDS)[:SHORT_HASH_BUILDS if IS_SHORT else None]
    findings, said, played = [], {program: {} for program in programs}, []
    for heap_fill, name in enumerate(builds, 1):
        bad, built = hash_build(root, name, programs)
        findings += [f"{name}: {line}" for line in bad]
        played += [(name, program, built[program], heap_fill) for program in built if not bad]
        for program in [program for program in programs if program not in built]:
            print(f"         hash: no {program} with {name}: this system cannot build it, or its kernel does not run it", flush=True)

    def play(one):
        name, program, path, heap_fill = one
        bad, lines = hash_lines(path, heap_fill)
        said[program].update({name: lines} if lines else {})
        return [f"{name}: {line}" for line in bad]

    findings += in_parallel(play, played)
    for program in programs:
        ordered = {name: said[program][name] for name in builds if name in said[program]}
        findings += differences(program, ordered) if len(ordered) > 1 else [f"{program}: nothing to compare"]
    return findings


def bad_file(path, text):
    def spoil(root):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("/* SPDX-License-Identifier: MIT */\n" + text)
    return spoil


def bad_end(path, text):
    """For what builds by a list of files: the bad line goes to the end of one that is on it."""
    def spoil(root):
        with (root / path).open("a") as file:
            file.write(text)
    return spoil


def bad_all(*spoils):
    def spoil(root):
        for one in spoils:
            one(root)
    return spoil


def spoil_exceptions(root):
    tool = root / "tools" / "circles"
    tool.write_text(tool.read_text().replace("EXCEPTIONS = [", 'EXCEPTIONS = [("", ["common/err.c", "common/slice.c"]),'))


def spoil_sizes(root):
    table = root / "bench" / "sizes.txt"
    table.write_text(re.sub(r"(\d\d)\b", "11", table.read_text()))


def bad_word(path, good, bad):
    """A word of a file is replaced."""
    def spoil(root):
        text = (root / path).read_text()
        if good not in text:
            raise ValueError(f"{path} has no '{good}': BITES must name another word")
        (root / path).write_text(text.replace(good, bad))
    return spoil


RACE = """// LINK: port_linux
#include <pthread.h>
int main(void);
static int shared;
static void *count(void *ctx) { for (int i = 0; i < 100000; i++) shared++; return ctx; }
int main(void) { pthread_t t; pthread_create(&t, 0, count, 0); count(0); pthread_join(t, 0); return 0; }
"""

# What each gate must refuse: (gate, what is bad, how to make the tree bad, how to call the gate).
def gate_mutants(root):
    code, out = run([sys.executable, root / "tools" / "mutate", "--check"])
    return [] if code == 0 else out.splitlines()


BITES = [
    ("format", "a badly indented line", bad_file("common/bad.c", "int   bad  ( void );\n"), gate_format),
    ("operations", "an operation that the published table lacks", bad_word(
        "cloud/http/operations_refused.c", '"ListJobTemplates"', '"ListJobPlates"'), gate_operations),
    ("layers", "core that includes the broker", bad_file("device/core/bad.c", "#include <mosquitto.h>\n"), gate_layers),
    ("layers", "cloud that includes device", bad_file("cloud/core/bad.c", '#include "device/core/link/link.h"\n'),
     gate_layers),
    ("layers", "a clock read past the clock", bad_file("cloud/core/bad.c", "long f(void) { return time(0); }\n"), gate_layers),
    ("layers", "heap in the device core", bad_file("device/core/bad.c", "void *f(void) { return malloc(1); }\n"),
     gate_layers),
    ("layers", "a vendor-style name inside", bad_file("device/core/bad.c", "int timeout_u8;\n"), gate_layers),
    ("layers", "a file of the engine that includes one above it", bad_all(
        bad_file("device/core/jobs/engine.h", ""),
        bad_file("device/core/jobs/wire.c", '#include "device/core/jobs/engine.h"\n')), gate_layers),
    ("layers", "a file of the engine without a place in the order", bad_file("device/core/jobs/bad.c", ""), gate_layers),
    ("house", "a file too long to read", bad_file("common/bad.c", "\n" * 700), gate_house),
    ("gcc", "a silent narrowing", bad_end("common/slice.c", "char bad(int v);\nchar bad(int v) { return v; }\n"),
     lambda root: gate_gcc(root, "common")),
    ("clang", "an unused variable", bad_end("common/slice.c", "int bad(void);\nint bad(void) { int x; return 0; }\n"),
     lambda root: gate_clang(root, "common")),
    ("lint", "a suspicious sizeof", bad_file(
        "common/bad.c", "int bad(char *s);\nint bad(char *s) { return s ? 1 : (int)sizeof(s) / (int)sizeof(s[0]); }\n"
        "int worse(int a);\nint worse(int a) { if (a = 3) ; { return 1; } return 0; }\n"),
     lambda root: gate_lint(root, [root / "common" / "bad.c"])),
    ("circles", "two files that call each other", bad_all(
        bad_end("common/slice.c", "int bad(int a);\nint worse(int a);\nint bad(int a) { return worse(a); }\n"),
        bad_end("common/number.c", "int bad(int a);\nint worse(int a);\nint worse(int a) { return bad(a) + 1; }\n")),
     lambda root: gate_circles(root, "common")),
    ("circles", "an exception that is no circle", spoil_exceptions, lambda root: gate_circles(root, "common")),
    ("circles", "a file of the engine that calls one above it", bad_all(
        bad_file("device/core/jobs/engine.c", "int bad(void);\nint bad(void) { return 1; }\n"),
        bad_file("device/core/jobs/wire.c", "int bad(void);\nint worse(void);\nint worse(void) { return bad(); }\n"),
        bad_end("device/core/CMakeLists.txt", "target_sources(device_core PRIVATE jobs/engine.c jobs/wire.c)\n")),
     lambda root: gate_circles(root, "device/core")),
    ("braces", "a branch without braces in a header of tests", bad_file(
        "tests/unit/bad.h", "static inline int bad(int a)\n{\n    if (a)\n        return 1;\n    return 0;\n}\n"),
     lambda root: gate_braces(root, [root / "tests" / "unit" / "bad.h"])),
    ("braces", "the same in firmware whose headers are not here", bad_file(
        "tests/chip/main/bad.c", '#include "no_such_header.h"\n#include "freertos/task.h"\nvoid bad(int a)\n{\n'
        "    while (no_such_function(a))\n        vTaskDelay(pdMS_TO_TICKS(a));\n}\n"),
     lambda root: gate_braces(root, [root / "tests" / "chip" / "main" / "bad.c"])),
    ("headers", "a header that needs another one first", bad_file("common/bad.h", "size_t bad(void);\n"),
     gate_headers),
    ("headers", "a public header that is not C++", bad_file("include/bad.h", "int bad(int class);\n"), gate_headers),
    ("cross", "code for one platform", bad_file("common/bad.c", "#include <sys/epoll.h>\n"), gate_cross),
    ("cross", "a pin of ESP-IDF's macro that cannot be negative", bad_end(
        "ports/esp_idf/chip_gpio.c", "bool bad(uint8_t pin);\nbool bad(uint8_t pin) { return GPIO_IS_VALID_GPIO(pin); }\n"), gate_cross),
    ("cross", "what only ESP-IDF 6 refuses", bad_end(
        "ports/esp_idf/tls_check.c", "int bad(mbedtls_pk_context *a);\nint bad(mbedtls_pk_context *a)\n{\n"
        "    return mbedtls_pk_check_pair(a, a, NULL, NULL);\n}\n"), gate_cross),
    ("sizes", "a table that says less", spoil_sizes, gate_sizes),
    ("mutants", "a guard that was never inverted", bad_end(
        "device/core/link/backoff.c", "int bad(int a);\nint bad(int a)\n{\n    if (a)\n        a++;\n    return a;\n}\n"),
     gate_mutants),
    ("tasks", "a data race", bad_file("tests/unit/test_bad_race.c", RACE),
     lambda root: gate_tasks(root, ["test_bad_race"])),
    ("hash", "what depends on the size of long", bad_word(
        "tests/interleave/scheduler.c", "world.random = 1;", "world.random = sizeof(long);"),
     lambda root: gate_hash(root, ["gcc -O0 -funsigned-char", "gcc -O2 -m32"], ["interleave"])),
    ("hash", "two draws in one expression, in the order that the compiler likes", bad_all(
        bad_word("tests/interleave/scheduler.c", "uint32_t scheduler_random(void)",
                 "static uint64_t bad(uint64_t a, uint64_t b)\n{\n    return a << 1 ^ b;\n}\n\nuint32_t scheduler_random(void)"),
        bad_word("tests/interleave/scheduler.c", "return (uint32_t)(low ^ next_random(&world.random) << 16);",
                 "return (uint32_t)bad(next_random(&world.random) ^ low, next_random(&world.random));")),
     lambda root: gate_hash(root, ["gcc -O0 -funsigned-char", "clang -O0 -ftrivial-auto-var-init=pattern"], ["interleave"])),
]


ONLY_SPOILED = ("lint", "braces", "tasks", "hash")  # they are called with the bad file alone, or were called before; a build is dear


def gate_bites(root):
    _, listing = run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    files = [name for name in listing.split("\0") if name and (root / name).is_file()]

    first_of = {gate: what for _, what, _, gate in reversed(BITES)}  # a copy of the good tree is seen by each gate once

    def bite(entry):
        name, what, spoil, gate = entry
        findings = []
        with tempfile.TemporaryDirectory(prefix="gate-") as folder:
            copy = pathlib.Path(folder)
            for file in files:
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / file, copy / file)
            if not IS_SHORT and name not in ONLY_SPOILED and first_of[gate] == what and gate(copy):
                findings.append(f"gate '{name}' refuses the tree as it is")
            spoil(copy)
            if not gate(copy):
                findings.append(f"gate '{name}' lets through: {what}")
        return findings

    played = {name: (name, *rest) for name, *rest in BITES if name not in DEAR_BITES} if IS_SHORT else dict(enumerate(BITES))
    return in_parallel(bite, list(played.values()))  # one for each gate, or all


GATES = [
    ("format", gate_format), ("layers", gate_layers), ("operations", gate_operations), ("house", gate_house), ("gcc", gate_gcc),
    ("circles", gate_circles), ("clang", gate_clang), ("lint", gate_lint), ("braces", gate_braces),
    ("headers", gate_headers), ("cross", gate_cross), ("sizes", gate_sizes), ("mutants", gate_mutants),
    ("tasks", gate_tasks), ("hash", gate_hash), ("bites", gate_bites),
]
