/* stage.h: a folder that appears whole or not at all.
 *
 *     TRY(stage_open(&stage, "words.lmdb"));            // refuses what is there already
 *     enum status status = write_into(stage_folder(stage));
 *     if (status == STATUS_OK)
 *         status = stage_commit(stage);                 // renamed to words.lmdb
 *     else
 *         stage_discard(stage);                         // nothing is left
 *
 * What is written lies beside the target meanwhile, under its name with ".<process>.part" behind it. A
 * program that is killed leaves it there; the next stage for the same target removes it. A lock on the folder
 * tells what is left from what is being written.
 *
 * Caveats: file systems that cannot lock a folder keep what was left.
 */
#ifndef MNSP_BASE_STAGE_H
#define MNSP_BASE_STAGE_H

#include "base/status.h"

struct stage;

/* Makes the folder to write into, and removes those that killed programs have left for `path`. Errors:
 * STATUS_INVALID when something is at `path`, or its parent is not; STATUS_IO, STATUS_MEMORY. */
MNSP_NODISCARD enum status stage_open(struct stage **out, const char *path);

/* Where to write until then. */
const char *stage_folder(const struct stage *stage);

/* Puts the folder in its place, and releases the stage, also on failure: then nothing is left. Whoever wrote
 * the files has flushed them. */
MNSP_NODISCARD enum status stage_commit(struct stage *stage);

/* Removes what was written and releases the stage; NULL is fine. */
void stage_discard(struct stage *stage);

#endif
