#include "train/page.h"

#include "base/file.h"
#include "train/evaluate.h"
#include "train/settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key) {
    const char *const text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static double number_of(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static double last_of(const struct history_group *group) {
    const struct history_curve *const curve = &group->curves[0];
    return group->count > 0 && curve->count > 0 ? curve->y[curve->count - 1] : NAN;
}

/* ---- how far it is ---- */

static void add_state(struct buffer *out, const struct history *history) {
    const char *const reason = text_of(history->end, "reason");
    const struct history_curve *const loss = &history->losses.curves[0];
    const bool any = history->losses.count > 0 && loss->count > 0;
    const double step = history->end != NULL ? number_of(history->end, "step")
                        : any                ? loss->x[loss->count - 1]
                                             : 0;
    const bool over = reason[0] != '\0' && strcmp(reason, "interrupted") != 0;
    buffer_add(out, "<div class=\"verdict\" style=\"--shade:var(--%s)\"><b>Step %.0f of %.0f</b>",
               over ? "good" : "accent", step, number_of(history->start, "steps"));
    if (history->end != NULL) {
        buffer_add(out, ": ");
        buffer_add_xml(out, reason);
    } else {
        buffer_add(out, " when this was written");
    }
    buffer_add(out, "\n<div class=\"counts\">");
    if (isfinite(last_of(&history->losses)))
        buffer_add(out, "<span>loss %.4g</span>", last_of(&history->losses));
    if (isfinite(last_of(&history->speeds)))
        buffer_add(out, "<span>%.4g images/s</span>", last_of(&history->speeds));
    for (size_t i = 0; i < json_array_size(history->scores); i++) {
        const json_t *const score = json_array_get(history->scores, i);
        buffer_add(out, "<span>");
        buffer_add_xml(out, file_name(text_of(score, "data")));
        buffer_add(out, ": %.2f %%</span>", 100 * number_of(score, "accuracy"));
    }
    buffer_add(out, "</div></div>\n");
}

/* ---- scores and words ---- */

static void add_scores(struct buffer *out, const struct history *history) {
    if (json_array_size(history->scores) == 0)
        return;
    buffer_add(
        out, "<h2>Scores</h2>\n<div class=\"wide\"><table class=\"scores\"><tr><th>validation set</th><th "
             "class=\"number\">step</th><th class=\"number\">words</th><th class=\"number\">accuracy "
             "%%</th><th class=\"number\">case-sensitive %%</th><th class=\"number\">1 - NED %%</th></tr>\n");
    for (size_t i = 0; i < json_array_size(history->scores); i++) {
        const json_t *const score = json_array_get(history->scores, i);
        buffer_add(out, "<tr><td class=\"name\">");
        buffer_add_xml(out, text_of(score, "data"));
        buffer_add(out,
                   "</td><td class=\"number\">%.0f</td><td class=\"number\">%.0f</td><td "
                   "class=\"number\">%.2f</td><td class=\"number\">%.2f</td>",
                   number_of(score, "step"), number_of(score, "words"), 100 * number_of(score, "accuracy"),
                   100 * number_of(score, "case_sensitive"));
        if (json_is_number(json_object_get(score, "one_minus_ned")))
            buffer_add(out, "<td class=\"number\">%.2f</td></tr>\n", 100 * number_of(score, "one_minus_ned"));
        else
            buffer_add(out, "<td class=\"number soft\">-</td></tr>\n");
    }
    buffer_add(
        out,
        "</table></div>\n<p class=\"soft\">Of whole words: accuracy ignores case and symbols. 1 - NED is "
        "the mean of 1 - edit distance / length of the longer text.</p>\n");
}

static enum status add_word(struct buffer *out, const json_t *word) {
    const char *const label = json_string_value(json_object_get(word, "label"));
    const char *const text = text_of(word, "text");
    struct evaluate_set score = {0};
    if (label != NULL)
        TRY(evaluate_count(&score, label, text, SIZE_MAX));
    buffer_add(out, "<tr><td class=\"name\">");
    buffer_add_xml(out, label != NULL ? label : "");
    buffer_add(out, "</td><td class=\"name\"%s>",
               label == NULL ? ""
               : score.right ? " style=\"color:var(--good)\""
                             : " style=\"color:var(--bad)\"");
    if (text[0] != '\0')
        buffer_add_xml(out, text);
    else
        buffer_add(out, "<i>(nothing)</i>");
    buffer_add(out, "</td><td class=\"number\"><meter value=\"%.4f\"></meter> %.3f</td></tr>\n",
               number_of(word, "confidence"), number_of(word, "confidence"));
    return STATUS_OK;
}

static enum status add_words(struct buffer *out, const struct history *history) {
    const json_t *const words = json_object_get(history->words, "words");
    if (json_array_size(words) == 0)
        return STATUS_OK;
    buffer_add(out,
               "<h2>Words read at step %.0f</h2>\n<div class=\"wide\"><table "
               "class=\"words\"><tr><th>label</th><th>reading</th><th "
               "class=\"number\">confidence</th></tr>\n",
               number_of(history->words, "step"));
    for (size_t i = 0; i < json_array_size(words); i++)
        TRY(add_word(out, json_array_get(words, i)));
    buffer_add(out, "</table></div>\n");
    return STATUS_OK;
}

/* ---- curves ---- */

static void add_curves(struct buffer *out, const struct history *history) {
    double low, high;
    history_range(history, &low, &high);
    const struct page_plot plots[] = {
        {"Loss", &history->losses, 320, true, low, high},
        {"Accuracy, ignoring case and symbols", &history->accuracies, 220, false, low, high},
        {"Learning rate", &history->rates, 170, false, low, high},
        {"Norm of the gradient", &history->norms, 170, true, low, high},
        {"Images per second", &history->speeds, 170, false, low, high},
    };
    buffer_add(out, "<h2>Curves</h2>\n");
    for (size_t i = 0; i < sizeof plots / sizeof plots[0]; i++)
        page_add_plot(out, &plots[i]);
}

/* ---- data, device, settings ---- */

static void add_sources(struct buffer *out, const struct history *history, const char *key,
                        const char *name) {
    const json_t *const sources = json_object_get(history->start, key);
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const char *const source = json_string_value(json_array_get(sources, i));
        html_fact(out, name, source != NULL ? source : "");
    }
}

static void add_facts(struct buffer *out, const struct history *history) {
    char text[64];
    buffer_add(out, "<h2>Data and device</h2>\n<dl>");
    add_sources(out, history, "data", "data");
    snprintf(text, sizeof text, "%.0f", number_of(history->start, "images"));
    html_fact(out, "images", text);
    for (size_t i = 0; i < json_array_size(history->skips); i++) {
        const json_t *const skip = json_array_get(history->skips, i);
        snprintf(text, sizeof text, "%.0f: %s", number_of(skip, "count"), text_of(skip, "problem"));
        html_fact(out, "left out", text);
    }
    add_sources(out, history, "validation", "validation");
    html_fact(out, "device", text_of(history->start, "device"));
    html_fact(out, "driver", text_of(history->start, "driver"));
    html_fact(out, "mnsp", text_of(history->start, "program"));
    if (json_object_get(history->start, "resumed_at") != NULL) {
        snprintf(text, sizeof text, "%.0f", number_of(history->start, "resumed_at"));
        html_fact(out, "resumed at step", text);
    }
    buffer_add(out, "</dl>\n");
}

/* Those of a group that are not the defaults, or all of them. */
static void add_group(struct buffer *out, const struct settings *settings, enum settings_group group,
                      bool all) {
    struct settings defaults;
    settings_defaults(&defaults);
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *const row = &settings_table()[i];
        char value[SETTINGS_TEXT_SIZE], standard[SETTINGS_TEXT_SIZE];
        settings_format(settings, row, value);
        settings_format(&defaults, row, standard);
        if (row->group == group && (all || strcmp(value, standard) != 0))
            html_fact(out, row->name, value);
    }
}

static void add_settings(struct buffer *out, const struct settings *settings) {
    buffer_add(
        out,
        "<h2>Settings</h2>\n<p class=\"soft\">Those that are not the defaults:</p>\n<dl class=\"settings\">");
    for (int group = 0; group < SETTINGS_GROUP_COUNT; group++)
        add_group(out, settings, (enum settings_group)group, false);
    buffer_add(out, "</dl>\n<details><summary>All settings</summary>\n");
    for (int group = 0; group < SETTINGS_GROUP_COUNT; group++) {
        buffer_add(out, "<h3>%s</h3><dl>", settings_group_name((enum settings_group)group));
        add_group(out, settings, (enum settings_group)group, true);
        buffer_add(out, "</dl>\n");
    }
    buffer_add(out, "</details>\n");
}

/* ---- all of it ---- */

static void add_head(struct buffer *out, const char *folder, const struct history *history) {
    char title[256];
    snprintf(title, sizeof title, "%s in %.200s", text_of(history->start, "objective"), folder);
    html_begin(out, title, page_style);
    buffer_add(out, "<p class=\"soft\">");
    buffer_add_xml(out, text_of(history->start, "device"));
    buffer_add(out, ", trained by mnsp ");
    buffer_add_xml(out, text_of(history->start, "program"));
    buffer_add(out, "</p>\n");
}

static enum status add_page(struct buffer *out, const char *folder, const struct settings *settings,
                            const struct history *history) {
    add_head(out, folder, history);
    add_state(out, history);
    add_scores(out, history);
    TRY(add_words(out, history));
    add_curves(out, history);
    TRY(page_add_pictures(out, folder));
    add_facts(out, history);
    add_settings(out, settings);
    html_end(out);
    return buffer_status(out);
}

static enum status read_settings(struct settings *settings, const char *folder) {
    char *path;
    TRY(file_join(&path, folder, "settings.json"));
    settings_defaults(settings);
    const enum status status = settings_load_preset(settings, path, NULL, 0);
    free(path);
    return status;
}

enum status page_write(const char *folder, const char *path) {
    struct settings settings;
    struct history history;
    struct buffer page = {0};
    char *log;
    TRY(read_settings(&settings, folder));
    TRY(file_join(&log, folder, "log.jsonl"));
    enum status status = history_read(&history, log);
    free(log);
    TRY(status);
    status = add_page(&page, folder, &settings, &history);
    if (status == STATUS_OK)
        status = file_replace(path, page.bytes, page.used);
    free(page.bytes);
    history_free(&history);
    return status;
}
