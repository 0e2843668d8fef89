/* statuses.h: assertions about functions that return a status. */
#ifndef MNSP_TESTS_STATUSES_H
#define MNSP_TESTS_STATUSES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"

#include <string.h>

/* Fails the test with the message of the failure. */
#define assert_ok(expression)                                                                                \
    do {                                                                                                     \
        if ((expression) != STATUS_OK)                                                                       \
            fail_msg("%s: %s", #expression, status_message());                                               \
    } while (0)

/* Asserts that the last failure's message names `part`. */
static inline void assert_message_has(const char *part) {
    if (strstr(status_message(), part) == NULL)
        fail_msg("'%s' is not in the message '%s'", part, status_message());
}

/* Asserts the code of a failure, and that its message names `part`. */
#define assert_refused(expression, expected, part)                                                           \
    do {                                                                                                     \
        assert_int_equal((expression), (expected));                                                          \
        assert_message_has(part);                                                                            \
    } while (0)

#endif
