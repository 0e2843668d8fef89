#include "model/position.h"

#include <math.h>
#include <string.h>

/* The D numbers of the token at (row, column). */
static void write_token(float *out, size_t width, double row, double column) {
    const size_t quarter = width / 4;
    for (size_t i = 0; i < quarter; i++) {
        const double frequency = pow(10000, -(double)i / (double)quarter);
        out[i] = (float)sin(column * frequency);
        out[quarter + i] = (float)cos(column * frequency);
        out[2 * quarter + i] = (float)sin(row * frequency);
        out[3 * quarter + i] = (float)cos(row * frequency);
    }
}

/* numbers: columns of the grid. The folded table is the true one of a square. */
static void write_grid(float *out, struct shape shape, const size_t numbers[INITIAL_NUMBERS]) {
    const size_t tokens = shape.of[1] - 1, width = shape.of[2], columns = numbers[0];
    memset(out, 0, shape_elements(shape) * sizeof *out);
    for (size_t n = 0; n < tokens; n++)
        write_token(out + (1 + n) * width, width, (double)(n / columns), (double)(n % columns));
}

struct initial position_of_grid(enum position_table table, size_t rows, size_t columns) {
    const size_t side = (size_t)lround(sqrt((double)(rows * columns)));
    return (struct initial){
        .kind = INITIAL_TABLE, .table = write_grid, .numbers = {table == POSITION_FOLDED ? side : columns}};
}

/* numbers: columns of the coarse grid, factor. */
static void write_coarse_grid(float *out, struct shape shape, const size_t numbers[INITIAL_NUMBERS]) {
    const size_t tokens = shape.of[0], width = shape.of[1], columns = numbers[0];
    const double factor = (double)numbers[1];
    for (size_t n = 0; n < tokens; n++) {
        const double row = (double)(n / columns), column = (double)(n % columns);
        write_token(out + n * width, width, (row + 0.5) * factor - 0.5, (column + 0.5) * factor - 0.5);
    }
}

struct initial position_of_coarse_grid(size_t columns, size_t factor) {
    return (struct initial){.kind = INITIAL_TABLE, .table = write_coarse_grid, .numbers = {columns, factor}};
}

static void write_text(float *out, struct shape shape, const size_t numbers[INITIAL_NUMBERS]) {
    (void)numbers;
    const size_t positions = shape.of[1], width = shape.of[2];
    for (size_t p = 0; p < positions; p++)
        for (size_t i = 0; i < width; i++) {
            const double angle = (double)p * pow(10000, -2.0 * (double)(i / 2) / (double)width);
            out[p * width + i] = (float)(i % 2 == 0 ? sin(angle) : cos(angle));
        }
}

struct initial position_of_text(void) {
    return (struct initial){.kind = INITIAL_TABLE, .table = write_text};
}
