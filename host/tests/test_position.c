/* Position tables: values by hand, and what makes the folded one what it is. */
#include "model/position.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 8, ROWS = 8, COLUMNS = 32, TOKENS = ROWS * COLUMNS };

static void write_table(float *out, struct initial initial, struct shape shape) {
    assert_int_equal(initial.kind, INITIAL_TABLE);
    initial.table(out, shape, initial.numbers);
}

/* One token of a table of width 8: F = 2, frequencies 1 and 10000^(-1/2) = 0.01. */
static void assert_token(const float *token, double row, double column) {
    const double expected[WIDTH] = {sin(column), sin(column * 0.01), cos(column), cos(column * 0.01),
                                    sin(row),    sin(row * 0.01),    cos(row),    cos(row * 0.01)};
    for (size_t i = 0; i < WIDTH; i++)
        assert_true(fabs(token[i] - expected[i]) <= 0x1p-24);
}

static float grid[(1 + TOKENS) * WIDTH], square[(1 + TOKENS) * WIDTH];

static void test_true_table(void **state) {
    (void)state;
    write_table(grid, position_of_grid(POSITION_TRUE, ROWS, COLUMNS), SHAPE(1, 1 + TOKENS, WIDTH));
    for (size_t i = 0; i < WIDTH; i++)
        assert_true(grid[i] == 0); /* the class token */
    for (size_t r = 0; r < ROWS; r++)
        for (size_t c = 0; c < COLUMNS; c++)
            assert_token(grid + (1 + r * COLUMNS + c) * WIDTH, (double)r, (double)c);
}

/* Patch (r, c) of 8 x 32 has index n = 32 r + c and gets the row of cell (n / 16, n mod 16) of a square. */
static void test_folded_table(void **state) {
    (void)state;
    write_table(grid, position_of_grid(POSITION_FOLDED, ROWS, COLUMNS), SHAPE(1, 1 + TOKENS, WIDTH));
    write_table(square, position_of_grid(POSITION_TRUE, 16, 16), SHAPE(1, 1 + TOKENS, WIDTH));
    assert_memory_equal(grid, square, sizeof grid);
    assert_token(grid + (1 + 15) * WIDTH, 0, 15);
    assert_token(grid + (1 + 16) * WIDTH, 1, 0); /* half-way along the first row of patches */
    assert_token(grid + (1 + 32) * WIDTH, 2, 0); /* the second row's first patch */
    assert_token(grid + (1 + 3 * 32 + 21) * WIDTH, 7, 5);
    assert_token(grid + (1 + 255) * WIDTH, 15, 15);
}

/* A cell that covers factor x factor cells lies at the mean of their coordinates. */
static void test_coarse_table(void **state) {
    (void)state;
    for (size_t factor = 2; factor <= 4; factor *= 2) {
        const size_t rows = ROWS / factor, columns = COLUMNS / factor;
        write_table(grid, position_of_coarse_grid(columns, factor), SHAPE(rows * columns, WIDTH));
        for (size_t n = 0; n < rows * columns; n++) {
            double row = 0, column = 0;
            for (size_t i = 0; i < factor; i++) {
                row += (double)(n / columns * factor + i) / (double)factor;
                column += (double)(n % columns * factor + i) / (double)factor;
            }
            assert_token(grid + n * WIDTH, row, column);
        }
    }
}

static void test_text_table(void **state) {
    (void)state;
    enum { POSITIONS = 200 };
    static float table[POSITIONS * 6];
    write_table(table, position_of_text(), SHAPE(1, POSITIONS, 6));
    for (size_t p = 0; p < POSITIONS; p++)
        for (size_t pair = 0; pair < 3; pair++) {
            const double angle = (double)p / cbrt(pow(10000, (double)pair));
            assert_true(fabs(table[p * 6 + 2 * pair] - sin(angle)) <= 0x1p-24);
            assert_true(fabs(table[p * 6 + 2 * pair + 1] - cos(angle)) <= 0x1p-24);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_true_table),
        cmocka_unit_test(test_folded_table),
        cmocka_unit_test(test_coarse_table),
        cmocka_unit_test(test_text_table),
    };
    return cmocka_run_group_tests_name("position", tests, NULL, NULL);
}
