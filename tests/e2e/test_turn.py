# SPDX-License-Identifier: MIT
"""The service's turn over a real broker and database: foreign writers, keys that take long, clients that hold connections, a broker
that starts anew or stands still (cloud/README.md, R-12)."""
import concurrent.futures
import json
import os
import signal
import socket
import sqlite3
import unittest

from harness import CloudTest
from mqtt import Client


class TurnTest(CloudTest):
    def device(self, name, **options):
        folder = self.cloud.folder / ("thing-" + name)
        if not folder.exists():
            self.cloud.thing(name)
        client = Client(self.cloud.mqtt_port, folder, name, **options)
        self.addCleanup(client.drop)
        return client

    def foreign_writer(self):
        database = sqlite3.connect(self.cloud.data / "iot.db", isolation_level=None, check_same_thread=False)
        self.addCleanup(database.close)
        database.execute("BEGIN IMMEDIATE")
        return database


class ForeignWriter(TurnTest):
    def test_readers_go_on_and_writers_wait(self):
        lamp = self.device("lamp")
        self.cloud.job("j", "lamp")
        foreign = self.foreign_writer()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            write = pool.submit(self.cloud.request, "POST", "/things/door", {})
            for _ in range(20):
                self.assertEqual(self.cloud.request("GET", "/things/lamp")[0], 200)
                lamp.publish("$aws/things/lamp/jobs/$next/get", "{}")
                self.assertTrue(lamp.receive().topic.endswith("/$next/get/accepted"))
            self.assertFalse(write.done())
            foreign.execute("ROLLBACK")
            self.assertEqual(write.result()[0], 200)

    def test_patience_ends_with_an_error_and_a_line(self):
        self.foreign_writer()
        status, _, body = self.cloud.request("POST", "/things/door", {})
        self.assertEqual(status, 500, body)
        self.assertIn("log of iot-local says why", json.loads(body)["message"])
        self.cloud.process.wait_line("another program holds the write lock")
        self.cloud.process.wait_line("the database refused: database is locked")

    def test_s3_speaks_xml_then_too(self):
        self.foreign_writer()
        status, _, body = self.cloud.request("PUT", "/docs", service="s3")
        self.assertEqual(status, 500, body)
        self.assertIn(b"<Code>InternalError</Code>", body)


class Keys(TurnTest):
    def test_nobody_waits_while_keys_are_made(self):
        """One after another all keys are made while another client asks: none of its answers waits for all of them."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            keys = [pool.submit(self.cloud.request, "POST", "/keys-and-certificate", {}) for _ in range(4)]
            answered_before = 0
            while not all(key.done() for key in keys):
                self.assertEqual(self.cloud.request("GET", "/things")[0], 200)
                answered_before += any(not key.done() for key in keys)
            self.assertEqual({key.result()[0] for key in keys}, {200})
            self.assertGreater(answered_before, 0)
            names = {json.loads(key.result()[2])["certificateId"] for key in keys}
            self.assertEqual(len(names), 4)


class HalfOpen(TurnTest):
    def test_three_hundred_half_open_connections_lock_nobody_out(self):
        half_open = []
        self.addCleanup(lambda: [s.close() for s in half_open])
        for i in range(300):
            connection = socket.create_connection(("127.0.0.1", self.cloud.http_port))
            connection.sendall(b"GET /things HTTP/1.1\r\nHost: 127" if i % 2 else b"GET")
            half_open.append(connection)
        for _ in range(5):
            self.assertEqual(self.cloud.request("GET", "/things")[0], 200)


class BrokerAnew(TurnTest):
    def restart_broker(self):
        os.kill(self.cloud.broker_pid(), signal.SIGKILL)
        self.cloud.process.wait_line("the broker is back")

    def test_clean_sessions_hear_what_was_pending(self):
        """What was announced before anybody could subscribe was heard by nobody."""
        lamp = self.device("lamp")
        self.cloud.job("waiting", "lamp")
        lamp.drop()
        self.restart_broker()
        lamp = self.device("lamp")
        lamp.subscribe("$aws/things/lamp/jobs/notify-next")
        self.assertIn(b"waiting", lamp.receive().payload)
        lamp.subscribe("$aws/things/lamp/jobs/notify")
        self.assertEqual(json.loads(lamp.receive().payload)["jobs"]["QUEUED"][0]["jobId"], "waiting")

    def test_subscribing_without_a_restart_sends_nothing(self):
        notices = ("$aws/things/lamp/jobs/notify-next", "$aws/things/lamp/jobs/notify")
        lamp = self.device("lamp")
        lamp.subscribe(*notices)
        self.cloud.job("waiting", "lamp")
        self.assertEqual({lamp.receive().topic, lamp.receive().topic}, set(notices))
        lamp.drop()
        lamp = self.device("lamp")
        lamp.subscribe(*notices)
        lamp.publish("$aws/things/lamp/jobs/get", "{}")
        self.assertTrue(lamp.receive().topic.endswith("/get/accepted"))
        lamp.ping()
        self.assertFalse(lamp.messages)

    def test_a_broker_that_stands_still_is_started_again(self):
        lamp = self.device("lamp")
        lamp.subscribe("$aws/things/lamp/jobs/notify")
        os.kill(self.cloud.broker_pid(), signal.SIGSTOP)
        self.cloud.job("waiting", "lamp")  # the notice is owed an acknowledgement
        self.cloud.process.wait_line("mosquitto has said nothing for 10 s", 40)
        self.cloud.process.wait_line("the broker is back")
        lamp = self.device("lamp")
        lamp.subscribe("$aws/things/lamp/jobs/notify")
        self.assertIn(b"waiting", lamp.receive().payload)

    def test_a_notice_that_was_on_its_way_is_not_lost_with_the_daemon(self):
        """A persistent session hears of a job whose notice the broker had not taken when everything was killed."""
        lamp = self.device("lamp", clean=False)
        lamp.subscribe("$aws/things/lamp/jobs/notify")
        lamp.disconnect()
        self.assertEqual(self.cloud.process.stop(), 0)  # the broker has saved the subscription
        self.cloud.restart()
        os.kill(self.cloud.broker_pid(), signal.SIGSTOP)
        self.cloud.job("waiting", "lamp")
        self.cloud.process.kill()
        self.cloud.restart()
        lamp = self.device("lamp", clean=False)
        self.assertIn(b"waiting", lamp.receive().payload)


if __name__ == "__main__":
    unittest.main()
