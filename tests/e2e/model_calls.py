# SPDX-License-Identifier: MIT
"""The calls of test_model.py: every operation that iot-local serves, from making to removing, with the errors that people meet.
Each is (service, operation, parameters, what comes: "ok" or the error's name, {name: path in the answer} to keep). A text
"$name" in parameters is what was kept under that name; bytes are given as {"bytes": text}."""

ARN = "arn:aws:iot:us-east-1:123456789012:"
POLICY = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"' + ARN + 'client/m-lamp"}]}')
NOBODY = "0" * 64
NO_PAGES = {"maxResults": 1}
MISSING = "ResourceNotFoundException"
BAD = "InvalidRequestException"
THERE = "ResourceAlreadyExistsException"


def iot(operation, parameters=None, comes="ok", **keep):
    return ("iot", operation, parameters or {}, comes, keep)


def jobs(operation, parameters=None, comes="ok", **keep):
    return ("iot-jobs-data", operation, parameters or {}, comes, keep)


def data(operation, parameters=None, comes="ok", **keep):
    return ("iot-data", operation, parameters or {}, comes, keep)


THINGS = [
    iot("DescribeEndpoint", {"endpointType": "iot:Data-ATS"}),
    iot("DescribeEndpoint", {"endpointType": "iot:Nowhere"}, BAD),
    iot("CreateThingType", {"thingTypeName": "m-type", "thingTypeProperties": {"thingTypeDescription": "a lamp", "searchableAttributes": ["room"]},
                            "tags": [{"Key": "team", "Value": "a"}]}, type="thingTypeArn"),
    iot("CreateThingType", {"thingTypeName": "m-type"}, THERE),
    iot("DescribeThingType", {"thingTypeName": "m-type"}),
    iot("DescribeThingType", {"thingTypeName": "m-none"}, MISSING),
    iot("ListThingTypes", NO_PAGES),
    iot("UpdateThingType", {"thingTypeName": "m-none"}, MISSING),
    iot("CreateBillingGroup", {"billingGroupName": "m-bill", "billingGroupProperties": {"billingGroupDescription": "who pays"}}, bill="billingGroupArn"),
    iot("CreateBillingGroup", {"billingGroupName": "m-bill", "billingGroupProperties": {"billingGroupDescription": "else"}}, THERE),
    iot("DescribeBillingGroup", {"billingGroupName": "m-bill"}),
    iot("DescribeBillingGroup", {"billingGroupName": "m-none"}, MISSING),
    iot("ListBillingGroups", {"namePrefixFilter": "m-"}),
    iot("UpdateBillingGroup", {"billingGroupName": "m-bill", "billingGroupProperties": {"billingGroupDescription": "x"}}),
    iot("UpdateBillingGroup", {"billingGroupName": "m-bill", "billingGroupProperties": {}, "expectedVersion": 77}, "VersionConflictException"),
    iot("CreateThing", {"thingName": "m-lamp", "thingTypeName": "m-type", "billingGroupName": "m-bill",
                        "attributePayload": {"attributes": {"room": "hall"}}}, thing="thingArn"),
    iot("CreateThing", {"thingName": "m-lamp"}, THERE),
    iot("CreateThing", {"thingName": "m-other"}),
    iot("DescribeThing", {"thingName": "m-lamp"}),
    iot("DescribeThing", {"thingName": "m-none"}, MISSING),
    iot("ListThings", {"attributeName": "room", "attributeValue": "hall"}),
    iot("ListThings", {"thingTypeName": "m-type"}),
    iot("UpdateThing", {"thingName": "m-lamp", "attributePayload": {"attributes": {"room": "attic"}, "merge": True}}),
    iot("UpdateThing", {"thingName": "m-lamp", "expectedVersion": 77}, "VersionConflictException"),
    iot("UpdateThing", {"thingName": "m-none"}, MISSING),
    iot("AddThingToBillingGroup", {"billingGroupName": "m-bill", "thingName": "m-other"}),
    iot("AddThingToBillingGroup", {"billingGroupName": "m-none", "thingName": "m-other"}, MISSING),
    iot("ListThingsInBillingGroup", {"billingGroupName": "m-bill"}),
    iot("RemoveThingFromBillingGroup", {"billingGroupName": "m-bill", "thingName": "m-other"}),
    iot("TagResource", {"resourceArn": "$bill", "tags": [{"Key": "cost", "Value": "1"}]}),
    iot("TagResource", {"resourceArn": ARN + "billinggroup/m-none", "tags": [{"Key": "cost", "Value": "1"}]}, MISSING),
    iot("ListTagsForResource", {"resourceArn": "$bill"}),
    iot("UntagResource", {"resourceArn": "$bill", "tagKeys": ["cost"]}),
]

SECURITY = [
    iot("CreateKeysAndCertificate", {"setAsActive": True}, cert="certificateArn", id="certificateId", pem="certificatePem"),
    iot("DescribeCertificate", {"certificateId": "$id"}),
    iot("DescribeCertificate", {"certificateId": NOBODY}, MISSING),
    iot("ListCertificates", {"pageSize": 1, "ascendingOrder": True}),
    iot("CreateCertificateFromCsr", {"certificateSigningRequest": "$csr", "setAsActive": True}, second="certificateId", second_arn="certificateArn"),
    iot("CreateCertificateFromCsr", {"certificateSigningRequest": "no request"}, BAD),
    iot("RegisterCertificate", {"certificatePem": "$pem"}, THERE),
    iot("RegisterCertificateWithoutCA", {"certificatePem": "no certificate"}, "CertificateValidationException"),
    iot("GetRegistrationCode"),
    iot("DeleteRegistrationCode"),
    iot("ListCACertificates"),
    iot("ListCertificatesByCA", {"caCertificateId": NOBODY}),
    iot("DescribeCACertificate", {"certificateId": NOBODY}, MISSING),
    iot("UpdateCACertificate", {"certificateId": NOBODY, "newStatus": "INACTIVE"}, MISSING),
    iot("DeleteCACertificate", {"certificateId": NOBODY}, MISSING),
    iot("RegisterCACertificate", {"caCertificate": "no", "verificationCertificate": "no"}, "CertificateValidationException"),
    iot("AttachThingPrincipal", {"thingName": "m-lamp", "principal": "$cert"}),
    iot("AttachThingPrincipal", {"thingName": "m-none", "principal": "$cert"}, MISSING),
    iot("ListThingPrincipals", {"thingName": "m-lamp"}),
    iot("ListThingPrincipals", {"thingName": "m-none"}, MISSING),
    iot("ListThingPrincipalsV2", {"thingName": "m-lamp"}),
    iot("ListPrincipalThings", {"principal": "$cert"}),
    iot("ListPrincipalThingsV2", {"principal": "$cert"}),
    iot("CreatePolicy", {"policyName": "m-policy", "policyDocument": POLICY}, policy="policyArn"),
    iot("CreatePolicy", {"policyName": "m-policy", "policyDocument": POLICY}, THERE),
    iot("CreatePolicy", {"policyName": "m-bad", "policyDocument": "{"}, "MalformedPolicyException"),
    iot("GetPolicy", {"policyName": "m-policy"}),
    iot("GetPolicy", {"policyName": "m-none"}, MISSING),
    iot("ListPolicies", {"pageSize": 1}),
    iot("CreatePolicyVersion", {"policyName": "m-policy", "policyDocument": POLICY, "setAsDefault": True}),
    *[iot("CreatePolicyVersion", {"policyName": "m-policy", "policyDocument": POLICY}) for _ in range(3)],
    iot("CreatePolicyVersion", {"policyName": "m-policy", "policyDocument": POLICY}, "VersionsLimitExceededException"),
    iot("ListPolicyVersions", {"policyName": "m-policy"}),
    iot("GetPolicyVersion", {"policyName": "m-policy", "policyVersionId": "1"}),
    iot("GetPolicyVersion", {"policyName": "m-policy", "policyVersionId": "77"}, MISSING),
    iot("SetDefaultPolicyVersion", {"policyName": "m-policy", "policyVersionId": "3"}),
    iot("DeletePolicyVersion", {"policyName": "m-policy", "policyVersionId": "3"}, "DeleteConflictException"),
    iot("AttachPolicy", {"policyName": "m-policy", "target": "$cert"}),
    iot("AttachPolicy", {"policyName": "m-none", "target": "$cert"}, MISSING),
    iot("ListAttachedPolicies", {"target": "$cert"}),
    iot("ListTargetsForPolicy", {"policyName": "m-policy"}),
    iot("ListPrincipalPolicies", {"principal": "$cert"}),
    iot("ListPolicyPrincipals", {"policyName": "m-policy"}),
    iot("GetEffectivePolicies", {"principal": "$cert", "thingName": "m-lamp"}),
    iot("TestAuthorization", {"principal": "$cert", "clientId": "m-lamp",
                              "authInfos": [{"actionType": "CONNECT", "resources": [ARN + "client/m-lamp"]},
                                            {"actionType": "PUBLISH", "resources": [ARN + "topic/a"]}]}),
    iot("DeletePolicy", {"policyName": "m-policy"}, "DeleteConflictException"),
    iot("DeleteCertificate", {"certificateId": "$id"}, "CertificateStateException"),
    iot("UpdateCertificate", {"certificateId": "$id", "newStatus": "INACTIVE"}),
    iot("UpdateCertificate", {"certificateId": NOBODY, "newStatus": "INACTIVE"}, MISSING),
    iot("DeleteCertificate", {"certificateId": "$id"}, "DeleteConflictException"),
    iot("DeleteThing", {"thingName": "m-lamp"}, BAD),
    iot("DetachPolicy", {"policyName": "m-policy", "target": "$cert"}),
    iot("AttachPrincipalPolicy", {"policyName": "m-policy", "principal": "$second_arn"}),
    iot("DetachPrincipalPolicy", {"policyName": "m-policy", "principal": "$second_arn"}),
    iot("DetachThingPrincipal", {"thingName": "m-lamp", "principal": "$cert"}),
    *[iot("DeletePolicyVersion", {"policyName": "m-policy", "policyVersionId": str(v)}) for v in (1, 2, 4, 5)],
    iot("DeletePolicy", {"policyName": "m-policy"}),
    iot("DeleteCertificate", {"certificateId": "$id"}),
    iot("DeleteCertificate", {"certificateId": "$id"}, MISSING),
]

BODY = ('{"Resources":{"c":{"Type":"AWS::IoT::Certificate","Properties":{"CertificateId":{"Ref":"AWS::IoT::Certificate::Id"}}},'
        '"t":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":"m-lamp","AttributePayload":{"room":"x"}},'
        '"OverrideSettings":{"AttributePayload":"FAIL"}}}}')
ROLE = "arn:aws:iam::123456789012:role/any"
BY_CSR = ('{"Parameters":{"CSR":{"Type":"String"}},"Resources":{"c":{"Type":"AWS::IoT::Certificate","Properties":'
          '{"CertificateSigningRequest":{"Ref":"CSR"},"Status":"INACTIVE"}}%s}}')
CONFLICT = BODY[BODY.index(',"t"'):-2]

PROVISIONING = [
    iot("CreateProvisioningTemplate", {"templateName": "m-template", "templateBody": BODY, "provisioningRoleArn": ROLE, "description": "d",
                                       "enabled": True, "tags": [{"Key": "a", "Value": "b"}], "type": "FLEET_PROVISIONING",
                                       "preProvisioningHook": {"targetArn": "http://127.0.0.1:9/", "payloadVersion": "2020-04-01"}}),
    iot("CreateProvisioningTemplate", {"templateName": "m-template", "templateBody": BODY, "provisioningRoleArn": ROLE}, THERE),
    iot("CreateProvisioningTemplate", {"templateName": "m-bad", "templateBody": "{}", "provisioningRoleArn": ROLE}, BAD),
    iot("DescribeProvisioningTemplate", {"templateName": "m-template"}),
    iot("DescribeProvisioningTemplate", {"templateName": "m-none"}, MISSING),
    iot("ListProvisioningTemplates", NO_PAGES),
    iot("UpdateProvisioningTemplate", {"templateName": "m-template", "description": "else", "enabled": False, "removePreProvisioningHook": True}),
    iot("UpdateProvisioningTemplate", {"templateName": "m-none", "enabled": False}, MISSING),
    *[iot("CreateProvisioningTemplateVersion", {"templateName": "m-template", "templateBody": BODY, "setAsDefault": True}) for _ in range(4)],
    iot("CreateProvisioningTemplateVersion", {"templateName": "m-template", "templateBody": BODY}, "VersionsLimitExceededException"),
    iot("DescribeProvisioningTemplateVersion", {"templateName": "m-template", "versionId": 5}),
    iot("DescribeProvisioningTemplateVersion", {"templateName": "m-template", "versionId": 77}, MISSING),
    iot("ListProvisioningTemplateVersions", {"templateName": "m-template", "maxResults": 9}),
    iot("DeleteProvisioningTemplateVersion", {"templateName": "m-template", "versionId": 5}, "DeleteConflictException"),
    iot("DeleteProvisioningTemplateVersion", {"templateName": "m-template", "versionId": 1}),
    iot("CreateProvisioningClaim", {"templateName": "m-template"}),
    iot("CreateProvisioningClaim", {"templateName": "m-none"}, MISSING),
    iot("RegisterThing", {"templateBody": BY_CSR % "", "parameters": {"CSR": "$csr"}}),
    iot("RegisterThing", {"templateBody": "{}"}, BAD),
    iot("RegisterThing", {"templateBody": BY_CSR % CONFLICT, "parameters": {"CSR": "$csr"}}, "ConflictingResourceUpdateException"),
    iot("RegisterThing", {"templateBody": BODY.replace('{"Ref":"AWS::IoT::Certificate::Id"}', '"%s"' % NOBODY)}, "ResourceRegistrationFailureException"),
    iot("DeleteProvisioningTemplate", {"templateName": "m-template"}),
    iot("DeleteProvisioningTemplate", {"templateName": "m-template"}, MISSING),
]

JOBS = [
    iot("CreateJob", {"jobId": "m-job", "targets": ["$thing"], "document": '{"action":"blink"}', "description": "d",
                      "timeoutConfig": {"inProgressTimeoutInMinutes": 60}, "tags": [{"Key": "a", "Value": "b"}]}, job="jobArn"),
    iot("CreateJob", {"jobId": "m-job", "targets": ["$thing"], "document": "{}"}, THERE),
    iot("CreateJob", {"jobId": "m-no-target", "targets": [ARN + "thing/m-none"], "document": "{}"}, MISSING),
    iot("DescribeJob", {"jobId": "m-job"}),
    iot("DescribeJob", {"jobId": "m-none"}, MISSING),
    iot("ListJobs", {"status": "IN_PROGRESS"}),
    iot("UpdateJob", {"jobId": "m-job", "description": "else"}),
    iot("UpdateJob", {"jobId": "m-none", "description": "else"}, MISSING),
    iot("GetJobDocument", {"jobId": "m-job"}),
    iot("GetJobDocument", {"jobId": "m-none"}, MISSING),
    iot("ListJobExecutionsForJob", {"jobId": "m-job"}),
    iot("ListJobExecutionsForThing", {"thingName": "m-lamp"}),
    iot("DescribeJobExecution", {"jobId": "m-job", "thingName": "m-lamp"}),
    iot("DescribeJobExecution", {"jobId": "m-job", "thingName": "m-other"}, MISSING),
    jobs("GetPendingJobExecutions", {"thingName": "m-lamp"}),
    jobs("GetPendingJobExecutions", {"thingName": "m-none"}, MISSING),
    jobs("DescribeJobExecution", {"thingName": "m-lamp", "jobId": "$$next"}),
    jobs("DescribeJobExecution", {"thingName": "m-lamp", "jobId": "m-none"}, MISSING),
    jobs("StartNextPendingJobExecution", {"thingName": "m-lamp", "statusDetails": {"k": "v"}, "stepTimeoutInMinutes": 5}),
    jobs("StartNextPendingJobExecution", {"thingName": "m-none"}, MISSING),
    iot("CancelJob", {"jobId": "m-none"}, MISSING),
    iot("CancelJobExecution", {"jobId": "m-job", "thingName": "m-lamp"}, "InvalidStateTransitionException"),
    iot("CancelJobExecution", {"jobId": "m-job", "thingName": "m-lamp", "expectedVersion": 77, "force": True}, "VersionConflictException"),
    iot("DeleteJob", {"jobId": "m-job"}, "InvalidStateTransitionException"),
    jobs("UpdateJobExecution", {"thingName": "m-lamp", "jobId": "m-job", "status": "IN_PROGRESS", "includeJobExecutionState": True,
                                "includeJobDocument": True}),
    jobs("UpdateJobExecution", {"thingName": "m-lamp", "jobId": "m-job", "status": "SUCCEEDED", "expectedVersion": 77},
         "InvalidStateTransitionException"),
    jobs("UpdateJobExecution", {"thingName": "m-lamp", "jobId": "m-job", "status": "SUCCEEDED"}),
    jobs("UpdateJobExecution", {"thingName": "m-lamp", "jobId": "m-job", "status": "IN_PROGRESS"}, "InvalidStateTransitionException"),
    iot("DeleteJobExecution", {"jobId": "m-job", "thingName": "m-lamp", "executionNumber": 1}),
    iot("DeleteJobExecution", {"jobId": "m-job", "thingName": "m-lamp", "executionNumber": 1}, MISSING),
    iot("CreateJob", {"jobId": "m-second", "targets": ["$thing"], "document": "{}"}),
    iot("CancelJobExecution", {"jobId": "m-second", "thingName": "m-lamp"}),
    iot("CreateJob", {"jobId": "m-third", "targets": ["$thing"], "document": "{}"}),
    iot("CancelJob", {"jobId": "m-third", "comment": "no", "reasonCode": "NO"}),
    iot("DeleteJob", {"jobId": "m-third"}),
    iot("DeleteJob", {"jobId": "m-third"}, MISSING),
    iot("DeleteJob", {"jobId": "m-second"}),
    iot("DeleteJob", {"jobId": "m-job"}),
]

MESSAGES = [
    data("Publish", {"topic": "m/a", "qos": 1, "retain": True, "payload": {"bytes": "on"}}),
    data("Publish", {"topic": "m/#", "payload": {"bytes": "on"}}, BAD),
    data("GetRetainedMessage", {"topic": "m/a"}),
    data("GetRetainedMessage", {"topic": "m/b"}, MISSING),
    data("ListRetainedMessages", NO_PAGES),
    data("Publish", {"topic": "m/a", "retain": True}),
]

END = [
    iot("DeleteThing", {"thingName": "m-lamp", "expectedVersion": 77}, "VersionConflictException"),
    iot("DeleteThingType", {"thingTypeName": "m-type"}, BAD),
    iot("DeprecateThingType", {"thingTypeName": "m-type"}),
    iot("DeprecateThingType", {"thingTypeName": "m-none"}, MISSING),
    iot("DeleteThing", {"thingName": "m-lamp"}),
    iot("DeleteThing", {"thingName": "m-other"}),
    iot("DeleteThingType", {"thingTypeName": "m-none"}, MISSING),
    iot("DeleteBillingGroup", {"billingGroupName": "m-bill"}),
]

# Made again under the same names: nothing of before is in the way.
AGAIN = [
    iot("DeleteThingType", {"thingTypeName": "m-type"}),
    iot("CreateThingType", {"thingTypeName": "m-type"}),
    iot("CreateBillingGroup", {"billingGroupName": "m-bill"}),
    iot("CreateThing", {"thingName": "m-lamp", "thingTypeName": "m-type", "billingGroupName": "m-bill"}),
    iot("CreatePolicy", {"policyName": "m-policy", "policyDocument": POLICY}),
    iot("ListPolicyVersions", {"policyName": "m-policy"}),
    iot("CreateJob", {"jobId": "m-job", "targets": ["$thing"], "document": "{}"}),
    jobs("StartNextPendingJobExecution", {"thingName": "m-lamp"}),
    iot("DeleteJob", {"jobId": "m-job", "force": True}),
    iot("DeletePolicy", {"policyName": "m-policy"}),
    iot("DeleteThing", {"thingName": "m-lamp"}),
    iot("DeprecateThingType", {"thingTypeName": "m-type"}),
    iot("DeleteThingType", {"thingTypeName": "m-type"}),
    iot("DeleteBillingGroup", {"billingGroupName": "m-bill"}),
]

CALLS = THINGS + SECURITY + PROVISIONING + JOBS + MESSAGES + END + AGAIN
