/* conformance_command.h: runs mnsp-conformance as a user does, for the tests of its runner. */
#ifndef MNSP_TESTS_CONFORMANCE_COMMAND_H
#define MNSP_TESTS_CONFORMANCE_COMMAND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "gpu/gpu.h"

/* Runs a shell command; returns its exit status, and what it printed on both streams. */
static inline int run_shell(char *output, size_t size, const char *format, ...) {
    char command[8192];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(command, sizeof command - 5, format, arguments);
    va_end(arguments);
    assert_true(length > 0 && (size_t)length < sizeof command - 5);
    strcat(command, " 2>&1");
    FILE *const pipe = popen(command, "r");
    assert_non_null(pipe);
    output[fread(output, 1, size - 1, pipe)] = '\0';
    char rest[4096];
    while (fread(rest, 1, sizeof rest, pipe) > 0)
        ;
    const int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* A folder for the files of a test program, removed by end_folder(). */
static inline int make_folder(void **state) {
    static char folder[64];
    snprintf(folder, sizeof folder, "/tmp/mnsp-conformance-XXXXXX");
    *state = mkdtemp(folder);
    return *state != NULL ? 0 : -1;
}

static inline int end_folder(void **state) {
    char output[256];
    return run_shell(output, sizeof output, "rm -rf '%s'", (const char *)*state);
}

/* Skips the test where there is no device that can run cases. */
static inline void need_vulkan(void) {
    struct gpu_properties *list;
    size_t count;
    const char *why;
    bool usable = false;
    assert_int_equal(gpu_devices_list(&list, &count, &why), STATUS_OK);
    for (size_t i = 0; i < count; i++)
        usable = usable || list[i].missing[0] == '\0';
    free(list);
    if (!usable) {
        print_message("skipped: no usable Vulkan device\n");
        skip();
    }
}

#endif
