/* bench.c: how fast operators, training steps and reading are. */
#include "cli/bench.h"

static const struct cli_option options[] = {
    {"op", "OPERATOR", "measure one operator, with the sizes that it has in a step, or --shape"},
    {"shape", "MxNxK", "of matmul: (M, K) times (K, N); BxMxNxK for a stack of B"},
    {"transpose", "nn|nt|tn|tt", "of matmul: which of its two matrices are stored transposed; default nn"},
    {"data", "SOURCE",
     "measure steps on real images, and how long they wait for them; may be given several times"},
    {"read", "MODEL", "measure how fast the recogniser in this checkpoint reads rendered words"},
    {"repeat", "N",
     "runs measured; default: 3 steps, 10 on real images, 5 of reading, or what an operator does in half a "
     "second"},
    {"compare", "FILE", "an earlier result, written with --json: how many times as fast each row is now"},
    CLI_STEP_OPTIONS,
    {0},
};

static enum status run(const struct cli_values *values) {
    long long repeat = 0;
    TRY(cli_number(values, "repeat", 1, &repeat));
    if (cli_given(values, "op") && cli_given(values, "step"))
        return status_set(STATUS_USAGE, "--op measures an operator and --step a step: choose one");
    if ((cli_given(values, "shape") || cli_given(values, "transpose")) &&
        (!cli_given(values, "op") || !cli_given(values, "shape")))
        return status_set(STATUS_USAGE, "--shape and --transpose belong to --op matmul; example: --op matmul "
                                        "--shape 1024x1536x384 --transpose nt");
    if (cli_given(values, "op") && cli_given(values, "data"))
        return status_set(STATUS_USAGE, "--op measures an operator and --data feeds a step: choose one");
    if (cli_given(values, "read") &&
        (cli_given(values, "op") || cli_given(values, "step") || cli_given(values, "data")))
        return status_set(STATUS_USAGE, "--read measures reading: it goes without --op, --step and --data");
    struct gpu_device *device;
    TRY(cli_device(values, &device));
    const enum status status = cli_given(values, "read")   ? bench_read(values, device, (size_t)repeat)
                               : cli_given(values, "data") ? bench_data(values, device, (size_t)repeat)
                               : cli_given(values, "step") ? bench_step(values, device, (size_t)repeat)
                                                           : bench_operators(values, device, (size_t)repeat);
    gpu_device_close(device);
    return status;
}

const struct cli_command command_bench = {
    .name = "bench",
    .operands = "",
    .summary = "measure how fast operators and training steps are",
    .example = "mnsp bench --step lmim --preset lmim-small --batch 8",
    .options = options,
    .settings = true,
    .run = run,
};
