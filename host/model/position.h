/* position.h: tables that tell a network where its tokens are. All of them are computed, none is learned.
 *
 * The two-dimensional table is that of He et al., "Masked autoencoders are scalable vision learners", CVPR
 * 2022 (from Vaswani et al., NIPS 2017): for a token in row r and column c, with F = D / 4 and
 * f(i) = 10000^(-i / F), i = 0 .. F - 1, the D numbers are
 *
 *     sin(c f(i)),  cos(c f(i)),  sin(r f(i)),  cos(r f(i))        F of each
 *
 * Use: each function gives the initial value of a frozen parameter or a state of the graph.
 *
 * Caveats: D must be a multiple of 4, which model_encode checks.
 */
#ifndef MNSP_MODEL_POSITION_H
#define MNSP_MODEL_POSITION_H

#include "graph/graph.h"

enum position_table {
    /* The table of a square grid of as many cells, its rows used in order, as published weights of MAERec and
     * LMIM were trained with: on 8 x 32 patches, token n gets row n / 16, column n % 16. */
    POSITION_FOLDED,
    /* The table of the grid as it is. */
    POSITION_TRUE,
};

/* Of (1, 1 + rows * columns, D): a row of zeros for the class token, then the tokens of a grid. A folded
 * table needs rows * columns to be a square number. */
struct initial position_of_grid(enum position_table table, size_t rows, size_t columns);

/* Of (rows * columns, D), no class token: a coarse grid, each of whose cells covers factor x factor cells of
 * a finer one, gets the true table at its cells' centres, in the finer grid's coordinates: row (i + 1/2)
 * factor - 1/2 and column (j + 1/2) factor - 1/2. */
struct initial position_of_coarse_grid(size_t columns, size_t factor);

/* Of (1, positions, D), for text: column i of position p is sin(p g(i)) for even i and cos(p g(i)) for odd i,
 * with g(i) = 10000^(-2 floor(i / 2) / D). Source: Vaswani et al., NIPS 2017, section 3.5. */
struct initial position_of_text(void);

#endif
