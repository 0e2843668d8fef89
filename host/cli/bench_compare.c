/* bench_compare.c: results beside those of an earlier run, --compare FILE, and how they are told. */
#include "cli/bench.h"

#include "base/json.h"
#include "cli/json.h"

#include <stdio.h>
#include <string.h>

enum { MOST_BYTES = 64 << 20 };

/* What makes two results the same measurement. */
static const char *const identity[] = {"op",   "sizes",  "shape", "transpose", "precision",
                                       "step", "preset", "batch", "read"};

static bool same(const json_t *a, const json_t *b) {
    for (size_t i = 0; i < sizeof identity / sizeof identity[0]; i++) {
        const json_t *const x = json_object_get(a, identity[i]), *const y = json_object_get(b, identity[i]);
        if ((x == NULL) != (y == NULL) || (x != NULL && !json_equal(x, y)))
            return false;
    }
    return true;
}

static bool compare_row(json_t *row, const json_t *before) {
    const double was = json_number_value(json_object_get(before, "milliseconds"));
    const double is = json_number_value(json_object_get(row, "milliseconds"));
    if (!same(row, before) || !(was > 0) || !(is > 0))
        return false;
    json_object_set_new(row, "milliseconds_before", json_real(was));
    json_object_set_new(row, "ratio", json_real(was / is));
    return true;
}

/* How many of `rows` have no counterpart; each that has one gets its ratio. Two rows of one name are
 * told apart by their order. */
static size_t compare_rows(json_t *rows, const json_t *before) {
    size_t missing = 0, first = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        bool found = false;
        for (size_t j = first; !found && j < json_array_size(before); j++) {
            found = compare_row(json_array_get(rows, i), json_array_get(before, j));
            first = found ? j + 1 : first;
        }
        for (size_t j = 0; !found && j < first; j++)
            found = compare_row(json_array_get(rows, i), json_array_get(before, j));
        missing += !found;
    }
    return missing;
}

static void tell_difference(const json_t *result, const json_t *before, const char *key, const char *path) {
    const char *const is = json_string_value(json_object_get(result, key));
    const char *const was = json_string_value(json_object_get(before, key));
    if (was == NULL || strcmp(is, was) != 0)
        cli_say("%s was measured with the %s %s, this with %s", path, key, was ? was : "(unknown)", is);
}

static enum status compare(json_t *result, const char *path) {
    json_t *before;
    TRY(json_read_file(&before, path, MOST_BYTES));
    json_t *const rows = json_object_get(result, "operators");
    const json_t *const rows_before = json_object_get(before, "operators");
    enum status status = STATUS_OK;
    tell_difference(result, before, "device", path);
    tell_difference(result, before, "driver", path);
    if (rows != NULL && json_is_array(rows_before)) {
        const size_t missing = compare_rows(rows, rows_before);
        if (missing > 0)
            cli_say("%zu of %zu rows are not in %s", missing, json_array_size(rows), path);
    } else if (rows != NULL || rows_before != NULL || !compare_row(result, before)) {
        cli_say("%s has another measurement: nothing to compare", path);
    }
    json_decref(before);
    return status;
}

void bench_print_step(const json_t *result) {
    printf("%s step, %s, batch %lld, on %s (%s)\n", json_string_value(json_object_get(result, "step")),
           json_string_value(json_object_get(result, "preset")),
           (long long)json_integer_value(json_object_get(result, "batch")),
           json_string_value(json_object_get(result, "device")),
           json_string_value(json_object_get(result, "driver")));
}

void bench_print_ratio(const json_t *row) {
    const json_t *const ratio = json_object_get(row, "ratio");
    if (ratio != NULL)
        printf("  %.3f times as fast as before", json_real_value(ratio));
    printf("\n");
}

enum status bench_tell(const struct cli_values *values, json_t *result, void (*print)(const json_t *result)) {
    enum status status = STATUS_OK;
    if (result == NULL)
        return status_set(STATUS_MEMORY, "out of memory while writing a result");
    if (cli_given(values, "compare"))
        status = compare(result, cli_text(values, "compare"));
    if (status == STATUS_OK && cli_given(values, "json"))
        return cli_print_json(result);
    if (status == STATUS_OK)
        print(result);
    json_decref(result);
    return status;
}
