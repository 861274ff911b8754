# SPDX-License-Identifier: MIT
"""A device runs its jobs with what its policy allows: answers come without a subscription, and notifications are hints. Policies as AWS's
samples have them, a broker that answers 0x80, and a peer that closes the connection on SUBSCRIBE as AWS does (docs/protocol.md 1.11; R-12, R-16)."""
import json
import re
import shutil
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
        """One line for each, with the statement that the policy lacks; and none about another one."""
        wait_for(lambda: len(self.refusals(device)) >= len(filters), "a line about each filter")
        for name in filters:
            text = f"the broker refuses SUBSCRIBE {name} (24 h). Lacking: Allow iot:Subscribe on topicfilter/{JOBS}{name}"
            self.assertEqual(sum(line.endswith(text) for line in self.refusals(device)), 1, device.tail())
        self.assertEqual(len(self.refusals(device)), len(filters), device.tail())

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
        return peer, Device(self, folder)

    def check_order(self, device, *patterns):
        """Each has a line, and the first ones of them come in this order."""
        lines = list(device.lines)
        at = [next((i for i, line in enumerate(lines) if re.search(pattern, line)), -1) for pattern in patterns]
        self.assertTrue(-1 not in at and at == sorted(at), f"{patterns} in lines {at}:\n" + "\n".join(lines))

    def test_peer_closes_on_notify(self):
        """The filters of the answers go with it: where a broker closes, answers come without them."""
        peer, device = self.closed("/notify")
        self.cloud.wait_status("pump-7", "one", "SUCCEEDED")
        wait_for(lambda: peer.connections == 3 and peer.subscribed, "a subscription on the third connection")
        self.cloud.job("two", "pump-7", FAST)
        self.cloud.wait_status("pump-7", "two", "SUCCEEDED")  # by notify-next: the next question is minutes away
        self.check_lines(device, "notify")
        self.assertEqual([name.rsplit("/", 1)[1] for name in peer.subscribed], ["notify-next"])
        self.assertEqual(peer.connections, 3)  # twice in a row is a refusal
        self.assertFalse([line for line in device.lines if "no notifications come" in line])

    def test_peer_closes_on_both_notify_topics(self):
        """Then the device asks every minute, and says so; the connection stays. The first job does not wait for any of that."""
        peer, device = self.closed("/notify-next", "/notify")
        device.wait_line("no notifications come.*CONFIG_DEVICE_JOBS_POLL_MS")
        self.assertEqual(self.cloud.execution("pump-7", "one")["status"], "SUCCEEDED")
        self.check_order(device, "job one: started", "refuses SUBSCRIBE notify-next ", "refuses SUBSCRIBE notify ", "no notifications come")
        self.check_lines(device, "notify-next", "notify")
        self.cloud.job("two", "pump-7", FAST)
        self.cloud.wait_status("pump-7", "two", "SUCCEEDED", patience=80)
        self.assertEqual((peer.connections, peer.subscribed), (5, []))

    def test_peer_closes_on_every_subscribe(self):
        """R-12: jobs that are made before the device starts and in the middle of all this are done."""
        peer, device = self.closed("")
        for count in range(1, 5):
            wait_for(lambda: peer.connections >= count, f"connection {count}")
            self.cloud.job(f"during-{count}", "pump-7", FAST)
        device.wait_line("no notifications come", patience=40)
        for job_id in ("one", *(f"during-{count}" for count in range(1, 5))):
            self.cloud.wait_status("pump-7", job_id, "SUCCEEDED", patience=80)
        self.check_lines(device, "notify-next", "notify")
        self.assertEqual((peer.connections, peer.subscribed), (5, []))


if __name__ == "__main__":
    unittest.main()
