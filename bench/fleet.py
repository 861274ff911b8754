# SPDX-License-Identifier: MIT
"""What a fleet does to the service: keys, time-outs, announcements, frozen brokers, connections, clients that come together."""
import concurrent.futures
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import threading
import time

THINGS = 10_000
TARGETS = 100  # of one job
DOCUMENT = json.dumps({"action": "load", "filler": "x" * 30_000})
ARN = "arn:aws:iot:us-east-1:123456789012:"


class Local(http.client.HTTPConnection):
    """The Unix socket of the command line: no signature."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, method, target, members=None, service="iot"):
        self.request(method, target, json.dumps(members) if members is not None else None, {"x-iot-local-service": service})
        answer = self.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise AssertionError(f"{method} {target}: {answer.status} {body[:200]}")
        return json.loads(body or b"{}")


def in_parallel(cloud, clients, calls):
    """Each call is (method, target, members, service); over so many connections. Seconds."""
    todo = iter(calls)
    lock = threading.Lock()

    def client(_):
        connection = Local(cloud.data / "control.sock")
        while True:
            with lock:
                call = next(todo, None)
            if call is None:
                return
            connection.ask(*call)

    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    return time.monotonic() - started


def create_things(cloud):
    in_parallel(cloud, 16, (("POST", f"/things/fleet-{i}", {}, "iot") for i in range(THINGS)))


def create_jobs(cloud, name, **members):
    in_parallel(cloud, 4, (
        ("PUT", f"/jobs/{name}-{first}", {"targets": [f"{ARN}thing/fleet-{i}" for i in range(first, first + TARGETS)],
                                          "document": DOCUMENT, **members}, "iot") for first in range(0, THINGS, TARGETS)))


def start_all(cloud):
    in_parallel(cloud, 16, (("PUT", f"/things/fleet-{i}/jobs/$next", {}, "iot-jobs-data") for i in range(THINGS)))


def sql(cloud, *statements):
    """What no call of AWS can do: deadlines that fall together, a certificate with an EC key."""
    with sqlite3.connect(cloud.data / "iot.db", timeout=20) as database:
        for statement in statements:
            database.execute(*statement)


class Load:
    """Update round trips of one device, with something going on beside them."""

    def __init__(self, program, cloud, folder, seconds):
        self.child = subprocess.Popen([str(program), "jobs", "127.0.0.1", str(cloud.mqtt_port), str(folder), "1", str(seconds)],
                                      stdout=subprocess.PIPE, text=True)

    def result(self):
        out = self.child.communicate(timeout=300)[0]
        return json.loads(out)


def keys_beside(rows, args, load, cloud, folder):
    alone, beside = [], []
    for _ in range(3):
        alone.append(Load(load, cloud, folder, args.seconds).result())
        running = Load(load, cloud, folder, args.seconds)
        connection, made = Local(cloud.data / "control.sock"), 0
        while running.child.poll() is None:
            connection.ask("POST", "/keys-and-certificate", {})
            made += 1
        beside.append((running.result(), made))
    p99 = statistics.median(r["p99_us"] for r in alone)
    p99_beside = statistics.median(r["p99_us"] for r, _ in beside)
    rows.add("update round trip p99 while keys are made / without",
             f"{p99_beside / 1000:.2f} / {p99 / 1000:.2f} ms, {statistics.median(m for _, m in beside)} keys",
             "at most 2.0x", p99_beside <= 2 * p99)


def p99_row(rows, what, result, more):
    rows.add(what, f"p99 {result['p99_us'] / 1000:.1f}, max {result['max_us'] / 1000:.1f} ms; {more}", "p99 at most 50 ms",
             result["p99_us"] <= 50_000)


def pending(cloud):
    with sqlite3.connect(f"file:{cloud.data}/iot.db?mode=ro", uri=True, timeout=20) as database:
        return database.execute("SELECT count(*) FROM due").fetchone()[0]


def time_outs(rows, args, load, cloud, folder):
    create_jobs(cloud, "late", timeoutConfig={"inProgressTimeoutInMinutes": 60})
    start_all(cloud)
    running = Load(load, cloud, folder, 12)
    time.sleep(2)
    now_ms = int(time.time() * 1000)
    sql(cloud, ("UPDATE executions SET in_progress_deadline_ms = ?, deadline_ms = ? WHERE deadline_ms IS NOT NULL", (now_ms, now_ms)),
        ("UPDATE due SET due_at_ms = ?", (now_ms,)))
    started = time.monotonic()
    while pending(cloud) > 0 and running.child.poll() is None:
        time.sleep(0.05)
    took = time.monotonic() - started
    p99_row(rows, f"update round trips while {THINGS} executions time out at once", running.result(), f"all timed out in {took:.1f} s")


def announcements(rows, args, load, cloud, folder, listener):
    create_jobs(cloud, "news")
    os.kill(cloud.broker_pid(), signal.SIGKILL)
    cloud.process.wait_line("the broker is back", 30)
    running = Load(load, cloud, folder, 12)
    time.sleep(1)
    heard, seconds = listener(THINGS)
    p99_row(rows, f"update round trips while {THINGS} pending things are announced", running.result(),
            f"{heard} told in {seconds:.1f} s")


def frozen_broker(rows, args, cloud, memory_kib):
    os.kill(cloud.broker_pid(), signal.SIGSTOP)
    create_jobs(cloud, "frozen")
    time.sleep(1)
    resident = memory_kib(cloud.process.child.pid)
    line = cloud.process.wait_line("mosquitto has said nothing", 30)
    cloud.process.wait_line("the broker is back", 30)
    rows.add(f"memory of the service, {THINGS} things of 30 KB jobs and a frozen broker",
             f"{resident / 1024:.1f} MiB{'' if line else ', no line'}", "at most 64 MB", resident * 1024 <= 64e6)


def ec_identity(cloud, folder):
    """A certificate of the local CA with an EC key, as a device makes it that brings its own key; it may do everything."""
    folder.mkdir(parents=True)
    run = lambda *words: subprocess.run(words, cwd=folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "private_key.pem")
    run("openssl", "req", "-new", "-key", "private_key.pem", "-subj", "/CN=fleet", "-out", "fleet.csr")
    run("openssl", "x509", "-req", "-in", "fleet.csr", "-CA", str(cloud.data / "ca.pem"), "-CAkey", str(cloud.data / "ca.key"),
        "-CAcreateserial", "-CAserial", "serial", "-days", "30", "-out", "certificate.pem")
    (folder / "root_ca.pem").write_bytes((cloud.data / "ca.pem").read_bytes())
    der = run("openssl", "x509", "-in", "certificate.pem", "-outform", "DER")
    name = hashlib.sha256(der).hexdigest()
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]})
    Local(cloud.data / "control.sock").ask("POST", "/policies/fleet", {"policyDocument": document})
    sql(cloud, ("INSERT INTO certificates (certificate_id, status, created_at_ms, last_modified_at_ms, not_before_s, not_after_s, pem)"
                " VALUES (?, 'ACTIVE', 0, 0, 0, 4102444800, ?)", (name, (folder / "certificate.pem").read_text())),
        ("INSERT INTO policy_attachments VALUES ('cert', ?, 'fleet')", (name,)))


def fleet(rows, args, load, cloud, folder, memory_kib):
    before = memory_kib(cloud.broker_pid())
    half = THINGS // 2  # a client needs three descriptors, and a process may have 20000
    children = [subprocess.Popen([str(load), "fleet", "127.0.0.1", str(cloud.mqtt_port), str(folder), str(half), "60", str(first)],
                                 stdout=subprocess.PIPE, text=True) for first in (0, half)]
    connected = [json.loads(child.stdout.readline()) for child in children]
    grown = memory_kib(cloud.broker_pid()) - before
    create_jobs(cloud, "all")
    told = [json.loads(child.stdout.readline()) for child in children]
    for child in children:
        child.wait()
    heard = sum(t["told"] for t in told)
    rows.add(f"{THINGS} devices over mutual TLS (EC keys): connected, memory of the broker for each",
             f"{max(c['seconds'] for c in connected):.1f} s, {grown / THINGS:.1f} KiB")
    rows.add(f"{THINGS} devices, one job each: all notified", f"{heard} in {max(t['seconds'] for t in told):.1f} s",
             f"all {THINGS}", heard == THINGS)


def creates_per_sync(rows, args, cloud):
    if not shutil.which("strace"):
        print("  strace is not installed: creates per fdatasync are not counted")
        return
    trace = subprocess.Popen(["strace", "-f", "-c", "-e", "trace=fdatasync,fsync", "-p", str(cloud.process.child.pid)],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    trace.stderr.readline()  # attached
    calls = 3000
    seconds = in_parallel(cloud, 64, (("POST", f"/things/together-{i}", {}, "iot") for i in range(calls)))
    trace.send_signal(signal.SIGINT)
    syncs = sum(int(line.split()[3]) for line in trace.communicate()[1].splitlines() if line.split()[-1:] in (["fdatasync"], ["fsync"]))
    rows.add("64 clients create things: creates per fdatasync", f"{calls / max(syncs, 1):.1f} ({calls / seconds:.0f}/s)", "at least 8",
             calls / max(syncs, 1) >= 8)


def measure(rows, args, cloud, load, memory_kib, listener):
    folder = cloud.folder / "things"
    cloud.cli("thing", "bench-0", "--out", folder / "bench-0")
    cloud.job("load", ["bench-0"], '{"action":"load"}')
    creates_per_sync(rows, args, cloud)
    keys_beside(rows, args, load, cloud, folder)
    create_things(cloud)
    time_outs(rows, args, load, cloud, folder)
    ec_identity(cloud, folder / "fleet")
    announcements(rows, args, load, cloud, folder, lambda count: listener(cloud, folder / "fleet", count))
    frozen_broker(rows, args, cloud, memory_kib)
    fleet(rows, args, load, cloud, folder, memory_kib)
