/* SPDX-License-Identifier: MIT */
/* The handlers behind the route tables, by file. Each runs inside a batch of the core and answers the call, but for
 * the work that comes before one. */
#ifndef CLOUD_HTTP_OPERATIONS_H
#define CLOUD_HTTP_OPERATIONS_H

#include "cloud/http/call.h"

/* What lists by page takes as query parameters. */
#define PAGING       "maxResults nextToken"
#define PLAIN_MARKER "pageSize marker"
#define MARKER       PLAIN_MARKER " isAscendingOrder"

/* api_jobs.c */
void api_create_job(struct call *call);
void api_describe_job(struct call *call);
void api_update_job(struct call *call);
void api_list_jobs(struct call *call);
void api_cancel_job(struct call *call);
void api_delete_job(struct call *call);
void api_get_job_document(struct call *call);

/* api_executions.c */
void api_list_job_executions_for_job(struct call *call);
void api_list_job_executions_for_thing(struct call *call);
void api_describe_job_execution(struct call *call);
void api_cancel_job_execution(struct call *call);
void api_delete_job_execution(struct call *call);

/* api_things.c */
void api_create_thing(struct call *call);
void api_describe_thing(struct call *call);
void api_list_things(struct call *call);
void api_update_thing(struct call *call);
void api_delete_thing(struct call *call);
void api_describe_endpoint(struct call *call);

/* api_thing_types.c */
void api_create_thing_type(struct call *call);
void api_describe_thing_type(struct call *call);
void api_list_thing_types(struct call *call);
void api_update_thing_type(struct call *call);
void api_deprecate_thing_type(struct call *call);
void api_delete_thing_type(struct call *call);

/* api_billing_groups.c */
void api_create_billing_group(struct call *call);
void api_describe_billing_group(struct call *call);
void api_list_billing_groups(struct call *call);
void api_update_billing_group(struct call *call);
void api_delete_billing_group(struct call *call);
void api_add_thing_to_billing_group(struct call *call);
void api_remove_thing_from_billing_group(struct call *call);
void api_list_things_in_billing_group(struct call *call);

/* api_tags.c */
void api_tag_resource(struct call *call);
void api_untag_resource(struct call *call);
void api_list_tags_for_resource(struct call *call);

/* api_events.c */
void api_describe_event_configurations(struct call *call);
void api_update_event_configurations(struct call *call);

/* api_certificates.c */
void api_make_keys_and_certificate(struct call *call); /* work, not a handler */
void api_make_certificate_from_csr(struct call *call); /* work */
void api_create_certificate(struct call *call);        /* after either */
void api_describe_certificate(struct call *call);
void api_list_certificates(struct call *call);
void api_list_certificates_by_ca(struct call *call);
void api_update_certificate(struct call *call);
void api_delete_certificate(struct call *call);

/* api_registration.c */
void api_read_foreign_certificates(struct call *call); /* work */
void api_register_certificate(struct call *call);
void api_register_certificate_without_ca(struct call *call);
void api_register_ca_certificate(struct call *call);

/* api_ca_certificates.c */
void api_describe_ca_certificate(struct call *call);
void api_list_ca_certificates(struct call *call);
void api_update_ca_certificate(struct call *call);
void api_delete_ca_certificate(struct call *call);
void api_get_registration_code(struct call *call);
void api_delete_registration_code(struct call *call);

/* api_principals.c */
void api_attach_thing_principal(struct call *call);
void api_detach_thing_principal(struct call *call);
void api_list_thing_principals(struct call *call);
void api_list_thing_principals_v2(struct call *call);
void api_list_principal_things(struct call *call);
void api_list_principal_things_v2(struct call *call);

/* api_policies.c */
void api_create_policy(struct call *call);
void api_get_policy(struct call *call);
void api_list_policies(struct call *call);
void api_delete_policy(struct call *call);

/* api_policy_versions.c */
void api_create_policy_version(struct call *call);
void api_get_policy_version(struct call *call);
void api_list_policy_versions(struct call *call);
void api_set_default_policy_version(struct call *call);
void api_delete_policy_version(struct call *call);

/* api_policy_attachments.c: each with its older form, which names the certificate in a header */
void api_attach_policy(struct call *call);
void api_attach_principal_policy(struct call *call);
void api_detach_policy(struct call *call);
void api_detach_principal_policy(struct call *call);
void api_list_attached_policies(struct call *call);
void api_list_principal_policies(struct call *call);
void api_list_targets_for_policy(struct call *call);
void api_list_policy_principals(struct call *call);
void api_get_effective_policies(struct call *call);

/* api_templates.c */
void api_create_provisioning_template(struct call *call);
void api_describe_provisioning_template(struct call *call);
void api_list_provisioning_templates(struct call *call);
void api_update_provisioning_template(struct call *call);
void api_delete_provisioning_template(struct call *call);
void api_create_provisioning_template_version(struct call *call);
void api_describe_provisioning_template_version(struct call *call);
void api_list_provisioning_template_versions(struct call *call);
void api_delete_provisioning_template_version(struct call *call);

/* api_provisioning.c */
void api_make_provisioning_claim(struct call *call); /* work */
void api_create_provisioning_claim(struct call *call);
void api_prepare_register_thing(struct call *call); /* work */
void api_register_thing(struct call *call);

/* api_authorization.c */
void api_test_authorization(struct call *call);

/* api_data_plane.c */
void api_get_pending_job_executions(struct call *call);
void api_start_next_pending_job_execution(struct call *call);
void api_data_describe_job_execution(struct call *call);
void api_data_update_job_execution(struct call *call);

/* api_messages.c */
void api_publish(struct call *call);
void api_get_retained_message(struct call *call);
void api_list_retained_messages(struct call *call);

/* api_local.c */
void api_local_status(struct call *call);
void api_local_health(struct call *call);
void api_local_clock(struct call *call);
void api_local_advance_clock(struct call *call);

#endif
