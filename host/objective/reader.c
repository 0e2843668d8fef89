#include "objective/reader.h"

#include "base/memory.h"
#include "objective/parts.h"
#include "objective/reader_ctc.h"

#include <stdlib.h>

/* ---- the graph ---- */

static void build_encode(struct graph *g, const struct objective_settings *settings,
                         const struct model_encoder *encoder, const struct model_recogniser *recogniser,
                         struct reader *reader, struct model_memory *memory) {
    reader->encode = graph_segment_count(g) - 1;
    graph_scope(g, "encoder");
    reader->image = objective_image(g, settings, reader->batch, "image");
    model_recogniser_memory(g, recogniser, model_encode(g, encoder, reader->image), memory);
}

static void build_decode(struct graph *g, const struct model_recogniser *recogniser, struct reader *reader,
                         const struct model_memory *memory) {
    const size_t batch = reader->batch, width = reader->search.width;
    reader->decode = graph_segment(g);
    graph_scope(g, "decoder");
    reader->next = (struct model_next){
        .symbol = graph_input_unsigned(g, "symbol", SHAPE(batch, width)),
        .position = graph_input_unsigned(g, "position", SHAPE(batch * width)),
        .length = graph_input_unsigned(g, "length", SHAPE(batch * width)),
    };
    if (width > 1)
        reader->next.history = graph_input_unsigned(g, "history", SHAPE(batch, width * reader->length));
    reader->logits = graph_output(g, model_recogniser_next(g, recogniser, &reader->next, memory), "logits");
    const struct graph_top top = graph_top_k(g, graph_softmax(g, reader->logits), reader->search.choices);
    reader->symbol = graph_output(g, top.index, "choices");
    reader->probability = graph_output(g, top.value, "probabilities");
}

static bool search_check(struct graph *g, const struct objective_settings *settings,
                         const struct reader_search *search) {
    if (settings->head == OBJECTIVE_HEAD_CTC && search->beam > 1) {
        graph_fail(g, STATUS_USAGE, "a CTC head has no beam search: leave --beam out");
        return false;
    }
    if (search->beam >= 1 && search->beam <= READER_MAX_BEAM && search->length_penalty >= 0)
        return true;
    graph_fail(g, STATUS_USAGE, "a beam cannot have width %zu and length penalty %g: 1 to %d, and 0 or more",
               search->beam, search->length_penalty, READER_MAX_BEAM);
    return false;
}

enum status reader_build(struct graph *g, const struct objective_settings *settings, size_t batch,
                         const struct reader_search *search, struct reader *reader) {
    const struct model_encoder encoder = objective_encoder(settings, "encoder.", GRAPH_TRAINABLE);
    struct model_recogniser recogniser = objective_recogniser(settings);
    recogniser.dropout = 0;
    graph_set_precision(g, settings->precision);
    if (batch == 0)
        graph_fail(g, STATUS_USAGE, "a batch needs at least one image");
    if (batch == 0 || !model_encoder_check(g, &encoder) || !model_recogniser_check(g, &recogniser) ||
        !search_check(g, settings, search))
        return graph_status(g);
    const size_t classes = model_recogniser_classes(&recogniser);
    *reader = (struct reader){.head = settings->head,
                              .batch = batch,
                              .length = recogniser.length,
                              .classes = classes,
                              .eos = (uint32_t)model_recogniser_eos(&recogniser),
                              .pad = (uint32_t)model_recogniser_pad(&recogniser),
                              .bos = (uint32_t)model_recogniser_bos(&recogniser)};
    reader->search = (struct beam_settings){.width = search->beam,
                                            .length = recogniser.length,
                                            .choices = beam_choices(search->beam, classes),
                                            .penalty = search->length_penalty,
                                            .eos = reader->eos,
                                            .pad = reader->pad};
    if (reader->head == OBJECTIVE_HEAD_CTC) {
        reader_ctc_build(g, settings, reader);
        return graph_status(g);
    }
    struct model_memory memory;
    build_encode(g, settings, &encoder, &recogniser, reader, &memory);
    build_decode(g, &recogniser, reader, &memory);
    return graph_status(g);
}

/* ---- reading ---- */

/* What goes to the device and comes from it at each position, and the search of each image. */
struct pass {
    struct executor *executor;
    const struct reader *reader;
    struct beam **beams;                                   /* (B) */
    uint32_t *symbol, *position, *length, *history, *best; /* shapes as in struct reader */
    float *probability;
};

static enum status write_position(struct pass *pass, uint32_t t) {
    const struct reader *const r = pass->reader;
    const size_t width = r->search.width;
    for (size_t b = 0; b < r->batch; b++)
        for (size_t k = 0; k < width; k++) {
            const size_t row = b * width + k;
            pass->symbol[row] = t == 0 ? r->bos : beam_last(pass->beams[b], k);
            pass->position[row] = t;
            pass->length[row] = t + 1;
        }
    TRY(executor_write(pass->executor, r->next.symbol, pass->symbol));
    TRY(executor_write(pass->executor, r->next.position, pass->position));
    TRY(executor_write(pass->executor, r->next.length, pass->length));
    if (r->next.history == NULL)
        return STATUS_OK;
    for (size_t b = 0; b < r->batch; b++)
        beam_history(pass->beams[b], pass->history + b * width * r->length);
    return executor_write(pass->executor, r->next.history, pass->history);
}

static bool any_is_open(const struct pass *pass) {
    for (size_t b = 0; b < pass->reader->batch; b++)
        if (beam_is_open(pass->beams[b]))
            return true;
    return false;
}

static enum status read_symbols(struct pass *pass) {
    const struct reader *const r = pass->reader;
    const size_t per_image = r->search.width * r->search.choices;
    for (uint32_t t = 0; any_is_open(pass); t++) {
        TRY(write_position(pass, t));
        TRY(executor_run(pass->executor, r->decode));
        TRY(executor_read(pass->executor, r->symbol, pass->best));
        TRY(executor_read(pass->executor, r->probability, pass->probability));
        for (size_t b = 0; b < r->batch; b++)
            if (beam_is_open(pass->beams[b]))
                beam_advance(pass->beams[b], pass->best + b * per_image, pass->probability + b * per_image);
    }
    return STATUS_OK;
}

static enum status start(struct pass *pass) {
    const struct reader *const r = pass->reader;
    const size_t rows = r->batch * r->search.width;
    TRY(memory_new(&pass->beams, r->batch, sizeof(struct beam *)));
    TRY(memory_new(&pass->symbol, rows, sizeof *pass->symbol));
    TRY(memory_new(&pass->position, rows, sizeof *pass->position));
    TRY(memory_new(&pass->length, rows, sizeof *pass->length));
    TRY(memory_new(&pass->history, rows * r->length, sizeof *pass->history));
    TRY(memory_new(&pass->best, r->symbol->elements, sizeof *pass->best));
    TRY(memory_new(&pass->probability, r->probability->elements, sizeof *pass->probability));
    for (size_t b = 0; b < r->batch; b++)
        TRY(beam_create(&pass->beams[b], &r->search));
    return STATUS_OK;
}

static void end(struct pass *pass) {
    for (size_t b = 0; pass->beams != NULL && b < pass->reader->batch; b++)
        beam_destroy(pass->beams[b]);
    free(pass->beams);
    free(pass->symbol);
    free(pass->position);
    free(pass->length);
    free(pass->history);
    free(pass->best);
    free(pass->probability);
}

enum status reader_read(struct executor *executor, const struct reader *reader, const float *images,
                        uint32_t *text, float *probability) {
    if (reader->head == OBJECTIVE_HEAD_CTC)
        return reader_ctc_read(executor, reader, images, text, probability);
    TRY(executor_write(executor, reader->image, images));
    TRY(executor_run(executor, reader->encode));
    struct pass pass = {.executor = executor, .reader = reader};
    enum status status = start(&pass);
    if (status == STATUS_OK)
        status = read_symbols(&pass);
    for (size_t b = 0; status == STATUS_OK && b < reader->batch; b++)
        beam_result(pass.beams[b], text + b * reader->length, probability + b * reader->length);
    end(&pass);
    return status;
}
