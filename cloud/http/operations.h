/* SPDX-License-Identifier: MIT */
/* The handlers behind the route tables, by file. Each runs inside a batch of the core and answers the call, but for
 * the work that comes before one. */
#ifndef CLOUD_HTTP_OPERATIONS_H
#define CLOUD_HTTP_OPERATIONS_H

#include "cloud/http/call.h"

/* What lists by page takes as query parameters. */
#define PAGING "maxResults nextToken"

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
void api_attach_thing_principal(struct call *call);
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

/* api_certificates.c */
void api_make_keys_and_certificate(struct call *call); /* work, not a handler */
void api_create_keys_and_certificate(struct call *call);
void api_describe_certificate(struct call *call);
void api_update_certificate(struct call *call);

/* api_policies.c */
void api_create_policy(struct call *call);
void api_get_policy(struct call *call);
void api_attach_policy(struct call *call);

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
