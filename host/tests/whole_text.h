/* whole_text.h: the recogniser over whole texts at once, one of each image of the fixture, with the fixture's
 * weights: what reading position by position is compared with. */
#ifndef MNSP_TESTS_WHOLE_TEXT_H
#define MNSP_TESTS_WHOLE_TEXT_H

#include "objective_fixture.h"

#include "objective/parts.h"

struct whole {
    struct fixture f;
    const struct tensor *image, *text, *logits;
};

static inline void open_whole(struct whole *w, const struct objective_settings *settings,
                              struct gpu_device *device, const float *pixels) {
    *w = (struct whole){.f = {.settings = *settings}};
    struct graph *g;
    assert_ok(graph_create(&g));
    w->f.graph = g;
    const struct model_encoder encoder = objective_encoder(settings, "encoder.", GRAPH_TRAINABLE);
    const struct model_recogniser recogniser = objective_recogniser(settings);
    struct model_memory memory;
    w->image = objective_image(g, settings, FIXTURE_BATCH, "image");
    w->text = graph_input_unsigned(g, "text", SHAPE(FIXTURE_BATCH, recogniser.length));
    model_recogniser_memory(g, &recogniser, model_encode(g, &encoder, w->image), &memory);
    w->logits = graph_output(g, model_recogniser_logits(g, &recogniser, w->text, NULL, &memory), "logits");
    assert_ok(executor_create(&w->f.executor, g, device, false));
    fixture_write_parameters(&w->f);
    assert_ok(executor_write(w->f.executor, w->image, pixels));
}

#endif
