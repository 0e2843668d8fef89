#include "cli/reading.h"

enum status cli_recogniser(const struct cli_values *values, size_t most, struct gpu_device *device,
                           struct recogniser **recogniser) {
    static const struct {
        const char *option, *setting;
    } names[] = {{"charset", "charset"},
                 {"heads", "heads"},
                 {"decoder-heads", "recognition_heads"},
                 {"max-length", "max_length"},
                 {"no-use-average", "no_use_average"}};
    struct recogniser_override overrides[sizeof names / sizeof names[0]];
    struct recogniser_options options = {
        .device = device, .overrides = overrides, .length_penalty = BEAM_LENGTH_PENALTY};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (cli_given(values, names[i].option))
            overrides[options.override_count++] =
                (struct recogniser_override){names[i].setting, cli_text(values, names[i].option)};
    long long batch = 32, beam = 1;
    TRY(cli_required(values, "model", &options.path));
    TRY(cli_number(values, "batch", 1, &batch));
    TRY(cli_number(values, "beam", 1, &beam));
    TRY(cli_real(values, "length-penalty", 0, &options.length_penalty));
    options.beam = (size_t)beam;
    options.batch = (size_t)batch < most ? (size_t)batch : most;
    return recogniser_open(recogniser, &options);
}
