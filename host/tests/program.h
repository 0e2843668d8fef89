/* program.h: runs the program mnsp in the test folder and keeps what it printed.
 *
 *     assert_int_equal(mnsp("inspect %s", "weights.safetensors"), 0);
 *     assert_has(program_out, "tensors");
 *     json_t *object = printed_json();
 */
#ifndef MNSP_TESTS_PROGRAM_H
#define MNSP_TESTS_PROGRAM_H

#include "data_files.h"

#include "base/json.h"
#include "gpu/gpu.h"

#include <sys/wait.h>

static char program_out[1 << 16], program_err[1 << 14];

static inline void take_text(char *text, size_t size, const char *path) {
    FILE *const file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

/* Runs "<before> mnsp <words>" through the shell and returns its exit status. */
static inline int run_program(const char *before, const char *words) {
    static char command[8192];
    const int length = snprintf(command, sizeof command, "cd '%s' && %s '%s' %s >out.txt 2>err.txt",
                                test_folder, before, MNSP_PROGRAM, words);
    assert_true(length > 0 && (size_t)length < sizeof command);
    const int status = system(command);
    take_text(program_out, sizeof program_out, in_folder("out.txt"));
    take_text(program_err, sizeof program_err, in_folder("err.txt"));
    if (!WIFEXITED(status))
        fail_msg("mnsp %s: ended by a signal, having said: %s", words, program_err);
    return WEXITSTATUS(status);
}

static inline int mnsp(const char *format, ...) MNSP_PRINTF(1, 2);
static inline int mnsp(const char *format, ...) {
    static char words[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return run_program("", words);
}

static inline void assert_has(const char *text, const char *part) {
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, text);
}

/* Asserts that mnsp ended with `status` and one line on stderr that names `part`. */
static inline void assert_failed(int ended, int status, const char *part) {
    if (ended != status)
        fail_msg("exit status %d, expected %d: %s", ended, status, program_err);
    assert_has(program_err, part);
    assert_ptr_equal(strchr(program_err, '\n') + 1, program_err + strlen(program_err));
}

/* The whole of what was printed, as one object. Release it with json_decref(). */
static inline json_t *printed_json(void) {
    json_t *object;
    assert_ok(json_read_text(&object, program_out, strlen(program_out), "output"));
    assert_true(json_is_object(object));
    return object;
}

/* Is there a Vulkan device that can be used? */
static inline bool has_device(void) {
    struct gpu_properties *list;
    size_t count;
    const char *why;
    assert_ok(gpu_devices_list(&list, &count, &why));
    const size_t best = gpu_devices_choose(list, count, NULL);
    const bool usable = best < count && list[best].missing[0] == '\0';
    free(list);
    return usable;
}

#endif
