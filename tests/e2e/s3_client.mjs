// SPDX-License-Identifier: MIT
// AWS's SDK for JavaScript against iot-local's S3 (test_s3_clients.py):
//     node s3_client.mjs URL FOLDER-OF-NODE_MODULES FILE    prints what came as JSON
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const [url, folder, file] = process.argv.slice(2);
const load = createRequire(path.join(path.resolve(folder), "package.json"));
const s3 = load("@aws-sdk/client-s3");
const { Upload } = load("@aws-sdk/lib-storage");
const client = new s3.S3Client({
  endpoint: url, region: "us-east-1", forcePathStyle: true, credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
const send = (name, input) => client.send(new s3[name + "Command"](input));
const Bucket = "js-bucket";
const big = readFileSync(file);
const came = {};

await send("CreateBucket", { Bucket });
const done = await new Upload({ client, params: { Bucket, Key: "big file", Body: big, Metadata: { who: "me" } } }).done();
came.upload = [done.ETag.endsWith('-4"'), done.ChecksumType];
const got = await send("GetObject", { Bucket, Key: "big file" }); // the SDK checks the checksums that it can
came.download = [Buffer.from(await got.Body.transformToByteArray()).equals(big), got.Metadata];

await send("PutObject", { Bucket, Key: "a/ü +&%.txt", Body: "hello", CacheControl: "no-store" });
const small = await send("GetObject", { Bucket, Key: "a/ü +&%.txt" });
came.small = [await small.Body.transformToString(), small.ChecksumCRC32, small.CacheControl];
const copied = await send("CopyObject", { Bucket, Key: "copy", CopySource: `${Bucket}/${encodeURIComponent("a/ü +&%.txt")}` });
came.copy = copied.CopyObjectResult.ETag;
const level = await send("ListObjectsV2", { Bucket, Delimiter: "/" });
came.level = [level.Contents.map((c) => c.Key), level.CommonPrefixes.map((c) => c.Prefix)];
came.keys = [];
for await (const page of s3.paginateListObjectsV2({ client, pageSize: 1 }, { Bucket })) {
  came.keys.push(...page.Contents.map((c) => c.Key));
}
const tries = {
  again: () => send("PutObject", { Bucket, Key: "copy", Body: "x", IfNoneMatch: "*" }),
  none: () => send("GetObject", { Bucket, Key: "none" }),
  full: () => send("DeleteBucket", { Bucket }),
};
came.errors = {};
for (const [name, attempt] of Object.entries(tries)) {
  came.errors[name] = await attempt().then(() => "no error", (error) => error.name);
}
const gone = await send("DeleteObjects", { Bucket, Delete: { Objects: came.keys.map((Key) => ({ Key })) } });
came.deleted = gone.Deleted.length;
await send("DeleteBucket", { Bucket });
came.buckets = (await send("ListBuckets", {})).Buckets.map((b) => b.Name).includes(Bucket);
console.log(JSON.stringify(came));
