# SPDX-License-Identifier: MIT
"""What devices that download an image over HTTPS do to jobs: update round trips of one device alone and beside 100 downloads, by turns."""
import json
import statistics
import subprocess
import time
import urllib.parse

import fleet

DEVICES = 100
BYTES_PER_S = 100_000  # of one device: what an ESP32 takes over Wi-Fi and writes to its flash
ARN = "arn:aws:iot:us-east-1:123456789012:thing/bench-0"


def store(cloud, size):
    """The link of an image of this size, as a device gets it."""
    image = cloud.folder / f"image-{size}"
    image.write_bytes(bytes(range(256)) * (size // 256))
    cloud.cli("s3", "put", image, f"s3://bench/{image.name}")
    placeholder = "${aws:iot:s3-presigned-url-v2:https://s3.us-east-1.amazonaws.com/bench/%s}" % urllib.parse.quote(image.name)
    cloud.job(image.name, "bench-0", json.dumps({"url": placeholder}), presignedUrlConfig={"roleArn": "arn:aws:iam::123456789012:role/x"})
    body = cloud.request("GET", f"/things/bench-0/jobs/{image.name}", service="iot-jobs-data")[2]
    return json.loads(json.loads(body)["execution"]["jobDocument"])["url"]


def download(cloud, link, limit):
    """One process with a connection for each device; its exit code says whether all of them have all bytes."""
    return subprocess.Popen(["curl", "-sS", "--no-progress-meter", "--fail", "--noproxy", "*", "--cacert", str(cloud.data / "ca.pem"), "-Z", "--parallel-immediate", "--parallel-max",
                             str(DEVICES), *(["--limit-rate", str(BYTES_PER_S)] if limit else []),
                             *[word for _ in range(DEVICES) for word in ("-o", "/dev/null", link)]])


def beside(args, load, cloud, folder, link, limit):
    started = time.monotonic()
    curl = download(cloud, link, limit)
    result = fleet.Load(load, cloud, folder, args.seconds).result()
    assert curl.wait(300) == 0, "a download has failed"
    return result, time.monotonic() - started


def measure(rows, args, cloud, load, memory_kib):
    folder = cloud.folder / "things"
    cloud.cli("thing", "bench-0", "--out", folder / "bench-0")
    cloud.job("load", ["bench-0"], '{"action":"load"}')
    for what, limit in ((f"{DEVICES} devices download {BYTES_PER_S // 1000} KB/s each", True), (f"{DEVICES} connections download as fast as they can", False)):
        size = int((BYTES_PER_S if limit else 1_000_000) * (args.seconds + 2))
        link = store(cloud, size)
        alone, loaded, took = [], [], []
        for _ in range(3):
            alone.append(fleet.Load(load, cloud, folder, args.seconds).result())
            result, seconds = beside(args, load, cloud, folder, link, limit)
            loaded.append(result)
            took.append(seconds)
        p99 = statistics.median(r["p99_us"] for r in alone)
        p99_beside = statistics.median(r["p99_us"] for r in loaded)
        rate = DEVICES * size / statistics.median(took) / 1e6
        rows.add(f"update round trip p99 while {what} / without", f"{p99_beside / 1000:.2f} / {p99 / 1000:.2f} ms, {rate:.0f} MB/s in all",
                 *(("at most 2.0x", p99_beside <= 2 * p99) if limit else ()))
    rows.add(f"memory of the service after {DEVICES} downloads: resident", f"{memory_kib(cloud.process.child.pid) / 1024:.1f} MiB")
