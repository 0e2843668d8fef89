#include "graph/columns.h"

enum {
    WORKGROUP = 256,
    NARROWEST = 16,     /* columns side by side: 64 bytes, the shortest load that wastes no memory traffic */
    ROWS_PER_LANE = 16, /* fewer would not pay for the addition in shared memory */
};

/* The workgroup is a rectangle of columns x row lanes. Its height grows with the rows, since wide and
 * shallow rectangles would leave a tall matrix to few workgroups; columns that do not exist become lanes. */
void dispatch_columns(struct dispatch *dispatch, uint64_t rows, uint64_t columns,
                      const struct gpu_properties *device) {
    uint32_t narrowest = 1;
    while (narrowest < NARROWEST && narrowest < columns)
        narrowest *= 2;
    uint32_t lanes = 1;
    while (lanes * narrowest < WORKGROUP && (uint64_t)lanes * 2 * ROWS_PER_LANE <= rows)
        lanes *= 2;
    uint32_t across = WORKGROUP / lanes;
    while (across > narrowest && across / 2 >= columns)
        across /= 2;
    dispatch->constants[1] = across * lanes;
    dispatch->constants[2] = across;
    dispatch->constant_count = 3;
    dispatch_fold(dispatch, (columns + across - 1) / across, device);
    dispatch->work = (double)rows * (double)columns;
}
