# SPDX-License-Identifier: MIT
"""Runs calls (model_calls.py) through boto3 and holds each raw answer against the service model that boto3 brings: members, types,
enums, patterns, lengths; each error against the errors that the operation has. Reads calls as JSON from standard input.

    model_runner.py URL

Prints {"findings": [...], "outcomes": {"iot CreateThing": ["ok", ...]}}. Run by the Python that has boto3 (/usr/bin/python3)."""
import json
import re
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# Every operation of AWS may answer these (AWS's "Common Errors"), whatever its own list says.
COMMON = {"InternalFailure", "ServiceUnavailable", "ThrottlingException", "ValidationError"}


class Model:
    def __init__(self):
        self.findings = []

    def check(self, shape, value, at):
        """The value, as it came, against a shape of the model."""
        kind = shape.type_name
        expected = {"structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "integer": int, "long": int,
                    "blob": str, "timestamp": (int, float), "float": (int, float), "double": (int, float)}[kind]
        if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
            self.findings.append(f"{at}: {json.dumps(value)[:80]} is no {kind}")
            return
        getattr(self, "check_" + kind, lambda *_: None)(shape, value, at)

    def check_structure(self, shape, value, at):
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for name in shape.required_members:
            if name not in value:
                self.findings.append(f"{at}: {name} is missing")
        for name, part in value.items():
            if name not in names:
                self.findings.append(f"{at}: {name} is no member of {shape.name}")
            else:
                self.check(names[name], part, f"{at}.{name}")

    def check_map(self, shape, value, at):
        for key, part in value.items():
            self.check(shape.key, key, f"{at}[key]")
            self.check(shape.value, part, f"{at}[{key}]")

    def check_list(self, shape, value, at):
        for i, part in enumerate(value):
            self.check(shape.member, part, f"{at}[{i}]")

    def check_string(self, shape, value, at):
        rules = shape.metadata
        if shape.enum and value not in shape.enum:
            self.findings.append(f"{at}: '{value}' is not one of {shape.enum}")
        if not rules.get("min", 0) <= len(value) <= rules.get("max", len(value)):
            self.findings.append(f"{at}: {len(value)} characters, the model has {rules}")
        pattern = rules.get("pattern")
        if pattern and "\\p" not in pattern and not re.fullmatch(pattern, value):
            self.findings.append(f"{at}: '{value}' does not match {pattern}")


def filled(value, kept):
    """Parameters with what was kept in place of "$name", and bytes."""
    if isinstance(value, dict):
        return value["bytes"].encode() if set(value) == {"bytes"} else {k: filled(v, kept) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, kept) for v in value]
    if isinstance(value, str) and value.startswith("$$"):
        return value[1:]
    return kept[value[1:]] if isinstance(value, str) and value.startswith("$") else value


class Run:
    def __init__(self, url, kept):
        options = dict(region_name="us-east-1", endpoint_url=url, aws_access_key_id="test", aws_secret_access_key="test",
                       config=Config(retries={"max_attempts": 0}, parameter_validation=False))
        self.clients = {name: boto3.client(name, **options) for name in ("iot", "iot-jobs-data", "iot-data")}
        self.kept, self.model, self.outcomes = kept, Model(), {}
        for name, client in self.clients.items():
            client.meta.events.register("after-call", self.on_answer)

    def on_answer(self, http_response, model, **_):
        self.raw, self.operation, self.status = http_response.content, model, http_response.status_code
        self.error = http_response.headers.get("x-amzn-ErrorType")

    def check_answer(self, at):
        shape = self.operation.output_shape
        if self.error:
            own = {error.name for error in self.operation.error_shapes} | COMMON
            if self.error not in own:
                self.model.findings.append(f"{at}: {self.error} is none of its errors: {sorted(own - COMMON)}")
            message = json.loads(self.raw).get("message")
            if not isinstance(message, str) or not message:
                self.model.findings.append(f"{at}: {self.error} has no message")
        elif shape is not None:
            self.model.check(shape, json.loads(self.raw), at)

    def call(self, service, operation, parameters, comes, keep):
        client = self.clients[service]
        method = next((m for m, o in client.meta.method_to_api_mapping.items() if o == operation), None)
        if method is None:
            return  # newer than this boto3
        at = f"{service} {operation}"
        came, answer = "ok", {}
        try:
            answer = getattr(client, method)(**filled(parameters, self.kept))
        except ClientError as error:
            came = error.response["Error"]["Code"]
        if came != comes:
            self.model.findings.append(f"{at} {json.dumps(parameters)[:120]}: {came} instead of {comes}: {self.raw[:300]}")
        self.check_answer(f"{at} ({came})")
        self.outcomes.setdefault(at, []).append(came)
        for name, path in keep.items():
            self.kept[name] = answer.get(path)


def main():
    asked = json.load(sys.stdin)
    run = Run(sys.argv[1], asked["kept"])
    for call in asked["calls"]:
        run.call(*call)
    print(json.dumps({"findings": run.model.findings, "outcomes": {k: sorted(set(v)) for k, v in run.outcomes.items()}}))


main()
