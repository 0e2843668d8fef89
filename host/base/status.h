/* status.h: how every function of mnsp reports failure.
 *
 * Use: a function that can fail returns `enum status`. It reports a failure of its own with
 * status_set(), which stores a message and returns the code, and passes on the failure of a callee
 * with TRY(). A caller that knows more than the callee puts it in front with status_context().
 *
 *     enum status data_open(const char *path) {
 *         if (!exists(path))
 *             return status_set(STATUS_INVALID, "%s: no such folder; name one with --data", path);
 *         TRY(read_labels(path));
 *         return STATUS_OK;
 *     }
 *
 * Caveats: the message belongs to the calling thread and lives until that thread's next failure. A
 * message is one line without a full stop at its end, and says what, where, and what to do. Libraries
 * never print and never exit; only cli/ does.
 */
#ifndef MNSP_BASE_STATUS_H
#define MNSP_BASE_STATUS_H

#include <stdarg.h>

#if defined(__GNUC__)
#define MNSP_PRINTF(position, first) __attribute__((format(printf, position, first)))
#define MNSP_NODISCARD               __attribute__((warn_unused_result))
#else
#define MNSP_PRINTF(position, first)
#define MNSP_NODISCARD
#endif

enum status {
    STATUS_OK = 0,
    STATUS_USAGE,       /* the command line or a setting is wrong: exit status 2 */
    STATUS_INVALID,     /* a file or its content is wrong */
    STATUS_IO,          /* the system refused: no space, no permission, ... */
    STATUS_MEMORY,      /* out of host memory */
    STATUS_DEVICE,      /* a Vulkan call failed, or the device was lost */
    STATUS_UNSUPPORTED, /* the device or the build cannot do it */
    STATUS_INTERNAL,    /* a contract inside the program was broken: a defect of ours */
};

/* Stores the message of a failure for this thread and returns `code`. */
enum status status_set(enum status code, const char *format, ...) MNSP_PRINTF(2, 3);

/* Puts "<context>: " in front of the stored message and returns `code`, for callers that know more. */
enum status status_context(enum status code, const char *format, ...) MNSP_PRINTF(2, 3);

/* Static analysis sees one file at a time, and not that an error's code comes back. */
#ifdef __clang_analyzer__
#define status_set(code, ...)     ((void)status_set(code, __VA_ARGS__), (code))
#define status_context(code, ...) ((void)status_context(code, __VA_ARGS__), (code))
#endif

/* The message of this thread's last failure, shorter than STATUS_MESSAGE_SIZE; "" when there was none. */
enum { STATUS_MESSAGE_SIZE = 1024 };
const char *status_message(void);

/* Returns from the calling function when `expression` fails. */
#define TRY(expression)                                                                                      \
    do {                                                                                                     \
        const enum status try_status_ = (expression);                                                        \
        if (try_status_ != STATUS_OK)                                                                        \
            return try_status_;                                                                              \
    } while (0)

/* The same for functions that hold something: jumps to `label` with the code in `variable`. */
#define TRY_GOTO(variable, expression, label)                                                                \
    do {                                                                                                     \
        (variable) = (expression);                                                                           \
        if ((variable) != STATUS_OK)                                                                         \
            goto label;                                                                                      \
    } while (0)

#endif
