# SPDX-License-Identifier: MIT
"""What AWS IoT refuses and iot-local refuses, too, each with a line that names client, address and reason; and what the plugin
tells the daemon about subscriptions (docs/protocol.md 1.10, 4 and 8; R-56)."""
import re
import socket
import ssl
import struct
import unittest
import warnings

from mqtt import Closed, LocalClient, Message, certificate_id
from test_broker import ALLOW_ALL, ARN, NOT_AUTHORIZED, BrokerTest

JOBS = "$aws/things/lamp/jobs/"


class RefusalTest(BrokerTest):
    def setUp(self):
        super().setUp()
        self.folder = self.certificate("all", *ALLOW_ALL)

    def client(self, client_id="lamp", **options):
        return self.connect(self.folder, client_id, **options)

    def told(self, pattern, client="lamp"):
        """Waits for the one line about this client, and takes it."""
        id_ = certificate_id(self.folder)[:8]
        line = self.cloud.process.wait_line(rf"client {client}, address 127\.0\.0\.1, certificate ({id_}|none): .*").group(0)
        self.assertRegex(line, pattern)

    def broker_lines(self):
        return [line for line in self.cloud.process.lines if "broker:" in line]


class Subscriptions(RefusalTest):
    def test_fifty_of_a_connection(self):
        client = self.client()
        for i in range(0, 50, 5):
            self.assertEqual(client.subscribe(*[f"a/{i + k}/#" for k in range(5)]), [1] * 5)
        self.assertEqual(client.subscribe("a/0/#", "one/more", "a/1/#"), [1, 0x80, 1])
        self.told("iot:Subscribe|at most 50 subscriptions")
        client.unsubscribe("a/0/#", "never/subscribed")
        self.assertEqual(client.subscribe("one/more", "and/more"), [1, 0x80])
        self.assertEqual(self.client("other").subscribe("and/more"), [1])

    def test_fifty_of_a_session_that_goes_on(self):
        client = self.client(clean=False)
        for i in range(0, 50, 5):
            client.subscribe(*[f"a/{i + k}" for k in range(5)])
        client.disconnect()
        client = self.client(clean=False)
        self.assertTrue(client.session_present)
        self.assertEqual(client.subscribe("one/more", "a/7"), [0x80, 1])
        again = self.client(clean=False)  # takes over
        self.assertEqual(again.subscribe("one/more", "a/7"), [0x80, 1])
        again.unsubscribe("a/7")
        self.assertEqual(again.subscribe("one/more"), [1])
        again.disconnect()
        fresh = self.client(clean=True)  # the session has ended
        self.assertEqual(fresh.subscribe("one/more", "and/more"), [1, 1])

    def test_qos_2(self):
        client = self.client()
        with self.assertRaises(Closed):
            client.subscribe("a", qos=2)
        self.told(r"iot:Subscribe|QoS 2")
        client = self.client(version=5)
        client.send_packet(0x82, b"\0\1\0" + b"\0\1a\2")
        head, body = client.read_packet()
        self.assertEqual((head, body[0]), (0xE0, 0x9B))
        self.told("QoS 2")

    def test_retained_messages_come_to_plain_filters_only(self):
        self.client("writer").publish("kept/a", "old", retain=True)
        for version in (4, 5):
            for filters in (["kept/#"], ["kept/+"], ["+/a"], ["#"]):
                client = self.client(version=version)
                self.assertEqual(client.subscribe(*filters), [1])
                client.ping()
                self.assertFalse(client.messages, filters)
                self.told(r"AWS IoT delivers none to a filter with wildcards, as " + re.escape(filters[0]) + "$")
                client.drop()
        client = self.client()
        self.assertEqual(client.subscribe("kept/+", "kept/a", "other/#"), [1, 1, 1])
        self.assertEqual((client.receive().payload, client.messages), (b"old", type(client.messages)()))

    def test_live_messages_with_retain_come_through_wildcards(self):
        client = self.client()
        self.assertEqual(client.subscribe("kept/+"), [1])
        self.client("writer").publish("kept/a", "new", retain=True)
        self.assertEqual(client.receive().payload, b"new")


class Publishing(RefusalTest):
    def test_qos_2(self):
        client = self.client()
        client.send_packet(0x34, b"\0\1a\0\1x")
        self.assertTrue(client.is_closed())
        self.told("QoS 2")
        client = self.client(version=5)
        client.send_packet(0x34, b"\0\1a\0\1\0x")
        head, body = client.read_packet()
        self.assertEqual((head, body[0]), (0xE0, 0x9B))
        self.told("QoS 2")

    def test_last_will_with_qos_2_is_not_published(self):
        watcher = self.client("watcher")
        self.assertEqual(watcher.subscribe("gone"), [1])
        self.client(will=Message("gone", b"bye", 2, False)).drop()
        self.told("last will has QoS 2")
        watcher.ping()
        self.assertFalse(watcher.messages)


class Connecting(RefusalTest):
    def test_mqtt_3_1(self):
        self.assertEqual(self.client(version=3).code, NOT_AUTHORIZED)
        self.told(r"MQTT 3\.1 is too old")

    def test_client_id_is_taken_over(self):
        first = self.client()
        second = self.client()
        self.assertTrue(first.is_closed())
        self.assertFalse(second.is_closed())
        self.told("the same client id has connected again, from 127.0.0.1")


class Receiving(BrokerTest):
    """iot:Receive is asked for every delivery (8)."""

    def device_with(self, name, *receive):
        folder = self.certificate(name, {"Effect": "Allow", "Action": ["iot:Connect", "iot:Publish", "iot:Subscribe"],
                                         "Resource": "*"}, *receive, thing=name)
        return self.connect(folder, name)

    def test_answers(self):
        deny = {"Effect": "Deny", "Action": "iot:Receive", "Resource": "*"}
        for name, statements in (("absent", []), ("denied", [*ALLOW_ALL, deny])):
            client = self.device_with(name, *statements)
            topic = f"$aws/things/{name}/jobs/get"
            for qos in (0, 1):
                client.publish(topic, "{}", qos=qos)
            line = self.refusal(rf"iot:Receive on topic/{re.escape(topic)}/accepted: client {name}, address 127.0.0.1")
            self.assertRegex(line, "denies it" if statements else "no statement")
            client.ping()
            self.assertFalse(client.messages)

    def test_some_answers(self):
        client = self.device_with("some", {"Effect": "Allow", "Action": "iot:Receive",
                                           "Resource": ARN + "topic/$aws/things/some/jobs/start-next/*"})
        client.publish("$aws/things/some/jobs/get", "{}")
        self.refusal("iot:Receive")
        client.publish("$aws/things/some/jobs/start-next", "{}")
        self.assertEqual(client.receive().topic, "$aws/things/some/jobs/start-next/accepted")

    def test_notices(self):
        client = self.device_with("lamp", {"Effect": "Allow", "Action": "iot:Receive",
                                           "Resource": ARN + "topic/" + JOBS + "notify-next"})
        self.assertEqual(client.subscribe(JOBS + "notify", JOBS + "notify-next"), [1, 1])
        self.cloud.job("one", "lamp")
        self.assertEqual(client.receive().topic, JOBS + "notify-next")
        self.refusal(r"iot:Receive on topic/\S+/notify: client lamp")
        client.ping()
        self.assertFalse(client.messages)


def raw_connect(name=b"MQTT", version=4, flags=2, client_id=b"lamp", more=b""):
    body = struct.pack("!H", len(name)) + name + bytes([version, flags]) + b"\0\x3c"
    body += struct.pack("!H", len(client_id)) + client_id + more
    return bytes([0x10, len(body)]) + body


class MosquittosOwnRefusals(RefusalTest):
    """mosquitto closes these connections by itself, and without a word to the client: one line says why."""

    def send(self, sent, wrap=True, certificate=True, adjust=None, ca=True):
        """Sends bytes and waits for the end of the connection."""
        with socket.create_connection(("127.0.0.1", self.cloud.mqtt_port), timeout=20) as raw:
            if not wrap:
                return self.read_to_end(raw, sent)
            context = ssl.create_default_context(cafile=str(self.folder / "root_ca.pem") if ca else None)
            if certificate:
                context.load_cert_chain(self.folder / "certificate.pem", self.folder / "private_key.pem")
            if adjust:
                adjust(context)
            try:
                with context.wrap_socket(raw, server_hostname="localhost") as secure:
                    return self.read_to_end(secure, sent)
            except ssl.SSLError:
                return b""

    def read_to_end(self, connected, sent):
        got = b""
        try:
            connected.sendall(sent)
            while True:
                piece = connected.recv(1000)
                if not piece:
                    return got
                got += piece
        except OSError:
            return got

    def test_before_tls(self):
        def old(context):
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1

        for options, pattern in ((dict(sent=b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", wrap=False), "HTTP"),
                                 (dict(sent=raw_connect(), wrap=False), "does not speak TLS"),
                                 (dict(sent=b"\0\1\2\3 no protocol at all", wrap=False), "does not speak TLS"),
                                 (dict(sent=raw_connect(), certificate=False), "no client certificate"),
                                 (dict(sent=b"", ca=False), "does not trust this iot-local"),
                                 (dict(sent=b"", adjust=old), "TLS 1.2")):
            with self.subTest(pattern):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # Python does not like old TLS either
                    self.send(**options)
                self.told(pattern, client="not known yet")

    def test_instead_of_connect(self):
        for sent, pattern in ((b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "no MQTT at all"),
                              (raw_connect(name=b"a\nb\x1b"), "no CONNECT of MQTT"),
                              (raw_connect(name=b"\n\n\x1b[2J"), "no CONNECT of MQTT"),
                              (raw_connect(version=9), "neither 3.1.1 nor 5"),
                              (raw_connect(flags=3), "wrong flags"),
                              (raw_connect(flags=0x42, more=b"\0\2pw"), "password without a user name"),
                              (raw_connect(flags=0x1E, more=b"\0\1a\0\1x"), "QoS 3"),
                              (raw_connect(flags=6, more=b"\0\3a/+\0\1x"), r"last will has \+ or #"),
                              (raw_connect(client_id=b"ab\xff"), "not UTF-8"),
                              (raw_connect(client_id=b"ab\n"), "not UTF-8"),
                              (raw_connect(client_id=b"", flags=0), "no client id")):
            with self.subTest(sent):
                self.send(sent)
                self.told(pattern, client="not known yet")

    def test_after_connect(self):
        def text(value):
            return struct.pack("!H", len(value)) + value

        for head, body, pattern in ((0x10, raw_connect()[2:], "CONNECT twice"),
                                    (0x36, text(b"a") + b"\0\1x", "PUBLISH with QoS 3"),
                                    (0x30, text(b"a/+"), r"topic to publish on with \+ or #"),
                                    (0x30, text(b""), "empty topic"),
                                    (0x30, text(b"a\xff"), "not UTF-8"),
                                    (0x30, text(b"a\x1b[2J"), "control characters"),
                                    (0x30, text(b"a") + b"x" * 140000, "128 KB"),
                                    (0x82, b"\0\1" + text(b"a/#/b") + b"\1", "SUBSCRIBE with a topic filter"),
                                    (0x82, b"\0\1" + text(b"a") + b"\3", "QoS above 2"),
                                    (0xA2, b"\0\1" + text(b"a/#/b"), "UNSUBSCRIBE with a topic filter"),
                                    (0xF0, b"", "unknown kind of packet")):
            with self.subTest(pattern):
                client = self.client()
                try:
                    client.send_packet(head, body)
                except Closed:
                    pass
                self.assertTrue(client.is_closed())
                self.told(pattern)

    def test_one_line_each_and_none_for_who_goes_by_himself(self):
        self.client().disconnect()
        self.client().drop()
        with socket.create_connection(("127.0.0.1", self.cloud.mqtt_port)):
            pass
        self.send(raw_connect(version=9))
        self.told("neither 3.1.1 nor 5", client="not known yet")
        refused = self.client("$lamp")
        self.assertEqual(refused.code, NOT_AUTHORIZED)
        self.told("reserved", client=r"\$lamp")
        client = self.client()
        with self.assertRaises(Closed):
            client.publish("$aws/x")
        self.told("reserved")
        client = self.client()
        client.send_packet(0x30, b"\0\2a#")
        self.assertTrue(client.is_closed())
        self.told("to publish on")
        self.assertEqual(len(self.broker_lines()), 4, self.broker_lines())

    def test_nothing_that_a_terminal_obeys(self):
        for name in ("p\u00fcmpe \u6c34", "$l\u00e4mp"):
            self.client(name)
        self.told("reserved", client=r"\$l\u00e4mp")
        self.send(raw_connect(name=b"\x1b]0;x"))
        self.told("no CONNECT", client="not known yet")
        self.assertFalse(re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\n".join(self.cloud.process.lines)))


class WordOfSubscriptions(RefusalTest):
    def setUp(self):
        super().setUp()
        self.daemon = LocalClient(self.cloud.data, "a second daemon")
        self.addCleanup(self.daemon.drop)
        self.assertEqual(self.daemon.code, 0)
        self.assertEqual(self.daemon.subscribe("$iotlocal/subscribed/#", "marker"), [1, 1])

    def heard(self):
        """The filters that the daemon was told of so far, in any order."""
        self.client("marker").publish("marker")
        filters = []
        while True:
            message = self.daemon.receive()
            if message.topic == "marker":
                return sorted(filters)
            self.assertEqual((message.payload, message.qos), (b"", 1))
            filters.append(message.topic[len("$iotlocal/subscribed/"):])

    def test_filters_through_which_notices_come(self):
        filters = [JOBS + "notify", JOBS + "notify-next", JOBS + "#", "$aws/things/+/jobs/notify", "$aws/#",
                   "$aws/things/lamp/jobs/notify/#"]
        client = self.client()
        for each in filters:
            self.assertEqual(client.subscribe(each), [1])
            self.assertEqual(self.heard(), [each])
        self.assertEqual(client.subscribe(*filters), [1] * len(filters))  # again, together
        self.assertEqual(self.heard(), sorted(filters))
        self.assertEqual(client.subscribe("$share/g/" + JOBS + "notify"), [1])
        self.assertEqual(self.heard(), [JOBS + "notify"])

    def test_equal_filters_of_one_packet_are_told_once(self):
        self.client().subscribe(*[JOBS + "notify"] * 8)
        self.assertEqual(self.heard(), [JOBS + "notify"])

    def test_other_filters_and_refused_ones_are_not_told(self):
        client = self.client()
        client.subscribe("#", "+/#", "a/b", JOBS + "get/accepted", JOBS + "+/get/accepted", "$aws/events/#", "$iotlocal/#")
        lamp = self.device("pump")
        self.assertEqual(lamp.subscribe(JOBS + "notify", "$aws/#"), [0x80, 0x80])
        self.assertEqual(self.heard(), [])

    def test_what_the_daemon_answers_reaches_the_subscriber(self):
        for i in range(20):
            client = self.client(f"device-{i}")
            client.subscribe(JOBS + "notify")
            while not self.daemon.receive().topic.endswith("notify"):
                pass
            self.daemon.publish(JOBS + "notify", f"{i}")
            self.assertEqual(client.receive().payload, str(i).encode())

    def test_who_is_closed_in_the_same_packet_is_not_told(self):
        client = self.client()
        topic = (JOBS + "notify").encode()
        client.send_packet(0x82, b"\0\1" + struct.pack("!H", len(topic)) + topic + b"\1" + b"\0\1a\2")
        self.assertTrue(client.is_closed())
        self.assertEqual(self.heard(), [])

    def test_devices_cannot_say_it_themselves(self):
        client = self.client()
        with self.assertRaises(Closed):
            client.publish("$iotlocal/subscribed/" + JOBS + "notify")
        self.assertEqual(self.heard(), [])


class RequestsNameTheCertificate(RefusalTest):
    def test_daemon_hears_which_certificate_asked(self):
        daemon = LocalClient(self.cloud.data, "a second daemon")
        self.addCleanup(daemon.drop)
        self.assertEqual(daemon.subscribe("$iotlocal/request/#"), [1])
        for qos in (0, 1):
            self.client().publish(JOBS + "get", "{}", qos=qos)
            self.assertRegex(daemon.receive().topic, r"^\$iotlocal/request/[0-9a-f]{16}/%s/%d/%s$"
                             % (certificate_id(self.folder), qos, re.escape(JOBS + "get")))


class ChineseRegion(BrokerTest):
    arguments = ("--region", "cn-north-1")

    def test_policies_name_the_partition_of_the_region(self):
        for partition, code in (("aws-cn", 0), ("aws", NOT_AUTHORIZED)):
            folder = self.certificate(partition, {
                "Effect": "Allow", "Action": "iot:Connect",
                "Resource": f"arn:{partition}:iot:cn-north-1:123456789012:client/${{iot:ClientId}}"})
            self.assertEqual(self.connect(folder, "lamp").code, code, partition)


if __name__ == "__main__":
    unittest.main()
