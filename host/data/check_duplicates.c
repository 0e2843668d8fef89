#include "base/memory.h"
#include "data/check_internal.h"

#include <stdlib.h>

/* An item with the bytes of an earlier one. */
struct repeat {
    uint32_t item, first;
    bool conflict; /* their labels differ */
};

static int by_content(const void *left, const void *right) {
    const struct check_print *const a = left, *const b = right;
    if (a->content != b->content)
        return a->content < b->content ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

static int by_item(const void *left, const void *right) {
    const struct repeat *const a = left, *const b = right;
    return (a->item > b->item) - (a->item < b->item);
}

/* The repeats among sorted prints; `repeats` has room for all. Returns their number. */
static size_t find_repeats(struct repeat *repeats, const struct check_print *prints, size_t count) {
    size_t found = 0, first = 0;
    for (size_t i = 1; i < count; i++) {
        if (prints[i].content != prints[first].content)
            first = i;
        else
            repeats[found++] = (struct repeat){.item = prints[i].item,
                                               .first = prints[first].item,
                                               .conflict = prints[i].label != prints[first].label};
    }
    return found;
}

static enum status note_repeat(struct data_check *check, const struct data_set *set,
                               const struct repeat *repeat) {
    const bool named = check_count(check, DATA_FLAW_DUPLICATE);
    const bool conflict_named = repeat->conflict && check_count(check, DATA_FLAW_CONFLICT);
    if (!named && !conflict_named)
        return STATUS_OK;
    char *name, *first = NULL, *message = NULL;
    TRY(data_set_item_name(set, repeat->item, &name));
    enum status code = data_set_item_name(set, repeat->first, &first);
    if (code == STATUS_OK)
        code = memory_format(&message, "%s: the same bytes as %s%s", name, first,
                             repeat->conflict ? ", but another label" : "");
    if (code == STATUS_OK && named)
        code = check_name(check, DATA_FLAW_DUPLICATE, message);
    if (code == STATUS_OK && conflict_named)
        code = check_name(check, DATA_FLAW_CONFLICT, message);
    free(message);
    free(first);
    free(name);
    return code;
}

enum status check_duplicates(struct data_check *check, const struct data_set *set, struct check_print *prints,
                             size_t count) {
    struct repeat *repeats;
    if (count < 2)
        return STATUS_OK;
    qsort(prints, count, sizeof *prints, by_content);
    TRY(memory_new(&repeats, count, sizeof *repeats));
    const size_t found = find_repeats(repeats, prints, count);
    enum status code = STATUS_OK;
    if (found > 1)
        qsort(repeats, found, sizeof *repeats, by_item);
    for (size_t i = 0; i < found && code == STATUS_OK; i++)
        code = note_repeat(check, set, &repeats[i]);
    free(repeats);
    return code;
}
