/* source.h: where images and labels come from.
 *
 * A data set joins one or more sources, each named by a text:
 *
 *     DIR with labels.tsv       lines `path<TAB>text`, `path, "text"` or `path text` (label_line.h); paths
 *                               from DIR. labels.txt and gt.txt are names for it, too
 *     DIR with annotation.jsonl lines {"filename": path, "text": text}, as Union14M's test sets have them
 *     DIR with annotation.json  a list of such objects, or MMOCR 1.x's {"data_list": [...]} with the keys
 *                               "img_path" and "instances": [{"text": text}]
 *     FILE                      one of them by another name, *.jsonl or *.json; paths from its folder
 *     DIR with data.mdb         LMDB: num-samples, image-%09d and label-%09d, counted from 1; labels may lack
 *     DIR above such            all of them as one source, in the order of their paths
 *     DIR                       every .jpg .jpeg .png .bmp below it, ordered by path, without labels
 *     render:count=N,seed=S[,words=FILE][,vary=0|1][,wear=W][,fonts=DIR][,photos=DIR]
 *                               words drawn with the installed fonts; see render.h
 *
 * "@W" behind a source is its weight: in training, an epoch shows each of its images W times, such
 * as 4 or 0.25 (then a quarter of them, another one each epoch). Without it, once. What reads in
 * order, once, passes over it.
 *
 * Use:
 *
 *     struct data_set *set;
 *     TRY(data_set_open(&set, (const char *const[]){"train", "render:count=1000,seed=1"}, 2));
 *     TRY(data_set_read(set, 0, &image));      // by global index, in the order of the sources
 *     TRY(data_set_label(set, 0, &label));     // NULL: it has none
 *     data_set_close(set);
 *
 * Reading is safe from several threads at once. Opening looks at names and counts only; a bad image or label
 * shows when it is read, with a message that names it.
 */
#ifndef MNSP_DATA_SOURCE_H
#define MNSP_DATA_SOURCE_H

#include "data/image.h"

#include <stdbool.h>

struct data_set;

enum { DATA_MOST_WEIGHT = 10000 };

/* One source of a set, for tables and messages; the texts belong to the set. */
struct data_source_info {
    const char *path;    /* as it was given */
    const char *name;    /* its last part: a folder's or file's name */
    const char *format;  /* "labelled folder", "LMDB", "LMDBs", "folder", "rendered words" */
    size_t first, count; /* its global indices */
    double weight;       /* 1 where none was given */
    bool labelled;       /* whether its items have labels, as far as its first item tells */
    bool understated;    /* an LMDB that holds more images than its num-samples says */
};

/* Opens `count` sources. Errors: STATUS_INVALID when one is missing, of no known kind, broken or empty;
 * STATUS_USAGE for a wrong render: text; STATUS_IO, STATUS_MEMORY. */
MNSP_NODISCARD enum status data_set_open(struct data_set **out, const char *const *paths, size_t count);

/* Closes it; NULL is fine. */
void data_set_close(struct data_set *set);

/* The number of items, at most 2^32 - 1. */
size_t data_set_count(const struct data_set *set);

/* The images that an epoch of training shows: those of each source, times its weight, rounded. */
uint64_t data_set_epoch_count(const struct data_set *set);

size_t data_set_source_count(const struct data_set *set);
struct data_source_info data_set_source(const struct data_set *set, size_t source);

/* Reads and decodes one image. Errors: STATUS_INVALID or STATUS_IO with a message naming it when that image
 * is missing or bad; STATUS_MEMORY. */
MNSP_NODISCARD enum status data_set_read(struct data_set *set, size_t index, struct data_image *image);

/* The encoded image as it lies there, JPEG, PNG or BMP, released with free(); a rendered word is encoded.
 * Errors: as data_set_read(), but what the bytes hold is not looked at. */
MNSP_NODISCARD enum status data_set_bytes(struct data_set *set, size_t index, char **bytes, size_t *size);

/* Decodes bytes that data_set_bytes() gave for this item. Errors: as data_set_read(). */
MNSP_NODISCARD enum status data_set_decode(const struct data_set *set, size_t index, const char *bytes,
                                           size_t size, struct data_image *image);

/* Where the text of a rendered word is: its ink, white on black, of the shape of the picture,
 * though not always of its size. A zeroed image for all other sources, of which nobody knows.
 * Errors: as data_set_read(). */
MNSP_NODISCARD enum status data_set_ink(struct data_set *set, size_t index, struct data_image *ink);

/* A copy of one label, UTF-8 without control characters, released with free(); NULL when the item has none.
 * Errors: STATUS_INVALID, naming the item, for a label that is no such text. */
MNSP_NODISCARD enum status data_set_label(struct data_set *set, size_t index, char **label);

/* What to call one item in a message: its path, or "folder: image-000000001". Release with free(). */
MNSP_NODISCARD enum status data_set_item_name(const struct data_set *set, size_t index, char **name);

#endif
