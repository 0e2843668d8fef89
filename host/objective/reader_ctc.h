/* reader_ctc.h: reading with a CTC head: the most probable class of each column. Private to this
 * room; reader.h calls it. */
#ifndef MNSP_OBJECTIVE_READER_CTC_H
#define MNSP_OBJECTIVE_READER_CTC_H

#include "objective/reader.h"

/* Appends the one segment, to an empty graph. */
void reader_ctc_build(struct graph *g, const struct objective_settings *settings, struct reader *reader);

/* As reader_read(). Equal neighbours are one symbol, blanks none; the probability of a symbol is that of its
 * columns, that of EOS is the blanks', so that their product is the probability of the path. */
MNSP_NODISCARD enum status reader_ctc_read(struct executor *executor, const struct reader *reader,
                                           const float *images, uint32_t *text, float *probability);

#endif
