/* checkpoint.h: what of a run is kept on disk, so that it can go on bit for bit, or be used elsewhere.
 *
 * A checkpoint is a safetensors file (spec/files.md): the parameters under their published names, the
 * optimiser's moments as "optimiser.m.<parameter>" and "optimiser.v.<parameter>", the average of the weights
 * as "optimiser.average.<parameter>", and in the metadata the settings, the number of steps done, the best
 * score so far, and versions. Random numbers and the order of the data follow from the seed and the step
 * (base/philox.h), so nothing else is needed.
 *
 *     struct checkpoint_state state = {.step = 1000, .epoch = 3, .settings = settings, .program = "0.1.0"};
 *     TRY(checkpoint_save("run", &state, views, view_count));     run/last.safetensors
 *
 *     TRY(checkpoint_open(&file, &state, "run/last.safetensors"));
 *     TRY(safetensors_load_f32(file, "norm.weight", 1, shape, norm_weight)); ...
 *     safetensors_close(file);
 *
 * Caveats: it knows nothing of graphs and devices; the caller brings the numbers to the host and back.
 */
#ifndef MNSP_TRAIN_CHECKPOINT_H
#define MNSP_TRAIN_CHECKPOINT_H

#include "base/status.h"
#include "train/safetensors.h"
#include "train/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECKPOINT_LAST          "last.safetensors"
#define CHECKPOINT_BEST          "best.safetensors"
#define CHECKPOINT_FIRST_MOMENT  "optimiser.m."
#define CHECKPOINT_SECOND_MOMENT "optimiser.v."
#define CHECKPOINT_AVERAGE       "optimiser.average."
#define CHECKPOINT_SCALER        "optimiser.scaler"

enum { CHECKPOINT_PROGRAM_SIZE = 32 };

/* The scores of a run on its validation sets, all words together. All 0 before the first evaluation. */
struct checkpoint_scores {
    uint64_t evaluated;          /* step of the last evaluation */
    uint64_t step, right, words; /* of the best one */
    uint64_t waited;             /* evaluations since then */
};

/* Counts an evaluation, in which so many of the words were right. Returns whether it is the best so far; of
 * equal ones that is the first. */
bool checkpoint_count_score(struct checkpoint_scores *scores, uint64_t step, uint64_t right, uint64_t words);

/* Everything but the tensors. */
struct checkpoint_state {
    uint64_t step;  /* steps done */
    uint64_t epoch; /* of the next step */
    struct checkpoint_scores scores;
    const char *charset; /* of a recogniser, its characters as UTF-8; NULL: none */
    const char *tiles;   /* what tiles_write() of graph/tiles.h gave; NULL: none. Read, both are the file's */
    struct settings settings;
    char program[CHECKPOINT_PROGRAM_SIZE]; /* the version that wrote it */
};

/* Writes one file, replacing it in one piece (base/file.h). Errors: as safetensors_write(). */
MNSP_NODISCARD enum status checkpoint_write(const char *path, const struct checkpoint_state *state,
                                            const struct safetensors_view *views, size_t view_count);

/* Writes <folder>/last.safetensors and, when the step is a multiple of the setting keep_every, the same as
 * <folder>/step-<step>.safetensors, which stays. */
MNSP_NODISCARD enum status checkpoint_save(const char *folder, const struct checkpoint_state *state,
                                           const struct safetensors_view *views, size_t view_count);

/* Writes <folder>/best.safetensors. */
MNSP_NODISCARD enum status checkpoint_save_best(const char *folder, const struct checkpoint_state *state,
                                                const struct safetensors_view *views, size_t view_count);

/* Opens a checkpoint of ours. Errors: STATUS_INVALID also for other safetensors files, which hold weights
 * only (safetensors_open() reads those), and for one of a newer format. */
MNSP_NODISCARD enum status checkpoint_open(struct safetensors **out, struct checkpoint_state *state,
                                           const char *path);

/* The same for a file that is open already. */
MNSP_NODISCARD enum status checkpoint_read_state(struct checkpoint_state *out,
                                                 const struct safetensors *file);

/* Has the file been written by checkpoint_write(), or is it somebody else's weights? */
bool checkpoint_is_ours(const struct safetensors *file);

/* Is the tensor a moment or an average, and no parameter? */
bool checkpoint_is_state(const char *name);

/* What stands in front of the encoder's names: "" for MAE, "model_maeenc." for LMIM and MNSP (the student),
 * "encoder." for a recogniser. Errors: STATUS_INVALID when there is no encoder in the file. */
MNSP_NODISCARD enum status checkpoint_encoder_prefix(const char **out, const struct safetensors *file);

#endif
