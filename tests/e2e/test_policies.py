# SPDX-License-Identifier: MIT
"""A device runs its jobs with what its policy allows: answers come without a subscription, and notifications are hints. Policies as AWS's
samples have them, a broker that answers 0x80, and a peer that closes the connection on SUBSCRIBE as AWS does (docs/protocol.md 1.11)."""
import json
import shutil
import time
import unittest

from closing_peer import Closing
from harness import CloudTest, Device, wait_for

ARN = "arn:aws:iot:us-east-1:123456789012:"
JOBS = "$aws/things/pump-7/jobs/"
FAST = '{"action":"blink","count":1,"onTime":1,"offTime":1}'


def allow(action, *resources):
    return {"Effect": "Allow", "Action": action, "Resource": list(resources)}


CONNECT = allow("iot:Connect", ARN + "client/pump-7")
PUBLISH = allow("iot:Publish", ARN + "topic/" + JOBS + "*/update", ARN + "topic/" + JOBS + "*/get")
RECEIVE = allow("iot:Receive", ARN + "topic/" + JOBS + "*")


def subscribe(*filters):
    return allow("iot:Subscribe", *(ARN + "topicfilter/" + JOBS + name for name in filters))


class Policies(CloudTest):
    def folder(self, *statements):
        """pump-7 with a certificate whose policy has these statements only."""
        status, _, body = self.cloud.request("POST", "/keys-and-certificate?setAsActive=true")
        made = json.loads(body)
        folder = self.cloud.folder / "pump-7"
        folder.mkdir()
        for name, text in (("certificate.pem", made["certificatePem"]), ("private_key.pem", made["keyPair"]["PrivateKey"]),
                           ("host", "localhost\n"), ("port", f"{self.cloud.mqtt_port}\n"), ("thing_name", "pump-7\n")):
            (folder / name).write_text(text)
        shutil.copy(self.cloud.data / "ca.pem", folder / "root_ca.pem")
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        for method, path, sent, headers in (
                ("POST", "/policies/own", {"policyDocument": json.dumps(policy)}, None),
                ("PUT", "/target-policies/own", {"target": made["certificateArn"]}, None),
                ("POST", "/things/pump-7", {}, None),
                ("PUT", "/things/pump-7/principals", None, {"x-amzn-principal": made["certificateArn"]})):
            status, _, body = self.cloud.request(method, path, sent, headers=headers)
            self.assertEqual(status, 200, f"{path}: {body!r}")
        return folder

    def refusals(self, device):
        return [line for line in device.lines if "refuses SUBSCRIBE" in line]

    def check_lines(self, device, *filters):
        """One line for each, with the statement that the policy lacks; and one connection for all of it."""
        wait_for(lambda: len(self.refusals(device)) >= len(filters), "a line about each filter")
        for name in filters:
            lines = [line for line in self.refusals(device) if f"refuses SUBSCRIBE {name};" in line]
            self.assertEqual(len(lines), 1, device.tail())
            self.assertIn(f"Allow iot:Subscribe on topicfilter/{JOBS}{name}", lines[0])
        self.assertEqual(len(self.refusals(device)), len(filters))

    def run_with(self, *rights):
        """A job from before the device is there, and one that is made when it runs, over one connection."""
        folder = self.folder(CONNECT, PUBLISH, RECEIVE, *rights)
        self.cloud.job("one", "pump-7", FAST)
        self.device = Device(self, folder)
        self.cloud.wait_status("pump-7", "one", "SUCCEEDED")
        self.cloud.job("two", "pump-7", FAST)
        self.cloud.wait_status("pump-7", "two", "SUCCEEDED", patience=80)
        self.assertEqual(sum("connected to" in line and "disconnected" not in line for line in self.device.lines), 1)

    def test_no_right_to_notify(self):
        self.run_with(subscribe("notify-next", "*/get/*", "*/update/*"))
        self.check_lines(self.device, "notify")
        self.assertFalse([line for line in self.device.lines if "no notifications come" in line])

    def test_no_right_to_notify_next(self):
        self.run_with(subscribe("notify", "*/get/*", "*/update/*"))
        self.check_lines(self.device, "notify-next")

    def test_no_right_to_answers(self):
        self.run_with(subscribe("notify", "notify-next"))
        self.check_lines(self.device, "+/get/+", "+/update/+")

    def test_no_right_to_subscribe_at_all(self):
        self.run_with()
        self.check_lines(self.device, "notify", "notify-next", "+/get/+", "+/update/+")
        self.assertEqual(sum("no notifications come" in line and "CONFIG_DEVICE_JOBS_POLL_MS" in line
                             for line in self.device.lines), 1)

    def closed(self, *refused):
        folder = self.folder(CONNECT, PUBLISH, RECEIVE, subscribe("*"))
        peer = Closing(self, self.cloud, folder, refused)
        self.cloud.job("one", "pump-7", FAST)
        device = Device(self, folder)
        return peer, device

    def test_peer_closes_on_notify(self):
        peer, device = self.closed("/notify")
        self.cloud.wait_status("pump-7", "one", "SUCCEEDED", patience=30)
        wait_for(lambda: len(peer.subscribed) == 3, "the other three filters", patience=40)
        self.check_lines(device, "notify")
        self.assertEqual(peer.connections, 3)  # twice in a row is a refusal
        started = time.monotonic()
        self.cloud.job("two", "pump-7", FAST)
        self.cloud.wait_status("pump-7", "two", "SUCCEEDED")
        self.assertLess(time.monotonic() - started, 5)  # notify-next is heard
        self.assertEqual(peer.connections, 3)

    def test_peer_closes_on_both_notify_topics(self):
        """Then the device asks every minute, and says so; the connection stays."""
        peer, device = self.closed("/notify-next", "/notify")
        self.cloud.wait_status("pump-7", "one", "SUCCEEDED", patience=30)
        device.wait_line("no notifications come.*CONFIG_DEVICE_JOBS_POLL_MS", patience=60)
        self.check_lines(device, "notify", "notify-next")
        wait_for(lambda: len(peer.subscribed) == 2, "the filters of the answers")
        time.sleep(1)  # what is asked once the notify topics are settled has its answer: only the poll finds the next job
        self.cloud.job("two", "pump-7", FAST)
        self.cloud.wait_status("pump-7", "two", "SUCCEEDED", patience=80)
        self.assertEqual(peer.connections, 5)


if __name__ == "__main__":
    unittest.main()
