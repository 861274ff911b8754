# SPDX-License-Identifier: MIT
"""Events for operators: lifecycle events of connections, which are always told, and events of jobs and executions after
UpdateEventConfigurations (docs/protocol.md 1.12 and 1.13)."""
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time
import unittest

from harness import AWS, ENVIRONMENT, ROOT, HeldBrokerTest, Process, wait_for
from mqtt import Closed, Message, certificate_arn, certificate_id
from test_broker import ALLOW_ALL, ARN, NOT_AUTHORIZED, BrokerTest

EVENTS = "$aws/events/"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class EventsTest(BrokerTest):
    """With an operator who hears all events but his own."""

    def setUp(self):
        super().setUp()
        self.folder = self.certificate("all", *ALLOW_ALL)
        self.operator = self.watch()

    def watch(self, **options):
        operator = self.connect(self.folder, "operator", **options)
        self.assertEqual(operator.subscribe(EVENTS + "#"), [1])
        return operator

    def client(self, client_id="lamp", **options):
        return self.connect(self.folder, client_id, **options)

    def event(self, topic, operator=None):
        """The next event, which must be this one."""
        while True:
            message = (operator or self.operator).receive()
            if not message.topic.endswith("/operator"):
                break
        self.assertEqual(message.topic, EVENTS + topic)
        return json.loads(message.payload)

    def end(self, client_id="lamp"):
        """The next end, behind the connected event of the same client."""
        came = self.event("presence/connected/" + client_id)
        gone = self.event("presence/disconnected/" + client_id)
        self.assertEqual((came["sessionIdentifier"], came["versionNumber"]),
                         (gone["sessionIdentifier"], gone["versionNumber"]))
        self.assertEqual(gone["clientInitiatedDisconnect"], gone["disconnectReason"] == "CLIENT_INITIATED_DISCONNECT")
        return gone["disconnectReason"]

    def silence(self):
        """Nothing but the operator's own was told so far: a later event comes first."""
        marker = self.client("marker")
        self.event("presence/connected/marker")
        marker.disconnect()
        self.event("presence/disconnected/marker")


class Presence(EventsTest):
    def test_members(self):
        before = int(time.time() * 1000)
        client = self.client()
        came = self.event("presence/connected/lamp")
        self.assertEqual(sorted(came), sorted("clientId timestamp eventType sessionIdentifier principalIdentifier ipAddress "
                                              "versionNumber".split()))
        client.disconnect()
        gone = self.event("presence/disconnected/lamp")
        self.assertEqual(sorted(gone), sorted("clientId timestamp eventType sessionIdentifier principalIdentifier "
                                              "clientInitiatedDisconnect disconnectReason versionNumber".split()))
        for event, kind in ((came, "connected"), (gone, "disconnected")):
            self.assertEqual((event["clientId"], event["eventType"]), ("lamp", kind))
            self.assertEqual(event["principalIdentifier"], certificate_id(self.folder))
            self.assertRegex(event["sessionIdentifier"], f"^{UUID}$")
            self.assertEqual(event["versionNumber"], 0)
            self.assertTrue(before <= event["timestamp"] <= int(time.time() * 1000), event)
        self.assertEqual(came["ipAddress"], "127.0.0.1")
        self.assertEqual(came["sessionIdentifier"], gone["sessionIdentifier"])
        self.assertIs(gone["clientInitiatedDisconnect"], True)
        self.assertEqual(gone["disconnectReason"], "CLIENT_INITIATED_DISCONNECT")

    def test_ends(self):
        """Each reason, by the one who ends it and in MQTT 3.1.1 and 5."""
        for version in (4, 5):
            with self.subTest(version=version):
                self.client(version=version).disconnect()
                self.assertEqual(self.end(), "CLIENT_INITIATED_DISCONNECT")
                self.client(version=version).drop()
                self.assertEqual(self.end(), "CONNECTION_LOST")
                client = self.client(version=version)
                client.send_packet(0x34, b"\0\1a\0\1" + client._properties() + b"x")  # QoS 2
                self.assertEqual(self.end(), "CLIENT_ERROR")
                client = self.client(version=version)
                with contextlib.suppress(Closed):  # one byte too many
                    client.publish("a", b"x" * (128 * 1024 + 1), qos=0)
                self.assertEqual(self.end(), "CLIENT_ERROR")
                client = self.client(version=version)
                client.send_packet(0x10, b"\0\4MQTT" + bytes([version, 2]) + b"\0\x3c" + client._properties() + b"\0\4lamp")
                self.assertEqual(self.end(), "CLIENT_ERROR")
                client = self.client(version=version)
                client.send_packet(0x30, b"\0\0")  # an empty topic
                self.assertEqual(self.end(), "CLIENT_ERROR")
                client = self.client(version=version)
                with contextlib.suppress(Closed):
                    client.publish("a/b/c/d/e/f/g/h/i", qos=0)  # eight slashes
                self.assertEqual(self.end(), "CLIENT_ERROR")

    def test_mqtt_5_disconnect_with_will(self):
        client = self.client(version=5)
        client.send_packet(0xE0, b"\4")
        self.assertEqual(self.end(), "CLIENT_INITIATED_DISCONNECT")

    def test_keep_alive(self):
        client = self.client(keep_alive=1)
        self.assertEqual(self.end(), "MQTT_KEEP_ALIVE_TIMEOUT")
        client.drop()

    def test_forbidden_publish(self):
        folder = self.certificate("narrow", {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"})
        client = self.connect(folder, "lamp")
        client.send_packet(0x30, b"\0\6secret")
        self.assertEqual(self.end(), "AUTH_ERROR")

    def test_certificate_is_deactivated(self):
        folder = self.certificate("other", *ALLOW_ALL)
        client = self.connect(folder, "lamp")
        self.set_status(folder, "INACTIVE")
        self.assertEqual(self.end(), "FORBIDDEN_ACCESS")
        client.drop()

    def test_duplicate_client_id(self):
        """The end of the old connection is told before the new one comes."""
        first = self.client()
        old = self.event("presence/connected/lamp")
        second = self.client()
        gone = self.event("presence/disconnected/lamp")
        new = self.event("presence/connected/lamp")
        self.assertEqual((gone["disconnectReason"], gone["clientInitiatedDisconnect"]), ("DUPLICATE_CLIENTID", False))
        self.assertEqual(gone["sessionIdentifier"], old["sessionIdentifier"])
        self.assertNotEqual(new["sessionIdentifier"], old["sessionIdentifier"])
        self.assertEqual((gone["versionNumber"], new["versionNumber"]), (old["versionNumber"], old["versionNumber"] + 1))
        first.drop()
        second.disconnect()
        self.assertEqual(self.event("presence/disconnected/lamp")["versionNumber"], new["versionNumber"])

    def test_versions_grow_for_each_client_id(self):
        for version in range(3):
            client = self.client()
            self.assertEqual(self.event("presence/connected/lamp")["versionNumber"], version)
            client.disconnect()
            self.event("presence/disconnected/lamp")
        self.client("pump")
        self.assertEqual(self.event("presence/connected/pump")["versionNumber"], 0)

    def test_many_in_one_turn_of_the_broker(self):
        """What waits while the broker is stopped comes to it at once: nobody gets another one's filters or reason."""
        clients = [self.client(f"c{i}") for i in range(10)]
        for i in range(10):
            self.event(f"presence/connected/c{i}")
        broker = self.cloud.broker_pid()
        os.kill(broker, signal.SIGSTOP)
        for i, client in enumerate(clients):
            if i % 4 < 3:  # the fourth kind goes at once
                client.socket.sendall(b"\x82\6\0\1\0\1%d\1" % i + b"\xe0\0" * (i % 2 == 0))
            client.drop()
        os.kill(broker, signal.SIGCONT)
        reasons, topics = {}, {}
        while len(reasons) < 10:
            message = self.operator.receive()
            event = json.loads(message.payload)
            if event["eventType"] == "subscribed":
                topics[event["clientId"]] = event["topics"]
            else:
                reasons[event["clientId"]] = event["disconnectReason"]
        self.assertEqual(topics, {f"c{i}": [str(i)] for i in range(10) if i % 4 < 3})
        self.assertEqual(reasons, {f"c{i}": "CONNECTION_LOST" if i % 2 else "CLIENT_INITIATED_DISCONNECT" for i in range(10)})

    def test_last_will_of_the_one_who_was_taken_over(self):
        """A will is published between the two; its order among the events is nobody's business, all of them come."""
        watcher = self.client("watcher")
        self.event("presence/connected/watcher")
        watcher.subscribe("gone")
        self.event("subscriptions/subscribed/watcher")
        first = self.client(will=Message("gone", b"bye", 1, False))
        self.event("presence/connected/lamp")
        self.client()
        self.assertEqual(self.event("presence/disconnected/lamp")["disconnectReason"], "DUPLICATE_CLIENTID")
        self.event("presence/connected/lamp")
        self.assertEqual(watcher.receive().payload, b"bye")
        first.drop()

    def test_client_ids_of_any_text(self):
        for client_id in ('quote"d \\', "a/b", "grün", "x" * 128):
            client = self.client(client_id)
            self.assertEqual(self.event("presence/connected/" + client_id)["clientId"], client_id)
            client.disconnect()
            self.assertEqual(self.event("presence/disconnected/" + client_id)["clientId"], client_id)

    def test_client_ids_with_wildcards_have_no_events(self):
        for client_id in ("a+b", "#", "+"):
            client = self.client(client_id)
            client.subscribe("a")
            client.disconnect()
        self.connect(self.certificate("bare"), "a#")
        self.silence()

    def test_words_of_a_client_id_are_no_reason(self):
        """mosquitto's log says why a connection ends, with the client's own words in it."""
        for client_id in ("x has exceeded timeout, disconnecting.", "x disconnected, not authorised."):
            self.client(client_id).disconnect()
            self.assertEqual(self.end(client_id), "CLIENT_INITIATED_DISCONNECT")

    def test_sleeping_operator_gets_them_later(self):
        self.operator.disconnect()
        sleeper = self.watch(clean=False)
        sleeper.disconnect()
        self.client().disconnect()
        sleeper = self.connect(self.folder, "operator", clean=False)
        self.event("presence/connected/lamp", sleeper)
        self.event("presence/disconnected/lamp", sleeper)

    def test_broker_that_starts_again_begins_anew(self):
        self.client()
        self.event("presence/connected/lamp")
        os.kill(self.cloud.broker_pid(), signal.SIGKILL)
        self.cloud.process.wait_line("the broker is back")
        self.operator = self.watch()
        self.client()
        self.assertEqual(self.event("presence/connected/lamp")["versionNumber"], 0)


class ConnectFailed(EventsTest):
    def test_policies_do_not_allow_it(self):
        folder = self.certificate("bare")
        self.assertEqual(self.connect(folder, "lamp").code, NOT_AUTHORIZED)
        event = self.event("presence/connect_failed/lamp")
        self.assertRegex(event.pop("sessionIdentifier"), f"^{UUID}$")
        self.assertAlmostEqual(event.pop("timestamp"), time.time() * 1000, delta=60000)
        self.assertEqual(event, {"clientId": "lamp", "eventType": "connect_failed",
                                 "connectFailureReason": "AUTHORIZATION_FAILED",
                                 "principalIdentifier": certificate_id(folder), "ipAddress": "127.0.0.1"})
        self.silence()  # it was never connected, so no end is told

    def test_one_who_is_connected_already(self):
        """A stranger with his client id is told of, and leaves him alone."""
        client = self.client()
        self.event("presence/connected/lamp")
        self.connect(self.certificate("bare"), "lamp")
        self.event("presence/connect_failed/lamp")
        client.ping()
        client.disconnect()
        self.assertEqual(self.event("presence/disconnected/lamp")["versionNumber"], 0)

    def test_what_is_no_matter_of_rights(self):
        self.assertEqual(self.client("x" * 129).code, NOT_AUTHORIZED)
        self.assertEqual(self.client(version=3).code, NOT_AUTHORIZED)
        self.silence()


class Subscriptions(EventsTest):
    def test_members(self):
        client = self.client()
        came = self.event("presence/connected/lamp")
        client.subscribe("foo/bar", "device/+", "$share/group/dog/#")
        event = self.event("subscriptions/subscribed/lamp")
        self.assertAlmostEqual(event.pop("timestamp"), time.time() * 1000, delta=60000)
        wanted = {"clientId": "lamp", "eventType": "subscribed", "sessionIdentifier": came["sessionIdentifier"],
                  "principalIdentifier": certificate_id(self.folder),
                  "topics": ["foo/bar", "device/+", "$share/group/dog/#"]}
        self.assertEqual(event, wanted)
        client.unsubscribe("device/+", "foo/bar")
        event = self.event("subscriptions/unsubscribed/lamp")
        event.pop("timestamp")
        self.assertEqual(event, dict(wanted, eventType="unsubscribed", topics=["device/+", "foo/bar"]))

    def test_only_what_was_granted(self):
        folder = self.certificate("some", {"Effect": "Allow", "Action": ["iot:Connect", "iot:Subscribe"],
                                           "Resource": [ARN + "client/lamp", ARN + "topicfilter/a"]})
        client = self.connect(folder, "lamp")
        self.event("presence/connected/lamp")
        self.assertEqual(client.subscribe("secret", "a", "b"), [0x80, 1, 0x80])
        self.assertEqual(self.event("subscriptions/subscribed/lamp")["topics"], ["a"])
        self.assertEqual(client.subscribe("secret"), [0x80])
        self.silence()

    def test_retained_messages_between_filters_do_not_part_them(self):
        client = self.client()
        self.event("presence/connected/lamp")
        client.publish("kept/a", "x", retain=True)
        client.subscribe("kept/+", "kept/a", "other")
        self.assertEqual(self.event("subscriptions/subscribed/lamp")["topics"], ["kept/+", "kept/a", "other"])

    def test_more_than_eight(self):
        client = self.client()
        self.event("presence/connected/lamp")
        client.subscribe(*[f"a/{i}" for i in range(11)])
        self.assertEqual(self.event("subscriptions/subscribed/lamp")["topics"], [f"a/{i}" for i in range(8)])
        self.assertEqual(self.event("subscriptions/subscribed/lamp")["topics"], ["a/8", "a/9", "a/10"])

    def test_filters_beyond_all_limits(self):
        """Nobody limits what UNSUBSCRIBE names: the event has its beginning, and is JSON whatever character the cut falls into."""
        client = self.client()
        self.event("presence/connected/lamp")
        for head, whole in (("", 256), ("a", 255), ("ab", 255)):
            client.unsubscribe(head + 400 * "\u00fc")
            self.assertEqual(self.event("subscriptions/unsubscribed/lamp")["topics"], [head + whole * "\u00fc"])

    def test_one_who_leaves_in_the_same_breath(self):
        client = self.client()
        client.socket.sendall(b"\x82\6\0\1\0\1a\1" + b"\xa2\5\0\2\0\1a" + b"\x82\6\0\3\0\1b\1" + b"\xe0\0")
        self.event("presence/connected/lamp")
        self.assertEqual(self.event("subscriptions/subscribed/lamp")["topics"], ["a"])
        self.assertEqual(self.event("subscriptions/unsubscribed/lamp")["topics"], ["a"])
        self.assertEqual(self.event("subscriptions/subscribed/lamp")["topics"], ["b"])
        self.event("presence/disconnected/lamp")


class Rights(EventsTest):
    def test_nobody_publishes_there(self):
        for topic in ("presence/connected/lamp", "job/a/completed", "anything"):
            client = self.client()
            self.event("presence/connected/lamp")
            with self.assertRaises(Closed):
                client.publish(EVENTS + topic)
            self.assertIn("only the service publishes on this topic", self.refusal("iot:Publish"))
            self.assertEqual(self.event("presence/disconnected/lamp")["disconnectReason"], "AUTH_ERROR")
        done = self.cloud.request("POST", "/topics/%24aws%2Fevents%2Fpresence%2Fconnected%2Flamp", b"{}", service="iotdata")
        self.assertEqual(done[0], 400)
        self.silence()

    def test_policies_decide_who_hears(self):
        folder = self.certificate("one", {"Effect": "Allow", "Action": ["iot:Connect", "iot:Subscribe"], "Resource": "*"},
                                  {"Effect": "Allow", "Action": "iot:Receive",
                                   "Resource": ARN + "topic/" + EVENTS + "presence/*/lamp"})
        watcher = self.connect(folder, "watcher")
        self.assertEqual(watcher.subscribe(EVENTS + "presence/#"), [1])
        self.client("pump").disconnect()
        self.client("lamp").disconnect()
        self.assertEqual(watcher.receive().topic, EVENTS + "presence/connected/lamp")
        thing = self.cloud.thing("door")  # the policy of the command line: its own jobs
        self.assertEqual(self.connect(thing, "door").subscribe(EVENTS + "#"), [0x80])


class Time(EventsTest):
    arguments = ("--virtual-clock",)

    def test_the_service_has_the_time(self):
        self.client().disconnect()
        self.assertEqual(self.end(), "CLIENT_INITIATED_DISCONNECT")
        self.cloud.cli("clock", "advance", "59m")
        client = self.client()
        came = self.event("presence/connected/lamp")
        self.assertEqual(came["versionNumber"], 1)
        self.assertAlmostEqual(came["timestamp"], (time.time() + 59 * 60) * 1000, delta=60000)
        client.disconnect()
        self.event("presence/disconnected/lamp")
        self.cloud.cli("clock", "advance", "61m")
        self.client()
        self.assertEqual(self.event("presence/connected/lamp")["versionNumber"], 0)  # away for an hour


class JobsTest(EventsTest):
    arguments = ("--virtual-clock",)

    def setUp(self):
        super().setUp()
        self.operator.drop()
        self.operator = self.connect(self.folder, "operator")
        self.operator.subscribe(EVENTS + "job/#", EVENTS + "jobExecution/#")
        for thing in ("lamp", "pump"):
            self.ok(self.cloud.request("POST", f"/things/{thing}", {}), "thing")

    def enable(self, *kinds, on=True):
        self.cloud.aws("iot", "update-event-configurations", "--event-configurations",
                       json.dumps({kind: {"Enabled": on} for kind in kinds}))

    def report(self, thing, job, status, **more):
        self.ok(self.cloud.request("POST", f"/things/{thing}/jobs/{job}", dict(status=status, **more),
                                   service="iot-jobs-data"), "update")

    def job_event(self, job, operation):
        event = self.event(f"job/{job}/{operation}")
        self.assertRegex(event.pop("eventId"), f"^{UUID}$")
        self.assertEqual((event.pop("eventType"), event.pop("operation"), event.pop("jobId")), ("JOB", operation, job))
        self.assertLess(abs(event.pop("timestamp") - time.time()), 4 * 3600)
        return event

    def execution_event(self, job, operation, thing, status, details=None):
        event = self.event(f"jobExecution/{job}/{operation}")
        self.assertRegex(event.pop("eventId"), f"^{UUID}$")
        self.assertLess(abs(event.pop("timestamp") - time.time()), 4 * 3600)
        self.assertEqual(event, {"eventType": "JOB_EXECUTION", "operation": operation, "jobId": job,
                                 "thingArn": ARN + "thing/" + thing, "status": status, "statusDetails": details or {}})

    def nothing_more(self):
        self.operator.ping()
        self.assertFalse(self.operator.messages)


class Jobs(JobsTest):
    def test_nothing_is_told_unless_asked_for(self):
        now = self.cloud.aws("iot", "describe-event-configurations")
        self.assertEqual(list(now), ["eventConfigurations"])  # never changed: no dates
        self.assertEqual(len(now["eventConfigurations"]), 11)
        self.assertFalse(any(kind["Enabled"] for kind in now["eventConfigurations"].values()))
        self.cloud.job("a", "lamp")
        self.report("lamp", "a", "SUCCEEDED")
        self.enable("JOB")
        self.cloud.job("b", "lamp")
        self.report("lamp", "b", "SUCCEEDED")
        self.job_event("b", "completed")
        self.enable("JOB", on=False)
        self.cloud.job("c", "lamp")
        self.report("lamp", "c", "SUCCEEDED")
        self.nothing_more()

    def test_configurations(self):
        self.enable("JOB")
        first = self.cloud.aws("iot", "describe-event-configurations")
        self.cloud.cli("clock", "advance", "1h")
        self.enable("JOB_EXECUTION")
        self.enable("THING", "POLICY", on=False)  # asks for nothing
        now = self.cloud.aws("iot", "describe-event-configurations")
        self.assertEqual({kind for kind, value in now["eventConfigurations"].items() if value["Enabled"]},
                         {"JOB", "JOB_EXECUTION"})
        self.assertEqual(now["creationDate"], first["creationDate"])
        self.assertGreater(now["lastModifiedDate"], first["lastModifiedDate"])
        self.cloud.process.stop()
        self.cloud.restart()
        self.assertEqual(self.cloud.aws("iot", "describe-event-configurations"), now)

    def test_kinds_that_there_are_not(self):
        done = self.cloud.aws("iot", "update-event-configurations", "--event-configurations",
                              '{"JOB":{"Enabled":true},"THING":{"Enabled":true}}', check=False)
        self.assertIn("InvalidRequestException", done.stderr)
        self.assertIn("no events of kind THING: JOB and JOB_EXECUTION can be enabled", done.stderr)
        done = self.cloud.request("PATCH", "/event-configurations", {"eventConfigurations": {"LAMP": {"Enabled": True}}})
        self.assertEqual(done[0], 400)
        self.assertIn(b"'LAMP' is no kind of event", done[2])
        now = self.cloud.aws("iot", "describe-event-configurations")
        self.assertFalse(now["eventConfigurations"]["JOB"]["Enabled"])  # none of it happened

    def test_completed(self):
        self.enable("JOB", "JOB_EXECUTION")
        self.cloud.job("a", ["lamp", "pump"], description="what it is \"for\"")
        self.report("lamp", "a", "IN_PROGRESS")
        self.report("lamp", "a", "SUCCEEDED", statusDetails={"step": "7"})
        self.execution_event("a", "succeeded", "lamp", "SUCCEEDED", {"step": "7"})
        self.report("pump", "a", "REJECTED")
        self.execution_event("a", "rejected", "pump", "REJECTED")
        event = self.job_event("a", "completed")
        job = self.ok(self.cloud.request("GET", "/jobs/a"), "job")["job"]
        for name in ("createdAt", "lastUpdatedAt", "completedAt"):  # milliseconds here, seconds there
            self.assertEqual(event.pop(name), round(job[name] * 1000), name)
        self.assertEqual(event, {
            "status": "COMPLETED", "targetSelection": "SNAPSHOT", "targets": [ARN + "thing/lamp", ARN + "thing/pump"],
            "description": "what it is \"for\"",
            "jobProcessDetails": {"numberOfCanceledThings": 0, "numberOfRejectedThings": 1, "numberOfFailedThings": 0,
                                  "numberOfRemovedThings": 0, "numberOfSucceededThings": 1, "numberOfTimedOutThings": 0}})
        self.nothing_more()

    def test_failed_and_retried(self):
        self.enable("JOB", "JOB_EXECUTION")
        self.cloud.job("a", "lamp", jobExecutionsRetryConfig={"criteriaList": [{"failureType": "FAILED",
                                                                               "numberOfRetries": 1}]})
        for _ in range(2):
            self.report("lamp", "a", "FAILED")
            self.execution_event("a", "failed", "lamp", "FAILED")
        self.job_event("a", "completed")

    def test_timed_out_and_removed(self):
        self.enable("JOB_EXECUTION")
        self.cloud.job("a", ["lamp", "pump"], timeoutConfig={"inProgressTimeoutInMinutes": 1})
        self.report("lamp", "a", "IN_PROGRESS")
        self.cloud.cli("clock", "advance", "2m")
        self.execution_event("a", "timed_out", "lamp", "TIMED_OUT")
        self.ok(self.cloud.request("DELETE", "/things/pump"), "thing")
        self.execution_event("a", "removed", "pump", "REMOVED")
        self.nothing_more()

    def test_canceled(self):
        self.enable("JOB", "JOB_EXECUTION")
        self.cloud.job("a", ["lamp", "pump"])
        self.report("lamp", "a", "IN_PROGRESS")
        self.cloud.aws("iot", "cancel-job", "--job-id", "a", "--force", "--comment", "too hot")
        event = self.job_event("a", "cancellation_in_progress")
        self.assertEqual((event["status"], event["comment"]), ("CANCELLATION_IN_PROGRESS", "too hot"))
        self.execution_event("a", "canceled", "lamp", "CANCELED")
        self.execution_event("a", "canceled", "pump", "CANCELED")
        event = self.job_event("a", "canceled")
        self.assertEqual(sorted(event), ["comment", "createdAt", "lastUpdatedAt", "status", "targetSelection", "targets"])
        self.assertEqual(event["status"], "CANCELED")
        self.nothing_more()

    def test_deleted(self):
        self.enable("JOB", "JOB_EXECUTION")
        self.cloud.job("a", ["lamp", "pump"])
        self.cloud.aws("iot", "delete-job", "--job-id", "a", "--force")
        self.assertEqual(self.job_event("a", "deletion_in_progress")["status"], "DELETION_IN_PROGRESS")
        event = self.job_event("a", "deleted")
        self.assertEqual((event["status"], event["targets"]), ("DELETED", [ARN + "thing/lamp", ARN + "thing/pump"]))
        self.nothing_more()

    def test_deleted_execution(self):
        """With the status that it had."""
        self.enable("JOB", "JOB_EXECUTION")
        self.cloud.job("a", "lamp")
        self.report("lamp", "a", "IN_PROGRESS")
        self.cloud.aws("iot", "delete-job-execution", "--job-id", "a", "--thing-name", "lamp", "--execution-number", "1",
                       "--force")
        self.execution_event("a", "deleted", "lamp", "IN_PROGRESS")
        self.job_event("a", "completed")

    def test_killed_daemon_tells_what_it_has_answered(self):
        self.enable("JOB")
        self.operator.disconnect()
        sleeper = self.connect(self.folder, "sleeper", clean=False)
        sleeper.subscribe(EVENTS + "job/#")
        for i in range(20):
            self.cloud.job(f"job{i}", "lamp")
            self.report("lamp", f"job{i}", "SUCCEEDED")
        self.cloud.process.kill()
        self.cloud.restart()
        sleeper = self.connect(self.folder, "sleeper", clean=False)
        sleeper.subscribe(EVENTS + "job/#")
        self.cloud.job("last", "lamp")
        self.report("lamp", "last", "SUCCEEDED")
        told = []
        while not told or told[-1] != "last":
            told.append(json.loads(sleeper.receive().payload)["jobId"])
        self.assertGreaterEqual(set(told), {f"job{i}" for i in range(20)})


class Document(EventsTest):
    """The lines of docs/iot-local.md, as they stand."""

    def test_lines(self):
        page = (ROOT / "docs" / "iot-local.md").read_text()
        section = page[page.index("### Who comes and goes"):]
        lines = section[section.index("```sh\n") + 6:section.index("\n```\n")].splitlines()
        certificate = certificate_arn(self.cloud.thing("watcher"))
        (self.cloud.folder / "watcher").symlink_to("thing-watcher")
        environment = dict(ENVIRONMENT, IOT_LOCAL_ENDPOINT="localhost", IOT_LOCAL_ENDPOINT_PORT=str(self.cloud.mqtt_port),
                           AWS_ENDPOINT_URL=self.cloud.http_url)
        for line in lines[:-1]:
            command = line.replace("aws ", AWS + " ", 1).replace("CERTIFICATE", certificate)
            subprocess.run(["bash", "-ec", command], cwd=self.cloud.folder, env=environment, check=True, timeout=60,
                           stdout=subprocess.DEVNULL)
        listener = Process(["bash", "-ec", "exec " + lines[-1]], cwd=self.cloud.folder, env=environment)
        self.addCleanup(listener.kill)
        listener.wait_line(r"^\$aws/events/subscriptions/subscribed/watcher \{")
        self.client().drop()
        listener.wait_line(r'^\$aws/events/presence/connected/lamp \{"clientId":"lamp",')
        listener.wait_line(r'"disconnectReason":"CONNECTION_LOST"')
        self.cloud.job("a", "watcher")
        self.cloud.aws("iot", "cancel-job", "--job-id", "a")
        listener.wait_line(r"^\$aws/events/job/a/canceled ")


class WithoutBroker(HeldBrokerTest, JobsTest):
    def waiting(self):
        with contextlib.closing(sqlite3.connect(self.cloud.data / "iot.db")) as database:
            return database.execute("SELECT count(*) FROM events").fetchone()[0]

    def test_events_wait_in_order(self):
        self.enable("JOB", "JOB_EXECUTION")
        self.assertEqual(self.waiting(), 0)
        held = self.hold_broker()
        for i in range(100):  # more than are on their way at once
            self.cloud.job(f"job{i}", "lamp")
            self.report("lamp", f"job{i}", "SUCCEEDED")
        self.assertEqual(self.waiting(), 200)
        held.release()
        self.cloud.process.wait_line("the broker is back")
        told = []
        self.operator = self.connect(self.folder, "operator")
        self.operator.subscribe(EVENTS + "job/#")
        self.cloud.job("last", "lamp")
        self.report("lamp", "last", "SUCCEEDED")
        while not told or told[-1] != "last":
            told.append(json.loads(self.operator.receive().payload)["jobId"])
        numbers = [int(job[3:]) for job in told[:-1]]
        self.assertEqual(numbers, sorted(numbers))  # those that the operator came in time for
        wait_for(lambda: self.waiting() == 0, "the events to be off the database")


if __name__ == "__main__":
    unittest.main()
