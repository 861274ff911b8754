# SPDX-License-Identifier: MIT
"""The broker of iot-local: who may connect, publish, subscribe and hear what (docs/protocol.md 1.10 and 8, R-16, R-56), and
that broker and daemon live and die together (R-57)."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import unittest

from harness import ENVIRONMENT, IOT_LOCAL, CloudTest, Process, free_port, wait_for
from mqtt import Client, Closed, Message, certificate_arn, certificate_id

ARN = "arn:aws:iot:us-east-1:123456789012:"
NOT_AUTHORIZED = 5
ALLOW_ALL = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


class BrokerTest(CloudTest):
    def connect(self, folder, client_id, **options):
        client = Client(self.cloud.mqtt_port, folder, client_id, **options)
        self.addCleanup(client.drop)
        return client

    def device(self, name):
        """A thing that is connected under its own name with the policy that the command line attaches."""
        client = self.connect(self.cloud.thing(name), name)
        self.assertEqual(client.code, 0)
        return client

    def ok(self, status_and_body, what):
        self.assertIn(status_and_body[0], (200, 204), (what, status_and_body))
        return json.loads(status_and_body[2] or b"{}")

    def certificate(self, name, *statements, thing=None):
        """The folder of an active certificate with one policy of its own; with no statement: without any policy."""
        made = self.ok(self.cloud.request("POST", "/keys-and-certificate?setAsActive=true"), "certificate")
        folder = self.cloud.folder / ("certificate-" + name)
        folder.mkdir()
        (folder / "certificate.pem").write_text(made["certificatePem"])
        (folder / "private_key.pem").write_text(made["keyPair"]["PrivateKey"])
        (folder / "root_ca.pem").write_text((self.cloud.data / "ca.pem").read_text())
        if thing:
            self.ok(self.cloud.request("POST", f"/things/{thing}", {}), "thing")
            self.ok(self.cloud.request("PUT", f"/things/{thing}/principals",
                                       headers={"x-amzn-principal": made["certificateArn"]}), "attach")
        if statements:
            self.attach_policy(folder, name, *statements, arn=made["certificateArn"])
        return folder

    def attach_policy(self, folder, name, *statements, arn=None):
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.ok(self.cloud.request("POST", f"/policies/{name}", {"policyDocument": document}), "policy")
        self.ok(self.cloud.request("PUT", f"/target-policies/{name}", {"target": arn or certificate_arn(folder)}), "attach")

    def set_status(self, folder, status):
        self.ok(self.cloud.request("PUT", f"/certificates/{certificate_id(folder)}?newStatus={status}"), status)

    def refusal(self, pattern):
        return self.cloud.process.wait_line(r"refused .*" + pattern + r".*").group(0)


class WhoMayConnect(BrokerTest):
    def test_thing_with_its_certificate(self):
        self.assertEqual(self.device("lamp").code, 0)

    def test_certificate_of_another_authority(self):
        folder = self.cloud.thing("lamp")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=lamp", "-keyout",
                        "private_key.pem", "-out", "certificate.pem"], cwd=folder, check=True, capture_output=True)
        with self.assertRaises((ssl.SSLError, Closed)):
            self.connect(folder, "lamp")

    def test_no_certificate(self):
        folder = self.cloud.thing("lamp")
        (folder / "certificate.pem").unlink()
        with self.assertRaises((ssl.SSLError, Closed)):
            self.connect(folder, "lamp")

    def test_certificate_of_our_root_that_nobody_has_registered(self):
        folder = self.cloud.thing("lamp")

        def run(*words):
            subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

        run("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=AWS IoT Certificate", "-keyout", "private_key.pem",
            "-out", "request.pem")
        run("x509", "-req", "-in", "request.pem", "-CA", str(self.cloud.data / "ca.pem"), "-CAkey",
            str(self.cloud.data / "ca.key"), "-out", "certificate.pem")
        self.assertEqual(self.connect(folder, "lamp").code, NOT_AUTHORIZED)
        self.assertIn("not registered", self.refusal("iot:Connect on client/lamp"))

    def test_certificate_that_is_not_active(self):
        folder = self.cloud.thing("lamp")
        for status in ("INACTIVE", "REVOKED"):
            self.set_status(folder, status)
            self.assertEqual(self.connect(folder, "lamp").code, NOT_AUTHORIZED)
            self.assertIn("certificate is " + status, self.refusal("iot:Connect"))

    def test_certificate_without_a_policy(self):
        folder = self.certificate("bare", thing="lamp")
        self.assertEqual(self.connect(folder, "lamp").code, NOT_AUTHORIZED)
        line = self.refusal("iot:Connect on client/lamp")
        self.assertIn("no policy is attached", line)
        self.assertIn(certificate_id(folder)[:8], line)

    def test_client_id_of_another_thing(self):
        pump = self.cloud.thing("pump")
        self.cloud.thing("lamp")
        self.assertEqual(self.connect(pump, "lamp").code, NOT_AUTHORIZED)
        self.assertRegex(self.refusal("iot:Connect on client/lamp"), r"policy \S+, statement \S+ allows it on")

    def test_reserved_client_ids(self):
        folder = self.certificate("all", *ALLOW_ALL)
        self.assertEqual(self.connect(folder, "$iot-local").code, NOT_AUTHORIZED)
        self.assertEqual(self.connect(folder, "x" * 129).code, NOT_AUTHORIZED)
        self.assertEqual(self.connect(folder, "x" * 128).code, 0)

    def test_a_client_id_is_not_a_pattern(self):
        folder = self.certificate("own", {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"},
                                  {"Effect": "Allow", "Action": "iot:Publish",
                                   "Resource": ARN + "topic/devices/${iot:ClientId}"})
        star = self.connect(folder, "*")
        star.publish("devices/*")
        with self.assertRaises(Closed):
            star.publish("devices/victim")

    def test_deactivated_certificate_loses_its_connection(self):
        lamp, folder = self.device("lamp"), self.cloud.folder / "thing-lamp"
        pump = self.device("pump")
        self.set_status(folder, "INACTIVE")
        self.assertTrue(wait_for(lamp.is_closed, "the connection to be closed"))
        self.assertFalse(pump.is_closed())
        self.set_status(folder, "ACTIVE")
        self.assertEqual(self.connect(folder, "lamp").code, 0)

    def test_stranger_cannot_take_a_sleeping_things_messages(self):
        lamp = self.connect(self.cloud.thing("lamp"), "lamp", clean=False)
        self.assertEqual(lamp.subscribe("$aws/things/lamp/jobs/notify"), [1])
        lamp.disconnect()
        self.cloud.job("first", "lamp")
        pump = self.cloud.thing("pump")
        for clean in (True, False):
            self.assertEqual(self.connect(pump, "lamp", clean=clean).code, NOT_AUTHORIZED)
        again = self.connect(self.cloud.folder / "thing-lamp", "lamp", clean=False)
        self.assertTrue(again.session_present)
        self.assertEqual(again.receive().topic, "$aws/things/lamp/jobs/notify")


class WhatPoliciesSay(BrokerTest):
    def test_forbidden_publish_closes_the_connection_and_says_why(self):
        lamp = self.device("lamp")
        self.cloud.thing("pump")
        with self.assertRaises(Closed):
            lamp.publish("$aws/things/pump/jobs/get", "{}")
        line = self.refusal("iot:Publish")
        self.assertIn("topic/$aws/things/pump/jobs/get", line)
        self.assertIn("client lamp", line)
        self.assertIn(certificate_id(self.cloud.folder / "thing-lamp")[:8], line)
        self.assertRegex(line, r"policy \S+, statement \S+ allows it on")

    def test_forbidden_filter_gets_0x80_and_its_neighbours_are_granted(self):
        lamp = self.device("lamp")
        codes = lamp.subscribe("$aws/things/lamp/jobs/notify", "#", "$aws/things/+/jobs/notify",
                               "$aws/things/lamp/jobs/+/get/accepted")
        self.assertEqual(codes, [1, 0x80, 0x80, 1])
        self.refusal(r"iot:Subscribe on topicfilter/#")
        lamp.ping()

    def test_group_of_a_shared_subscription_is_not_part_of_the_filter(self):
        folder = self.certificate("shared", {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"},
                                  {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": ARN + "topicfilter/a/#"})
        client = self.connect(folder, "x")
        self.assertEqual(client.subscribe("$share/group/a/#", "$share/group/b/#", "$share/g/$iotlocal/#", qos=0),
                         [0, 0x80, 0x80])

    def test_wildcards_variables_and_deny(self):
        folder = self.certificate(
            "mixed", {"Effect": "Allow", "Action": ["iot:Connect", "iot:Subscribe", "iot:Receive"], "Resource": "*"},
            {"Effect": "Allow", "Action": "iot:Publish", "Resource": [
                ARN + "topic/site/*/report", ARN + "topic/own/${iot:Connection.Thing.ThingName}/?"]},
            {"Sid": "NotRoof", "Effect": "Deny", "Action": "iot:Publish", "Resource": ARN + "topic/site/roof/*"},
            thing="lamp")
        client = self.connect(folder, "lamp")
        for topic in ("site/a/report", "site/a/b/report", "own/lamp/x"):
            client.publish(topic)
        for topic in ("site/roof/report", "site/a/other", "own/lamp/xy", "own/pump/x", "own/lamp/"):
            client = self.connect(folder, "lamp")
            with self.assertRaises(Closed, msg=topic):
                client.publish(topic)
        self.assertIn("policy mixed denies it in statement NotRoof", self.refusal("site/roof/report"))

    def test_thing_variables_need_the_things_name_as_client_id(self):
        folder = self.certificate(
            "variable", {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"},
            {"Effect": "Allow", "Action": "iot:Publish", "Resource": ARN + "topic/${iot:Connection.Thing.ThingName}"},
            thing="lamp")
        self.connect(folder, "lamp").publish("lamp")
        other = self.connect(folder, "another")
        with self.assertRaises(Closed):
            other.publish("lamp")
        self.assertIn("not attached to a thing named another", self.refusal("topic/lamp"))

    def test_receive_is_asked_for_every_message(self):
        folder = self.certificate(
            "deaf", {"Effect": "Allow", "Action": ["iot:Connect", "iot:Subscribe", "iot:Publish"], "Resource": "*"},
            {"Effect": "Allow", "Action": "iot:Receive", "Resource": ARN + "topic/open"})
        client = self.connect(folder, "x")
        self.assertEqual(client.subscribe("#"), [1])
        client.publish("closed", "no")
        client.publish("open", "yes")
        self.assertEqual(client.receive().topic, "open")
        client.ping()
        self.assertFalse(client.messages)

    def test_retaining_needs_a_right_of_its_own(self):
        connect = {"Effect": "Allow", "Action": ["iot:Connect", "iot:Publish"], "Resource": "*"}
        plain = self.connect(self.certificate("plain", connect), "x")
        with self.assertRaises(Closed):
            plain.publish("a", "kept", retain=True)
        self.refusal("iot:RetainPublish on topic/a")
        both = self.certificate("both", connect, {"Effect": "Allow", "Action": "iot:RetainPublish", "Resource": "*"})
        self.connect(both, "x").publish("a", "kept", retain=True)

    def test_attached_policy_counts_for_a_live_connection(self):
        folder = self.certificate("narrow", {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"})
        client = self.connect(folder, "x")
        self.assertEqual(client.subscribe("a"), [0x80])
        self.attach_policy(folder, "wide", {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": "*"})
        wait_for(lambda: client.subscribe("a") == [1], "the new policy to count")

    def test_payload_and_topic_limits(self):
        folder = self.certificate("all", *ALLOW_ALL)
        client = self.connect(folder, "x")
        client.publish("a", b"x" * 131072)
        client.publish("1/2/3/4/5/6/7/8")
        client.publish("t" * 256)
        for topic, payload in (("a", b"x" * 131073), ("a", b"x" * 140000), ("1/2/3/4/5/6/7/8/9", b""),
                               ("t" * 257, b"")):
            client = self.connect(folder, "x")
            with self.assertRaises(Closed, msg=topic):
                client.publish(topic, payload)

    def test_last_will_speaks_only_where_its_device_may(self):
        watcher = self.connect(self.certificate("all", *ALLOW_ALL), "watcher")
        watcher.ignored = "$aws/events/"
        self.assertEqual(watcher.subscribe("#", "$aws/#"), [1, 1])
        folder = self.certificate("will", {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"},
                                  {"Effect": "Allow", "Action": "iot:Publish", "Resource": [
                                      ARN + "topic/gone/*", ARN + "topic/$aws/*"]})
        for topic in ("elsewhere", "$aws/things/lamp/jobs/get", "$aws/things/lamp/jobs/notify", "gone/x"):
            self.connect(folder, "x", will=Message(topic, b"bye", 1, False)).drop()
        self.assertEqual(watcher.receive().topic, "gone/x")
        watcher.ping()
        self.assertFalse(watcher.messages)

    def test_last_will_of_a_taken_over_connection_is_no_way_in_either(self):
        spy = self.connect(self.certificate("all", *ALLOW_ALL), "spy")
        spy.ignored = "$aws/events/"
        self.assertEqual(spy.subscribe("#", "$aws/#"), [1, 1])
        folder = self.certificate("will", {"Effect": "Allow", "Action": ["iot:Connect", "iot:Publish"], "Resource": "*"})
        for topic in ("$aws/things/lamp/jobs/get", "$aws/things/lamp/jobs/notify", "$aws/things/lamp/jobs/get/accepted"):
            self.connect(folder, "x", will=Message(topic, b"bye", 1, False))
            self.assertFalse(self.connect(folder, "x").is_closed())
        spy.ping()
        self.assertFalse(spy.messages)

    def test_mqtt_5_is_told_in_the_puback(self):
        folder = self.cloud.thing("lamp")
        command = ["mosquitto_pub", "-V", "5", "-q", "1", "-h", "localhost", "-p", self.cloud.mqtt_port, "--cafile",
                   folder / "root_ca.pem", "--cert", folder / "certificate.pem", "--key", folder / "private_key.pem",
                   "-i", "lamp", "-t", "elsewhere", "-m", "x"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=30)
        self.assertIn("ot authorized", done.stdout + done.stderr)


class WhoHearsWhat(BrokerTest):
    """docs/protocol.md 1.10: answers go to the connection that asked, subscribed or not, and to nobody else."""

    def test_answer_comes_without_a_subscription_with_the_requests_qos(self):
        lamp = self.device("lamp")
        for qos in (0, 1):
            lamp.publish("$aws/things/lamp/jobs/get", '{"clientToken":"t%d"}' % qos, qos=qos)
            answer = lamp.receive()
            self.assertEqual((answer.topic, answer.qos, answer.retain), ("$aws/things/lamp/jobs/get/accepted", qos, False))
            self.assertEqual(json.loads(answer.payload)["clientToken"], f"t{qos}")

    def test_answer_comes_once_to_a_subscriber(self):
        lamp = self.device("lamp")
        self.assertEqual(lamp.subscribe("$aws/things/lamp/jobs/get/accepted", "$aws/things/lamp/jobs/get/+",
                                        "$aws/things/lamp/jobs/#"), [1, 1, 1])
        for _ in range(3):
            lamp.publish("$aws/things/lamp/jobs/get", "{}")
            lamp.receive()
        lamp.ping()
        self.assertFalse(lamp.messages)

    def test_nobody_else_hears_requests_and_answers(self):
        lamp = self.device("lamp")
        spy_folder = self.certificate("all", *ALLOW_ALL)
        spy = self.connect(spy_folder, "spy")
        spy.ignored = "$aws/events/"
        filters = ["#", "+/#", "$aws/#", "$aws/things/lamp/jobs/#", "$aws/things/+/jobs/+", "$aws/things/lamp/jobs/get",
                   "$aws/things/lamp/jobs/get/accepted", "$share/g/$aws/things/lamp/jobs/get/accepted"]
        self.assertEqual(spy.subscribe(*filters), [1] * len(filters))
        for topic in ("get", "start-next", "$next/get", "nothing/get", "nothing/update"):
            lamp.publish(f"$aws/things/lamp/jobs/{topic}", "{}")
            self.assertRegex(lamp.receive().topic, r"/(accepted|rejected)$")
        spy.ping()
        self.assertFalse(spy.messages)
        self.cloud.job("seen", "lamp")  # and this it may hear: notifications are for all who are allowed
        self.assertIn("/jobs/notify", spy.receive().topic)

    def test_request_for_another_thing_is_answered_to_who_asked(self):
        self.device("lamp")
        spy = self.connect(self.certificate("all", *ALLOW_ALL), "spy")
        spy.publish("$aws/things/lamp/jobs/get", "{}")
        self.assertEqual(spy.receive().topic, "$aws/things/lamp/jobs/get/accepted")

    def test_next_connection_does_not_get_the_last_ones_answers(self):
        self.device("lamp")
        folder = self.cloud.folder / "thing-lamp"
        for _ in range(20):
            first = self.connect(folder, "lamp")
            for _ in range(5):
                first.publish("$aws/things/lamp/jobs/get", '{"clientToken":"old"}', qos=0)
            second = self.connect(folder, "lamp")  # takes over, while answers are on their way
            second.publish("$aws/things/lamp/jobs/get", '{"clientToken":"new"}')
            self.assertEqual(json.loads(second.receive().payload)["clientToken"], "new")
            second.ping()
            self.assertFalse(second.messages)
            second.drop()

    def test_private_topics_do_not_exist_for_devices(self):
        folder = self.certificate("all", *ALLOW_ALL)
        client = self.connect(folder, "x")
        self.assertEqual(client.subscribe("$iotlocal/#", "$iotlocal/request/#", "$iotlocal", "$SYS/#", "$CONTROL/#"),
                         [0x80] * 5)

    def test_topics_of_the_service_cannot_be_published(self):
        folder = self.certificate("all", *ALLOW_ALL)
        jobs = "$aws/things/lamp/jobs/"
        for topic in (jobs + "notify", jobs + "notify-next", jobs + "get/accepted", jobs + "job/update/rejected",
                      "$aws/events/job/x/completed", "$aws/things/lamp/shadow/update", "$aws/x", "$SYS/x",
                      "$CONTROL/dynamic-security/v1", "$iotlocal/request/0000000000000001/1/" + jobs + "get",
                      "$iotlocal/answer/0000000000000001/1/" + jobs + "get/accepted", "$share/g/x"):
            for qos in (0, 1):
                client = self.connect(folder, "x")
                with self.subTest(topic=topic, qos=qos):
                    if topic.startswith(("$SYS", "$share")):  # mosquitto itself drops these, and says nothing
                        client.publish(topic, "{}", qos=qos)
                        continue
                    with self.assertRaises(Closed):
                        client.publish(topic, "{}", qos=qos)
                        client.ping()

    def test_retained_request_is_not_kept(self):
        client = self.connect(self.certificate("all", *ALLOW_ALL), "x")
        client.publish("$aws/things/lamp/jobs/get", "{}", retain=True)
        client.receive()
        self.assertEqual(self.cloud.process.stop(), 0)
        self.assertNotIn(b"iotlocal", (self.cloud.data / "mosquitto.db").read_bytes())

    def test_thousand_requests_in_a_row_are_all_answered_in_order(self):
        lamp = self.device("lamp")
        for i in range(1000):
            lamp.publish("$aws/things/lamp/jobs/$next/get", '{"clientToken":"%d"}' % i, qos=0)
        tokens = [int(json.loads(lamp.receive().payload)["clientToken"]) for _ in range(1000)]
        self.assertEqual(tokens, list(range(1000)))


def ask_jobs(client, thing):
    client.publish(f"$aws/things/{thing}/jobs/get", "{}")
    return client.receive().topic == f"$aws/things/{thing}/jobs/get/accepted"


class LifeAndDeath(BrokerTest):
    def works(self, name="lamp"):
        folder = self.cloud.folder / ("thing-" + name)
        if not folder.exists():
            self.cloud.thing(name)

        def attempt():
            try:
                with Client(self.cloud.mqtt_port, folder, name) as client:
                    return client.code == 0 and ask_jobs(client, name)
            except (OSError, Closed):
                return False

        return wait_for(attempt, "the broker to serve a device")

    def is_alive(self, pid):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return state != "Z"

    def test_killed_broker_comes_back(self):
        self.works()
        for _ in range(3):
            old = self.cloud.broker_pid()
            os.kill(old, signal.SIGKILL)
            self.cloud.process.wait_line(r"mosquitto was ended by signal 9; starting it again")
            self.cloud.process.wait_line(r"the broker is back")
            self.assertTrue(self.works())
            self.assertNotEqual(self.cloud.broker_pid(), old)

    def test_broker_dies_with_a_killed_daemon_and_the_next_start_works(self):
        self.works()
        for _ in range(3):
            broker = self.cloud.broker_pid()
            self.cloud.process.kill()
            self.cloud.restart()  # at once, on the same ports
            self.assertFalse(self.is_alive(broker))
            self.assertTrue(self.works())

    def test_ctrl_c_leaves_nothing_behind(self):
        self.works()
        broker = self.cloud.broker_pid()
        self.cloud.process.child.send_signal(signal.SIGINT)
        self.assertEqual(self.cloud.process.wait_end(), 0)
        self.assertFalse(self.is_alive(broker))
        left = {path.name for path in self.cloud.data.iterdir()}
        self.assertFalse(left & {"status.json", "control.sock"}, left)

    def test_session_and_queue_survive_a_clean_restart(self):
        lamp = self.connect(self.cloud.thing("lamp"), "lamp", clean=False)
        lamp.subscribe("$aws/things/lamp/jobs/notify")
        lamp.disconnect()
        self.cloud.job("waiting", "lamp")
        self.assertEqual(self.cloud.process.stop(), 0)
        self.cloud.restart()
        again = self.connect(self.cloud.folder / "thing-lamp", "lamp", clean=False)
        self.assertTrue(again.session_present)
        self.assertIn(b"waiting", again.receive().payload)

    def wait_until_told(self):
        """Until the broker has acknowledged every notice, and the service has written that down."""
        database = self.cloud.data / "iot.db"
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as rows:
            wait_for(lambda: rows.execute("SELECT count(*) FROM marks").fetchone()[0] == 0, "no mark left")

    def test_resumed_session_is_told_after_a_restart(self):
        lamp = self.connect(self.cloud.thing("lamp"), "lamp", clean=False)
        lamp.subscribe("$aws/things/lamp/jobs/notify-next")
        self.cloud.job("waiting", "lamp")
        self.assertIn(b"waiting", lamp.receive().payload)
        lamp.disconnect()
        self.wait_until_told()
        self.assertEqual(self.cloud.process.stop(), 0)
        self.cloud.restart()
        again = self.connect(self.cloud.folder / "thing-lamp", "lamp", clean=False)
        self.assertTrue(again.session_present)
        self.assertIn(b"waiting", again.receive().payload)

    def test_resumed_session_lacks_nothing_that_a_killed_broker_had_not_saved(self):
        lamp = self.connect(self.cloud.thing("lamp"), "lamp", clean=False)
        lamp.subscribe("$aws/things/lamp/jobs/notify")
        lamp.disconnect()
        os.kill(self.cloud.broker_pid(), signal.SIGUSR1)  # mosquitto saves its sessions
        wait_for((self.cloud.data / "mosquitto.db").exists, "saved sessions")
        self.cloud.job("waiting", "lamp")
        self.wait_until_told()
        os.kill(self.cloud.broker_pid(), signal.SIGKILL)
        self.cloud.process.wait_line(r"the broker is back")
        again = self.connect(self.cloud.folder / "thing-lamp", "lamp", clean=False)
        self.assertTrue(again.session_present)
        self.assertIn(b"waiting", again.receive().payload)

    def test_frozen_broker_does_not_freeze_the_api(self):
        lamp = self.device("lamp")
        lamp.subscribe("$aws/things/lamp/jobs/notify")
        os.kill(self.cloud.broker_pid(), signal.SIGSTOP)
        try:
            for i in range(300):
                self.cloud.job(f"job-{i}", "lamp")
        finally:
            os.kill(self.cloud.broker_pid(), signal.SIGCONT)
        # What was on its way, and one notice for all that found no room; later changes are told as ever.
        lamp.publish("$aws/things/lamp/jobs/get", "{}")
        told, is_answered = [], False
        while not is_answered or told != [f"job-{i}" for i in range(10)]:
            message = lamp.receive()
            is_answered = is_answered or message.topic.endswith("/get/accepted")
            if message.topic.endswith("/notify"):
                told = [entry["jobId"] for entry in json.loads(message.payload)["jobs"]["QUEUED"]]
        self.cloud.request("DELETE", "/jobs/job-0?force=true")
        while "job-0" in told:
            told = [entry["jobId"] for entry in json.loads(lamp.receive().payload)["jobs"]["QUEUED"]]

    def test_secrets_are_for_their_owner_alone(self):
        for path in self.cloud.data.iterdir():
            if path.suffix != ".pem" and not path.is_socket():
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        self.assertEqual(self.cloud.data.stat().st_mode & 0o777, 0o700)

    def up(self, *arguments, env=ENVIRONMENT):
        """The output of an `iot-local up` that must fail."""
        done = subprocess.run([str(IOT_LOCAL), "up", *map(str, arguments)], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def folder(self):
        return self.cloud.folder / "another"

    def test_second_daemon_on_the_same_data_is_an_error(self):
        said = self.up("--data", self.cloud.data, "--http-port", 0, "--mqtt-port", 0)
        self.assertIn(f"process {self.cloud.process.child.pid}", said)
        self.assertIn("--data", said)
        self.assertTrue(self.works())

    def test_port_in_use_names_port_and_option_before_anything_runs(self):
        for option, other in (("--mqtt-port", "--http-port"), ("--http-port", "--mqtt-port")):
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                taken.listen()
                port = taken.getsockname()[1]
                said = self.up("--data", self.folder(), option, port, other, 0)
            self.assertIn(f"port {port}", said)
            self.assertIn(option, said)
            self.assertFalse((self.folder() / "mosquitto.conf").exists())

    def test_missing_mosquitto_says_how_to_install_it(self):
        said = self.up("--data", self.folder(), "--mosquitto", "/nonexistent/mosquitto")
        self.assertIn("/nonexistent/mosquitto", said)

    def test_mosquitto_that_ends_at_once_is_an_error(self):
        said = self.up("--data", self.folder(), "--mqtt-port", free_port(), "--http-port", 0, "--mosquitto",
                       "/bin/false")
        self.assertIn("mosquitto ended with code 1", said)

    def test_nonsense_options(self):
        for arguments in (("--mqtt-port", "70000"), ("--mqtt-port", "x"), ("--listen", "nowhere"), ("--region", "a b"),
                          ("--account", "a\nb"), ("--name", "a,b"), ("--nonsense",), ("operand",)):
            self.assertIn(arguments[0].lstrip("-"), self.up("--data", self.folder(), *arguments))

    def test_help(self):
        done = subprocess.run([str(IOT_LOCAL), "up", "--help"], env=ENVIRONMENT, capture_output=True, text=True,
                              timeout=30)
        self.assertEqual(done.returncode, 0)
        for option in ("--data", "--http-port", "--mqtt-port", "--listen", "--region", "--account", "--name",
                       "--ready-file", "--mosquitto"):
            self.assertIn(option, done.stdout)

    def test_names_of_the_server_certificate(self):
        self.cloud.process.stop()
        self.cloud.arguments = ["--name", "lamp.example", "--name", "10.1.2.3"]
        self.cloud.restart()
        self.assertEqual(self.cloud.status["endpoint"], "lamp.example")
        folder = self.cloud.thing("lamp")
        for host in ("lamp.example", "10.1.2.3", "localhost", "127.0.0.1"):
            self.assertEqual(self.connect(folder, "lamp", host=host).code, 0)
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.connect(folder, "lamp", host="other.example")

    def test_data_directory_with_blanks_and_ready_file(self):
        with tempfile.TemporaryDirectory() as folder:
            ready = pathlib.Path(folder) / "is ready"
            process = Process([IOT_LOCAL, "up", "--data", pathlib.Path(folder) / "a b" / "c", "--http-port", 0,
                               "--mqtt-port", 0, "--ready-file", ready], env=ENVIRONMENT)
            try:
                wait_for(ready.exists, "the ready file")
            finally:
                self.assertEqual(process.stop(), 0, process.tail())
            self.assertFalse(ready.exists())


if __name__ == "__main__":
    unittest.main()
