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
 *     message   the same for people
 * and up to six pairs of the application's own.
 *
 * When is a run over? The next job starts, and may overwrite what an application has copied, when the application is done with this
 * one, not when the service is: an operator may cancel, delete, retry or make the job again while it is worked on. A run is over when its
 * handler has returned and one of these holds:
 *   1. the handler returned a final status,
 *   2. a final status was reported for it (JOBS_updateStatus, JOBS_report),
 *   3. its cancel callback, called after that return, has returned,
 *   4. its deadline has passed.
 * When the service ends a run, its cancel callback is called, and once more if the handler returns JOB_STATUS_IN_PROGRESS after that. Without
 * a cancel callback the work goes on to its end and its status is not sent. Until the run is over no other job starts, and a line of
 * the log says what is waited for and until when: the run's deadline, or CONFIG_DEVICE_JOBS_LEAVING_MIN (60 min) for one without.
 * IN_PROGRESS reports put it off. A restart of the device ends every run but those of JOB_INTERRUPTED_WAIT.
 * After a final status from outside the handler the next handler starts 20 ms after that call was answered at the earliest, so that a
 * program may clear its flag behind the call.
 * Not promised: that an id names one run (a retry has the id of the run before; JOBS_report takes the run), nor that a program which works
 * past its deadline with one copy of id and document finds them unchanged.
 *
 * All functions: any task, also from inside a handler, not from an ISR; where a task matters it is said. Before SYSTEM_init they
 * return false (or do nothing) and log that. None but JOBS_refreshDocument waits for the network. The rules are those of AWS IoT
 * Jobs (developer guide, "Jobs") and of docs/guarantees.md. */
#ifndef LIB_JOBS_H
#define LIB_JOBS_H

#include "lib_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* AWS IoT Jobs: a job id has 1..64 characters of [a-zA-Z0-9_-]; and NUL. */
#define LENGTH_JOB_ID 65

/* Room for a document and its NUL. A document is never cut: the job of a longer one is REJECTED with the reason
 * DOCUMENT_TOO_LARGE, its size and this limit. */
#define LENGTH_JOB_DOCUMENT CONFIG_DEVICE_JOBS_DOCUMENT_SIZE

typedef enum {
    JOB_STATUS_IN_PROGRESS, /* goes on; somebody reports later */
    JOB_STATUS_SUCCESSED,   /* final */
    JOB_STATUS_FAILED,      /* final */
    JOB_STATUS_REJECTED,    /* final */
    JOB_STATUS_ACCEPTED, /* New. What the library reports before it starts a handler. From an application: IN_PROGRESS */
    JOB_STATUS_MAX,
    JOB_STATUS_SUCCEEDED = JOB_STATUS_SUCCESSED /* New. The same by its usual spelling */
} jobsStatus_et;

/* One run of a handler. Valid until the handler returns: copy what is needed later. */
typedef struct {
    uint32_t queuedAt_u32; /* when the job was queued; seconds since 1970, UTC, by the service's clock */
    uint32_t currentTimeStamp_u32;         /* when it was handed out; the same clock */
    char idStr[LENGTH_JOB_ID];             /* job id */
    char documentStr[LENGTH_JOB_DOCUMENT]; /* the document's JSON text */
    uint8_t attempt_u8;                    /* New. 1 = first run of this execution */
    uint32_t runId_u32;                    /* New. Names this run on this device; never 0 */
    int64_t executionNumber_s64;           /* New. Tells the service's retries of one job id apart */
} job_st;

/* A handler. Runs on the library's worker task and may block; no other job starts before it has returned.
 * It returns how the job ended, or JOB_STATUS_IN_PROGRESS when somebody reports later with JOBS_updateStatus. */
typedef jobsStatus_et (*jobCallBack_t)(job_st *ps_job);
typedef jobCallBack_t jobCallback_t; /* both spellings are in use */

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

/* Reports the status of the job in hand. When the call returns from a final status, that status is in the device's
 * storage and is sent until the service has it, over power cuts and reconnects; the call waits for that write (up to 4 s).
 * An id that is not in hand, or a status after a final one: logged, counted, no effect. A job that the service has ended: a final
 * status ends the run here and is not sent, which the log tells as information.
 * It names the run in hand by its job's id: when the service has retried the same id meanwhile and the old run was over, a late report
 * reaches the new run. Use JOBS_report where that matters. */
void JOBS_updateStatus(const char *pJobIdStr, jobsStatus_et status_e);

/* New. A pair for the execution's statusDetails, which operators read (AWS IoT Jobs).
 * Key: 1..128 of [a-zA-Z0-9:_-], not state, attempt, reason, message. Value: up to 1024 bytes of UTF-8; control characters
 * become blanks, a longer value is cut at a character. All pairs together must fit CONFIG_DEVICE_JOBS_DETAILS_SIZE. */
typedef struct {
    const char *pKeyStr;
    const char *pValueStr;
} jobDetail_st;

/* New. JOBS_updateStatus with details: up to 6, they replace the ones of an earlier report. A pair that breaks the rules
 * above is logged and left out; the status goes out all the same. */
void JOBS_updateStatusDetails(const char *pJobIdStr, jobsStatus_et status_e, const jobDetail_st details[],
                              uint8_t count_u8);

/* New. The same by run (job_st.runId_u32), so that a late report of a run that was timed out cannot hit the retry of the
 * same job id. Waits for the library's engine task, also with IN_PROGRESS (up to 4 s). true: IN_PROGRESS is taken for sending, a final
 * status is in storage. false, and the log says which: no such run, or it has a final status; or the service has ended it: nothing is
 * sent, IN_PROGRESS says that the application still works on it, and a final status ends the run here; or storage failed
 * and the status is sent from memory. */
bool JOBS_report(uint32_t runId_u32, jobsStatus_et status_e, const jobDetail_st details[], uint8_t count_u8);

/* New. IN_PROGRESS with statusDetails.progress, 0..100 (more counts as 100). May be called often: only the newest is sent, at most one
 * every CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS (5 s). Renews the timers like every IN_PROGRESS report. */
void JOBS_updateProgress(const char *pJobIdStr, uint8_t percent_u8);

/* New. What becomes of an execution that was running when the power went. */
typedef enum {
    JOB_INTERRUPTED_FAIL,  /* FAILED, reason INTERRUPTED */
    JOB_INTERRUPTED_RERUN, /* the handler is started again, while attempts are left; else FAILED */
    JOB_INTERRUPTED_WAIT /* the application reports after the boot, within the deadline ("reboot", "update") */
} jobInterrupted_et;

/* New. A handler or a cancel callback has not returned although the run's deadline and 10 s more (CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS) have
 * passed. Nothing can end foreign code safely, so: */
typedef enum {
    JOB_STUCK_RESTART, /* the device restarts (Linux: the program ends, for its supervisor) */
    JOB_STUCK_LEAVE    /* it is left alone, and no job starts before it has returned */
} jobStuck_et;

/* New. A handler with all options. Zero is the default of each but pHandler and one of pActionStr and pDocumentMemberStr.
 *   pActionStr          1..31 characters, copied; NULL when pDocumentMemberStr is given
 *   pHandler            see jobCallBack_t
 *   pContext            handed to all functions; the library does not look at it
 *   pCancelHandler      the service has ended the run (cancel, delete, time-out, retry), or it is past its deadline: it should end
 *                       soon. Runs on the library's event task while the handler runs or after it; what the handler returns then is not
 *                       sent. May block until the work has stopped: its return, after the handler's, says that nothing of this run
 *                       touches anything any more, and the next job starts. Also called for a run of before the boot that waits for its report.
 *                       There is one call at a time; a call is never dropped, also not while another callback blocks
 *   timeoutMin_u8       see JOBS_register
 *   onInterrupted_e     what becomes of an execution that the power interrupted
 *   maxAttempts_u8      starts of one execution over all boots; 0 counts as 1
 *   deadlineSec_u32     seconds without a report after which the device gives the run up; 0: see JOBS_register
 *   pResumeHandler      with JOB_INTERRUPTED_WAIT: the run of before the boot goes on here, with its document, attempt and the run id that it
 *                       had. A handler like pHandler, once per boot, and no start (it does not count among maxAttempts_u8). NULL: the
 *                       application asks JOBS_getWaiting, and reports
 *   pDocumentMemberStr  serves documents that have no `action` and this member at the top ("afr_ota", "steps"); 1..31 characters, copied.
 *                       With pActionStr both are served, each takes one of CONFIG_DEVICE_JOBS_MAX_ACTIONS
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

/* New. Like JOBS_register. The struct may go away afterwards. Also false, with a line in the log: pResumeHandler without
 * JOB_INTERRUPTED_WAIT; an option that is none of its values; a document member that has a handler already. When pActionStr was registered
 * and pDocumentMemberStr could not be, the first stays registered. */
bool JOBS_registerHandler(const jobHandler_st *ps_handler) LIB_JOBS_SIZED(JOBS_registerHandler);

/* New. The run of before the boot that waits for its report (JOB_INTERRUPTED_WAIT), with its document: fills *ps_job, which is the caller's
 * and stays as it is on false. false: no such run, not known yet (the service is asked after the boot), or it is over. It was ended by
 * the service before that: it is forgotten, and this stays false. */
bool JOBS_getWaiting(job_st *ps_job) LIB_JOBS_SIZED(JOBS_getWaiting);

/* New. Reads the document of this run's own execution again into the handler's job_st.documentStr, for links in it that have
 * expired. From inside the run's handler, on its task; waits for the network, up to 15 s (three times
 * CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS). true: the document stands there anew; what was read out of the old one by pointer is void.
 * false, and the log says why: no answer, no connection, the service has ended the run, or the handler does not run any more. Then
 * documentStr is as it was, or the empty string when something came that could not be used; never half a document. After
 * the call nobody writes there. */
bool JOBS_refreshDocument(uint32_t runId_u32);

/* New. The restart as a job: registers the library's own handler for this action, NULL: "restart". A job with it restarts the
 * device once, like SYSTEM_restart, and is SUCCEEDED after the boot, with the boot's number in statusDetails.boot. The proof is
 * the device's journal, which holds the start from an earlier boot, never a clock; a power cut after the start is such a restart,
 * too. A journal that was lost proves nothing: FAILED with the reason INTERRUPTED, and no second restart. Errors of JOBS_register.
 *
 * A handler of one's own, which has something to do before, ends with
 *     SYSTEM_restart(0);
 *     return JOB_STATUS_SUCCEEDED;
 * That status is stored before the restart and sent after it; it says that the device is about to restart, not that it has. */
bool JOBS_registerRestart(const char *pJobActionStr);

/* New. Counts since the boot. */
typedef struct {
    uint32_t received_u32; /* executions learned */
    uint32_t run_u32;      /* handlers started */
    uint32_t succeeded_u32;
    uint32_t failed_u32;
    uint32_t rejected_u32;
    uint32_t canceled_u32;
    uint32_t retriedSends_u32;   /* requests sent again */
    uint32_t droppedReports_u32; /* reports without effect: unknown id, or after a final status */
    uint32_t journalWrites_u32;
    uint32_t journalDamaged_u32; /* 1: what this boot found stored could not be used; the log says why */
} jobsCounters_st;

void JOBS_getCounters(jobsCounters_st *ps_counters);

#ifdef __cplusplus
}
#endif

#endif
