#include "conformance/inject.h"

#include "conformance/selection.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {
    [INJECT_NOTHING] = "nothing", [INJECT_CRASH] = "crash",     [INJECT_CRASH_LATE] = "crash-late",
    [INJECT_EXIT] = "exit",       [INJECT_HANG] = "hang",       [INJECT_HANG_COMPILE] = "hang-compile",
    [INJECT_LOST] = "lost",       [INJECT_MEMORY] = "memory",   [INJECT_FAIL] = "fail",
    [INJECT_WARN] = "warn",       [INJECT_GARBAGE] = "garbage", [INJECT_UNSUPPORTED] = "unsupported",
    [INJECT_NOISE] = "noise",
};

const char *inject_name(enum inject kind) {
    return names[kind];
}

enum inject inject_by_name(const char *name) {
    enum inject kind = 0;
    while (kind < INJECT_COUNT && strcmp(names[kind], name) != 0)
        kind++;
    return kind;
}

enum status inject_add(struct injections *list, const char *text) {
    char name[32];
    const char *const equal = strchr(text, '=');
    const size_t length = equal != NULL ? (size_t)(equal - text) : sizeof name;
    if (length >= sizeof name)
        return status_set(STATUS_USAGE, "--inject %s: give KIND=GLOB, such as crash='add/*'", text);
    memcpy(name, text, length);
    name[length] = '\0';
    const enum inject kind = inject_by_name(name);
    if (kind == INJECT_COUNT)
        return status_set(STATUS_USAGE, "--inject %s: there is no defect '%s'", text, name);
    if (list->count == INJECT_MOST)
        return status_set(STATUS_USAGE, "--inject: at most %d times", INJECT_MOST);
    TRY(selection_check_glob("--inject", equal + 1));
    list->list[list->count].kind = kind;
    list->list[list->count++].glob = equal + 1;
    return STATUS_OK;
}

enum inject inject_for(const struct injections *list, const char *name) {
    for (size_t i = 0; i < list->count; i++)
        if (fnmatch(list->list[i].glob, name, 0) == 0)
            return list->list[i].kind;
    return INJECT_NOTHING;
}

static _Noreturn void crash(void) {
    fprintf(stderr, "driver: assertion `tile != NULL' failed\n");
    signal(SIGSEGV, SIG_DFL); /* a sanitizer would make an exit status of it */
    raise(SIGSEGV);
    abort();
}

static _Noreturn void hang(void) {
    for (;;)
        pause();
}

/* Many a driver warns with every dispatch. */
static void print_noise(void) {
    for (int i = 0; i < 20000; i++)
        fprintf(stderr, "driver: warning number %d, \x1b[31mred\x1b[0m and \xff not UTF-8\n", i);
}

void inject_into_phase(enum inject kind, enum phase phase, size_t number) {
    if (kind == INJECT_HANG_COMPILE && phase == PHASE_COMPILE)
        hang();
    if (phase != PHASE_DISPATCH)
        return;
    switch (kind) {
    case INJECT_CRASH_LATE:
        if (number != 0)
            crash();
        break;
    case INJECT_CRASH:
        crash();
    case INJECT_EXIT:
        exit(3);
    case INJECT_HANG:
        hang();
    case INJECT_NOISE:
        print_noise();
        break;
    default:
        break;
    }
}

void inject_into_result(enum inject kind, struct case_result *result) {
    static const enum outcome outcomes[INJECT_COUNT] = {
        [INJECT_LOST] = OUTCOME_DEVICE_LOST,
        [INJECT_MEMORY] = OUTCOME_RESOURCE_ERROR,
        [INJECT_FAIL] = OUTCOME_FAIL,
        [INJECT_WARN] = OUTCOME_QUALITY_WARNING,
        [INJECT_UNSUPPORTED] = OUTCOME_NOT_SUPPORTED,
    };
    if (outcomes[kind] == OUTCOME_PASS)
        return;
    result->outcome = outcomes[kind];
    snprintf(result->message, sizeof result->message, "injected: %s", inject_name(kind));
}
