/* SPDX-License-Identifier: MIT */
/* Every capacity and time of the device side, in one place. Each has a Kconfig twin of the same name on ESP-IDF; on a
 * host build give another value with -D. Library and application must be built with the same values. */
#ifndef DEVICE_CORE_CONFIG_H
#define DEVICE_CORE_CONFIG_H

#ifndef CONFIG_DEVICE_JOBS_DOCUMENT_SIZE
#define CONFIG_DEVICE_JOBS_DOCUMENT_SIZE 4096 /* bytes of a job document with its NUL; 256..32769 */
#endif
/* Bytes of serialized statusDetails, with the library's four pairs; 512..2048. */
#ifndef CONFIG_DEVICE_JOBS_DETAILS_SIZE
#define CONFIG_DEVICE_JOBS_DETAILS_SIZE 1024
#endif
#ifndef CONFIG_DEVICE_JOBS_MAX_ACTIONS
#define CONFIG_DEVICE_JOBS_MAX_ACTIONS 8
#endif
/* Bytes of a value buffer whose size JSON_processString cannot know. */
#ifndef CONFIG_DEVICE_JOBS_UNSIZED_VALUE
#define CONFIG_DEVICE_JOBS_UNSIZED_VALUE 4
#endif
#ifndef CONFIG_DEVICE_JOBS_DEFAULT_DEADLINE_MIN
#define CONFIG_DEVICE_JOBS_DEFAULT_DEADLINE_MIN 60 /* 0 = none */
#endif
/* The device waits so long after the start before it rejects a job without a handler. */
#ifndef CONFIG_DEVICE_JOBS_GRACE_MS
#define CONFIG_DEVICE_JOBS_GRACE_MS 10000
#endif
/* The device takes a request for lost when its answer has not come by then. */
#ifndef CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS
#define CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS 5000
#endif
#ifndef CONFIG_DEVICE_JOBS_RETRY_BASE_MS
#define CONFIG_DEVICE_JOBS_RETRY_BASE_MS 1000
#endif
#ifndef CONFIG_DEVICE_JOBS_RETRY_CAP_MS
#define CONFIG_DEVICE_JOBS_RETRY_CAP_MS 60000
#endif
/* The device offers a final status again so long after the service has refused it. */
#ifndef CONFIG_DEVICE_JOBS_REFUSED_RETRY_MS
#define CONFIG_DEVICE_JOBS_REFUSED_RETRY_MS 3600000
#endif
/* An idle device asks the service for jobs every 15 min, with jitter. */
#ifndef CONFIG_DEVICE_JOBS_IDLE_QUERY_MS
#define CONFIG_DEVICE_JOBS_IDLE_QUERY_MS 900000
#endif
/* It asks every minute, with jitter, when it gets no notifications. */
#ifndef CONFIG_DEVICE_JOBS_POLL_MS
#define CONFIG_DEVICE_JOBS_POLL_MS 60000
#endif
/* The application may work so long on a run without a deadline that the service has ended. */
#ifndef CONFIG_DEVICE_JOBS_LEAVING_MIN
#define CONFIG_DEVICE_JOBS_LEAVING_MIN 60
#endif
#ifndef CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS
#define CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS 10000 /* a handler has this long to return after its deadline */
#endif
#ifndef CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS
#define CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS 5000
#endif
#ifndef CONFIG_DEVICE_JOBS_MESSAGE_OVERHEAD
#define CONFIG_DEVICE_JOBS_MESSAGE_OVERHEAD 1600 /* bytes that a message may have beside its document */
#endif
#ifndef CONFIG_DEVICE_JOBS_LINK_BASE_MS
#define CONFIG_DEVICE_JOBS_LINK_BASE_MS 1000
#endif
#ifndef CONFIG_DEVICE_JOBS_LINK_CAP_MS
#define CONFIG_DEVICE_JOBS_LINK_CAP_MS 120000
#endif
#ifndef CONFIG_DEVICE_JOBS_LINK_STABLE_MS
#define CONFIG_DEVICE_JOBS_LINK_STABLE_MS 30000 /* a connection that lasts this long resets the backoff */
#endif
#ifndef CONFIG_DEVICE_JOBS_KEEPALIVE_S
#define CONFIG_DEVICE_JOBS_KEEPALIVE_S 60 /* AWS IoT: 30..1200 */
#endif

/* Bytes that the message queue has beside the room for one largest message. */
#ifndef CONFIG_DEVICE_JOBS_INBOX_SPARE
#define CONFIG_DEVICE_JOBS_INBOX_SPARE 532
#endif
#ifndef CONFIG_DEVICE_JOBS_ENGINE_STACK
#define CONFIG_DEVICE_JOBS_ENGINE_STACK 4096 /* bytes of the engine task, which also writes to the storage */
#endif
#ifndef CONFIG_DEVICE_JOBS_WORKER_STACK
#define CONFIG_DEVICE_JOBS_WORKER_STACK 4096 /* bytes of the task that runs the application's handlers */
#endif
#ifndef CONFIG_DEVICE_JOBS_EVENT_STACK
#define CONFIG_DEVICE_JOBS_EVENT_STACK 3072 /* bytes of the task that runs its event and cancel callbacks */
#endif
#ifndef CONFIG_DEVICE_JOBS_PIN_HANDLERS
#define CONFIG_DEVICE_JOBS_PIN_HANDLERS 8 /* input pins that can have handlers; 1..64 */
#endif
/* Bytes of the task that each of them gets with its first handler. */
#ifndef CONFIG_DEVICE_JOBS_PIN_STACK
#define CONFIG_DEVICE_JOBS_PIN_STACK 3072
#endif

/* The application's own messages. Memory for them is there only in programs that use them. */
#ifndef CONFIG_DEVICE_JOBS_OUTBOX_SIZE
#define CONFIG_DEVICE_JOBS_OUTBOX_SIZE 4096 /* bytes of messages that wait to be sent and acknowledged */
#endif
#ifndef CONFIG_DEVICE_JOBS_RECEIVED_SIZE
#define CONFIG_DEVICE_JOBS_RECEIVED_SIZE 4096 /* bytes of messages that wait for their callbacks */
#endif
#ifndef CONFIG_DEVICE_JOBS_POLLED_SIZE
#define CONFIG_DEVICE_JOBS_POLLED_SIZE 2816 /* bytes of messages that wait for AWS_subMsgRead */
#endif
#ifndef CONFIG_DEVICE_JOBS_SUBSCRIPTIONS
#define CONFIG_DEVICE_JOBS_SUBSCRIPTIONS 8 /* of the application; 46 and our four are AWS's 50 */
#endif
#ifndef CONFIG_DEVICE_JOBS_FILTER_SIZE
#define CONFIG_DEVICE_JOBS_FILTER_SIZE 128 /* bytes of a filter with its NUL; AWS allows 256 characters */
#endif

/* A message from the service may have this many bytes beside its job document; a larger one is dropped. */
#define DEVICE_MESSAGE_CAP      CONFIG_DEVICE_JOBS_MESSAGE_OVERHEAD
/* Of these the members beside statusDetails (ids, versions, times) need at most this many. */
#define DEVICE_MESSAGE_ENVELOPE 576

#define DEVICE_JOB_ID_CAP     65  /* AWS IoT Jobs: 1..64 characters, and NUL */
#define DEVICE_THING_NAME_CAP 129 /* AWS IoT: 1..128 characters, and NUL */
#define DEVICE_ACTION_CAP     32  /* action name of at most 31 characters, and NUL */
#define DEVICE_TOPIC_CAP      228 /* AWS IoT: 226 bytes, jobs/<jobId>/update/accepted with the longest names */

/* Of a device that is being provisioned, or whose certificate is being changed. Texts with their NUL. */
#define DEVICE_KEY_CAP                  512  /* PEM of an EC P-256 key has about 240 bytes */
#define DEVICE_CERTIFICATE_CAP          2048 /* PEM; AWS's for such a key have about 1100 bytes */
#define DEVICE_CERTIFICATE_ID_CAP       65   /* AWS IoT: 64 hex digits */
#define DEVICE_OWNERSHIP_TOKEN_CAP      1024 /* AWS's client library for fleet provisioning has room for 512 */
#define DEVICE_TEMPLATE_NAME_CAP        37   /* AWS IoT: 1..36 characters */
#define DEVICE_CSR_CAP                  1024 /* PEM; about 500 bytes */
#define DEVICE_PROVISION_PARAMETERS_CAP 1536 /* JSON of all parameters of the template */
#define DEVICE_PROVISION_OUT_CAP        2816 /* the longest message to the service, and the record of an identity */
#define DEVICE_PROVISION_MESSAGE_CAP    4096 /* the longest answer; a longer one is dropped */

#endif
