/* image_list.h: a source that is a list of image files, with labels or without. Inside the data room only.
 *
 * source_folder.c fills it from a folder, source_labels.c from a file of labels:
 *
 *     TRY(image_list_new(&list, "set"));
 *     TRY(image_list_add(list, "a.png", 5, "word", 4));
 *     return image_list_finish(list, "labelled folder", out);
 */
#ifndef MNSP_DATA_IMAGE_LIST_H
#define MNSP_DATA_IMAGE_LIST_H

#include "data/source_kind.h"

struct image_list;

/* An empty list of paths below a folder. */
MNSP_NODISCARD enum status image_list_new(struct image_list **out, const char *root);
void image_list_free(struct image_list *list);

/* Adds an image by its path, from the root unless it starts with '/'. An empty label is none. */
MNSP_NODISCARD enum status image_list_add(struct image_list *list, const char *path, size_t path_size,
                                          const char *label, size_t label_size);

/* The order of the bytes of the paths. */
void image_list_sort(struct image_list *list);

/* Makes it the state of a source, which releases it. */
void image_list_finish(struct image_list *list, const char *format, struct source *out);

#endif
