#include "cli/eval_output.h"

#include "cli/json.h"
#include "data/text.h"

#include <stdio.h>
#include <string.h>

enum { CHARACTER_SIZE = 8 };

/* A character as text; "" for nothing. */
static const char *character_text(uint32_t code_point, char text[CHARACTER_SIZE]) {
    char *end = text;
    if (code_point != 0)
        end += data_utf8_put(text, code_point);
    *end = '\0';
    return text;
}

/* ---- tables ---- */

static void print_shown(const json_t *list) {
    size_t i;
    json_t *word;
    if (json_array_size(list) > 0)
        printf("%-25s %-25s %s\n", "written", "read", "confidence");
    json_array_foreach(list, i, word) {
        printf("%-25s %-25s %.4f\n", json_string_value(json_object_get(word, "label")),
               json_string_value(json_object_get(word, "text")),
               json_real_value(json_object_get(word, "confidence")));
    }
    if (json_array_size(list) > 0)
        printf("\n");
}

static int name_width(const struct evaluate_result *result) {
    size_t width = strlen("weighted average");
    for (size_t i = 0; i < result->count; i++)
        if (strlen(result->sets[i].name) > width)
            width = strlen(result->sets[i].name);
    return width < 60 ? (int)width : 60;
}

typedef double score_function(const void *of, enum evaluate_score score);

static void print_scores(score_function *score, const void *of) {
    printf(" %9.2f%% %14.2f%% %9.2f%%\n", 100 * score(of, EVALUATE_WAICS),
           100 * score(of, EVALUATE_CASE_SENSITIVE), 100 * score(of, EVALUATE_ONE_MINUS_NED));
}

static double of_set(const void *of, enum evaluate_score score) {
    return evaluate_accuracy(of, score);
}

static double of_sets(const void *of, enum evaluate_score score) {
    return evaluate_average(of, score);
}

static void print_table(const struct evaluate_result *result) {
    const int width = name_width(result);
    printf("%-*s %8s %10s %15s %10s\n", width, "test set", "words", "accuracy", "case-sensitive", "1-NED");
    for (size_t i = 0; i < result->count; i++) {
        printf("%-*s %8llu", width, result->sets[i].name, (unsigned long long)result->sets[i].words);
        print_scores(of_set, &result->sets[i]);
    }
    const struct evaluate_set sum = evaluate_sum(result);
    printf("%-*s %8s", width, "average", "");
    print_scores(of_sets, result);
    printf("%-*s %8llu", width, "weighted average", (unsigned long long)sum.words);
    print_scores(of_set, &sum);
}

/* What the numbers do not say by themselves. */
static void print_notes(const struct evaluate_set *sum, int64_t places) {
    if (sum->too_long > 0)
        printf("%llu of the words have more than %lld characters, which the recogniser is not trained for: "
               "they count as errors\n",
               (unsigned long long)sum->too_long, (long long)places - 2);
    if (sum->undecodable + sum->unlabelled > 0)
        printf("%llu images could not be decoded and %llu have no usable label: they are not among the "
               "words\n",
               (unsigned long long)sum->undecodable, (unsigned long long)sum->unlabelled);
}

static void print_confusions(const struct confusions *confusions, size_t most) {
    if (confusions->count == 0 || most == 0)
        return;
    printf("\nmost frequent confusions\n%8s %8s %8s\n", "written", "read", "times");
    for (size_t i = 0; i < confusions->count && i < most; i++) {
        char written[CHARACTER_SIZE], read[CHARACTER_SIZE];
        const struct confusion *const c = &confusions->list[i];
        printf("%8s %8s %8llu\n", c->written ? character_text(c->written, written) : "nothing",
               c->read ? character_text(c->read, read) : "nothing", (unsigned long long)c->count);
    }
}

static void print_worst(const struct worst *worst, const char *sheet) {
    if (worst->count > 0)
        printf("\nworst mistakes\n%-25s %-25s %10s  %s\n", "written", "read", "confidence", "image");
    for (size_t i = 0; i < worst->count; i++)
        printf("%-25s %-25s %10.4f  %s\n", worst->list[i].label, worst->list[i].text,
               (double)worst->list[i].confidence, worst->list[i].image);
    printf("\n%s: a picture of the %zu worst mistakes\n", sheet, worst->count);
}

void eval_output_text(const struct eval_output *output) {
    const struct evaluate_set sum = evaluate_sum(output->result);
    print_shown(output->shown);
    print_table(output->result);
    print_notes(&sum, output->places);
    print_confusions(&output->result->confusions, output->confusions);
    if (output->worst != NULL)
        print_worst(output->worst, output->sheet);
}

/* ---- the same as JSON ---- */

static json_t *set_json(const struct evaluate_set *set) {
    return json_pack("{s:o, s:o, s:I, s:f, s:f, s:f, s:I, s:I, s:I}", "name", cli_json_text(set->name),
                     "data", cli_json_text(set->path), "words", (json_int_t)set->words, "accuracy",
                     evaluate_accuracy(set, EVALUATE_WAICS), "case_sensitive",
                     evaluate_accuracy(set, EVALUATE_CASE_SENSITIVE), "one_minus_ned",
                     evaluate_accuracy(set, EVALUATE_ONE_MINUS_NED), "too_long", (json_int_t)set->too_long,
                     "undecodable", (json_int_t)set->undecodable, "unlabelled", (json_int_t)set->unlabelled);
}

static json_t *sets_json(const struct evaluate_result *result) {
    json_t *const sets = json_array();
    for (size_t i = 0; i < result->count; i++)
        json_array_append_new(sets, set_json(&result->sets[i]));
    return sets;
}

static json_t *confusions_json(const struct confusions *confusions, size_t most) {
    json_t *const list = json_array();
    for (size_t i = 0; i < confusions->count && i < most; i++) {
        char written[CHARACTER_SIZE], read[CHARACTER_SIZE];
        const struct confusion *const c = &confusions->list[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "written",
                                              character_text(c->written, written), "read",
                                              character_text(c->read, read), "count", (json_int_t)c->count));
    }
    return list;
}

static json_t *worst_json(const struct worst *worst) {
    json_t *const list = json_array();
    for (size_t i = 0; worst != NULL && i < worst->count; i++) {
        const struct mistake *const m = &worst->list[i];
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:f}", "image", cli_json_text(m->image), "label",
                            cli_json_text(m->label), "text", cli_json_text(m->text), "confidence",
                            cli_json_real((double)m->confidence), "one_minus_ned", m->similarity));
    }
    return list;
}

enum status eval_output_json(const struct eval_output *output) {
    const struct evaluate_result *const result = output->result;
    const struct evaluate_set sum = evaluate_sum(result);
    json_t *const object =
        json_pack("{s:o, s:s, s:I, s:o, s:o, s:o, s:O}", "model", cli_json_text(output->model), "device",
                  output->device, "words", (json_int_t)sum.words, "sets", sets_json(result), "confusions",
                  confusions_json(&result->confusions, output->confusions), "worst",
                  worst_json(output->worst), "shown", output->shown);
    static const struct {
        const char *average, *weighted;
        enum evaluate_score score;
    } scores[] = {
        {"average", "weighted_average", EVALUATE_WAICS},
        {"average_case_sensitive", "weighted_average_case_sensitive", EVALUATE_CASE_SENSITIVE},
        {"average_one_minus_ned", "weighted_average_one_minus_ned", EVALUATE_ONE_MINUS_NED},
    };
    for (size_t i = 0; object != NULL && i < sizeof scores / sizeof scores[0]; i++) {
        json_object_set_new(object, scores[i].average, json_real(evaluate_average(result, scores[i].score)));
        json_object_set_new(object, scores[i].weighted, json_real(evaluate_accuracy(&sum, scores[i].score)));
    }
    return cli_print_json(object);
}
