// SPDX-License-Identifier: MIT
// AWS IoT Device SDK v2 for JavaScript, its fleet provisioning client: a certificate, then RegisterThing.
//     node identity_client.mjs WAY FOLDER-OF-NODE_MODULES    WAY: v1, v2-mqtt311 or v2-mqtt5
// Standard input: {port, folder (certificate.pem, private_key.pem, root_ca.pem), template, parameters, csr (or null), token (or null: the one
// that was given)}. Prints {certificate, thing} as the SDK gave them, or {error: what RegisterThing was refused with}.
import { createRequire } from "node:module";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";

const [way, modules] = process.argv.slice(2);
const require = createRequire(path.join(modules, "package.json"));
const { iot, iotidentity, mqtt, mqtt5 } = require("aws-iot-device-sdk-v2");
const asked = JSON.parse(readFileSync(0, "utf8"));
const file = (name) => path.join(asked.folder, name);

async function connect311() {
    const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder_from_path(file("certificate.pem"), file("private_key.pem"))
        .with_certificate_authority_from_path(undefined, file("root_ca.pem"))
        .with_clean_session(true).with_client_id(`sdk-${way}`).with_endpoint("localhost").with_port(asked.port).build();
    const connection = new mqtt.MqttClient().new_connection(config);
    await connection.connect();
    return { client: connection, end: () => connection.disconnect() };
}

async function connect5() {
    const config = iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromPath("localhost", file("certificate.pem"), file("private_key.pem"))
        .withCertificateAuthorityFromPath(undefined, file("root_ca.pem")).withPort(asked.port)
        .withConnectProperties({ clientId: `sdk-${way}`, keepAliveIntervalSeconds: 60 }).build();
    const client = new mqtt5.Mqtt5Client(config);
    const connected = once(client, "connectionSuccess");
    client.start();
    await connected;
    return { client, end: async () => { const stopped = once(client, "stopped"); client.stop(); await stopped; client.close(); } };
}

// The first client: subscriptions and publishes are the application's.
class First {
    constructor(connection) {
        this.identity = new iotidentity.IotIdentityClient(connection);
    }

    async ask(name, request, subscription) {
        const qos = mqtt.QoS.AtLeastOnce;
        let tell;
        const answer = new Promise((resolve, reject) => {
            tell = (error, response) => (error ? reject(error) : resolve(response));
        });
        await this.identity[`subscribeTo${name}Accepted`](subscription, qos, tell);
        await this.identity[`subscribeTo${name}Rejected`](subscription, qos,
            (error, response) => tell(error ?? Object.assign(new Error(), { modeledError: response })));
        await this.identity[`publish${name}`](request, qos);
        return answer;
    }

    createKeysAndCertificate(request) { return this.ask("CreateKeysAndCertificate", request, {}); }
    createCertificateFromCsr(request) { return this.ask("CreateCertificateFromCsr", request, {}); }
    registerThing(request) { return this.ask("RegisterThing", request, { templateName: request.templateName }); }
    close() {}
}

const options = { maxRequestResponseSubscriptions: 6, maxStreamingSubscriptions: 2, operationTimeoutInSeconds: 30 };
const { client, end } = way === "v2-mqtt5" ? await connect5() : await connect311();
const identity = way === "v1" ? new First(client)
    : way === "v2-mqtt5" ? iotidentity.IotIdentityClientv2.newFromMqtt5(client, options)
        : iotidentity.IotIdentityClientv2.newFromMqtt311(client, options);
const certificate = asked.csr ? await identity.createCertificateFromCsr({ certificateSigningRequest: asked.csr })
    : await identity.createKeysAndCertificate({});
try {
    const thing = await identity.registerThing({
        templateName: asked.template, certificateOwnershipToken: asked.token ?? certificate.certificateOwnershipToken, parameters: asked.parameters,
    });
    console.log(JSON.stringify({ certificate, thing }));
} catch (error) {
    console.log(JSON.stringify({ error: error.modeledError ?? String(error) }));
}
identity.close();
await end();
process.exit(0);
