# SPDX-License-Identifier: MIT
"""What an operator sees and asks: log lines, health, the virtual clock, options from the environment, the doctor
(docs/iot-local.md)."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import ENVIRONMENT, IOT_LOCAL, Cloud, CloudTest, HeldBrokerTest, wait_for
from mqtt import Client, Closed, certificate_arn

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
JOBS = "$aws/things/lamp/jobs/"


class Logs(CloudTest):
    arguments = ("--verbose",)

    def test_one_line_for_each_request_connection_and_refusal(self):
        folder = self.cloud.thing("lamp")
        self.cloud.process.wait_line(rf"^{TIME} debug +iot-local: POST /things/lamp \(CreateThing\): 200, \d+ ms$")
        self.cloud.request("GET", "/things/nobody")
        self.cloud.process.wait_line(rf"^{TIME} debug +iot-local: GET /things/nobody \(DescribeThing\): 404 "
                                     r"ResourceNotFoundException, \d+ ms$")
        lamp = Client(self.cloud.mqtt_port, folder, "lamp")
        self.addCleanup(lamp.drop)
        self.cloud.process.wait_line(rf"^{TIME} debug +iot-local: broker: connected: client lamp, address 127.0.0.1, "
                                     "MQTT 3.1.1, clean session, keep-alive 60 s$")
        lamp.publish(JOBS + "get", "{}")
        self.cloud.process.wait_line(rf"{TIME} debug +iot-local: device request {re.escape(JOBS)}get: accepted$")
        lamp.publish(JOBS + "none/update", '{"status":"SUCCEEDED"}')
        self.cloud.process.wait_line(rf'device request {re.escape(JOBS)}none/update: rejected .*"code":"ResourceNotFound"')
        with self.assertRaises(Closed):
            lamp.publish("elsewhere", "x")
        self.cloud.process.wait_line(rf"^{TIME} warning iot-local: broker: refused iot:Publish on topic/elsewhere: client lamp, ")
        again = Client(self.cloud.mqtt_port, folder, "lamp")
        again.disconnect()
        self.cloud.process.wait_line("broker: disconnected: client lamp, address 127.0.0.1$")


class JsonLogs(CloudTest):
    arguments = ("--verbose", "--log-json")

    def test_each_line_is_json(self):
        self.cloud.request("GET", "/things/nobody")
        line = self.cloud.process.wait_line(r'^\{.*"path":"/things/nobody".*').group()
        event = json.loads(line)
        self.assertRegex(event.pop("time"), f"^{TIME}$")
        self.assertGreaterEqual(event.pop("milliseconds"), 0)
        self.assertRegex(event.pop("requestId"), "^[0-9a-f-]{36}$")
        self.assertRegex(event.pop("message"), r"^GET /things/nobody \(DescribeThing\): 404 ")
        self.assertEqual(event, {"level": "debug", "method": "GET", "path": "/things/nobody", "operation": "DescribeThing",
                                 "status": 404, "error": "ResourceNotFoundException"})


class QuietLogs(CloudTest):
    def test_daily_business_needs_verbose(self):
        folder = self.cloud.thing("lamp")
        Client(self.cloud.mqtt_port, folder, "lamp").disconnect()
        os.kill(self.cloud.broker_pid(), signal.SIGKILL)
        self.cloud.process.wait_line(rf"^{TIME} info +iot-local: the broker is back$")
        self.assertFalse([line for line in self.cloud.process.lines if " debug " in line])


class Health(HeldBrokerTest):
    def ask(self, method="GET", **headers):
        status, _, body = self.cloud.request(method, "/_iot-local/health", signed=False, headers=headers)
        return status, body

    def test_health_needs_no_signature(self):
        status, body = self.ask()
        self.assertEqual(status, 200)
        self.assertEqual({k: v for k, v in json.loads(body).items() if k != "version"}, {"status": "ok", "broker": "ok"})
        self.assertEqual(self.ask(Host="evil.example")[0], 403)
        self.assertEqual(self.ask("PUT")[0], 403)

    def test_health_says_that_the_broker_is_down(self):
        broker = self.hold_broker()
        wait_for(lambda: self.ask()[0] == 503, "health to tell that there is no broker")
        self.assertEqual(json.loads(self.ask()[1])["broker"], "down")
        broker.release()
        wait_for(lambda: self.ask()[0] == 200, "health to be good again", patience=60)


class VirtualClock(CloudTest):
    arguments = ("--virtual-clock",)

    def now(self):
        return self.cloud.cli("clock")

    def test_step_timers_and_retries_need_no_waiting(self):
        lamp = Client(self.cloud.mqtt_port, self.cloud.thing("lamp"), "lamp")
        self.addCleanup(lamp.drop)
        retry = {"criteriaList": [{"failureType": "TIMED_OUT", "numberOfRetries": 1}]}
        self.cloud.job("j", "lamp", jobExecutionsRetryConfig=retry, timeoutConfig={"inProgressTimeoutInMinutes": 60})
        lamp.publish(JOBS + "start-next", json.dumps({"stepTimeoutInMinutes": 5}))
        self.assertIn(b'"j"', lamp.receive().payload)
        self.cloud.cli("clock", "advance", "4m59s")
        self.assertEqual(self.cloud.execution("lamp", "j")["status"], "IN_PROGRESS")
        self.cloud.cli("clock", "advance", "2s")
        self.assertEqual(self.cloud.execution("lamp", "j")["status"], "QUEUED")  # the retry
        self.assertEqual(self.cloud.execution("lamp", "j")["executionNumber"], 2)

    def test_a_fleet_is_timed_out_when_the_command_returns(self):
        names = [f"t{i}" for i in range(150)]
        for name in names:
            self.cloud.request("POST", f"/things/{name}", {})
        for at in (0, 100):
            self.cloud.job(f"j{at}", names[at:at + 100], timeoutConfig={"inProgressTimeoutInMinutes": 1})
        for i, name in enumerate(names):
            status, _, body = self.cloud.request("PUT", f"/things/{name}/jobs/$next", {}, service="iot-jobs-data")
            self.assertEqual(status, 200, body)
        self.cloud.cli("clock", "advance", "1m1s")
        left = [n for i, n in enumerate(names) if self.cloud.execution(n, f"j{i // 100 * 100}")["status"] != "TIMED_OUT"]
        self.assertEqual(left, [])

    def test_time_does_not_go_back_with_the_next_start(self):
        self.assertIn("a virtual clock, 0.000 s ahead", self.now())
        self.cloud.cli("clock", "advance", "2d")
        self.assertEqual(self.cloud.process.stop(), 0)
        self.cloud.restart()
        self.assertIn("172800.000 s ahead", self.now())
        self.assertEqual(self.cloud.process.stop(), 0)
        done = subprocess.run([str(IOT_LOCAL), "up", "--data", str(self.cloud.data), "--http-port", "0", "--mqtt-port", "0"],
                              env=ENVIRONMENT, capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("start with --virtual-clock, or remove ", done.stderr)

    def test_nonsense_is_refused(self):
        for words in (["x"], ["-1m"], ["10"], []):
            done = self.cloud.cli("clock", "advance", *words, check=False)
            self.assertEqual(done.returncode, 2, words)
        self.assertIn("0.000 s ahead", self.now())


class MachinesClock(CloudTest):
    def test_it_is_not_put_forward(self):
        done = self.cloud.cli("clock", "advance", "1m", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("start it with --virtual-clock", done.stderr)
        self.assertIn("(this machine's clock)", self.cloud.cli("clock"))


class Environment(unittest.TestCase):
    def test_options_come_from_variables(self):
        names = {"IOT_LOCAL_REGION": "eu-west-1", "IOT_LOCAL_ACCOUNT": "000000000001"}
        os.environ.update(names)
        ENVIRONMENT.update(names)
        try:
            cloud = Cloud(self)
        finally:
            for name in names:
                del os.environ[name], ENVIRONMENT[name]
        status, _, body = cloud.request("POST", "/things/lamp", {})
        self.assertEqual(status, 200, body)
        self.assertEqual(json.loads(body)["thingArn"], "arn:aws:iot:eu-west-1:000000000001:thing/lamp")
        # And the doctor asks about these ARNs, as the broker does.
        said = cloud.cli("doctor", cloud.thing("lamp"), "publish", JOBS + "get")
        self.assertIn("policy iot-local-device allows it", said)


class Doctor(CloudTest):
    def ask(self, *words, code):
        done = self.cloud.cli("doctor", *words, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_says_what_decides_or_what_is_missing(self):
        lamp = self.cloud.thing("lamp")
        self.assertIn("policy iot-local-device allows it in statement Publish",
                      self.ask(lamp, "publish", JOBS + "get", code=0))
        self.assertIn("allows it in statement Connect", self.ask(lamp, "connect", "lamp", code=0))
        said = self.ask(lamp, "subscribe", "telemetry/#", code=1)
        self.assertIn("refused: iot:Subscribe telemetry/#", said)
        found = re.search(r"would allow it:\n  (\{.*\})", said).group(1)
        self.assertEqual(json.loads(found), {"Effect": "Allow", "Action": "iot:Subscribe",
                                             "Resource": "arn:aws:iot:us-east-1:123456789012:topicfilter/telemetry/#"})
        # And so it is: with that statement, the doctor and the broker agree.
        policy = json.dumps({"Version": "2012-10-17", "Statement": [json.loads(found)]})
        self.cloud.request("POST", "/policies/more", {"policyDocument": policy})
        self.cloud.request("PUT", "/target-policies/more", {"target": certificate_arn(lamp)})
        self.assertIn("policy more allows it in statement 1", self.ask(lamp, "subscribe", "telemetry/#", code=0))
        self.assertIn("policy more allows", self.ask(lamp / "certificate.pem", "iot:Subscribe", "telemetry/#", "--client-id",
                                                     "other", code=0))
        self.assertEqual(self.cloud.process.stop(), 0)  # it reads the database alone
        self.assertIn("allowed", self.ask(lamp, "subscribe", "telemetry/#", code=0))

    def test_mistakes_are_named(self):
        self.assertIn("is no action", self.ask("x", "dance", "y", code=2))
        self.assertIn("nowhere.pem", self.ask("nowhere.pem", "publish", "y", code=2))
        self.assertIn("not registered here", self.ask("0" * 64, "publish", "y", code=1))


class Init(unittest.TestCase):
    """A known state from files, before anybody is told that iot-local is ready."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iot-local-init-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.write("policies/wide.json", json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
        self.write("things/lamp.json", '{"attributePayload":{"attributes":{"room":"hall"}},"policies":["wide"]}')
        self.write("things/plain.json", "")
        self.write("objects/docs/deep/er/x y.json", '{"action":"blink"}')
        self.write("jobs/first.json", json.dumps({
            "targets": ["arn:aws:iot:us-east-1:123456789012:thing/lamp"],
            "documentSource": "https://s3.us-east-1.amazonaws.com/docs/deep/er/x%20y.json"}))

    def write(self, name, text):
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def test_everything_is_there_when_it_is_ready(self):
        cloud = Cloud(self, arguments=("--init", self.folder))
        lamp = cloud.data / "devices" / "lamp"
        client = Client(cloud.mqtt_port, lamp, "lamp")
        self.addCleanup(client.drop)
        self.assertEqual(client.subscribe("any/topic"), [1])  # the policy "wide"
        self.assertEqual(cloud.execution("lamp", "first")["status"], "QUEUED")
        self.assertEqual(json.loads(cloud.request("GET", "/things/lamp")[2])["attributes"], {"room": "hall"})
        self.assertEqual((lamp / "private_key.pem").stat().st_mode & 0o777, 0o600)
        self.assertTrue((cloud.data / "devices" / "plain" / "certificate.pem").exists())
        self.assertIn("allowed", cloud.cli("doctor", cloud.data / "devices" / "plain", "publish", "$aws/things/plain/jobs/get"))

        # Once more, and nothing changes: not the certificate, not the job.
        before = (lamp / "certificate.pem").read_text()
        self.assertEqual(cloud.process.stop(), 0)
        cloud.restart()
        self.assertEqual((lamp / "certificate.pem").read_text(), before)
        self.assertEqual(cloud.execution("lamp", "first")["executionNumber"], 1)

    def test_a_certificate_of_ones_own(self):
        cloud = Cloud(self)
        made = cloud.thing("else")
        pem = (made / "certificate.pem").read_text()
        cloud.request("DELETE", "/things/else/principals", headers={"x-amzn-principal": certificate_arn(made)})
        self.write("certificates/lamp.pem", pem)
        cloud.cli("init", self.folder)
        (made / "thing_name").write_text("lamp")
        client = Client(cloud.mqtt_port, made, "lamp")
        self.addCleanup(client.drop)
        self.assertEqual(client.code, 0)

    def test_a_folder_that_was_started_from_before(self):
        """A device starts from it whatever has become of its thing, its certificate, the port."""
        cloud = Cloud(self, arguments=("--init", self.folder))
        lamp = cloud.data / "devices" / "lamp"
        before = {name: (lamp / name).read_text() for name in ("port", "certificate.pem", "private_key.pem")}
        self.forget(cloud, lamp)
        (lamp / "port").write_text("1")
        (lamp / "host").unlink()
        cloud.cli("init", self.folder)
        self.assertEqual({name: (lamp / name).read_text() for name in before}, before)
        self.connects(cloud, lamp)
        (lamp / "private_key.pem").unlink()
        cloud.cli("init", self.folder)
        self.assertNotEqual((lamp / "certificate.pem").read_text(), before["certificate.pem"])
        self.connects(cloud, lamp)

    def forget(self, cloud, lamp):
        arn = certificate_arn(lamp)
        path = "/certificates/" + arn.rpartition("/")[2]
        for method, target, headers in (("DELETE", "/things/lamp/principals", {"x-amzn-principal": arn}), ("DELETE", "/things/lamp", {}),
                                        ("PUT", path + "?newStatus=INACTIVE", {}), ("DELETE", path + "?forceDelete=true", {})):
            status, _, body = cloud.request(method, target, headers=headers)
            self.assertEqual(status, 200, body)

    def connects(self, cloud, lamp):
        client = Client(cloud.mqtt_port, lamp, "lamp")
        self.assertEqual((client.code, (lamp / "port").read_text()), (0, str(cloud.mqtt_port)))
        client.drop()

    def test_objects_that_are_links_and_files_that_are_hidden(self):
        self.write("image.bin", "new")
        (self.folder / "objects/docs/image").symlink_to(self.folder / "image.bin")
        self.write("objects/docs/.git/config", "x")
        cloud = Cloud(self, arguments=("--init", self.folder))
        self.assertEqual(cloud.request("GET", "/docs/image", service="s3")[2], b"new")
        self.assertEqual(cloud.request("GET", "/docs/.git/config", service="s3")[0], 404)
        self.assertEqual(cloud.process.stop(), 0)
        (self.folder / "objects/docs/loop").symlink_to(self.folder / "objects")
        self.fails("objects/docs/loop/docs: a link to a folder above it")

    def test_an_object_without_a_bucket_is_named(self):
        self.write("objects/readme", "x")
        self.fails("objects/readme: not a folder: objects lie in DIR/objects/BUCKET")

    def fails(self, word):
        data = self.folder / "data"
        done = subprocess.run([str(IOT_LOCAL), "up", "--data", str(data), "--http-port", "0", "--mqtt-port", "0", "--init",
                               str(self.folder)], env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(word, done.stderr)
        self.assertIn("not everything could be made", done.stderr)
        self.assertFalse((data / "status.json").exists())

    def test_what_is_wrong_is_named_with_its_file(self):
        self.write("things/bad.json", '{"attributePayload":')
        self.fails("things/bad.json:1: ")

    def test_what_the_service_refuses_is_named_with_its_file(self):
        self.write("jobs/second.json", '{"targets":["arn:aws:iot:us-east-1:123456789012:thing/nobody"],"document":"{}"}')
        self.fails("jobs/second.json: this job was not made")

    def test_a_file_without_meaning_is_named(self):
        self.write("policies/README", "x")
        self.fails("policies/README: its name does not end with .json")
