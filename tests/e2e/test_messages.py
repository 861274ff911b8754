# SPDX-License-Identifier: MIT
"""iot-data: Publish and retained messages, by the AWS CLI and raw (docs/protocol.md 6.1)."""
import base64
import json
import os
import signal

from harness import CloudTest, HeldBrokerTest, wait_for
from mqtt import Client, Message, certificate_arn

ALLOW_ALL = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


class MessagesTest(CloudTest):
    def setUp(self):
        super().setUp()
        folder = self.cloud.thing("lamp")
        policy = json.dumps({"Version": "2012-10-17", "Statement": ALLOW_ALL})
        self.cloud.request("POST", "/policies/all", {"policyDocument": policy})
        self.cloud.request("PUT", "/target-policies/all", {"target": certificate_arn(folder)})
        self.lamp = Client(self.cloud.mqtt_port, folder, "lamp")
        self.addCleanup(self.lamp.drop)

    def data(self, method, path, body=None, **options):
        return self.cloud.request(method, path, body, service="iotdata", **options)

    def retained(self, topic):
        status, _, body = self.data("GET", f"/retainedMessage/{topic}")
        return json.loads(body) if status == 200 else status

    def topics(self):
        status, _, body = self.data("GET", "/retainedMessage")
        self.assertEqual(status, 200, body)
        return {entry["topic"]: entry["payloadSize"] for entry in json.loads(body)["retainedTopics"]}


class Publish(MessagesTest):
    def test_devices_hear_what_the_cli_publishes(self):
        self.lamp.subscribe("hall/lamp")
        self.cloud.aws("iot-data", "publish", "--topic", "hall/lamp", "--payload", '{"on":true}', "--qos", "1",
                       "--cli-binary-format", "raw-in-base64-out")
        self.assertEqual(self.lamp.receive(), Message("hall/lamp", b'{"on":true}', 1, False))
        for payload in (b"", b"\0\xff\n", b"x" * 131072):
            self.assertEqual(self.data("POST", "/topics/hall%2Flamp", payload)[0], 200)
            self.assertEqual(self.lamp.receive(), Message("hall/lamp", payload, 0, False))

    def test_what_cannot_be_published_is_refused_by_name(self):
        for path, status, word in (("a%2F%23", 400, "no + or #"), ("%2B", 400, "no + or #"), ("x" * 257, 400, "256 bytes"),
                                   ("a%2F" * 8 + "a", 400, "7 slashes"), ("%24aws%2Fthings%2Flamp%2Fjobs%2Fget", 400, "of the service"),
                                   ("%24iotlocal%2Frequest%2Fx", 400, "of the service"), ("a?qos=2", 400, "0 or 1"),
                                   ("a?retain=maybe", 400, "retain"), ("a?contentType=x", 400, "contentType")):
            answer = self.data("POST", f"/topics/{path}", b"x")
            self.assertEqual(answer[0], status, (path, answer))
            self.assertIn(word, json.loads(answer[2])["message"])
        self.assertEqual(self.data("POST", "/topics/a", b"x" * 131073)[0], 413)
        answer = self.data("POST", "/topics/a", b"x", headers={"x-amz-mqtt5-correlation-data": "eA=="})
        self.assertEqual(answer[0], 400)
        self.assertIn("x-amz-mqtt5-correlation-data", json.loads(answer[2])["message"])


class WithoutBroker(HeldBrokerTest):
    def publish(self, query=""):
        return self.cloud.request("POST", "/topics/a" + query, b"x", service="iotdata")

    def test_it_says_so_and_keeps_what_is_retained(self):
        broker = self.hold_broker()
        status, _, body = wait_for(lambda: (lambda a: a if a[0] == 500 else None)(self.publish()), "a refusal")
        self.assertIn("the broker is not there now", json.loads(body)["message"])
        self.assertEqual(self.publish("?retain=true&qos=1")[0], 200)
        broker.release()
        wait_for(lambda: self.publish()[0] == 200, "the broker to be back", patience=60)
        folder = self.cloud.thing("lamp")
        policy = json.dumps({"Version": "2012-10-17", "Statement": ALLOW_ALL})
        self.cloud.request("POST", "/policies/all", {"policyDocument": policy})
        self.cloud.request("PUT", "/target-policies/all", {"target": certificate_arn(folder)})
        lamp = Client(self.cloud.mqtt_port, folder, "lamp")
        self.addCleanup(lamp.drop)
        lamp.subscribe("a")
        self.assertEqual(lamp.receive(), Message("a", b"x", 1, True))


class Retained(MessagesTest):
    def test_by_the_operator_and_by_devices(self):
        self.cloud.aws("iot-data", "publish", "--topic", "hall/lamp", "--payload", "on", "--retain", "--qos", "1",
                       "--cli-binary-format", "raw-in-base64-out")
        self.lamp.publish("hall/door", "shut", retain=True)
        wait_for(lambda: self.topics() == {"hall/lamp": 2, "hall/door": 4}, "both to be listed")
        answer = self.cloud.aws("iot-data", "get-retained-message", "--topic", "hall/door")
        self.assertEqual(base64.b64decode(answer["payload"]), b"shut")
        self.assertGreater(answer["lastModifiedTime"], 1600000000000)
        self.lamp.subscribe("hall/lamp")
        self.assertEqual(self.lamp.receive(), Message("hall/lamp", b"on", 1, True))
        self.lamp.publish("hall/door", "", retain=True)  # an empty one removes it
        wait_for(lambda: self.retained("hall%2Fdoor") == 404, "the message to be removed")
        self.assertEqual(self.data("POST", "/topics/hall%2Flamp?retain=true", b"")[0], 200)
        self.assertEqual(self.topics(), {})

    def test_pages_hold_each_topic_once(self):
        names = [f"t/{i}" for i in range(5)]
        for name in names:
            self.data("POST", f"/topics/{name.replace('/', '%2F')}?retain=true", b"x")
        seen, token = [], ""
        while True:
            status, _, body = self.data("GET", "/retainedMessage?maxResults=2" + token)
            self.assertEqual(status, 200, body)
            page = json.loads(body)
            seen += [entry["topic"] for entry in page["retainedTopics"]]
            self.data("POST", "/topics/t%2F4?retain=true", b"again")  # keeps its place
            if "nextToken" not in page:
                break
            token = "&nextToken=" + page["nextToken"]
        self.assertEqual(sorted(seen), names)

    def test_a_killed_broker_loses_none(self):
        self.data("POST", "/topics/keep?retain=true&qos=1", b"me")
        self.lamp.publish("keep/too", "me", retain=True)
        wait_for(lambda: len(self.topics()) == 2, "both to be listed")
        os.kill(self.cloud.broker_pid(), signal.SIGKILL)
        self.cloud.process.wait_line("the broker is back")
        again = Client(self.cloud.mqtt_port, self.cloud.folder / "thing-lamp", "lamp")
        self.addCleanup(again.drop)
        for topic in ("keep", "keep/too"):
            again.subscribe(topic)
            self.assertEqual(again.receive()[:2], (topic, b"me"))

    def test_a_killed_broker_does_not_bring_back_what_was_removed(self):
        self.data("POST", "/topics/gone?retain=true", b"me")
        os.kill(self.cloud.broker_pid(), signal.SIGUSR1)  # mosquitto saves what it has
        wait_for((self.cloud.data / "mosquitto.db").exists, "saved messages")
        self.data("POST", "/topics/gone?retain=true", b"")
        os.kill(self.cloud.broker_pid(), signal.SIGKILL)
        self.cloud.process.wait_line("the broker is back")
        again = Client(self.cloud.mqtt_port, self.cloud.folder / "thing-lamp", "lamp")
        self.addCleanup(again.drop)
        again.subscribe("gone", "other")
        self.data("POST", "/topics/other", b"behind")
        self.assertEqual(again.receive()[:2], ("other", b"behind"))

    def test_a_retained_last_will_is_listed(self):
        self.lamp.disconnect()
        dying = Client(self.cloud.mqtt_port, self.cloud.folder / "thing-lamp", "lamp",
                       will=Message("hall/will", b"gone", 1, True))
        dying.drop()
        wait_for(lambda: self.topics() == {"hall/will": 4}, "the will to be listed")
