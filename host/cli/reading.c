#include "cli/reading.h"

#include "base/file.h"
#include "base/memory.h"
#include "cli/share.h"
#include "cli/tiles.h"

#define MODEL_IN_THE_BOX "weights/recogniser.safetensors"

enum status cli_model(const struct cli_values *values, char **path) {
    struct cli_share share;
    *path = NULL;
    if (cli_given(values, "model"))
        return memory_copy_text(path, cli_text(values, "model"));
    TRY(cli_share_find(&share, MODEL_IN_THE_BOX));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < share.count && status == STATUS_OK && *path == NULL; i++)
        if (file_exists(share.paths[i]))
            status = memory_copy_text(path, share.paths[i]);
    if (status == STATUS_OK && *path == NULL)
        status =
            status_set(STATUS_USAGE, "--model is missing, and so is the recogniser that comes with mnsp, %s",
                       share.paths[0]);
    cli_share_free(&share);
    return status;
}

enum status cli_recogniser(const struct cli_values *values, const char *path, size_t most,
                           struct gpu_device *device, struct recogniser **recogniser) {
    static const struct {
        const char *option, *setting;
    } names[] = {{"charset", "charset"},
                 {"heads", "heads"},
                 {"decoder-heads", "recognition_heads"},
                 {"max-length", "max_length"},
                 {"no-use-average", "no_use_average"}};
    struct recogniser_override overrides[sizeof names / sizeof names[0]];
    struct recogniser_options options = {
        .path = path, .device = device, .overrides = overrides, .length_penalty = BEAM_LENGTH_PENALTY};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (cli_given(values, names[i].option))
            overrides[options.override_count++] =
                (struct recogniser_override){names[i].setting, cli_text(values, names[i].option)};
    long long batch = 32, beam = 1;
    TRY(cli_number(values, "batch", 1, &batch));
    TRY(cli_number(values, "beam", 1, &beam));
    TRY(cli_real(values, "length-penalty", 0, &options.length_penalty));
    TRY(cli_tiles_given(&options.tiles, values, TILES_KNOWN));
    options.beam = (size_t)beam;
    options.batch = (size_t)batch < most ? (size_t)batch : most;
    return recogniser_open(recogniser, &options);
}
