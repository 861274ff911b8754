# SPDX-License-Identifier: MIT
"""Real processes for the end-to-end tests: iot-local (with its mosquitto), devices, and the AWS CLI.

DEVICE_JOBS_BUILD names the build folder (default build/asan: devices and service run under ASan and UBSan), DEVICE_JOBS_BLINK
another blink program.
Everything lives in temporary directories and on free ports; whatever a test starts is stopped by its cleanup.
"""
import http.client
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("DEVICE_JOBS_BUILD", ROOT / "build" / "asan"))
IOT_LOCAL = BUILD / "cloud" / "iot-local"
BLINK = pathlib.Path(os.environ.get("DEVICE_JOBS_BLINK", BUILD / "examples" / "01_blink" / "blink"))
AWS = "/usr/bin/aws"
MOSQUITTO_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"  # where iot-local looks
PATIENCE = 20.0  # seconds to wait for anything that should come at once
SEED_DOCUMENT = '{"action":"blink","count":3,"onTime":250,"offTime":500}'

ENVIRONMENT = dict(os.environ, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
                   AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="", AWS_EC2_METADATA_DISABLED="true",
                   ASAN_OPTIONS="detect_leaks=1", LC_ALL="C.UTF-8")
for _name in ("AWS_CA_BUNDLE", "AWS_PROFILE", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
    ENVIRONMENT.pop(_name, None)


# Under nohup, or behind a shell's &, these are ignored, and a shell that a test starts could not trap them.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)


def wait_for(probe, what, patience=PATIENCE):
    """Waits until probe() is true; returns its value."""
    deadline = time.monotonic() + patience
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:.0f} s in vain for {what}")
        time.sleep(0.01)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A child whose output is read line by line as it comes."""

    def __init__(self, command, **kwargs):
        self.command = [str(word) for word in command]
        self.lines = []
        self._queue = queue.Queue()
        self.child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, errors="replace", **kwargs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.child.stdout:
            self.lines.append(line.rstrip("\n"))
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)
        self.child.stdout.close()

    def wait_line(self, pattern, patience=PATIENCE):
        """The match of the next line that fits `pattern`; lines before it are skipped."""
        deadline = time.monotonic() + patience
        while True:
            try:
                line = self._queue.get(timeout=max(deadline - time.monotonic(), 0.001))
            except queue.Empty:
                raise AssertionError(f"no line like {pattern!r} within {patience:.0f} s from {self.command[0]}:\n"
                                     + self.tail()) from None
            if line is None:
                raise AssertionError(f"{self.command[0]} ended (code {self.child.wait()}) before a line like "
                                     f"{pattern!r}:\n" + self.tail())
            found = re.search(pattern, line)
            if found:
                return found

    def tail(self):
        return "\n".join(self.lines[-40:])

    def wait_end(self, patience=PATIENCE):
        code = self.child.wait(timeout=patience)
        self._reader.join(timeout=5)
        return code

    def kill(self):
        self.child.kill()
        return self.wait_end()

    def stop(self):
        """SIGTERM, then its exit code."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        return self.wait_end()


class Cloud:
    """One `iot-local up` on free ports in a data directory of its own."""

    def __init__(self, test, data=None, arguments=()):
        self.test = test
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iot-local-"))
        test.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = pathlib.Path(data) if data else self.folder / "data"
        self.arguments = list(arguments)
        self.process = None
        self.start()
        test.addCleanup(self._cleanup)

    def start(self, mqtt_port=0, http_port=0):
        status_file = self.data / "status.json"
        if status_file.exists():
            status_file.unlink()  # left by a killed daemon
        self.process = Process([IOT_LOCAL, "up", "--data", self.data, "--http-port", http_port, "--mqtt-port",
                                mqtt_port, *self.arguments], env=ENVIRONMENT)

        def ready():
            if self.process.child.poll() is not None:
                raise AssertionError("iot-local up ended:\n" + self.process.tail())
            return status_file.exists()

        wait_for(ready, "iot-local to be ready")
        self.status = json.loads(status_file.read_text())
        self.http_port = self.status["http_port"]
        self.mqtt_port = self.status["mqtt_port"]
        self.http_url = f"http://127.0.0.1:{self.http_port}"

    def restart(self):
        """The same ports again, as a service manager would do it: devices must find it."""
        self.start(mqtt_port=self.mqtt_port, http_port=self.http_port)

    def _cleanup(self):
        if self.process and self.process.child.poll() is None:
            code = self.process.stop()
            self.test.assertEqual(code, 0, "iot-local up did not end cleanly:\n" + self.process.tail())

    def broker_pid(self):
        """The process id of the mosquitto child."""
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                name, rest = re.match(r"\d+ \((.*)\) (.*)", stat.read_text(), re.S).groups()
            except (OSError, AttributeError):
                continue  # it ended meanwhile
            state, parent = rest.split()[:2]
            if name == "mosquitto" and int(parent) == self.process.child.pid and state != "Z":
                return int(stat.parent.name)
        return None

    def cli(self, *arguments, check=True):
        """iot-local's own command line; returns its standard output."""
        done = subprocess.run([str(IOT_LOCAL), *map(str, arguments), "--data", str(self.data)], env=ENVIRONMENT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(f"iot-local {' '.join(map(str, arguments))}: code {done.returncode}\n"
                                 f"{done.stdout}{done.stderr}")
        return done.stdout if check else done

    def aws(self, *arguments, check=True):
        """The unmodified AWS CLI; parsed JSON, or the CompletedProcess with check=False."""
        done = subprocess.run([AWS, "--endpoint-url", self.http_url, "--output", "json", *map(str, arguments)],
                              env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120)
        if not check:
            return done
        if done.returncode != 0:
            raise AssertionError(f"aws {' '.join(map(str, arguments))}: code {done.returncode}\n{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip().startswith(("{", "[")) else done.stdout

    def request(self, method, path, body=None, service="iot", headers=None, signed=True):
        """A raw HTTP request as an AWS client signs it: (status, headers, body bytes)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=30)
        sent = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/%s/aws4_request, "
                "SignedHeaders=host;x-amz-date, Signature=%s" % (service, "0" * 64),
                "X-Amz-Date": "20260101T000000Z"} if signed else {}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def thing(self, name):
        """A thing with an active certificate; the folder that a device starts from."""
        folder = self.folder / ("thing-" + name)
        self.cli("thing", name, "--out", folder)
        return folder

    def job(self, job_id, things, document=SEED_DOCUMENT, **options):
        """A job by a raw CreateJob, fast enough to use often."""
        if isinstance(things, str):
            things = [things]
        status, _, body = self.request("PUT", f"/jobs/{job_id}", dict(
            targets=[f"arn:aws:iot:us-east-1:123456789012:thing/{name}" for name in things],
            document=document, **options))
        if status != 200:
            raise AssertionError(f"CreateJob {job_id}: HTTP {status} {body!r}")

    def execution(self, thing, job_id):
        status, _, body = self.request("GET", f"/things/{thing}/jobs/{job_id}")
        if status != 200:
            raise AssertionError(f"DescribeJobExecution {thing} {job_id}: HTTP {status} {body!r}")
        execution = json.loads(body)["execution"]
        execution["details"] = execution.get("statusDetails", {}).get("detailsMap", {})
        return execution

    def wait_status(self, thing, job_id, status, patience=PATIENCE):
        return wait_for(lambda: (lambda e: e if e["status"] == status else None)(self.execution(thing, job_id)),
                        f"{job_id} on {thing} to be {status}", patience)


class HeldBroker:
    """A mosquitto that starts only while it is let."""

    def __init__(self, folder):
        self.hold = folder / "hold"
        self.program = folder / "mosquitto"
        self.program.write_text(f'#!/bin/sh\n[ -e {self.hold} ] && exit 1\nexec {shutil.which("mosquitto", path=MOSQUITTO_PATH)} "$@"\n')
        self.program.chmod(0o755)

    def release(self):
        self.hold.unlink()


class Device(Process):
    """The blink program, started from a folder that `iot-local thing` wrote."""

    def __init__(self, test, folder, program=BLINK, env=None):
        self.state = pathlib.Path(folder) / "state"
        super().__init__([program, folder], env=dict(ENVIRONMENT, DEVICE_STATE_DIR=str(self.state), **(env or {})))
        self.test = test
        test.addCleanup(self._cleanup)

    def _cleanup(self):
        if self.child.poll() is None:
            code = self.stop()
            self.test.assertEqual(code, 0, "the device did not end cleanly:\n" + self.tail())

    def wait_connected(self):
        return self.wait_line(r"connected to ")

    def wait_blinks(self, count, pin=2):
        for _ in range(count):
            self.wait_line(rf"GPIO {pin} -> 1")
            self.wait_line(rf"GPIO {pin} -> 0")


class CloudTest(unittest.TestCase):
    """A test with one fresh iot-local."""

    arguments = ()

    def setUp(self):
        self.cloud = Cloud(self, arguments=self.arguments)


class HeldBrokerTest(CloudTest):
    """The same, with a broker that the test can keep away."""

    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="held-broker-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.broker = HeldBroker(folder)
        self.arguments = (*self.arguments, "--mosquitto", self.broker.program)
        super().setUp()

    def hold_broker(self):
        """Ends the broker; it is away until release()."""
        self.broker.hold.touch()
        os.kill(self.cloud.broker_pid(), signal.SIGKILL)
        return self.broker
