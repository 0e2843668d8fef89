/* attention_page.h: the picture that --attention FILE.png draws: where a network looks in the first images.
 *
 *     TRY(attention_page_new(&page, path, attention));
 *     if (attention_page_has_room(page))             for each image
 *         TRY(attention_page_add(page, &word));
 *     status = attention_page_save(page, images);
 *     attention_page_free(page);
 */
#ifndef MNSP_CLI_ATTENTION_PAGE_H
#define MNSP_CLI_ATTENTION_PAGE_H

#include "train/attention.h"

struct attention_page;

/* `attention` must outlive the page. */
MNSP_NODISCARD enum status attention_page_new(struct attention_page **out, const char *path,
                                              struct attention *attention);

bool attention_page_has_room(const struct attention_page *page);

/* Copies what the word points to, its maps excepted, which become the page's, also after a failure. */
MNSP_NODISCARD enum status attention_page_add(struct attention_page *page, const struct attention_word *word);

/* Writes the page, unless there is nothing on it; says how many of so many images found no room. */
MNSP_NODISCARD enum status attention_page_save(const struct attention_page *page, size_t images);
void attention_page_free(struct attention_page *page);

#endif
