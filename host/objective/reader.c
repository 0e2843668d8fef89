#include "objective/reader.h"

#include "base/memory.h"
#include "objective/parts.h"

#include <stdlib.h>

enum status reader_build(struct graph *g, const struct objective_settings *settings, size_t batch,
                         struct reader *reader) {
    const struct model_encoder encoder = objective_encoder(settings, "encoder.", GRAPH_TRAINABLE);
    struct model_recogniser recogniser = objective_recogniser(settings);
    recogniser.dropout = 0;
    if (batch == 0)
        graph_fail(g, STATUS_USAGE, "a batch needs at least one image");
    if (batch == 0 || !model_encoder_check(g, &encoder) || !model_recogniser_check(g, &recogniser))
        return graph_status(g);
    *reader = (struct reader){.batch = batch,
                              .length = recogniser.length,
                              .classes = model_recogniser_classes(&recogniser),
                              .eos = (uint32_t)model_recogniser_eos(&recogniser),
                              .pad = (uint32_t)model_recogniser_pad(&recogniser)};
    struct model_memory memory;
    reader->encode = graph_segment_count(g) - 1;
    graph_scope(g, "encoder");
    reader->image = objective_image(g, settings, batch, "image");
    model_recogniser_memory(g, &recogniser, model_encode(g, &encoder, reader->image), &memory);

    reader->decode = graph_segment(g);
    graph_scope(g, "decoder");
    reader->text = graph_input_unsigned(g, "text", SHAPE(batch, recogniser.length));
    const struct tensor *const logits = model_recogniser_logits(g, &recogniser, reader->text, NULL, &memory);
    reader->probabilities = graph_output(g, graph_softmax(g, logits), "probabilities");
    return graph_status(g);
}

static uint32_t most_probable(const float *row, size_t classes) {
    uint32_t best = 0;
    for (uint32_t c = 1; c < classes; c++)
        if (row[c] > row[best])
            best = c;
    return best;
}

/* Takes symbol t of every image that has not ended; returns how many go on. */
static size_t take_symbols(const struct reader *r, const float *probabilities, size_t t, uint32_t *text,
                           float *probability) {
    size_t open = 0;
    for (size_t b = 0; b < r->batch; b++) {
        const size_t place = b * r->length + t;
        if (t > 0 && (text[place - 1] == r->eos || text[place - 1] == r->pad))
            continue;
        const float *const row = probabilities + place * r->classes;
        text[place] = most_probable(row, r->classes);
        probability[place] = row[text[place]];
        open += text[place] != r->eos;
    }
    return open;
}

static enum status read_symbols(struct executor *executor, const struct reader *r, float *probabilities,
                                uint32_t *text, float *probability) {
    for (size_t i = 0; i < r->batch * r->length; i++) {
        text[i] = r->pad;
        probability[i] = 0;
    }
    size_t open = r->batch;
    for (size_t t = 0; t < r->length && open > 0; t++) {
        TRY(executor_write(executor, r->text, text));
        TRY(executor_run(executor, r->decode));
        TRY(executor_read(executor, r->probabilities, probabilities));
        open = take_symbols(r, probabilities, t, text, probability);
    }
    return STATUS_OK;
}

enum status reader_read(struct executor *executor, const struct reader *reader, const float *images,
                        uint32_t *text, float *probability) {
    float *probabilities = NULL;
    TRY(executor_write(executor, reader->image, images));
    TRY(executor_run(executor, reader->encode));
    TRY(memory_new(&probabilities, reader->probabilities->elements, sizeof *probabilities));
    const enum status status = read_symbols(executor, reader, probabilities, text, probability);
    free(probabilities);
    return status;
}
