#include "objective/beam.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct beginning {
    double log_probability;
    uint32_t *symbol;   /* (T) */
    float *probability; /* (T) */
    uint32_t *row;      /* (T): in which row of the network each symbol was made */
};

/* A beginning and one of its followers. */
struct candidate {
    double log_probability;
    size_t parent, choice;
};

struct beam {
    struct beam_settings settings;
    struct beginning *now, *next; /* (K) */
    struct beginning best;        /* finished text */
    double best_score;
    bool any_finished;
    size_t live, position;
    struct candidate *candidates; /* (K C) */
    uint32_t *words;
    float *floats;
};

size_t beam_choices(size_t width, size_t classes) {
    /* `width` that go on, beside the two that end a text */
    const size_t choices = width == 1 ? 1 : width + 2;
    return choices < classes ? choices : classes;
}

/* ---- memory ---- */

static void place(struct beam *beam, struct beginning *beginning, size_t index) {
    const size_t length = beam->settings.length;
    beginning->symbol = beam->words + 2 * index * length;
    beginning->row = beam->words + (2 * index + 1) * length;
    beginning->probability = beam->floats + index * length;
}

static enum status make(struct beam *beam) {
    const size_t width = beam->settings.width, length = beam->settings.length;
    TRY(memory_new(&beam->now, width, sizeof *beam->now));
    TRY(memory_new(&beam->next, width, sizeof *beam->next));
    TRY(memory_new(&beam->candidates, width * beam->settings.choices, sizeof *beam->candidates));
    TRY(memory_new(&beam->words, (2 * width + 1) * 2 * length, sizeof *beam->words));
    TRY(memory_new(&beam->floats, (2 * width + 1) * length, sizeof *beam->floats));
    for (size_t k = 0; k < width; k++) {
        place(beam, &beam->now[k], k);
        place(beam, &beam->next[k], width + k);
    }
    place(beam, &beam->best, 2 * width);
    beam_start(beam);
    return STATUS_OK;
}

enum status beam_create(struct beam **out, const struct beam_settings *settings) {
    struct beam *beam;
    *out = NULL;
    TRY(memory_new(&beam, 1, sizeof *beam));
    beam->settings = *settings;
    const enum status status = make(beam);
    if (status != STATUS_OK) {
        beam_destroy(beam);
        return status;
    }
    *out = beam;
    return STATUS_OK;
}

void beam_destroy(struct beam *beam) {
    if (beam == NULL)
        return;
    free(beam->now);
    free(beam->next);
    free(beam->candidates);
    free(beam->words);
    free(beam->floats);
    free(beam);
}

/* ---- the search ---- */

void beam_start(struct beam *beam) {
    beam->live = 1;
    beam->position = 0;
    beam->any_finished = false;
    beam->now[0].log_probability = 0;
    beam->best_score = -INFINITY;
}

static bool ends(const struct beam *beam, uint32_t symbol) {
    return symbol == beam->settings.eos || symbol == beam->settings.pad;
}

static double penalty(const struct beam *beam, size_t length) {
    return pow((5 + (double)length) / 6, beam->settings.penalty);
}

bool beam_is_open(const struct beam *beam) {
    if (beam->live == 0 || beam->position == beam->settings.length)
        return false;
    /* Longer texts are not more probable, and nothing raises a score more than the penalty of the longest. */
    return !beam->any_finished ||
           beam->now[0].log_probability / penalty(beam, beam->settings.length) > beam->best_score;
}

static int compare_candidates(const void *a, const void *b) {
    const struct candidate *const x = a, *const y = b;
    if (x->log_probability != y->log_probability)
        return x->log_probability > y->log_probability ? -1 : 1;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    return x->choice < y->choice ? -1 : 1;
}

/* text = the candidate's beginning and its follower. */
static void extend(const struct beam *beam, const struct candidate *candidate, uint32_t symbol,
                   float probability, struct beginning *text) {
    const struct beginning *const parent = &beam->now[candidate->parent];
    const size_t t = beam->position;
    memcpy(text->symbol, parent->symbol, t * sizeof *text->symbol);
    memcpy(text->probability, parent->probability, t * sizeof *text->probability);
    memcpy(text->row, parent->row, t * sizeof *text->row);
    text->symbol[t] = symbol;
    text->probability[t] = probability;
    text->row[t] = (uint32_t)candidate->parent;
    text->log_probability = candidate->log_probability;
}

/* The first of the finished texts counts where two have the same score, or no score at all. */
static void keep_best(struct beam *beam, const struct candidate *candidate, uint32_t symbol,
                      float probability) {
    const double score = candidate->log_probability / penalty(beam, beam->position + 1);
    if (beam->any_finished && !(score > beam->best_score))
        return;
    beam->any_finished = true;
    beam->best_score = score;
    extend(beam, candidate, symbol, probability, &beam->best);
    for (size_t t = beam->position + 1; t < beam->settings.length; t++) {
        beam->best.symbol[t] = beam->settings.pad;
        beam->best.probability[t] = 0;
    }
}

static size_t list_candidates(struct beam *beam, const float *probability) {
    const size_t choices = beam->settings.choices;
    size_t count = 0;
    for (size_t k = 0; k < beam->live; k++)
        for (size_t c = 0; c < choices; c++) {
            const double p = (double)probability[k * choices + c];
            beam->candidates[count++] = (struct candidate){
                .log_probability = p > 0 ? beam->now[k].log_probability + log(p) : -INFINITY,
                .parent = k,
                .choice = c};
        }
    qsort(beam->candidates, count, sizeof *beam->candidates, compare_candidates);
    return count;
}

void beam_advance(struct beam *beam, const uint32_t *symbol, const float *probability) {
    const struct beam_settings *const s = &beam->settings;
    const bool last = beam->position + 1 == s->length;
    const size_t count = list_candidates(beam, probability);
    size_t live = 0;
    for (size_t i = 0; i < count; i++) {
        const struct candidate *const candidate = &beam->candidates[i];
        const size_t at = candidate->parent * s->choices + candidate->choice;
        if (last || ends(beam, symbol[at]))
            keep_best(beam, candidate, symbol[at], probability[at]);
        else if (live < s->width)
            extend(beam, candidate, symbol[at], probability[at], &beam->next[live++]);
    }
    struct beginning *const texts = beam->now;
    beam->now = beam->next;
    beam->next = texts;
    beam->live = live;
    beam->position++;
}

/* ---- looking at it ---- */

uint32_t beam_last(const struct beam *beam, size_t k) {
    const bool is_there = k < beam->live && beam->position > 0 && beam_is_open(beam);
    return is_there ? beam->now[k].symbol[beam->position - 1] : beam->settings.eos;
}

void beam_history(const struct beam *beam, uint32_t *history) {
    const size_t width = beam->settings.width, length = beam->settings.length;
    for (size_t i = 0; i < width * length; i++)
        history[i] = UINT32_MAX;
    if (!beam_is_open(beam))
        return;
    for (size_t k = 0; k < beam->live; k++) {
        for (size_t s = 0; s < beam->position; s++)
            history[k * length + s] = (uint32_t)(beam->now[k].row[s] * length + s);
        history[k * length + beam->position] = (uint32_t)(k * length + beam->position);
    }
}

void beam_result(const struct beam *beam, uint32_t *text, float *probability) {
    memcpy(text, beam->best.symbol, beam->settings.length * sizeof *text);
    memcpy(probability, beam->best.probability, beam->settings.length * sizeof *probability);
}
