#include "data/json_items.h"

#include <string.h>

struct json_items json_items_start(const char *text, size_t size, const char *origin) {
    return (struct json_items){.next = text, .end = text + size, .origin = origin};
}

/* The next character that is no space, not taken; 0 at the end. */
static char look(struct json_items *items) {
    while (items->next < items->end && strchr(" \t\r\n", *items->next) != NULL && *items->next != '\0')
        items->next++;
    return items->next < items->end ? *items->next : '\0';
}

static enum status wrong(const struct json_items *items, const char *what) {
    return status_set(STATUS_INVALID, "%s: %s behind item %zu of the list", items->origin, what,
                      items->number);
}

static enum status take(struct json_items *items, char character) {
    if (look(items) != character)
        return status_set(STATUS_INVALID, "%s: '%c' is missing behind item %zu of the list", items->origin,
                          character, items->number);
    items->next++;
    return STATUS_OK;
}

/* Parses one value and moves behind it. */
static enum status take_value(struct json_items *items, json_t **value) {
    json_error_t error;
    *value = json_loadb(items->next, (size_t)(items->end - items->next),
                        JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
    if (*value == NULL)
        return wrong(items, error.text);
    items->next += error.position;
    return STATUS_OK;
}

/* Goes to the first element of the list. */
static enum status enter(struct json_items *items) {
    if (look(items) == '[')
        return take(items, '[');
    TRY(take(items, '{'));
    while (look(items) != '}') {
        json_t *key, *value;
        TRY(take_value(items, &key));
        const bool found = json_is_string(key) && strcmp(json_string_value(key), "data_list") == 0;
        json_decref(key);
        TRY(take(items, ':'));
        if (found)
            return take(items, '[');
        TRY(take_value(items, &value));
        json_decref(value);
        if (look(items) != '}')
            TRY(take(items, ','));
    }
    return status_set(STATUS_INVALID, "%s: neither a list nor an object with a list \"data_list\"",
                      items->origin);
}

enum status json_items_next(struct json_items *items, json_t **item) {
    *item = NULL;
    const bool first = !items->inside;
    if (first)
        TRY(enter(items));
    items->inside = true;
    if (look(items) == ']')
        return STATUS_OK;
    if (!first)
        TRY(take(items, ','));
    TRY(take_value(items, item));
    items->number++;
    return STATUS_OK;
}
