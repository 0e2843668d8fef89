/* file.h: files and folders, with failures as statuses that name the path and say what to do.
 *
 * Read a file:       TRY(file_read(&bytes, &size, path, 1 << 20)); ... free(bytes);
 * Replace a file:    TRY(file_writer_open(&writer, path));
 *                    enum status status = file_writer_put(writer, bytes, size);
 *                    if (status != STATUS_OK) { file_writer_discard(writer); return status; }
 *                    TRY(file_writer_commit(writer));
 * Append to a log:   TRY(file_log_open(&log, path)); TRY(file_log_line(log, "{...}")); file_log_close(log);
 *
 * The writer writes beside the target, under a name of its own that ends in ".part", flushes to the disk
 * and renames: whoever reads the path finds the old content or the new, never a part, whatever happens
 * meanwhile. A program that is killed leaves its ".part" file behind: file_remove_leftovers().
 *
 * Caveats: paths are bytes. A symbolic link is followed, so its target is what gets replaced. A path that
 * names a device or a pipe (/dev/stdout) is written directly.
 */
#ifndef MNSP_BASE_FILE_H
#define MNSP_BASE_FILE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads the whole file into *bytes (released with free()), followed by a zero byte that *size does not
 * count. `size` may be null. Errors: STATUS_INVALID when there is no such file, it is a folder, or it has
 * more than `limit` bytes; STATUS_IO; STATUS_MEMORY. */
MNSP_NODISCARD enum status file_read(char **bytes, size_t *size, const char *path, size_t limit);

/* Does anything stand at the path? */
bool file_exists(const char *path);
bool file_is_folder(const char *path);

/* Creates the folder and those above it; one that is there already is fine. */
MNSP_NODISCARD enum status file_make_folders(const char *path);

/* "folder/name", released with free(). */
MNSP_NODISCARD enum status file_join(char **out, const char *folder, const char *name);

/* The part of the path behind its last slash; points into `path`. */
const char *file_name(const char *path);

/* The entries of a folder in the order of their bytes, without "." and "..". */
struct file_names {
    char **names;
    size_t count;
};

/* Lists the entries of `folder` whose name ends with `ending` ("" for all). */
MNSP_NODISCARD enum status file_list(struct file_names *out, const char *folder, const char *ending);
void file_names_free(struct file_names *names);

/* Removes the ".part" files of `folder` that an interrupted writer left. Call it only for a folder into
 * which nobody else writes at the time. */
MNSP_NODISCARD enum status file_remove_leftovers(const char *folder);

/* ---- replacing a file ---- */

struct file_writer;

MNSP_NODISCARD enum status file_writer_open(struct file_writer **out, const char *path);
MNSP_NODISCARD enum status file_writer_put(struct file_writer *writer, const void *bytes, size_t size);
/* Puts what was written in the place of the target, on the disk, and releases the writer, also on failure:
 * then the target is as it was. */
MNSP_NODISCARD enum status file_writer_commit(struct file_writer *writer);
/* Leaves the target as it was and releases the writer; null is fine. */
void file_writer_discard(struct file_writer *writer);

/* The three in one. */
MNSP_NODISCARD enum status file_replace(const char *path, const void *bytes, size_t size);

/* ---- appending lines ---- */

struct file_log;

/* Opens or creates a file of lines. A last line that an interrupted program left unfinished is ended, so
 * that the next one starts at a line's beginning. */
MNSP_NODISCARD enum status file_log_open(struct file_log **out, const char *path);
/* Appends `line` and a line feed in one piece; the line is in the system's hands when the call returns. */
MNSP_NODISCARD enum status file_log_line(struct file_log *log, const char *line);
void file_log_close(struct file_log *log);

/* ---- for those who work with descriptors ---- */

/* The status of a system call on `path` that failed with `error` (an errno): `deed` says what was tried, as
 * in "read" or "create". */
enum status file_failure(const char *path, const char *deed, int error);

#endif
