#include "cli/plan.h"

#include "train/recognise.h"
#include "train/step_memory.h"

#include <stdio.h>

static double mebibytes(uint64_t bytes) {
    return (double)bytes / (1 << 20);
}

struct planned {
    struct settings settings;
    struct gpu_device *device; /* NULL: the reference, of which nobody says what it has */
    size_t characters;
};

static enum status memory_of(const struct planned *planned, struct step_memory *memory) {
    return step_memory_of(
        memory, &planned->settings,
        &(struct train_step_options){.batch = (size_t)settings_part_rows(&planned->settings),
                                     .parts = (size_t)planned->settings.accumulate,
                                     .characters = planned->characters,
                                     .device = planned->device});
}

/* "  12345.6 MiB *", or a dash where a tensor is too large for one binding. */
static void print_cell(struct planned *planned, enum settings_recompute recompute) {
    struct step_memory memory;
    planned->settings.recompute = recompute;
    if (memory_of(planned, &memory) != STATUS_OK) {
        printf("%19s", "-  ");
        return;
    }
    const bool fits = planned->device != NULL && memory.all <= gpu_device_room(planned->device);
    printf("%13.1f MiB%s", mebibytes(memory.all), fits ? " *" : "  ");
}

static void print_alternatives(struct planned planned) {
    const int64_t batch = planned.settings.batch;
    printf("%-16s%19s%19s\n", "", "recompute none", "recompute blocks");
    for (int64_t parts = 1; parts <= batch && parts <= 256; parts *= 2) {
        if (batch % parts != 0)
            break;
        planned.settings.accumulate = parts;
        printf("accumulate %-5lld", (long long)parts);
        print_cell(&planned, SETTINGS_RECOMPUTE_NONE);
        print_cell(&planned, SETTINGS_RECOMPUTE_BLOCKS);
        printf("\n");
    }
    if (planned.device != NULL)
        printf("* fits\n");
}

static void print_memory(const struct step_memory *m) {
    printf(
        "memory     %.1f MiB: parameters %.1f, optimiser and outputs %.1f, inputs %.1f, activations %.1f\n",
        mebibytes(m->all), mebibytes(m->parameters), mebibytes(m->state), mebibytes(m->inputs),
        mebibytes(m->activations));
}

enum status cli_plan(const struct settings *settings, struct gpu_device *device) {
    struct planned planned = {.settings = *settings, .device = device};
    struct step_memory memory;
    char recompute[SETTINGS_TEXT_SIZE];
    if (settings->objective == SETTINGS_OBJECTIVE_RECOGNITION) {
        struct data_charset charset = {0};
        TRY(recogniser_read_charset(&charset, settings));
        planned.characters = charset.count;
        data_charset_free(&charset);
    }
    TRY(settings_check(settings));
    printf("step       batch %lld, accumulate %lld, recompute %s\n", (long long)settings->batch,
           (long long)settings->accumulate, settings_format(settings, settings_find("recompute"), recompute));
    if (device != NULL)
        printf("device     %s, %.1f MiB free\n", cli_device_name(device), mebibytes(gpu_device_room(device)));
    if (memory_of(&planned, &memory) == STATUS_OK)
        print_memory(&memory);
    else
        printf("memory     %s\n", status_message());
    printf("\n");
    print_alternatives(planned);
    return STATUS_OK;
}
