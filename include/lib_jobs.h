/* SPDX-License-Identifier: MIT */
/* AWS IoT Jobs: register a handler for an action, run it when a job asks for it, report how it went.
 *
 * A job document is a JSON object with a string member "action"; the handler registered for that action runs.
 * Jobs run one after another, in the order of the service. What an operator sees (statusDetails of the execution):
 *     state     accepted, then running
 *     attempt   1 for the first run
 *     reason    why it did not succeed, one word, which also says in which phase:
 *               not started   NO_ACTION, UNKNOWN_ACTION, INVALID_DOCUMENT, AMBIGUOUS_KEY, DOCUMENT_TOO_LARGE, CLAIM_REFUSED, STORAGE
 *               it ran        HANDLER_FAILED, REJECTED_BY_HANDLER, DEADLINE
 *               a restart     INTERRUPTED, ATTEMPTS_EXHAUSTED
 *     message   the reason for people, up to 127 bytes
 * and up to six pairs of the application's own.
 *
 * The message comes from the application, which gives it as a pair with FAILED or REJECTED (jobDetail_st); else from the library, when a value of
 * the document was the cause (lib_json.h); else it is the text of the reason.
 *
 * When is a run over? The service may end a run (an operator cancels, deletes, retries or makes its job again) while the application still
 * works on it. The next job may overwrite what the application has copied, so it starts only when the application is done. A run is over
 * when its handler has returned and one of these holds:
 *   1. the handler returned a final status,
 *   2. the application reported a final status for the run (JOBS_updateStatus, JOBS_report),
 *   3. the library called the run's cancel callback after that return, and the callback has returned,
 *   4. the run's deadline has passed.
 * When the service ends a run, the library calls the run's cancel callback, and calls it once more when the handler returns
 * JOB_STATUS_IN_PROGRESS after that. Without a cancel callback the application works on to the end, and the library does not send the status.
 * Until the run is over the library starts no other job, and a line of the log says what it waits for and until when: the run's deadline, or
 * CONFIG_DEVICE_JOBS_LEAVING_MIN (60 min) for a run without one. Each IN_PROGRESS report moves that time. A restart of the device ends
 * every run, except runs of handlers with JOB_INTERRUPTED_WAIT.
 * After a final status from outside the handler the library waits 20 ms from its answer to that call before it starts the next handler: programs
 * of the original library clear their flag after the call.
 * The library does not promise that an id names one run (the service's retry has the id of the run before; JOBS_report names the run),
 * nor that a program finds its copy of id and document unchanged when it works past its deadline.
 *
 * All functions: any task, also from inside a handler, not from an ISR; the comment of a function says when its task matters. Before SYSTEM_init
 * they return false (or do nothing) and log that. Only JOBS_refreshDocument waits for the network. The library keeps no pointer that it was
 * given, except functions and pContext. The rules are those of AWS IoT Jobs (developer guide, "Jobs") and of docs/guarantees.md. */
#ifndef LIB_JOBS_H
#define LIB_JOBS_H

#include "lib_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a job id with its NUL. AWS IoT Jobs: an id has 1..64 characters of [a-zA-Z0-9_-]. */
#define LENGTH_JOB_ID 65

/* Bytes of a document with its NUL. The library never cuts a document: it rejects a job with a longer one (REJECTED, reason
 * DOCUMENT_TOO_LARGE, with the document's size and this limit in the message). */
#define LENGTH_JOB_DOCUMENT CONFIG_DEVICE_JOBS_DOCUMENT_SIZE

typedef enum {
    JOB_STATUS_IN_PROGRESS, /* the run goes on; the application reports later */
    JOB_STATUS_SUCCESSED,   /* final */
    JOB_STATUS_FAILED,      /* final */
    JOB_STATUS_REJECTED,    /* final */
    JOB_STATUS_ACCEPTED, /* New. What the library reports before it starts a handler. From an application it means IN_PROGRESS */
    JOB_STATUS_MAX,
    JOB_STATUS_SUCCEEDED = JOB_STATUS_SUCCESSED /* New. The usual spelling of JOB_STATUS_SUCCESSED */
} jobsStatus_et;

/* One run of a handler. The struct is the library's and valid until the handler returns: copy what you need later. */
typedef struct {
    uint32_t queuedAt_u32; /* when the service queued the job; seconds since 1970, UTC, by its clock */
    uint32_t currentTimeStamp_u32;         /* when the service handed the job out; the same clock */
    char idStr[LENGTH_JOB_ID];             /* job id */
    char documentStr[LENGTH_JOB_DOCUMENT]; /* the document's JSON text */
    uint8_t attempt_u8;                    /* New. 1 = first run of this execution */
    uint32_t runId_u32;                    /* New. Names this run on this device; never 0 */
    int64_t executionNumber_s64;           /* New. Tells the service's retries of one job id apart */
} job_st;

/* A handler. The library calls it on its worker task; the handler may block, and no other job starts before it has returned.
 * It returns how the job ended, or JOB_STATUS_IN_PROGRESS when the application reports that later (JOBS_updateStatus, JOBS_report). What
 * it returns after a final report of its own run has no effect. */
typedef jobsStatus_et (*jobCallBack_t)(job_st *ps_job);
typedef jobCallBack_t jobCallback_t; /* programs use both spellings */

/* The library and the application must agree on the size of a document: a program that was compiled with another
 * LENGTH_JOB_DOCUMENT does not link ("undefined reference to JOBS_register_with_document_of_..."). */
#define LIB_JOBS_TEXT_(text) #text
#define LIB_JOBS_TEXT(text)  LIB_JOBS_TEXT_(text)
#define LIB_JOBS_SIZED(name)                                                                                 \
    __asm__(#name "_with_document_of_" LIB_JOBS_TEXT(CONFIG_DEVICE_JOBS_DOCUMENT_SIZE))

/* Registers a handler for an action, before or after SYSTEM_start. The handler is started at most once for each execution: an
 * execution that was interrupted (power, restart) ends FAILED with the reason INTERRUPTED.
 *   pJobActionStr   1..31 characters, copied
 *   timeoutMin_u8   minutes without a report after which the run is given up, 0: 60
 *                   (CONFIG_DEVICE_JOBS_DEFAULT_DEADLINE_MIN). Each IN_PROGRESS report renews it.
 * The device ends such a run FAILED with the reason DEADLINE; when the handler itself has not returned, it restarts
 * (JOB_STUCK_RESTART). A timeout of 1 and more is also AWS's step timer: a device that is gone for good ends TIMED_OUT there.
 * false, and the log says which: no or empty action, too long, no handler, action taken, table full
 * (CONFIG_DEVICE_JOBS_MAX_ACTIONS, 8). */
bool JOBS_register(const char *pJobActionStr, uint8_t timeoutMin_u8, jobCallBack_t callbackHandler)
    LIB_JOBS_SIZED(JOBS_register);

/* Reports the status of the job in hand. When the call returns from a final status, that status is in the device's storage, and the
 * library sends it until the service has it, over power cuts and reconnects; the call waits for that write (up to 4 s).
 * A call with an id that is not in hand, or after a final status, has no effect: the library logs and counts it. When the service has
 * ended the job, a final status ends the run on the device and is not sent; the log says that as information.
 * The id names the run in hand: when the service has retried the same id meanwhile and the old run was over, a late report
 * reaches the new run. Use JOBS_report where that matters. */
void JOBS_updateStatus(const char *pJobIdStr, jobsStatus_et status_e);

/* New. A pair for the execution's statusDetails, which operators read (AWS IoT Jobs: 1..128 characters of [a-zA-Z0-9:_-], 1..1024
 * without control characters). The library writes the keys state, attempt, reason and progress itself. Control characters of a value become
 * blanks, and a longer value is cut between characters. All pairs together must fit CONFIG_DEVICE_JOBS_DETAILS_SIZE.
 * The key message is the application's word on why it failed: with FAILED or REJECTED it takes the place of what the library would say, and
 * does not count among the six; up to 127 bytes, quotes become apostrophes. With any other status it is left out, because a
 * run that goes on or has succeeded carries no message. Of two messages the first counts. */
typedef struct {
    const char *pKeyStr;
    const char *pValueStr;
} jobDetail_st;

/* New. JOBS_updateStatus with details: up to 6 and a message; they replace the details of an earlier report of this run. The library leaves out a
 * pair that breaks the rules above and logs how many it left out; it sends the status all the same. */
void JOBS_updateStatusDetails(const char *pJobIdStr, jobsStatus_et status_e, const jobDetail_st details[],
                              uint8_t count_u8);

/* New. JOBS_updateStatusDetails by run (job_st.runId_u32), so that a late report of a run that was timed out cannot reach the retry of the same
 * job id. Also for a run that goes on after the boot (pResumeHandler, JOBS_getWaiting). details may be NULL with count_u8 0.
 * The call waits for the library's engine task, also with IN_PROGRESS (up to 4 s). true: the library has taken IN_PROGRESS for sending, or
 * a final status is in storage. false, and the log says which: there is no such run; the run has a final status; the service has ended the
 * run, so that nothing is sent (IN_PROGRESS then says that the application still works on it, a final status ends the run); or the storage
 * failed, and the library sends the status from memory.
 * A handler that wants to give a message reports before it returns:
 *     const jobDetail_st details[] = {{"message", "the valve does not close"}};
 *     JOBS_report(ps_job->runId_u32, JOB_STATUS_FAILED, details, 1);
 *     return JOB_STATUS_FAILED; */
bool JOBS_report(uint32_t runId_u32, jobsStatus_et status_e, const jobDetail_st details[], uint8_t count_u8);

/* New. Reports IN_PROGRESS with statusDetails.progress, 0..100 (more counts as 100). A program may call this often: the library sends only
 * the newest report, at most one every CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS (5 s). Moves the deadline like every IN_PROGRESS report. */
void JOBS_updateProgress(const char *pJobIdStr, uint8_t percent_u8);

/* New. What the library makes of an execution that was running when the device lost its power or restarted. */
typedef enum {
    JOB_INTERRUPTED_FAIL,  /* FAILED, reason INTERRUPTED */
    JOB_INTERRUPTED_RERUN, /* the handler is started again, while attempts are left; else FAILED */
    JOB_INTERRUPTED_WAIT /* the application reports after the boot, within the deadline; for "reboot", "update" */
} jobInterrupted_et;

/* New. What the library does when a handler or a cancel callback has not returned 10 s (CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS) after the run's
 * deadline. No RTOS can end another task's code safely. */
typedef enum {
    JOB_STUCK_RESTART, /* the device restarts (Linux: the program ends, for its supervisor) */
    JOB_STUCK_LEAVE    /* the library leaves the handler alone and starts no job before it has returned */
} jobStuck_et;

/* New. A handler with all options. Zero is the default of every option but pHandler and one of pActionStr and pDocumentMemberStr.
 *   pActionStr          1..31 characters, copied; NULL when pDocumentMemberStr is given
 *   pHandler            see jobCallBack_t
 *   pContext            the library hands it to all three functions and does not look at it
 *   pCancelHandler      the library calls it on its event task, while the handler runs or after the handler has returned, when the service has
 *                       ended the run (cancel, delete, time-out, retry) or the run is past its deadline: the application should stop soon.
 *                       What the handler returns after that is not sent. The callback may block until the work has stopped. Its return,
 *                       after the handler's, tells the library that the application is done with this run, and the next job
 *                       starts. The library also calls it for a run of an earlier boot that waits for its report. There is one call at a
 *                       time, and the library drops no call, also not while another callback blocks.
 *                       The two tasks know nothing of each other: the call may come before the handler's first line, and also after the start
 *                       of the next run. So keep the run id that is to stop and let the handler compare it with its runId_u32; a flag
 *                       that the handler clears when it begins would forget the call
 *   timeoutMin_u8       minutes, see JOBS_register
 *   onInterrupted_e     what the library makes of a run that a power cut or a restart interrupted
 *   maxAttempts_u8      starts of one execution over all boots; 0 counts as 1
 *   deadlineSec_u32     seconds without a report after which the device gives the run up; 0: see JOBS_register
 *   pResumeHandler      with JOB_INTERRUPTED_WAIT: the library calls it after the boot with the run of the earlier boot, its document, its
 *                       attempt and its run id. It is a handler like pHandler, is called once per boot, and does not count among
 *                       maxAttempts_u8. NULL: the application asks JOBS_getWaiting and reports
 *   pDocumentMemberStr  the handler serves documents that have no `action` and have this member at the top ("afr_ota", "steps"); 1..31
 *                       characters, copied. A handler with pActionStr as well serves both and takes two of CONFIG_DEVICE_JOBS_MAX_ACTIONS
 *   onStuck_e           see jobStuck_et */
typedef struct {
    const char *pActionStr;
    jobsStatus_et (*pHandler)(job_st *ps_job, void *pContext);
    void *pContext;
    void (*pCancelHandler)(uint32_t runId_u32, void *pContext);
    uint8_t timeoutMin_u8;
    jobInterrupted_et onInterrupted_e;
    uint8_t maxAttempts_u8;
    uint32_t deadlineSec_u32;
    jobsStatus_et (*pResumeHandler)(job_st *ps_job, void *pContext);
    const char *pDocumentMemberStr;
    jobStuck_et onStuck_e;
} jobHandler_st;

/* New. Registers a handler with options; errors as with JOBS_register. The struct may go away afterwards. It also returns false, with a line in
 * the log, for a pResumeHandler without JOB_INTERRUPTED_WAIT, for an option that has none of its values, and for a document member that has
 * a handler already. When the library could register pActionStr and not pDocumentMemberStr, the action stays registered. */
bool JOBS_registerHandler(const jobHandler_st *ps_handler) LIB_JOBS_SIZED(JOBS_registerHandler);

/* New. Fills *ps_job, which is the caller's, with the run of an earlier boot that waits for its report (JOB_INTERRUPTED_WAIT) and with its
 * document. false, and *ps_job is unchanged: there is no such run; the library does not know of it yet (it asks the service after the boot);
 * or the run is over. A run that the service ended before the library could ask is forgotten: the call stays false. */
bool JOBS_getWaiting(job_st *ps_job) LIB_JOBS_SIZED(JOBS_getWaiting);

/* New. Reads the document of this run's own execution again into the handler's job_st.documentStr, for links in it that have
 * expired. Call it inside the run's handler, on the handler's task; it waits for the network, up to 15 s (three times
 * CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS). true: documentStr holds the document as the service has it now, and pointers into the old text are void.
 * false, and the log says why: no answer, no connection, the service has ended the run, or the handler has returned. documentStr is then
 * unchanged, or the empty string when the answer could not be used; it is never half a document. The library does not write to
 * documentStr after the call has returned. */
bool JOBS_refreshDocument(uint32_t runId_u32);

/* New. The restart as a job: registers the library's own handler for this action, or for "restart" with NULL; errors as with JOBS_register. A job
 * with this action restarts the device once, like SYSTEM_restart, and the library reports SUCCEEDED after the boot, with the boot's number in
 * statusDetails.boot. The proof is the device's journal, which holds the start from an earlier boot, and never a clock; a power cut after the
 * start counts as the restart. Without its journal the device cannot tell: it reports FAILED with the reason INTERRUPTED and does not restart
 * again.
 *
 * A handler of the application that has something to do before the restart ends with
 *     SYSTEM_restart(0);
 *     return JOB_STATUS_SUCCEEDED;
 * The library stores that status before the restart and sends it after the boot; it says that the device is about to restart. */
bool JOBS_registerRestart(const char *pJobActionStr);

/* New. What has happened since the boot. */
typedef struct {
    uint32_t received_u32; /* executions that the device has learned of */
    uint32_t run_u32;      /* handlers started */
    uint32_t succeeded_u32;
    uint32_t failed_u32;
    uint32_t rejected_u32;
    uint32_t canceled_u32;
    uint32_t retriedSends_u32;   /* requests sent again */
    uint32_t droppedReports_u32; /* reports without effect: of an unknown id, or after a final status */
    uint32_t journalWrites_u32;
    uint32_t
        journalDamaged_u32; /* 1: the device could not use the journal that it found at its boot; the log says why */
} jobsCounters_st;

/* Fills *ps_counters, which is the caller's. Zeros before SYSTEM_init; NULL has no effect. */
void JOBS_getCounters(jobsCounters_st *ps_counters);

#ifdef __cplusplus
}
#endif

#endif
