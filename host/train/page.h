/* page.h: a run as one page that needs nothing else, report.html in its folder.
 *
 *     TRY(page_write("run", "run/report.html"));
 *
 * It is made of what the folder holds: settings.json, log.jsonl and pictures/. So the page of an old run, or
 * of one that was killed, can be made at any time: `mnsp inspect --html`. It shows how far the run is, its
 * scores and the words it read, the curves, the pictures, data, device, and settings.
 */
#ifndef MNSP_TRAIN_PAGE_H
#define MNSP_TRAIN_PAGE_H

#include "base/html.h"
#include "train/history.h"

#define PAGE_NAME "report.html"

/* Replaces the file at `path` by the page of the run in `folder`. Errors: STATUS_INVALID when the folder
 * holds no log, or settings that cannot be read; STATUS_IO; STATUS_MEMORY. */
MNSP_NODISCARD enum status page_write(const char *folder, const char *path);

/* ---- its parts ---- */

struct page_plot {
    const char *title;
    const struct history_group *group;
    int height; /* in pixels, of the whole figure */
    bool may_logarithmic;
    double low, high; /* steps */
};

extern const char page_style[];

/* The curves of a group as a figure; nothing when it has none. The numbers show where the mouse rests. */
void page_add_plot(struct buffer *out, const struct page_plot *plot);

/* The pictures in the run's folder: the last one, and others from the beginning on below it. Nothing when
 * there are none. Errors: STATUS_IO when the folder cannot be read, STATUS_MEMORY. */
MNSP_NODISCARD enum status page_add_pictures(struct buffer *out, const char *folder);

#endif
