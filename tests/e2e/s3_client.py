# SPDX-License-Identifier: MIT
"""boto3 against iot-local's S3 (test_s3_clients.py):

    python3 s3_client.py URL FILE    prints what came as JSON
"""
import json
import pathlib
import sys
import tempfile

import boto3
import botocore.exceptions

url, file = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=url)
BUCKET = "boto-bucket"
came = {}


def error_of(call, **arguments):
    try:
        call(Bucket=BUCKET, **arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "no error"


s3.create_bucket(Bucket=BUCKET)
s3.upload_file(file, BUCKET, "big file", ExtraArgs={"Metadata": {"who": "me"}, "ContentType": "a/b"})
with tempfile.TemporaryDirectory() as folder:
    s3.download_file(BUCKET, "big file", folder + "/again")
    came["download"] = pathlib.Path(folder, "again").read_bytes() == pathlib.Path(file).read_bytes()
head = s3.head_object(Bucket=BUCKET, Key="big file")
came["head"] = [head["ContentLength"], head["Metadata"], head["ContentType"], head["ETag"].endswith('-3"')]
s3.copy({"Bucket": BUCKET, "Key": "big file"}, BUCKET, "big copy")  # in pieces, from the service to itself
came["copy"] = s3.head_object(Bucket=BUCKET, Key="big copy")["ETag"] == head["ETag"]
for key in ("a/1", "a/ü +&%", "b"):
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
level = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")
came["level"] = [[c["Key"] for c in level["Contents"]], [c["Prefix"] for c in level["CommonPrefixes"]]]
for version in ("list_objects", "list_objects_v2"):
    pages = s3.get_paginator(version).paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 1})
    came[version] = [c["Key"] for page in pages for c in page.get("Contents", [])]
came["errors"] = [error_of(s3.get_object, Key="none"), error_of(s3.delete_bucket), error_of(s3.get_object, Key="b", IfMatch='"x"'),
                  error_of(s3.upload_part, Key="k", UploadId="none", PartNumber=1, Body=b"x")]
upload = s3.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
s3.upload_part(Bucket=BUCKET, Key="k", UploadId=upload, PartNumber=2, Body=b"x")
came["parts"] = [p["PartNumber"] for p in s3.list_parts(Bucket=BUCKET, Key="k", UploadId=upload)["Parts"]]
came["uploads"] = [u["UploadId"] == upload for u in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]]
s3.abort_multipart_upload(Bucket=BUCKET, Key="k", UploadId=upload)
answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in came["list_objects"]]})
came["deleted"] = len(answer["Deleted"])
s3.delete_bucket(Bucket=BUCKET)
print(json.dumps(came))
