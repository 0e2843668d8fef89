/* json_items.h: the elements of a long JSON list, one after the other. Inside the data room only.
 *
 * Annotations of millions of images are one document. As a tree they take some twenty times the memory of
 * their text, so that they are parsed an element at a time:
 *
 *     struct json_items items = json_items_start(text, size, "train.json");
 *     for (json_t *item; (code = json_items_next(&items, &item)) == STATUS_OK && item != NULL;
 *          json_decref(item))
 *         ...
 *
 * The list is the document itself, or the value of its key "data_list"; other keys are passed over.
 */
#ifndef MNSP_DATA_JSON_ITEMS_H
#define MNSP_DATA_JSON_ITEMS_H

#include "base/json.h"

struct json_items {
    const char *next, *end, *origin;
    size_t number; /* of the element that came last, counted from 1 */
    bool inside;   /* of the list */
};

struct json_items json_items_start(const char *text, size_t size, const char *origin);

/* The next element, released with json_decref(); NULL behind the last one. Errors: STATUS_INVALID, naming the
 * element, for what is no JSON, or when there is no list. */
MNSP_NODISCARD enum status json_items_next(struct json_items *items, json_t **item);

#endif
