/* matrix.h: the reports of several devices side by side, as Markdown: `mnsp-conformance matrix`.
 *
 *     struct matrix matrix = {0};
 *     TRY(matrix_read(&matrix, "lavapipe.json"));      reports of runs and of --compile, in any order
 *     TRY(matrix_write(&text, &matrix));
 *     puts(text.bytes);
 *     matrix_destroy(&matrix);
 *
 * Of runs: how many cases ended how, the largest error by operator, and every case that did not pass. Of
 * compilers: registers and occupancy by operator, and every pipeline that spills.
 */
#ifndef MNSP_CONFORMANCE_MATRIX_H
#define MNSP_CONFORMANCE_MATRIX_H

#include "base/buffer.h"
#include "conformance/report.h"

#include <jansson.h>

struct matrix {
    struct report *runs;
    size_t run_count, run_capacity;
    json_t **compilers; /* as compile_to_json() makes them */
    size_t compiler_count, compiler_capacity;
};

/* Adds a file. Errors: STATUS_INVALID for what is neither kind of report, STATUS_IO, STATUS_MEMORY. */
MNSP_NODISCARD enum status matrix_read(struct matrix *matrix, const char *path);
/* Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status matrix_write(struct buffer *out, const struct matrix *matrix);
void matrix_destroy(struct matrix *matrix);

/* The part about compilers (matrix_compilers.c). */
void matrix_write_compilers(struct buffer *out, const struct matrix *matrix);

#endif
