#include "objective/reader_ctc.h"

#include "base/memory.h"
#include "objective/parts.h"

#include <stdlib.h>

void reader_ctc_build(struct graph *g, const struct objective_settings *settings, struct reader *reader) {
    const struct model_encoder encoder = objective_encoder(settings, "encoder.", GRAPH_TRAINABLE);
    const struct model_ctc head = objective_ctc(settings);
    reader->encode = graph_segment_count(g) - 1;
    reader->length = head.columns + 1; /* a symbol in each column, and EOS */
    graph_scope(g, "encoder");
    reader->image = objective_image(g, settings, reader->batch, "image");
    const struct tensor *const features = model_encode(g, &encoder, reader->image);
    graph_scope(g, "decoder");
    reader->logits = graph_output(g, model_ctc_logits(g, &head, features), "logits");
    const struct graph_top top = graph_top_k(g, graph_softmax(g, reader->logits), 1);
    reader->symbol = graph_output(g, top.index, "choices");
    reader->probability = graph_output(g, top.value, "probabilities");
}

/* One image: columns to symbols. */
static void take_path(const struct reader *r, const uint32_t *best, const float *chance, uint32_t *text,
                      float *probability) {
    const size_t columns = r->length - 1;
    const uint32_t blank = r->eos;
    size_t count = 0;
    float blanks = 1;
    for (size_t t = 0; t < columns; t++) {
        const bool repeats = t > 0 && best[t] == best[t - 1];
        if (best[t] == blank) {
            blanks *= chance[t];
        } else if (repeats) {
            probability[count - 1] *= chance[t];
        } else {
            text[count] = best[t];
            probability[count++] = chance[t];
        }
    }
    text[count] = r->eos;
    probability[count++] = blanks;
    for (; count < r->length; count++) {
        text[count] = r->pad;
        probability[count] = 0;
    }
}

static enum status read_paths(struct executor *executor, const struct reader *r, uint32_t *best,
                              float *chance, uint32_t *text, float *probability) {
    TRY(executor_read(executor, r->symbol, best));
    TRY(executor_read(executor, r->probability, chance));
    const size_t columns = r->length - 1;
    for (size_t b = 0; b < r->batch; b++)
        take_path(r, best + b * columns, chance + b * columns, text + b * r->length,
                  probability + b * r->length);
    return STATUS_OK;
}

enum status reader_ctc_read(struct executor *executor, const struct reader *reader, const float *images,
                            uint32_t *text, float *probability) {
    uint32_t *best;
    float *chance = NULL;
    TRY(executor_write(executor, reader->image, images));
    TRY(executor_run(executor, reader->encode));
    TRY(memory_new(&best, reader->symbol->elements, sizeof *best));
    enum status status = memory_new(&chance, reader->probability->elements, sizeof *chance);
    if (status == STATUS_OK)
        status = read_paths(executor, reader, best, chance, text, probability);
    free(best);
    free(chance);
    return status;
}
