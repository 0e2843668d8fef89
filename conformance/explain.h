/* explain.h: which variants of an operator a failure needs: the smallest set of features that fails.
 *
 * "fails as narrow+quads; passes as plain, narrow, width=256; the smallest set of features
 * that fails: narrow+quads"
 */
#ifndef MNSP_CONFORMANCE_EXPLAIN_H
#define MNSP_CONFORMANCE_EXPLAIN_H

#include "conformance/run.h"

/* Runs every variant that the device has and that differs, and writes what came of each to `out`; "" where
 * there is only one. The application has had the reference applied. */
void explain_failure(char *out, size_t size, const struct application *application,
                     const struct run_options *options);

#endif
