# SPDX-License-Identifier: MIT
"""Fleet provisioning over MQTT (docs/protocol.md 7 and 5.9): three requests in JSON and CBOR, tokens, templates, hooks, narrow policies, a crowd,
and AWS's own device SDK, over real TLS."""
import concurrent.futures
import json
import pathlib
import re
import shutil
import ssl
import subprocess
import threading
import time
import unittest

from claims import (ARN, CREATE, CREATE_FROM_CSR, DEVICE_POLICY, Answer, Claimant, Hook, Operator, allow, claim_statements, from_cbor, has_cbor,
                    make_csr, provision_topic, template_body, to_cbor, write_identity)
from harness import ROOT, CloudTest, wait_for
from mqtt import Client, Closed

HERE = pathlib.Path(__file__).resolve().parent
DEVICE_SDK = ROOT / "build" / "device-sdk"
CROWD = 200


class ProvisioningTest(CloudTest):
    """One template `fleet`, the policy `device`, a claim that may do what AWS's guide lets it."""

    def setUp(self):
        super().setUp()
        self.operator = Operator(self, self.cloud)
        self.operator.policy("device", DEVICE_POLICY)
        self.claim = self.operator.claim("guide", *claim_statements("fleet"))

    def claimant(self, client_id="claimant", folder=None, **options):
        client = Claimant(self.cloud, folder or self.claim, client_id, **options)
        self.addCleanup(client.drop)
        self.assertEqual(client.code, 0)
        return client

    def connects(self, made, name, key=None):
        """The CONNACK's code for the identity that was made, or `closed`."""
        folder = write_identity(self.cloud.folder / ("made-" + name), self.cloud, made["certificatePem"], key or made["privateKey"])
        try:
            with Client(self.cloud.mqtt_port, folder, name) as client:
                return client.code
        except (Closed, ssl.SSLError):
            return "closed"

    def assertRefused(self, answer, status, code, pattern):
        self.assertEqual(answer.kind, "rejected", answer)
        self.assertEqual(sorted(answer.members), ["errorCode", "errorMessage", "statusCode"])
        self.assertEqual((answer.members["statusCode"], answer.members["errorCode"]), (status, code), answer)
        self.assertRegex(answer.members["errorMessage"], pattern)

    def things(self):
        return {thing["thingName"]: thing for thing in self.operator.call("GET", "/things")["things"]}


class Requests(ProvisioningTest):
    def test_keys_then_thing(self):
        """The certificate is of no use until RegisterThing; then it is the thing's, with the policy and what the template says."""
        self.operator.template()
        device = self.claimant()
        made = device.create()
        self.assertEqual(sorted(made), ["certificateId", "certificateOwnershipToken", "certificatePem", "privateKey"])
        self.assertTrue(made["privateKey"].startswith("-----BEGIN RSA PRIVATE KEY-----\n"))
        self.assertEqual(self.operator.certificate(made["certificateId"])["status"], "PENDING_ACTIVATION")
        self.assertNotEqual(self.connects(made, "early"), 0)
        answer = device.register(made["certificateOwnershipToken"], {"SerialNumber": "7"})
        self.assertEqual(answer, Answer("accepted", {"deviceConfiguration": {"Site": "north"}, "thingName": "lamp-7"}))
        self.assertEqual(self.operator.certificate(made["certificateId"])["status"], "ACTIVE")
        self.assertEqual(self.things()["lamp-7"]["attributes"], {"room": "cellar"})
        principals = self.operator.call("GET", "/things/lamp-7/principals")["principals"]
        self.assertEqual(principals, [ARN + "cert/" + made["certificateId"]])
        self.assertEqual(self.connects(made, "lamp-7"), 0)

    def test_empty_payload_makes_keys(self):
        self.assertEqual(self.claimant().json(CREATE).kind, "accepted")

    def test_csr(self):
        """No key in the answer; the certificate is for the key of the request."""
        self.operator.template()
        device = self.claimant()
        key, csr = make_csr(self.cloud.folder, "lamp-8")
        made = device.create_from_csr(csr)
        self.assertEqual(sorted(made), ["certificateId", "certificateOwnershipToken", "certificatePem"])
        self.assertEqual(device.register(made["certificateOwnershipToken"], {"SerialNumber": "8"}).kind, "accepted")
        self.assertEqual(self.connects(made, "lamp-8", key), 0)

    @unittest.skipUnless(has_cbor(), "no python3-cbor2 here")
    def test_cbor(self):
        """The same in CBOR, read and written by a library that nobody of this project wrote."""
        self.operator.template()
        device = self.claimant()
        key, csr = make_csr(self.cloud.folder, "lamp-9")
        keys = device.cbor(CREATE)
        self.assertEqual((keys.kind, sorted(keys.members)),
                         ("accepted", ["certificateId", "certificateOwnershipToken", "certificatePem", "privateKey"]))
        made = device.cbor(CREATE_FROM_CSR, {"certificateSigningRequest": csr})
        self.assertEqual((made.kind, sorted(made.members)), ("accepted", ["certificateId", "certificateOwnershipToken", "certificatePem"]))
        answer = device.cbor(provision_topic("fleet"), {"certificateOwnershipToken": made.members["certificateOwnershipToken"],
                                                        "parameters": {"SerialNumber": "9", "Room": "K\u00fcche"}})
        self.assertRefused(answer, 400, "InvalidRequest", "room|attribute|value")  # AWS's attribute values have no umlauts
        answer = device.cbor(provision_topic("fleet"), {"certificateOwnershipToken": made.members["certificateOwnershipToken"],
                                                        "parameters": {"SerialNumber": "9", "Room": "attic"}})
        self.assertEqual(answer, Answer("accepted", {"deviceConfiguration": {"Site": "north"}, "thingName": "lamp-9"}))
        self.assertEqual(self.connects(made.members, "lamp-9", key), 0)
        self.assertEqual(self.things()["lamp-9"]["attributes"], {"room": "attic"})

    def test_bad_payloads(self):
        """Refused with words; the connection stays and the next request is served."""
        self.operator.template()
        device = self.claimant()
        rows = ((CREATE_FROM_CSR, b"", "certificateSigningRequest must be"), (CREATE_FROM_CSR, b"{}", "certificateSigningRequest must be"),
                (CREATE_FROM_CSR, b'{"certificateSigningRequest":7}', "certificateSigningRequest must be"),
                (CREATE_FROM_CSR, b'{"certificateSigningRequest":"x"}', "certificateSigningRequest: "),
                (CREATE, b"[]", "must be an object"), (CREATE, b"{", "not usable as JSON at byte"), (CREATE, b"\xff", "not usable as JSON"),
                (provision_topic("fleet"), b'{"certificateOwnershipToken":7}', "certificateOwnershipToken must be a string"),
                (provision_topic("fleet"), b'{"certificateOwnershipToken":"x","parameters":[]}', "parameters must be an object of strings"),
                (provision_topic("fleet"), b'{"certificateOwnershipToken":"x","parameters":{"a":1}}', "parameters must be an object of strings"))
        for topic, payload, pattern in rows:
            with self.subTest(payload=payload):
                kind, answer = device.ask(topic + "json", payload)
                self.assertRefused(Answer(kind, json.loads(answer)), 400, "InvalidRequest", pattern)
        self.assertEqual(device.json(CREATE).kind, "accepted")

    @unittest.skipUnless(has_cbor(), "no python3-cbor2 here")
    def test_bad_cbor(self):
        device = self.claimant()
        for payload, pattern in ((b"\x80", "must be a map"), (b"\x9b" + b"\xff" * 8, "not usable as CBOR at byte 9"), (b"{}", "not usable as CBOR")):
            with self.subTest(payload=payload):
                kind, answer = device.ask(CREATE_FROM_CSR + "cbor", payload)
                self.assertRefused(Answer(kind, from_cbor(answer)), 400, "InvalidRequest", pattern)

    def test_answers_reach_the_asker_alone(self):
        """Without a subscription, once, with QoS 0 and 1; a claim that subscribes to everything it may hears nothing of others."""
        self.operator.template()
        spy = self.claimant("spy")
        self.assertEqual(spy.subscribe(CREATE + "json/accepted", CREATE + "#", provision_topic("fleet") + "json/accepted", CREATE + "json"), [1] * 4)
        asker = self.claimant("asker")
        asker.publish(CREATE + "json", b"{}", qos=0)
        self.assertEqual(asker.receive().qos, 0)
        made = asker.create()
        self.assertEqual(asker.register(made["certificateOwnershipToken"], {"SerialNumber": "1"}).kind, "accepted")
        asker.ping()
        spy.ping()
        self.assertEqual((len(asker.messages), len(spy.messages)), (0, 0))

    def test_unknown_topics_close_the_connection(self):
        for topic in ("$aws/certificates/create/xml", "$aws/certificates/create/json/accepted", provision_topic("fleet") + "json/accepted"):
            with self.subTest(topic=topic):
                device = self.claimant()
                with self.assertRaises(Closed):
                    device.publish(topic, b"{}")

    def test_secrets_stay_out_of_the_log(self):
        self.operator.template()
        device = self.claimant()
        made = device.create()
        device.register(made["certificateOwnershipToken"], {"SerialNumber": "1"})
        text = "\n".join(self.cloud.process.lines)
        self.assertNotIn(made["certificateOwnershipToken"], text)
        self.assertNotIn("PRIVATE KEY", text)


class VerboseLog(ProvisioningTest):
    arguments = ("--verbose",)

    def test_secrets_stay_out_of_a_verbose_log(self):
        self.operator.template()
        device = self.claimant()
        made = device.create()
        device.register("wrong", {"SerialNumber": "1"})
        device.register(made["certificateOwnershipToken"], {"SerialNumber": "1"})
        self.cloud.process.wait_line(r"device request \$aws/provisioning-templates/fleet/provision/json: rejected InvalidCertificateOwnershipToken")
        self.cloud.process.wait_line(r"device request \$aws/provisioning-templates/fleet/provision/json: accepted")
        text = "\n".join(self.cloud.process.lines)
        self.assertIn("device request $aws/certificates/create/json: accepted", text)
        self.assertNotIn(made["certificateOwnershipToken"], text)
        self.assertNotIn("PRIVATE KEY", text)


class Tokens(ProvisioningTest):
    arguments = ("--virtual-clock",)

    def test_wrong_and_empty(self):
        """The empty one word by word as it was seen on AWS (R: aws-iot-device-sdk-js-v2#69)."""
        self.operator.template()
        device = self.claimant()
        for token in ("", None):
            self.assertEqual(device.register(token, {"SerialNumber": "1"}), Answer("rejected", {
                "statusCode": 400, "errorCode": "InvalidCertificateOwnershipToken", "errorMessage": "Certificate ownership token cannot be empty."}))
        made = device.create()
        for token in ("wrong", made["certificateOwnershipToken"] + "x", made["certificateOwnershipToken"][:-1], made["certificateId"], "x" * 5000):
            self.assertRefused(device.register(token, {"SerialNumber": "1"}), 400, "InvalidCertificateOwnershipToken", ".")
        self.assertEqual(self.things(), {})
        self.assertEqual(device.register(made["certificateOwnershipToken"], {"SerialNumber": "1"}).kind, "accepted")

    def test_a_token_serves_once(self):
        self.operator.template()
        device = self.claimant()
        token = device.create()["certificateOwnershipToken"]
        self.assertEqual(device.register(token, {"SerialNumber": "1"}).kind, "accepted")
        self.assertRefused(device.register(token, {"SerialNumber": "2"}), 400, "InvalidCertificateOwnershipToken", ".")
        self.assertEqual(list(self.things()), ["lamp-1"])

    def test_expired(self):
        """After an hour the token is refused and its certificate gone; one that was used stays."""
        self.operator.template()
        device = self.claimant()
        used, unused = device.create(), device.create()
        self.assertEqual(device.register(used["certificateOwnershipToken"], {"SerialNumber": "1"}).kind, "accepted")
        self.cloud.cli("clock", "advance", "59m")
        self.assertIsNotNone(self.operator.certificate(unused["certificateId"]))
        self.cloud.cli("clock", "advance", "61s")
        wait_for(lambda: self.operator.certificate(unused["certificateId"]) is None, "the certificate to be deleted")
        self.assertRefused(device.register(unused["certificateOwnershipToken"], {"SerialNumber": "2"}), 400, "InvalidCertificateOwnershipToken", ".")
        self.assertEqual(self.operator.certificate(used["certificateId"])["status"], "ACTIVE")
        self.assertEqual(list(self.things()), ["lamp-1"])


class Templates(ProvisioningTest):
    def test_gone_disabled_and_unknown(self):
        """Each refused by name, and the token is still good afterwards."""
        self.operator.template()
        self.operator.template("off", enabled=False)
        claim = self.operator.claim("wide", allow("iot:*", "*"))
        device = self.claimant(folder=claim)
        token = device.create()["certificateOwnershipToken"]
        parameters = {"SerialNumber": "1"}
        self.assertRefused(device.register(token, parameters, "none"), 404, "ResourceNotFound", "none")
        answer = device.register(token, parameters, "off")
        self.assertEqual(answer.kind, "rejected")
        self.assertRegex(answer.members["errorMessage"], "off.*(not enabled|disabled)|(not enabled|disabled).*off")
        self.operator.call("DELETE", "/provisioning-templates/fleet")
        self.assertRefused(device.register(token, parameters), 404, "ResourceNotFound", "fleet")
        self.assertEqual(self.things(), {})
        self.operator.template()
        self.assertEqual(device.register(token, parameters).kind, "accepted")

    def test_missing_parameter(self):
        self.operator.template()
        device = self.claimant()
        token = device.create()["certificateOwnershipToken"]
        self.assertRefused(device.register(token), 400, "InvalidRequest", "SerialNumber")
        self.assertEqual(device.register(token, {"SerialNumber": "1"}).kind, "accepted")

    def test_all_or_nothing(self):
        """A policy that is not there: no thing is made, the certificate stays pending, the token good."""
        body = template_body()
        body["Resources"]["policy"]["Properties"]["PolicyName"] = "nowhere"
        self.operator.template(body=body)
        device = self.claimant()
        made = device.create()
        answer = device.register(made["certificateOwnershipToken"], {"SerialNumber": "1"})
        self.assertEqual(answer.kind, "rejected")
        self.assertIn("nowhere", answer.members["errorMessage"])
        self.assertEqual(self.things(), {})
        self.assertEqual(self.operator.certificate(made["certificateId"])["status"], "PENDING_ACTIVATION")
        self.operator.policy("nowhere", DEVICE_POLICY)
        self.assertEqual(device.register(made["certificateOwnershipToken"], {"SerialNumber": "1"}).kind, "accepted")


    def test_configuration_that_no_message_can_hold(self):
        """Escaped, a device's own text is six times as long: nothing is made, and the broker does not drop the service for it."""
        body = template_body()
        body["Parameters"]["Note"] = {"Type": "String"}
        body["DeviceConfiguration"] = {f"note{i}": {"Ref": "Note"} for i in range(24)}
        self.operator.template(body=body)
        device = self.claimant()
        token = device.create()["certificateOwnershipToken"]
        parameters = {"SerialNumber": "1", "Note": 2400 * "\x01"}
        self.assertRefused(device.register(token, parameters), 400, "InvalidRequest", "DeviceConfiguration.*bytes")
        self.assertEqual(self.things(), {})
        self.assertEqual(device.register(token, dict(parameters, Note="short")).kind, "accepted")


class Hooks(ProvisioningTest):
    def start(self, reply):
        hook = Hook(self, reply)
        self.operator.template(hook=hook.url)
        return hook, self.claimant("claimant-ü/+#")

    def test_yes_with_overrides(self):
        """It is asked what AWS asks the Lambda, and what it overrides counts."""
        hook, device = self.start(lambda _: (200, b'{"allowProvisioning":true,"parameterOverrides":{"Room":"attic"}}'))
        made = device.create()
        self.assertEqual(device.register(made["certificateOwnershipToken"], {"SerialNumber": "1", "Room": "hall"}).kind, "accepted")
        self.assertEqual(self.things()["lamp-1"]["attributes"], {"room": "attic"})
        self.assertEqual(hook.asked, [{
            "claimCertificateId": (self.claim / "certificate_id").read_text(), "certificateId": made["certificateId"],
            "certificatePem": made["certificatePem"], "templateArn": ARN + "provisioningtemplate/fleet", "clientId": "claimant-ü/+#",
            "parameters": {"SerialNumber": "1", "Room": "hall"}}])
        self.assertEqual(hook.types, ["application/json"])

    def test_no(self):
        """Whatever is not a clear yes: AccessDenied, one line in the log, nothing made, the token still good."""
        answers = [(200, b'{"allowProvisioning":false}', "does not say"), (200, b"{}", "does not say"), (200, b'{"allowProvisioning":0}', "does not say"),
                   (200, b"true", "no JSON object"), (200, b"", "no JSON object"), (500, b'{"allowProvisioning":true}', "HTTP status 500"),
                   (302, b'{"allowProvisioning":true}', "HTTP status 302"), (200, b'{"allowProvisioning":true,"parameterOverrides":[]}', "no object of strings"),
                   (200, b'{"allowProvisioning":true,"parameterOverrides":{"a":1}}', "no object of strings"), (200, b" " * 70000, "more than 65536 bytes")]
        current = []
        hook, device = self.start(lambda _: current[0][:2])
        token = device.create()["certificateOwnershipToken"]
        for row in answers:
            with self.subTest(answer=row[1][:60]):
                current[:] = [row]
                self.assertRefused(device.register(token, {"SerialNumber": "1"}), 403, "AccessDenied", "^Access Denied: .*" + row[2])
                self.cloud.process.wait_line(rf"refused RegisterThing by template fleet: client claimant.*{row[2]}.* \({re.escape(hook.url)}\)")
        self.assertEqual(self.things(), {})
        current[:] = [(200, b'{"allowProvisioning":"True"}')]
        self.assertEqual(device.register(token, {"SerialNumber": "1"}).kind, "accepted")

    def test_nobody_there(self):
        hook, device = self.start(lambda _: (200, b"{}"))
        hook.server.shutdown()
        hook.server.server_close()
        token = device.create()["certificateOwnershipToken"]
        self.assertRefused(device.register(token, {"SerialNumber": "1"}), 403, "AccessDenied", "connect")

    def test_late(self):
        """5 seconds, by AWS; others are served before that, also by the same hook."""
        late = []

        def reply(asked):
            if asked["parameters"]["SerialNumber"] == "late":
                late.append(asked)
                time.sleep(8)
            return 200, b'{"allowProvisioning":true}'

        _, device = self.start(reply)
        other = self.claimant("other")
        token, other_token = device.create()["certificateOwnershipToken"], other.create()["certificateOwnershipToken"]
        device.publish(provision_topic("fleet") + "json", json.dumps({"certificateOwnershipToken": token, "parameters": {"SerialNumber": "late"}}))
        wait_for(lambda: late, "the hook to be asked")
        self.assertEqual(other.register(other_token, {"SerialNumber": "2"}).kind, "accepted")
        device.ping()
        self.assertFalse(device.messages)
        self.assertRefused(Answer("rejected", json.loads(device.receive().payload)), 403, "AccessDenied", "no answer within 5 s")
        self.assertEqual(list(self.things()), ["lamp-2"])

    def test_template_deleted_while_the_hook_thinks(self):
        def reply(_):
            self.operator.call("DELETE", "/provisioning-templates/fleet")
            return 200, b'{"allowProvisioning":true}'

        _, device = self.start(reply)
        token = device.create()["certificateOwnershipToken"]
        self.assertRefused(device.register(token, {"SerialNumber": "1"}), 404, "ResourceNotFound", "fleet")
        self.assertEqual(self.things(), {})

    def test_the_service_ends_while_the_hook_thinks(self):
        """It ends at once and in good order (the cleanup checks its code)."""
        asked = []

        def reply(_):
            asked.append(1)
            time.sleep(3)
            return 200, b"{}"

        _, device = self.start(reply)
        token = device.create()["certificateOwnershipToken"]
        device.publish(provision_topic("fleet") + "json", json.dumps({"certificateOwnershipToken": token, "parameters": {"SerialNumber": "1"}}))
        wait_for(lambda: asked, "the hook to be asked")
        self.assertEqual(self.cloud.process.stop(), 0)


class NarrowPolicies(ProvisioningTest):
    """A claim may do what its policy allows and nothing else; the log names what is missing."""

    def refused(self, action, resource):
        self.cloud.process.wait_line(rf"refused {action} on {re.escape(resource)}: client claimant.*")

    def test_may_not_register(self):
        self.operator.template()
        claim = self.operator.claim("create-only", *claim_statements("other"))
        device = self.claimant(folder=claim)
        token = device.create()["certificateOwnershipToken"]
        with self.assertRaises(Closed):
            device.register(token, {"SerialNumber": "1"})
        self.refused("iot:Publish", "topic/" + provision_topic("fleet") + "json")
        self.assertEqual(self.things(), {})

    def test_may_not_create_keys(self):
        claim = self.operator.claim("csr-only", *claim_statements("fleet", topics=(CREATE_FROM_CSR,)))
        with self.assertRaises(Closed):
            self.claimant(folder=claim).json(CREATE)
        self.refused("iot:Publish", "topic/" + CREATE + "json")
        _, csr = make_csr(self.cloud.folder, "lamp")
        self.assertIn("certificateId", self.claimant(folder=claim).create_from_csr(csr))

    def test_may_not_receive(self):
        """Without iot:Receive no answer comes."""
        claim = self.operator.claim("deaf", allow("iot:Connect", "*"), allow("iot:Publish", ARN + "topic/" + CREATE + "*"))
        device = self.claimant(folder=claim)
        device.publish(CREATE + "json", b"{}")
        self.refused("iot:Receive", "topic/" + CREATE + "json/accepted")
        device.ping()
        self.assertFalse(device.messages)

    def test_may_not_subscribe_or_speak_elsewhere(self):
        device = self.claimant()
        self.assertEqual(device.subscribe("$aws/things/lamp/jobs/notify", "fleet/#"), [0x80, 0x80])
        for topic in ("fleet/hello", "$aws/things/lamp/jobs/get"):
            with self.assertRaises(Closed):
                self.claimant().publish(topic, b"{}")

    def test_claim_that_is_not_active(self):
        """A claim that was deactivated loses its connection and gets no other."""
        device = self.claimant()
        self.operator.call("PUT", f"/certificates/{(self.claim / 'certificate_id').read_text()}?newStatus=INACTIVE")
        self.assertTrue(wait_for(device.is_closed, "the connection to be closed"))


class TemporaryClaims(ProvisioningTest):
    """CreateProvisioningClaim, for a trusted user: five minutes for one template."""
    arguments = ("--virtual-clock",)

    def setUp(self):
        super().setUp()
        self.operator.template()
        made = self.operator.call("POST", "/provisioning-templates/fleet/provisioning-claim")
        self.temporary = write_identity(self.cloud.folder / "temporary", self.cloud, made["certificatePem"], made["keyPair"]["PrivateKey"])

    def test_provisions_by_its_template(self):
        device = self.claimant(folder=self.temporary)
        self.assertEqual(set(device.subscribe(CREATE + "json/accepted", provision_topic("fleet") + "json/accepted")), {1})
        made = device.create()
        self.assertEqual(device.register(made["certificateOwnershipToken"], {"SerialNumber": "1"}).kind, "accepted")
        self.assertEqual(self.connects(made, "lamp-1"), 0)

    def test_by_no_other_template(self):
        self.operator.template("other")
        device = self.claimant(folder=self.temporary)
        token = device.create()["certificateOwnershipToken"]
        with self.assertRaises(Closed):
            device.register(token, {"SerialNumber": "1"}, "other")
        with self.assertRaises(Closed):
            self.claimant(folder=self.temporary).publish("fleet/hello", b"{}")

    def test_ends_after_five_minutes(self):
        device = self.claimant(folder=self.temporary)
        self.cloud.cli("clock", "advance", "4m")
        device.create()
        self.cloud.cli("clock", "advance", "1m")
        self.assertTrue(wait_for(device.is_closed, "the connection to be closed"))
        with self.assertRaises((Closed, AssertionError, ssl.SSLError)):
            self.claimant(folder=self.temporary)


class Crowd(ProvisioningTest):
    def provision(self, number):
        key, csr = make_csr(self.cloud.folder, f"crowd-{number}")
        with Claimant(self.cloud, self.claim, f"claimant-{number}") as device:
            self.all_connected.wait()
            made = device.create_from_csr(csr)
            answer = device.register(made["certificateOwnershipToken"], {"SerialNumber": str(number)})
        self.assertEqual((answer.kind, answer.members["thingName"]), ("accepted", f"lamp-{number}"))
        folder = write_identity(self.cloud.folder / f"made-{number}", self.cloud, made["certificatePem"], key)
        with Client(self.cloud.mqtt_port, folder, f"lamp-{number}") as device:
            return device.code, made["certificateId"]

    def everybody(self):
        """All of them are connected before the first one asks."""
        self.all_connected = threading.Barrier(CROWD, timeout=120)
        with concurrent.futures.ThreadPoolExecutor(CROWD) as pool:
            return list(pool.map(self.provision, range(CROWD)))

    def test_200_by_one_template(self):
        self.operator.template()
        came = self.everybody()
        self.assertEqual({code for code, _ in came}, {0})
        self.assertEqual(len({certificate for _, certificate in came}), CROWD)
        names, token = [], None
        while token or not names:
            page = self.operator.call("GET", "/things?maxResults=250" + (f"&nextToken={token}" if token else ""))
            names += [thing["thingName"] for thing in page["things"]]
            token = page.get("nextToken")
        self.assertEqual(sorted(names), sorted(f"lamp-{number}" for number in range(CROWD)))

    def test_200_that_one_hook_is_asked_about(self):
        hook = Hook(self, lambda _: (200, b'{"allowProvisioning":true}'))
        self.operator.template(hook=hook.url)
        self.assertEqual({code for code, _ in self.everybody()}, {0})
        self.assertEqual(len(hook.asked), CROWD)


@unittest.skipUnless(shutil.which("node") and DEVICE_SDK.exists(), "no AWS IoT Device SDK for JavaScript here: tools/setup test fetches it where npm is")
class DeviceSdk(ProvisioningTest):
    """aws-iot-device-sdk-v2 from npm, as it is."""

    def play(self, way, **asked):
        self.operator.template()
        asked = dict({"port": self.cloud.mqtt_port, "folder": str(self.claim), "template": "fleet", "csr": None, "token": None}, **asked)
        done = subprocess.run(["node", HERE / "identity_client.mjs", way, DEVICE_SDK], input=json.dumps(asked), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def check(self, way):
        came = self.play(way, parameters={"SerialNumber": "1"})
        self.assertEqual(came["thing"], {"deviceConfiguration": {"Site": "north"}, "thingName": "lamp-1"})
        self.assertEqual(self.connects(came["certificate"], "lamp-1"), 0)

    def test_first_client(self):
        self.check("v1")

    def test_second_client_mqtt_311(self):
        self.check("v2-mqtt311")

    def test_second_client_mqtt_5(self):
        self.check("v2-mqtt5")

    def test_csr(self):
        key, csr = make_csr(self.cloud.folder, "lamp-2")
        came = self.play("v2-mqtt5", parameters={"SerialNumber": "2"}, csr=csr)
        self.assertEqual(came["thing"]["thingName"], "lamp-2")
        self.assertEqual(self.connects(came["certificate"], "lamp-2", key), 0)

    def test_rejection(self):
        """The SDK's own error type has our words in the members that it knows."""
        came = self.play("v2-mqtt5", parameters={"SerialNumber": "1"}, token="wrong")
        self.assertEqual((came["error"]["statusCode"], came["error"]["errorCode"]), (400, "InvalidCertificateOwnershipToken"))
        self.assertTrue(came["error"]["errorMessage"])


if __name__ == "__main__":
    unittest.main()
