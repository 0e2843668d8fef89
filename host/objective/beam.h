/* beam.h: the search for the most probable text of one image, the `width` best beginnings at a time.
 *
 *     TRY(beam_create(&beam, &settings));
 *     beam_start(beam);
 *     while (beam_is_open(beam)) {
 *         ... the symbols beam_last(beam, k), of texts with the past beam_history(beam, history), through the
 *         network, which gives the `choices` most probable symbols to follow each of them ...
 *         beam_advance(beam, symbol, probability);
 *     }
 *     beam_result(beam, text, probability);
 *
 * A text's score is log p / ((5 + n) / 6)^penalty, with p the product of the probabilities of its n symbols,
 * the end mark included; with penalty 0 the most probable text wins, a higher one favours longer texts. In
 * each step all followers of all beginnings are put in order: those that are an end mark make finished texts,
 * and the `width` best others go on. The search ends when no beginning can become better than the best
 * finished text. With width 1 this is greedy reading.
 *
 * Source: the score is equation 14 of Wu et al., "Google's Neural Machine Translation System", 2016, without
 * coverage; spec/objectives/recogniser.md.
 */
#ifndef MNSP_OBJECTIVE_BEAM_H
#define MNSP_OBJECTIVE_BEAM_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The penalty of Vaswani et al., "Attention is all you need", NIPS 2017, section 6.1. */
#define BEAM_LENGTH_PENALTY 0.6

struct beam_settings {
    size_t width;      /* K, at least 1 */
    size_t length;     /* T, symbols of a text at most */
    size_t choices;    /* C, followers that are known of each beginning; beam_choices() */
    double penalty;    /* at least 0 */
    uint32_t eos, pad; /* symbols that end a text */
};

/* As many followers as can matter, of so many classes. */
size_t beam_choices(size_t width, size_t classes);

struct beam;

MNSP_NODISCARD enum status beam_create(struct beam **out, const struct beam_settings *settings);
void beam_destroy(struct beam *beam);

/* Forgets what was read: one beginning, which is empty. */
void beam_start(struct beam *beam);
/* Whether there is more to be read. */
bool beam_is_open(const struct beam *beam);

/* The last symbol of beginning k < width; EOS where there is none or nothing is read any more. */
uint32_t beam_last(const struct beam *beam, size_t k);
/* (K, T): history[k, s] = j T + s when the symbol at position s of beginning k went through the network in
 * row j; UINT32_MAX where there is none. Its own position, the newest one, is k T + s. */
void beam_history(const struct beam *beam, uint32_t *history);

/* The followers of each beginning, in falling order: symbol and probability (K, C). */
void beam_advance(struct beam *beam, const uint32_t *symbol, const float *probability);

/* The best text so far, (T) each: its symbols, the end mark, PAD; the probability of each given those
 * before it, 0 after the end. */
void beam_result(const struct beam *beam, uint32_t *text, float *probability);

#endif
