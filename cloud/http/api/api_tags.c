/* SPDX-License-Identifier: MIT */
/* Tags: docs/protocol.md 5.9. */
#include "cloud/http/api/api_tags.h"

#include "cloud/http/operations.h"
#include "cloud/http/render.h"

const struct error_own api_no_limit_error[] = {{CORE_LIMIT_EXCEEDED, {"InvalidRequestException", 400}}, {0}};

static bool read_tag(struct call *call, const json_t *given, struct tag *tag)
{
    if (!json_is_object(given)) {
        call_refuse(call, "'tags' must hold objects");
        return false;
    }
    if (!call_known_members(call, given, "tags", "Key Value") || !call_text(call, given, "Key", &tag->key) ||
        !call_text(call, given, "Value", &tag->value)) {
        return false;
    }
    if (!tag->key) {
        call_refuse(call, "each entry of 'tags' needs a Key");
        return false;
    }
    return true;
}

bool api_read_tags(struct call *call, struct tag_list *tags)
{
    const json_t *array = NULL;
    *tags = (struct tag_list){0};
    if (!call_array(call, call->members, "tags", &array)) {
        return false;
    }
    tags->count = json_array_size(array);
    for (size_t i = 0; i < tags->count && i < TAGS_MAX; i++) { /* of too many the core says so */
        if (!read_tag(call, json_array_get(array, i), &tags->items[i])) {
            return false;
        }
    }
    return true;
}

static bool read_keys(struct call *call, struct tag_list *tags)
{
    const json_t *array = NULL;
    *tags = (struct tag_list){0};
    if (!call_array(call, call->members, "tagKeys", &array)) {
        return false;
    }
    tags->count = json_array_size(array);
    for (size_t i = 0; i < tags->count && i < TAGS_MAX; i++) {
        tags->items[i].key = json_string_value(json_array_get(array, i));
        if (!tags->items[i].key) {
            call_refuse(call, "'tagKeys' must hold strings");
            return false;
        }
    }
    return true;
}

typedef enum core_code (*change_fn)(struct core *core, const char *arn, const struct tag_list *tags,
                                    struct core_error *error);

static void change_tags(struct call *call, const char *list, const struct tag_list *tags, change_fn change)
{
    const char *arn = NULL;
    if (!call_text(call, call->members, "resourceArn", &arn)) {
        return;
    }
    if (!arn || !json_object_get(call->members, list)) {
        call_refuse(call, "'resourceArn' and '%s' are both needed", list);
        return;
    }
    if (call_ok(call, change(call->service->core, arn, tags, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

void api_tag_resource(struct call *call)
{
    struct tag_list tags;
    if (api_read_tags(call, &tags)) {
        change_tags(call, "tags", &tags, tags_add);
    }
}

void api_untag_resource(struct call *call)
{
    struct tag_list tags;
    if (read_keys(call, &tags)) {
        change_tags(call, "tagKeys", &tags, tags_remove);
    }
}

static void add_tag(void *ctx, const struct tag *tag)
{
    json_t *out = json_object();
    render_put_text(out, "Key", tag->key);
    render_put_text(out, "Value", tag->value);
    json_array_append_new(ctx, out);
}

/* All tags of a resource are one page. */
void api_list_tags_for_resource(struct call *call)
{
    struct page page;
    const char *arn = NULL;
    if (!call_page(call, &page) || !call_query_text(call, "resourceArn", &arn)) {
        return;
    }
    if (!arn) {
        call_refuse(call, "query parameter 'resourceArn' is missing");
        return;
    }
    json_t *tags = json_array();
    if (!call_ok(call, tags_list(call->service->core, arn, add_tag, tags, &call->error))) {
        json_decref(tags);
        return;
    }
    json_t *out = json_object();
    json_object_set_new(out, "tags", tags);
    call_answer_page(call, out, "");
}
