// SPDX-License-Identifier: MIT
// The same calls (model_calls.py) through AWS's SDK for JavaScript, whose model is the newest: what comes, and whether the SDK
// knows every member of the raw answer.
//     node model_runner.mjs URL FOLDER-OF-NODE_MODULES    calls as JSON on standard input; prints {findings, outcomes}
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const [url, folder] = process.argv.slice(2);
const require = createRequire(path.join(folder, "package.json"));
const packages = {
    "iot": ["@aws-sdk/client-iot", "IoTClient"],
    "iot-jobs-data": ["@aws-sdk/client-iot-jobs-data-plane", "IoTJobsDataPlaneClient"],
    "iot-data": ["@aws-sdk/client-iot-data-plane", "IoTDataPlaneClient"],
};
const findings = [], outcomes = {};
const { calls, kept } = JSON.parse(readFileSync(0, "utf8"));
let raw;

// The body is read here, and given on as it was.
const keepRaw = (next) => async (args) => {
    const result = await next(args);
    const pieces = [];
    for await (const piece of result.response.body) {
        pieces.push(piece);
    }
    const { Readable } = await import("node:stream");
    raw = Buffer.concat(pieces).toString("utf8");
    result.response.body = Readable.from(pieces.length ? [Buffer.concat(pieces)] : []);
    return result;
};

const clients = {};
for (const [service, [name, className]] of Object.entries(packages)) {
    const sdk = require(name);
    const client = new sdk[className]({
        region: "us-east-1", endpoint: url, maxAttempts: 1, credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    client.middlewareStack.add(keepRaw, { step: "deserialize", priority: "low", name: "keepRaw" });
    clients[service] = { sdk, client };
}

function filled(value) {
    if (Array.isArray(value)) {
        return value.map(filled);
    }
    if (value && typeof value === "object") {
        const names = Object.keys(value);
        return names.length === 1 && names[0] === "bytes" ? Buffer.from(value.bytes)
            : Object.fromEntries(names.map((name) => [name, filled(value[name])]));
    }
    if (typeof value === "string" && value.startsWith("$$")) {
        return value.slice(1);
    }
    return typeof value === "string" && value.startsWith("$") ? kept[value.slice(1)] : value;
}

// What the SDK has dropped is no member of its model.
function compare(sent, parsed, at) {
    if (Array.isArray(sent)) {
        sent.forEach((part, i) => compare(part, parsed?.[i], `${at}[${i}]`));
    } else if (sent && typeof sent === "object") {
        for (const [name, part] of Object.entries(sent)) {
            if (parsed?.[name] === undefined && part !== null) {
                findings.push(`${at}: ${name} is no member for the SDK`);
            } else {
                compare(part, parsed?.[name], `${at}.${name}`);
            }
        }
    }
}

for (const [service, operation, parameters, comes, keep] of calls) {
    const { sdk, client } = clients[service];
    const Command = sdk[operation + "Command"];
    const at = `${service} ${operation}`;
    let came = "ok", answer = {};
    if (!Command) {
        findings.push(`${at}: the SDK has no such operation`);
        continue;
    }
    try {
        answer = await client.send(new Command(filled(parameters)));
        if (operation !== "Publish") { // AWS answers {"message":"OK"}, which is in no model
            compare(raw ? JSON.parse(raw) : {}, answer, at);
        }
    } catch (error) {
        came = error.name;
    }
    if (came !== comes) {
        findings.push(`${at} ${JSON.stringify(parameters).slice(0, 120)}: ${came} instead of ${comes}: ${(raw ?? "").slice(0, 300)}`);
    }
    (outcomes[at] ??= new Set()).add(came);
    for (const [name, member] of Object.entries(keep)) {
        kept[name] = answer[member];
    }
}
const lists = Object.fromEntries(Object.entries(outcomes).map(([name, set]) => [name, [...set].sort()]));
console.log(JSON.stringify({ findings, outcomes: lists }));
