# SPDX-License-Identifier: MIT
"""examples/05_telemetry: an application's own messages and jobs over one connection, with a real broker that is restarted, and with a
policy that does not allow them (docs/guarantees.md M1 to M5)."""
import json
import os
import re
import signal
import subprocess
import threading
import time
import unittest

import harness
from harness import CloudTest, Device, wait_for
from mqtt import Client, Closed, certificate_arn
from pages import Page

TELEMETRY = harness.BUILD / "examples" / "05_telemetry" / "telemetry"
ARN = "arn:aws:iot:us-east-1:123456789012:"
IS_LONG = os.environ.get("DEVICE_JOBS_LONG") == "1"
# rate, seconds, jobs, restarts of the broker: the short form, and what issue and README promise
SECONDS, JOBS, RESTARTS = (300, 100, 5) if IS_LONG else (12, 6, 2)
INTERVAL_MS = 12  # 83 messages a second


class Watcher:
    """Hears lamp/telemetry in a persistent session, over as many connections as it takes."""

    def __init__(self, port, folder):
        self.port, self.folder = port, folder
        self.numbers = []
        self.is_ending = False
        self.client = self._connect()
        self.client.subscribe("lamp/telemetry")
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _connect(self):
        def attempt():
            try:
                return Client(self.port, self.folder, "watcher", clean=False)
            except (OSError, Closed):
                return None

        return wait_for(attempt, "the watcher's connection")

    def _run(self):
        while not self.is_ending:
            try:
                message = self.client.receive()
                self.numbers.append(json.loads(message.payload)["number"])
            except (OSError, Closed):
                if not self.is_ending:
                    self.client.drop()
                    self.client = self._connect()

    def end(self):
        self.is_ending = True
        self.client.drop()
        self.thread.join(timeout=60)


class Telemetry(CloudTest):
    def setUp(self):
        super().setUp()
        self.folder = self.cloud.thing("lamp")

    def allow(self, folder, name, topics):
        statements = [{"Effect": "Allow", "Action": ["iot:Publish", "iot:RetainPublish", "iot:Receive"], "Resource": ARN + "topic/" + topics},
                      {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": ARN + "topicfilter/" + topics}]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        for method, path, body in (("POST", f"/policies/{name}", {"policyDocument": document}),
                                   ("PUT", f"/target-policies/{name}", {"target": certificate_arn(folder)})):
            self.assertEqual(self.cloud.request(method, path, body)[0], 200)

    def device(self):
        device = Device(self, self.folder, program=TELEMETRY)
        device.wait_connected()
        return device

    def watcher(self):
        folder = self.cloud.thing("watcher")
        self.allow(folder, "watch", "*")
        watcher = Watcher(self.cloud.mqtt_port, folder)
        self.addCleanup(watcher.end)
        return watcher

    def restart_broker(self):
        """In good order: what the broker has acknowledged is on its disk."""
        os.kill(self.cloud.broker_pid(), signal.SIGTERM)
        self.cloud.process.wait_line("the broker is back")

    def test_messages_commands_and_a_job(self):
        self.allow(self.folder, "telemetry", "${iot:Connection.Thing.ThingName}/*")
        watcher = self.watcher()
        device = self.device()
        wait_for(lambda: watcher.numbers, "telemetry")
        status, _, body = self.cloud.request("POST", "/topics/lamp%2Fcommands?qos=1", b'{"interval":20}', service="iotdata")
        self.assertEqual(status, 200, body)
        device.wait_line("every 20 ms from now on")
        self.cloud.job("slower", "lamp", '{"action":"interval","interval":2000}')
        device.wait_line("every 2000 ms from now on")
        self.cloud.wait_status("lamp", "slower", "SUCCEEDED")
        self.cloud.job("bad", "lamp", '{"action":"interval","interval":0}')
        self.cloud.wait_status("lamp", "bad", "REJECTED")
        status, _, body = self.cloud.request("GET", "/retainedMessage/lamp%2Ftelemetry", service="iotdata")
        self.assertEqual(status, 200, body)
        wait_for(lambda: len(watcher.numbers) > 2, "three messages")
        self.assertEqual(watcher.numbers[:3], [1, 2, 3])

    def test_nothing_that_was_taken_is_lost(self):
        """M1, M2: QoS 1 at 83 messages a second, jobs beside it, and the broker restarts again and again."""
        self.allow(self.folder, "telemetry", "${iot:Connection.Thing.ThingName}/*")
        watcher = self.watcher()
        device = self.device()
        self.cloud.job("fast", "lamp", json.dumps({"action": "interval", "interval": INTERVAL_MS}))
        device.wait_line(f"every {INTERVAL_MS} ms from now on")
        began = time.monotonic()
        made = restarts = 0
        while time.monotonic() - began < SECONDS:
            share = (time.monotonic() - began) / SECONDS
            if made < share * JOBS:
                self.cloud.job(f"j{made}", "lamp", json.dumps({"action": "interval", "interval": INTERVAL_MS}))
                made += 1
            if restarts + 0.5 < share * RESTARTS:
                self.restart_broker()
                restarts += 1
            time.sleep(0.05)
        for number in range(made):
            self.cloud.wait_status("lamp", f"j{number}", "SUCCEEDED", patience=120)
        self.cloud.job("slow", "lamp", '{"action":"interval","interval":3600000}')
        self.cloud.wait_status("lamp", "slow", "SUCCEEDED", patience=120)
        refused = {int(number) for line in device.lines for number in re.findall(r"message (\d+) is left out", line)}
        taken = wait_for(lambda: self.heard_all(watcher, refused), "every message that was taken", 120)
        first_arrivals = list(dict.fromkeys(watcher.numbers))
        self.assertEqual(first_arrivals, sorted(first_arrivals))
        self.assertNotIn("is given up", "\n".join(device.lines))
        print(f"\nmeasured: {taken} messages of QoS 1 taken and heard, {len(watcher.numbers) - taken} twice, {len(refused)} refused; "
              f"{made} jobs, {restarts} restarts of the broker, {SECONDS} s")
        self.assertGreater(taken, SECONDS * 40)

    @staticmethod
    def heard_all(watcher, refused):
        """How many, when no number between the first and the last is missing that was not refused."""
        heard = set(watcher.numbers)
        missing = set(range(1, max(heard) + 1)) - heard - refused
        return 0 if missing else len(heard)

    def test_a_policy_that_does_not_allow_them(self):
        """M5: the broker ends the connection on each such message; jobs go on, and the log says what the policy needs."""
        device = self.device()
        device.wait_line("'lamp/commands' is refused, and left out for a day: the policy needs iot:Subscribe and iot:Receive", 60)
        device.wait_line("a message on 'lamp/telemetry' is given up: .* iot:Publish", 60)
        self.cloud.job("still", "lamp", '{"action":"interval","interval":3600000}')
        self.cloud.wait_status("lamp", "still", "SUCCEEDED", patience=120)


class Readme(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(harness.AWS), "no AWS CLI on this system")
    def test_commands_word_by_word(self):
        page = Page(self, harness.ROOT / "examples" / "05_telemetry" / "README.md")
        is_first_version = "aws-cli/1" in page.run("aws --version")
        (page.folder / "telemetry.json").write_text(page.blocks("json")[0])
        certificate = device = None
        for line in page.commands():
            if "/telemetry device" in line:
                device = page.start(line)
                device.wait_line("connected to ")
            elif line.startswith("iot-local thing"):
                certificate = re.search(r"arn:aws:iot:\S+:cert/\w+", page.run(line)).group(0)
            else:
                line = line.replace(" --cli-binary-format raw-in-base64-out", "") if is_first_version else line
                page.run(line.replace("CERTIFICATE", certificate))
        device.wait_line("every 200 ms from now on")
        device.wait_line("every 5000 ms from now on")
        self.assertIn("COMPLETED", page.said)


class Demo(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(harness.AWS), "no AWS CLI on this system")
    def test_make_demo_telemetry(self):
        """The commands of examples/05_telemetry/README.md, as `make demo-telemetry` plays them."""
        done = subprocess.run([harness.ROOT / "tools" / "demo-telemetry"], env=harness.ENVIRONMENT, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)
        for said in ("COMPLETED", '"number":', "every 200 ms from now on", "every 5000 ms from now on"):
            self.assertIn(said, done.stdout)


if __name__ == "__main__":
    unittest.main()
