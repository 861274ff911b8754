/* SPDX-License-Identifier: MIT */
/* The steps themselves. A step that has been released is never changed: databases out there were made by it. */
#include "cloud/store/schema.h"

#include "cloud/store/schema_4_messages.h"
#include "cloud/store/schema_4_objects.h"
#include "cloud/store/schema_4_policies.h"
#include "cloud/store/schema_4_things.h"
#include "cloud/store/schema_5_events.h"
#include "cloud/store/schema_5_provisioning.h"
#include "cloud/store/schema_objects.h"

/* --- 1 and 2 --- */

/* Times are milliseconds since 1970; a time that does not exist is NULL. executions.id grows with creation and is never
 * used twice: it breaks ties between equal queued_at_ms, and names "the same execution" when lists are compared.
 * pending_rank is the order in which a device sees its executions (docs/protocol.md 3): IN_PROGRESS before QUEUED; NULL: it is
 * not pending. deadline_ms is the earlier of both timers. */
static const char base_tables[] =
    "CREATE TABLE things ("
    "  name TEXT NOT NULL PRIMARY KEY,"
    "  thing_id TEXT NOT NULL,"
    "  attributes TEXT NOT NULL,"
    "  version INTEGER NOT NULL,"
    "  created_at_ms INTEGER NOT NULL) STRICT;"

    "CREATE TABLE certificates ("
    "  certificate_id TEXT NOT NULL PRIMARY KEY,"
    "  status TEXT NOT NULL,"
    "  created_at_ms INTEGER NOT NULL,"
    "  last_modified_at_ms INTEGER NOT NULL,"
    "  not_before_s INTEGER NOT NULL,"
    "  not_after_s INTEGER NOT NULL,"
    "  pem TEXT NOT NULL) STRICT;"

    "CREATE TABLE thing_principals ("
    "  certificate_id TEXT NOT NULL REFERENCES certificates(certificate_id),"
    "  thing_name TEXT NOT NULL REFERENCES things(name),"
    "  PRIMARY KEY (certificate_id, thing_name)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX thing_principals_by_thing ON thing_principals(thing_name);"

    "CREATE TABLE policies ("
    "  name TEXT NOT NULL PRIMARY KEY,"
    "  created_at_ms INTEGER NOT NULL,"
    "  document TEXT NOT NULL) STRICT;"

    "CREATE TABLE policy_attachments ("
    "  certificate_id TEXT NOT NULL REFERENCES certificates(certificate_id),"
    "  policy_name TEXT NOT NULL REFERENCES policies(name),"
    "  PRIMARY KEY (certificate_id, policy_name)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX policy_attachments_by_policy ON policy_attachments(policy_name);"

    "CREATE TABLE jobs ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  job_id TEXT NOT NULL UNIQUE,"
    "  status TEXT NOT NULL,"
    "  is_force_canceled INTEGER NOT NULL DEFAULT 0,"
    "  created_at_ms INTEGER NOT NULL,"
    "  last_updated_at_ms INTEGER NOT NULL,"
    "  completed_at_ms INTEGER,"
    "  in_progress_timeout_min INTEGER,"
    "  retries_failed INTEGER NOT NULL,"
    "  retries_timed_out INTEGER NOT NULL,"
    "  retries_all INTEGER NOT NULL,"
    "  retry_config TEXT,"
    "  description TEXT,"
    "  comment TEXT,"
    "  reason_code TEXT,"
    "  document_source TEXT,"
    "  targets TEXT NOT NULL,"
    "  document TEXT NOT NULL) STRICT;"

    "CREATE TABLE executions ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  job_id TEXT NOT NULL REFERENCES jobs(job_id) ON DELETE CASCADE,"
    "  thing_name TEXT NOT NULL REFERENCES things(name),"
    "  number INTEGER NOT NULL,"
    "  status TEXT NOT NULL,"
    "  version INTEGER NOT NULL,"
    "  queued_at_ms INTEGER NOT NULL,"
    "  started_at_ms INTEGER,"
    "  last_updated_at_ms INTEGER NOT NULL,"
    "  in_progress_deadline_ms INTEGER,"
    "  step_deadline_ms INTEGER,"
    "  deadline_ms INTEGER,"
    "  is_force_canceled INTEGER NOT NULL DEFAULT 0,"
    "  failed_retries INTEGER NOT NULL DEFAULT 0,"
    "  timed_out_retries INTEGER NOT NULL DEFAULT 0,"
    "  details TEXT,"
    "  pending_rank INTEGER GENERATED ALWAYS AS"
    "    (CASE status WHEN 'IN_PROGRESS' THEN 0 WHEN 'QUEUED' THEN 1 END) VIRTUAL,"
    "  UNIQUE (job_id, thing_name, number)) STRICT;"
    "CREATE INDEX executions_by_thing ON executions(thing_name, id);"
    "CREATE INDEX executions_pending ON executions(thing_name, pending_rank, queued_at_ms, id)"
    "  WHERE pending_rank IS NOT NULL;"
    "CREATE INDEX executions_pending_by_job ON executions(job_id, id) WHERE pending_rank IS NOT NULL;"
    "CREATE INDEX executions_deadline ON executions(deadline_ms, id) WHERE deadline_ms IS NOT NULL;"

    "CREATE TABLE buckets ("
    "  name TEXT NOT NULL PRIMARY KEY,"
    "  created_at_ms INTEGER NOT NULL) STRICT;"

    "CREATE TABLE objects ("
    "  bucket TEXT NOT NULL REFERENCES buckets(name),"
    "  key TEXT NOT NULL,"
    "  etag TEXT NOT NULL,"
    "  content_type TEXT NOT NULL,"
    "  modified_at_ms INTEGER NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  body BLOB NOT NULL,"
    "  PRIMARY KEY (bucket, key)) STRICT;";

/* A number that moves with every change of who may do what, and not with jobs: the broker plugin reads it to learn
 * when its cached rights are out of date. */
#define MOVES_WITH(table)                                                                                    \
    "CREATE TRIGGER " table "_insert AFTER INSERT ON " table                                                 \
    " BEGIN UPDATE principal_changes SET count = count + 1; END;"                                            \
    "CREATE TRIGGER " table "_update AFTER UPDATE ON " table                                                 \
    " BEGIN UPDATE principal_changes SET count = count + 1; END;"                                            \
    "CREATE TRIGGER " table "_delete AFTER DELETE ON " table                                                 \
    " BEGIN UPDATE principal_changes SET count = count + 1; END;"

static const char principal_changes[] =
    "CREATE TABLE principal_changes (count INTEGER NOT NULL) STRICT;"
    "INSERT INTO principal_changes VALUES (0);" MOVES_WITH("certificates") MOVES_WITH("thing_principals")
        MOVES_WITH("policies") MOVES_WITH("policy_attachments");

/* --- 3: targets, configuration and policy attachments that have room for thing groups; executions that outlive their
 * thing; marks and due times --- */

/* `config` is the JSON object of CreateJob's configuration members as they were given; the numbers beside it are taken from
 * it, for those who count with them. AUTOINCREMENT goes on where the old table stood: an id is never used twice. */
#define KEEP_SEQUENCE(table)                                                                                 \
    "DELETE FROM sqlite_sequence WHERE name = '" table "_3';"                                                \
    "INSERT INTO sqlite_sequence (name, seq)"                                                                \
    " SELECT '" table "_3', seq FROM sqlite_sequence WHERE name = '" table "';"
#define PUT_IN_PLACE(table) "DROP TABLE " table "; ALTER TABLE " table "_3 RENAME TO " table ";"

#define JOBS_3                                                                                               \
    "CREATE TABLE jobs_3 ("                                                                                  \
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                                \
    "  job_id TEXT NOT NULL UNIQUE,"                                                                         \
    "  status TEXT NOT NULL,"                                                                                \
    "  target_selection TEXT NOT NULL,"                                                                      \
    "  is_force_canceled INTEGER NOT NULL DEFAULT 0,"                                                        \
    "  created_at_ms INTEGER NOT NULL,"                                                                      \
    "  last_updated_at_ms INTEGER NOT NULL,"                                                                 \
    "  completed_at_ms INTEGER,"                                                                             \
    "  config TEXT NOT NULL,"                                                                                \
    "  in_progress_timeout_min INTEGER,"                                                                     \
    "  retries_failed INTEGER NOT NULL,"                                                                     \
    "  retries_timed_out INTEGER NOT NULL,"                                                                  \
    "  retries_all INTEGER NOT NULL,"                                                                        \
    "  description TEXT,"                                                                                    \
    "  comment TEXT,"                                                                                        \
    "  reason_code TEXT,"                                                                                    \
    "  document_source TEXT,"                                                                                \
    "  document TEXT NOT NULL) STRICT;"                                                                      \
    "INSERT INTO jobs_3 SELECT id, job_id, status, 'SNAPSHOT', is_force_canceled, created_at_ms,"            \
    " last_updated_at_ms, completed_at_ms, json_patch("                                                      \
    "  CASE WHEN in_progress_timeout_min IS NULL THEN '{}' ELSE json_object('timeoutConfig',"                \
    "   json_object('inProgressTimeoutInMinutes', in_progress_timeout_min)) END,"                            \
    "  CASE WHEN retry_config IS NULL THEN '{}' ELSE"                                                        \
    "   json_object('jobExecutionsRetryConfig', json(retry_config)) END),"                                   \
    " in_progress_timeout_min, retries_failed, retries_timed_out, retries_all, description, comment,"        \
    " reason_code, document_source, document FROM jobs;"                                                     \
    "CREATE TABLE job_targets ("                                                                             \
    "  job_id TEXT NOT NULL REFERENCES jobs(job_id) ON DELETE CASCADE,"                                      \
    "  kind TEXT NOT NULL," /* 'thing' or 'thinggroup', as in the ARN */                                     \
    "  name TEXT NOT NULL,"                                                                                  \
    "  position INTEGER NOT NULL,"                                                                           \
    "  PRIMARY KEY (job_id, kind, name)) STRICT, WITHOUT ROWID;"                                             \
    "CREATE INDEX job_targets_by_name ON job_targets(kind, name);"                                           \
    "INSERT INTO job_targets (job_id, position, kind, name) SELECT job_id, target.key, 'thing',"             \
    " substr(target.value, instr(target.value, ':thing/') + 7) FROM jobs, json_each(targets) "               \
    "target;" KEEP_SEQUENCE("jobs") PUT_IN_PLACE("jobs")

/* is_visible 0: the execution is pending, but its job must not show it to the device now. */
#define EXECUTIONS_3                                                                                         \
    "CREATE TABLE executions_3 ("                                                                            \
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                                \
    "  job_id TEXT NOT NULL REFERENCES jobs(job_id) ON DELETE CASCADE,"                                      \
    "  thing_name TEXT NOT NULL,"                                                                            \
    "  number INTEGER NOT NULL,"                                                                             \
    "  status TEXT NOT NULL,"                                                                                \
    "  version INTEGER NOT NULL,"                                                                            \
    "  queued_at_ms INTEGER NOT NULL,"                                                                       \
    "  started_at_ms INTEGER,"                                                                               \
    "  last_updated_at_ms INTEGER NOT NULL,"                                                                 \
    "  in_progress_deadline_ms INTEGER,"                                                                     \
    "  step_deadline_ms INTEGER,"                                                                            \
    "  deadline_ms INTEGER,"                                                                                 \
    "  is_force_canceled INTEGER NOT NULL DEFAULT 0,"                                                        \
    "  failed_retries INTEGER NOT NULL DEFAULT 0,"                                                           \
    "  timed_out_retries INTEGER NOT NULL DEFAULT 0,"                                                        \
    "  details TEXT,"                                                                                        \
    "  is_visible INTEGER NOT NULL DEFAULT 1,"                                                               \
    "  pending_rank INTEGER GENERATED ALWAYS AS"                                                             \
    "    (CASE status WHEN 'IN_PROGRESS' THEN 0 WHEN 'QUEUED' THEN 1 END) VIRTUAL,"                          \
    "  UNIQUE (job_id, thing_name, number)) STRICT;"                                                         \
    "INSERT INTO executions_3 SELECT id, job_id, thing_name, number, status, version, queued_at_ms,"         \
    " started_at_ms, last_updated_at_ms, in_progress_deadline_ms, step_deadline_ms, deadline_ms,"            \
    " is_force_canceled, failed_retries, timed_out_retries, details, 1 FROM executions;" KEEP_SEQUENCE(      \
        "executions")                                                                                        \
        PUT_IN_PLACE("executions") "CREATE INDEX executions_by_thing ON executions(thing_name, id);"         \
                                   "CREATE INDEX executions_pending ON executions(thing_name, "              \
                                   "pending_rank, queued_at_ms, id)"                                         \
                                   "  WHERE pending_rank IS NOT NULL AND is_visible = 1;"                    \
                                   "CREATE INDEX executions_pending_by_job ON executions(job_id, id) WHERE " \
                                   "pending_rank IS NOT NULL;"

/* target_kind 'cert': target is a certificate's id; 'thinggroup': a group's name. A foreign key cannot lead to both, so who
 * attaches checks that the target exists. */
#define POLICIES_3                                                                                           \
    "CREATE TABLE policies_3 ("                                                                              \
    "  name TEXT NOT NULL PRIMARY KEY,"                                                                      \
    "  created_at_ms INTEGER NOT NULL,"                                                                      \
    "  last_modified_at_ms INTEGER NOT NULL,"                                                                \
    "  generation_id TEXT NOT NULL,"                                                                         \
    "  document TEXT NOT NULL) STRICT;"                                                                      \
    "INSERT INTO policies_3 SELECT name, created_at_ms, created_at_ms, lower(hex(randomblob(32))), document" \
    " FROM policies;" PUT_IN_PLACE(                                                                          \
        "policies") "CREATE TABLE policy_attachments_3 ("                                                    \
                    "  target_kind TEXT NOT NULL,"                                                           \
                    "  target TEXT NOT NULL,"                                                                \
                    "  policy_name TEXT NOT NULL REFERENCES policies(name),"                                 \
                    "  PRIMARY KEY (target_kind, target, policy_name)) STRICT, WITHOUT ROWID;"               \
                    "INSERT INTO policy_attachments_3 SELECT 'cert', certificate_id, policy_name FROM "      \
                    "policy_attachments;" PUT_IN_PLACE(                                                      \
                        "policy_attachments") "CREATE INDEX policy_attachments_by_policy ON "                \
                                              "policy_attachments(policy_name);" MOVES_WITH("policies")      \
                                                  MOVES_WITH(                                                \
                                                      "policy_attachments") /* the old ones went with their tables */

/* marks: a thing is owed a notice; kind 0: notify (its list), 1: notify-next (its first execution). seq: the order in which
 * the marks were set. due: what is to be done at a time; kind 1: `subject` is an execution's id that times out. */
#define QUEUES_3                                                                                             \
    "CREATE TABLE marks ("                                                                                   \
    "  thing_name TEXT NOT NULL,"                                                                            \
    "  kind INTEGER NOT NULL,"                                                                               \
    "  seq INTEGER NOT NULL,"                                                                                \
    "  PRIMARY KEY (thing_name, kind)) STRICT, WITHOUT ROWID;"                                               \
    "CREATE INDEX marks_by_seq ON marks(seq);"                                                               \
    "CREATE TABLE due ("                                                                                     \
    "  kind INTEGER NOT NULL,"                                                                               \
    "  subject INTEGER NOT NULL,"                                                                            \
    "  due_at_ms INTEGER NOT NULL,"                                                                          \
    "  PRIMARY KEY (kind, subject)) STRICT, WITHOUT ROWID;"                                                  \
    "CREATE INDEX due_by_time ON due(due_at_ms, kind, subject);"                                             \
    "INSERT INTO due SELECT 1, id, deadline_ms FROM executions WHERE deadline_ms IS NOT NULL;"

/* `file` names the body (object_file.h). The rows come along by schema_objects_to_files, which puts the table in place. */
#define OBJECTS_3                                                                                            \
    "CREATE TABLE objects_3 ("                                                                               \
    "  bucket TEXT NOT NULL REFERENCES buckets(name),"                                                       \
    "  key TEXT NOT NULL,"                                                                                   \
    "  etag TEXT NOT NULL,"                                                                                  \
    "  content_type TEXT NOT NULL,"                                                                          \
    "  modified_at_ms INTEGER NOT NULL,"                                                                     \
    "  size INTEGER NOT NULL,"                                                                               \
    "  file TEXT NOT NULL UNIQUE,"                                                                           \
    "  PRIMARY KEY (bucket, key)) STRICT;"

static const char wider_tables[] = JOBS_3 EXECUTIONS_3 POLICIES_3 QUEUES_3 OBJECTS_3;

static const char whole_registry[] = SCHEMA_4_POLICIES SCHEMA_4_THINGS SCHEMA_4_OBJECTS SCHEMA_4_MESSAGES;

const struct schema_step schema_steps[] = {
    {.sql = base_tables},
    {.sql = principal_changes},
    {.sql = wider_tables, .run = schema_objects_to_files},
    {.sql = whole_registry},
    {.sql = SCHEMA_5_PROVISIONING SCHEMA_5_EVENTS},
};
const size_t schema_step_count = sizeof schema_steps / sizeof *schema_steps;
