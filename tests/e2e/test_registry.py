# SPDX-License-Identifier: MIT
"""The registry's life cycle through the unmodified AWS CLI (make, list, filter, change, remove, make again), and a thing that is
deleted while its device is connected (docs/protocol.md 1.9, 2.2, 5.3, 5.7, 5.9)."""
import json
import os
import re
import unittest

from harness import AWS, CloudTest, wait_for
from mqtt import certificate_arn, certificate_id
from test_broker import ALLOW_ALL, ARN, BrokerTest

TOPIC = "$aws/things/lamp/jobs/"


@unittest.skipUnless(os.path.exists(AWS), "no AWS CLI on this system")
class LifeThroughTheCli(CloudTest):
    def iot(self, *arguments):
        return self.cloud.aws("iot", *arguments)

    def refused(self, *arguments):
        """The error's code."""
        done = self.cloud.aws("iot", *arguments, check=False)
        found = re.search(r"An error occurred \((\w+)\)", done.stderr)
        self.assertTrue(done.returncode and found, done.stdout + done.stderr)
        return found.group(1)

    def names(self, *arguments):
        return [thing["thingName"] for thing in self.iot("list-things", *arguments)["things"]]

    def test_things(self):
        self.iot("create-thing-type", "--thing-type-name", "bulb", "--thing-type-properties",
                 "thingTypeDescription=light,searchableAttributes=watt,base", "--tags", "Key=team,Value=a")
        for name, attributes in (("a", {"watt": "60"}), ("b", {"watt": "6_"}), ("c", {})):
            self.iot("create-thing", "--thing-name", name, "--thing-type-name", "bulb", "--attribute-payload",
                     json.dumps({"attributes": attributes}))
        self.iot("create-thing", "--thing-name", "d")
        self.assertEqual(self.names("--thing-type-name", "bulb", "--page-size", "1"), ["a", "b", "c"])
        self.assertEqual(self.names("--attribute-name", "watt", "--attribute-value", "6", "--use-prefix-attribute-value"),
                         ["a", "b"])
        self.assertEqual(self.names("--attribute-name", "watt", "--attribute-value", "6_"), ["b"])

        self.iot("update-thing", "--thing-name", "a", "--expected-version", "1", "--attribute-payload",
                 '{"attributes":{"base":"E27","watt":""},"merge":true}')
        described = self.iot("describe-thing", "--thing-name", "a")
        self.assertEqual((described["attributes"], described["version"], described["thingTypeName"]),
                         ({"base": "E27"}, 2, "bulb"))
        self.assertEqual(self.refused("update-thing", "--thing-name", "a", "--expected-version", "1"),
                         "VersionConflictException")

        self.iot("deprecate-thing-type", "--thing-type-name", "bulb")
        self.assertEqual(self.refused("create-thing", "--thing-name", "e", "--thing-type-name", "bulb"),
                         "InvalidRequestException")
        self.assertEqual(self.refused("delete-thing-type", "--thing-type-name", "bulb"), "InvalidRequestException")
        self.iot("update-thing", "--thing-name", "c", "--remove-thing-type")
        for name in ("a", "b"):
            self.iot("delete-thing", "--thing-name", name)
        self.iot("delete-thing", "--thing-name", "a")  # gone already
        self.assertEqual(self.names(), ["c", "d"])
        self.iot("delete-thing-type", "--thing-type-name", "bulb")
        self.assertEqual(self.iot("list-thing-types")["thingTypes"], [])
        made = self.iot("create-thing-type", "--thing-type-name", "bulb")
        self.assertEqual(self.iot("list-tags-for-resource", "--resource-arn", made["thingTypeArn"])["tags"], [])
        self.iot("create-thing", "--thing-name", "a", "--thing-type-name", "bulb")
        self.assertEqual(self.iot("describe-thing", "--thing-name", "a")["version"], 1)

    def test_billing_groups_and_tags(self):
        group = self.iot("create-billing-group", "--billing-group-name", "north", "--billing-group-properties",
                         "billingGroupDescription=d", "--tags", "Key=a,Value=1")
        arn = group["billingGroupArn"]
        self.iot("create-thing", "--thing-name", "a", "--billing-group-name", "north")
        self.iot("create-thing", "--thing-name", "b")
        self.iot("add-thing-to-billing-group", "--billing-group-arn", arn, "--thing-name", "b")
        self.iot("remove-thing-from-billing-group", "--billing-group-name", "north", "--thing-name", "a")
        self.assertEqual(self.iot("list-things-in-billing-group", "--billing-group-name", "north")["things"], ["b"])
        self.assertEqual(self.iot("update-billing-group", "--billing-group-name", "north", "--billing-group-properties",
                                  "billingGroupDescription=e", "--expected-version", "1"), {"version": 2})
        listed = self.iot("list-billing-groups", "--name-prefix-filter", "no")["billingGroups"]
        self.assertEqual(listed, [{"groupName": "north", "groupArn": arn}])
        self.iot("tag-resource", "--resource-arn", arn, "--tags", "Key=A,Value=2")
        self.iot("untag-resource", "--resource-arn", arn, "--tag-keys", "a")
        self.assertEqual(self.iot("list-tags-for-resource", "--resource-arn", arn)["tags"], [{"Key": "A", "Value": "2"}])
        self.iot("delete-billing-group", "--billing-group-name", "north", "--expected-version", "2")
        self.assertNotIn("billingGroupName", self.iot("describe-thing", "--thing-name", "b"))
        self.assertEqual(self.refused("list-tags-for-resource", "--resource-arn", arn), "ResourceNotFoundException")

    def test_update_job(self):
        self.iot("create-thing", "--thing-name", "lamp")
        self.iot("create-job", "--job-id", "j", "--targets", ARN + "thing/lamp", "--document", "{}", "--timeout-config",
                 "inProgressTimeoutInMinutes=5", "--tags", "Key=k,Value=v")
        self.iot("update-job", "--job-id", "j", "--description", "new", "--timeout-config", "inProgressTimeoutInMinutes=6")
        job = self.iot("describe-job", "--job-id", "j")["job"]
        self.assertEqual((job["description"], job["timeoutConfig"]), ("new", {"inProgressTimeoutInMinutes": 6}))
        self.assertEqual(self.iot("list-tags-for-resource", "--resource-arn", job["jobArn"])["tags"],
                         [{"Key": "k", "Value": "v"}])
        self.iot("cancel-job", "--job-id", "j")
        self.assertEqual(self.refused("update-job", "--job-id", "j", "--description", "x"), "InvalidRequestException")


class ThingDelete(BrokerTest):
    """iot-local thing delete."""

    arguments = ("--verbose",)

    def things(self):
        return [thing["thingName"] for thing in json.loads(self.cloud.request("GET", "/things")[2])["things"]]

    def certificates(self):
        listed = json.loads(self.cloud.request("GET", "/certificates")[2])["certificates"]
        return {certificate["certificateId"] for certificate in listed}

    def test_what_the_command_line_has_made(self):
        client = self.device("lamp")
        lamp = certificate_id(self.cloud.folder / "thing-lamp")
        self.cloud.job("j", "lamp")
        said = self.cloud.cli("thing", "delete", "lamp")
        self.assertIn(f"certificate {lamp} is deleted", said)
        self.assertIn("thing 'lamp' is deleted", said)
        # Cut off at any point, this leaves no certificate that connects and that no thing leads to.
        for operation in ("UpdateCertificate", "DetachThingPrincipal", "DeleteCertificate", "DeleteThing"):
            self.cloud.process.wait_line(rf"\({operation}\): 200")
        wait_for(client.is_closed, "the connection of the deleted certificate to end")
        self.assertEqual((self.things(), self.certificates()), ([], set()))
        self.assertEqual(json.loads(self.cloud.request("GET", "/jobs/j")[2])["job"]["status"], "COMPLETED")
        again = self.cloud.cli("thing", "delete", "lamp", check=False)
        self.assertEqual((again.returncode, again.stdout), (1, ""))
        self.assertIn("thing 'lamp' does not exist", again.stderr)
        self.cloud.cli("thing", "lamp", "--out", self.cloud.folder / "again")
        self.assertEqual(self.things(), ["lamp"])

    def test_a_certificate_of_somebodys_own_stays(self):
        """Made elsewhere, and registered as `iot-local init` does it: with the policy of the command line."""
        self.cloud.thing("else")
        folder = self.cloud.folder / "thing-else"
        self.cloud.cli("thing", "delete", "else")
        pem = (folder / "certificate.pem").read_text()
        made = self.ok(self.cloud.request("POST", "/certificate/register-no-ca", {"certificatePem": pem, "status": "ACTIVE"}), "register")
        self.ok(self.cloud.request("POST", "/things/lamp", {}), "lamp")
        self.ok(self.cloud.request("PUT", "/things/lamp/principals", headers={"x-amzn-principal": made["certificateArn"]}), "attach")
        self.ok(self.cloud.request("PUT", "/target-policies/iot-local-device", {"target": made["certificateArn"]}), "policy")
        said = self.cloud.cli("thing", "delete", "lamp")
        self.assertIn("is detached and stays: iot-local has not made it", said)
        self.assertEqual(self.certificates(), {made["certificateId"]})

    def test_certificates_that_stay(self):
        folder = self.cloud.thing("lamp")
        arn = {"x-amzn-principal": certificate_arn(folder)}
        self.ok(self.cloud.request("POST", "/things/door", {}), "door")
        self.ok(self.cloud.request("PUT", "/things/door/principals", headers=arn), "attach")
        other = self.certificate("own", *ALLOW_ALL, thing="lamp")
        said = self.cloud.cli("thing", "delete", "lamp")
        self.assertIn(f"{certificate_id(folder)} is detached and stays: another thing uses it", said)
        self.assertIn(f"{certificate_id(other)} is detached and stays: it does not have the policy", said)
        self.assertEqual(self.certificates(), {certificate_id(folder), certificate_id(other)})
        self.assertEqual(self.things(), ["door"])
        self.assertIn("is deleted", self.cloud.cli("thing", "delete", "door"))
        self.assertEqual(self.certificates(), {certificate_id(other)})


class DeletedThing(BrokerTest):
    def hears(self, client, name):
        message = client.receive()
        self.assertEqual(message.topic, TOPIC + name)
        return json.loads(message.payload)

    def test_while_its_device_is_connected(self):
        folder = self.certificate("all", *ALLOW_ALL)
        self.ok(self.cloud.request("POST", "/things/lamp", {}), "thing")
        client = self.connect(folder, "lamp")
        client.subscribe(TOPIC + "notify", TOPIC + "notify-next")
        self.cloud.job("old", "lamp")
        self.cloud.job("older", "lamp")
        for name in ("notify", "notify-next", "notify"):
            self.hears(client, name)
        client.publish(TOPIC + "start-next", b"{}")
        self.assertEqual(client.receive().topic, TOPIC + "start-next/accepted")

        self.ok(self.cloud.request("DELETE", "/things/lamp"), "delete")
        self.assertEqual(self.hears(client, "notify")["jobs"], {})
        self.assertNotIn("execution", self.hears(client, "notify-next"))
        client.publish(TOPIC + "old/update", b'{"status":"SUCCEEDED"}')
        refused = self.hears(client, "old/update/rejected")
        self.assertEqual((refused["code"], refused["executionState"]["status"]), ("InvalidStateTransition", "REMOVED"))
        client.publish(TOPIC + "$next/get", b"{}")
        self.assertEqual(self.hears(client, "$next/get/rejected")["code"], "ResourceNotFound")
        job = json.loads(self.cloud.request("GET", "/jobs/old")[2])["job"]
        self.assertEqual((job["status"], job["jobProcessDetails"]["numberOfRemovedThings"]), ("COMPLETED", 1))

        self.ok(self.cloud.request("POST", "/things/lamp", {}), "again")
        client.publish(TOPIC + "$next/get", b"{}")
        self.assertNotIn("execution", self.hears(client, "$next/get/accepted"))
        self.cloud.job("new", "lamp")
        self.assertEqual([entry["jobId"] for entry in self.hears(client, "notify")["jobs"]["QUEUED"]], ["new"])
        self.assertEqual(self.hears(client, "notify-next")["execution"]["jobId"], "new")

        # without a broker the notice waits, and comes as things are then
        self.assertEqual(self.cloud.process.stop(), 0)
        self.cloud.restart()
        self.ok(self.cloud.request("DELETE", "/things/lamp"), "delete")
        self.ok(self.cloud.request("POST", "/things/lamp", {}), "again")
        client = self.connect(folder, "lamp")
        client.subscribe(TOPIC + "notify", TOPIC + "notify-next")
        client.publish(TOPIC + "get", b"{}")
        answer = self.hears(client, "get/accepted")
        self.assertEqual((answer["inProgressJobs"], answer["queuedJobs"]), ([], []))


if __name__ == "__main__":
    unittest.main()
