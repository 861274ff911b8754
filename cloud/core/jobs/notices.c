/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/notices.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/core/jobs/execution_json.h"
#include "cloud/core/jobs/execution_record.h"

#include <assert.h>
#include <stdlib.h>

#define FRAME_CAP 128 /* bytes of a payload beside the executions */

void notice_clear(struct notice *notice)
{
    free(notice->topic);
    free(notice->payload);
    *notice = (struct notice){0};
}

static void begin(struct core *core, struct json_writer *w, size_t cap, struct notice *notice)
{
    notice->payload = memory_resize(NULL, cap);
    json_write_begin(w, notice->payload, cap);
    json_write_object(w);
    json_write_key(w, "timestamp");
    json_write_i64(w, core_now_ms(core) / 1000);
}

static void end(struct json_writer *w, const struct mark *mark, struct notice *notice)
{
    json_write_object_end(w);
    enum err err = json_write_finish(w, &notice->payload_len);
    assert(err == ERR_OK); /* the capacity was computed from what was written */
    (void)err;
    notice->topic = text_format("$aws/things/%s/jobs/%s", mark->thing,
                                mark->kind == MARK_LIST ? "notify" : "notify-next");
    notice->mark = mark->seq;
}

/* The lists of notify: a member per status that occurs; the entries come sorted by status. */
struct list_writer {
    struct json_writer *w;
    bool is_open;
    enum execution_status status;
};

static void write_entry(void *ctx, const struct execution *execution)
{
    struct list_writer *list = ctx;
    if (list->is_open && list->status != execution->status) {
        json_write_array_end(list->w);
        list->is_open = false;
    }
    if (!list->is_open) {
        json_write_key(list->w, execution_status_text(execution->status));
        json_write_array(list->w);
        list->is_open = true;
        list->status = execution->status;
    }
    execution_json_write_summary(list->w, execution);
}

static bool render_notify(struct core *core, const struct mark *mark, struct notice *notice)
{
    struct json_writer w;
    begin(core, &w, FRAME_CAP + EXECUTIONS_SHOWN * EXECUTION_JSON_SUMMARY_CAP, notice);
    json_write_key(&w, "jobs");
    json_write_object(&w);
    struct list_writer list = {.w = &w};
    if (!execution_record_each_pending(core, mark->thing, EXECUTIONS_SHOWN, write_entry, &list)) {
        return false;
    }
    if (list.is_open) {
        json_write_array_end(&w);
    }
    json_write_object_end(&w);
    end(&w, mark, notice);
    return true;
}

static bool render_notify_next(struct core *core, const struct mark *mark, struct notice *notice)
{
    struct execution_record first;
    struct json_writer w;
    int got = execution_record_first(core, mark->thing, &first);
    if (got == 1) {
        first.execution.document = execution_record_document(core, first.execution.job_id);
    }
    bool is_good = got == 0 || (got == 1 && first.execution.document);
    if (is_good) {
        begin(core, &w, FRAME_CAP + (got ? execution_json_cap(&first.execution) : 0), notice);
        if (got) {
            json_write_key(&w, "execution");
            execution_json_write(&w, core, &first.execution);
        }
        end(&w, mark, notice);
    }
    execution_record_clear(&first);
    return is_good;
}

bool notice_render(struct core *core, const struct mark *mark, struct notice *notice)
{
    *notice = (struct notice){0};
    bool is_good =
        mark->kind == MARK_LIST ? render_notify(core, mark, notice) : render_notify_next(core, mark, notice);
    if (!is_good) {
        notice_clear(notice);
    }
    return is_good;
}
