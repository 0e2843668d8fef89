/* inspect_attention.c: where the class token of an encoder looks in images, and how much of that is text. */
#include "cli/attention_page.h"
#include "cli/inspect.h"
#include "cli/read_inputs.h"

#include "base/memory.h"
#include "data/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct survey {
    struct attention *attention;
    struct attention_page *page;
    const struct read_inputs *inputs;
    json_t *list; /* NULL: printed as text */
    uint32_t height, width;
    float *image, *ink;         /* (3, height, width), (height, width) */
    struct attention_share sum; /* over images */
    size_t seen, failed, estimated;
};

/* What is found in one image. */
struct finding {
    struct attention_word word;
    struct attention_share share;
};

/* ---- printing ---- */

static double gain_of(const struct attention_share *share) {
    return share->area > 0 ? share->text / share->area : (double)NAN;
}

static json_t *share_json(const struct attention_share *share) {
    return json_pack("{s:o, s:o, s:o, s:o}", "text", cli_json_real(share->text), "area",
                     cli_json_real(share->area), "gain", cli_json_real(gain_of(share)), "spread",
                     cli_json_real(share->spread));
}

static void print_share(const struct attention_share *share, const char *rest) {
    printf("%6.1f %% %6.1f %% %7.3f %7.3f  %s\n", 100 * share->text, 100 * share->area, gain_of(share),
           share->spread, rest);
}

static void print_finding(const struct survey *s, const char *name, const struct finding *finding) {
    if (s->list == NULL) {
        print_share(&finding->share, name);
        return;
    }
    json_t *const object = share_json(&finding->share);
    json_object_set_new(object, "image", cli_json_text(name));
    json_object_set_new(object, "estimated", json_boolean(!finding->word.ink_known));
    json_array_append_new(s->list, object);
}

/* ---- one image ---- */

static enum status load(const struct survey *s, size_t i, bool *ink_known) {
    struct data_image image;
    TRY(read_inputs_image(s->inputs, i, &image));
    enum status status = data_view_clean(s->image, &image, s->height, s->width);
    if (status == STATUS_OK)
        status = read_inputs_ink(s->inputs, i, &image, s->height, s->width, s->ink, ink_known);
    data_image_free(&image);
    return status;
}

static void add_up(struct survey *s, const struct finding *finding) {
    s->seen++;
    s->estimated += !finding->word.ink_known;
    s->sum.text += finding->share.text;
    s->sum.area += finding->share.area;
    s->sum.spread += finding->share.spread;
}

static enum status see(struct survey *s, const char *name, bool ink_known) {
    const char *const slash = strrchr(name, '/');
    struct finding finding = {.word = {.image = s->image,
                                       .text = slash != NULL ? slash + 1 : name,
                                       .ink = s->ink,
                                       .ink_known = ink_known}};
    TRY(attention_see(s->attention, s->image, NULL, &finding.word.maps));
    finding.share = attention_share(&finding.word.maps, s->ink, s->height, s->width);
    add_up(s, &finding);
    print_finding(s, name, &finding);
    if (attention_page_has_room(s->page))
        return attention_page_add(s->page, &finding.word);
    attention_maps_free(&finding.word.maps);
    return STATUS_OK;
}

/* A bad image is named and passed over. */
static enum status look_at(struct survey *s, size_t i) {
    char *name;
    bool ink_known;
    TRY(read_inputs_name(s->inputs, i, &name));
    enum status status = load(s, i, &ink_known);
    if (status == STATUS_OK) {
        status = see(s, name, ink_known);
    } else if (status != STATUS_MEMORY) {
        cli_say("%s", status_message());
        s->failed++;
        status = STATUS_OK;
    }
    free(name);
    return status;
}

/* ---- all of them ---- */

static enum status print_mean(struct survey *s, const char *path) {
    const double images = (double)(s->seen > 0 ? s->seen : 1);
    const struct attention_share mean = {s->sum.text / images, s->sum.area / images, s->sum.spread / images};
    char rest[96];
    if (s->list != NULL)
        return cli_print_json(json_pack("{s:s, s:o, s:O, s:I, s:I, s:I, s:o}", "kind", "attention", "path",
                                        cli_json_text(path), "images", s->list, "seen", (json_int_t)s->seen,
                                        "estimated", (json_int_t)s->estimated, "failed",
                                        (json_int_t)s->failed, "mean", share_json(&mean)));
    snprintf(rest, sizeof rest, "mean of %zu images; what is text is estimated in %zu of them", s->seen,
             s->estimated);
    print_share(&mean, rest);
    return STATUS_OK;
}

static enum status look_around(struct survey *s, const char *path) {
    const struct settings *const settings = attention_settings(s->attention);
    const size_t count = read_inputs_count(s->inputs);
    s->height = (uint32_t)settings->image_height, s->width = (uint32_t)settings->image_width;
    TRY(memory_new(&s->image, (size_t)3 * s->height * s->width, sizeof *s->image));
    TRY(memory_new(&s->ink, (size_t)s->height * s->width, sizeof *s->ink));
    if (s->list == NULL)
        printf(" on text     area    gain  spread\n");
    for (size_t i = 0; i < count; i++) {
        cli_show("image %zu of %zu", i, count);
        TRY(look_at(s, i));
    }
    cli_show("%s", "");
    TRY(print_mean(s, path));
    return attention_page_save(s->page, s->seen);
}

static enum status survey(const struct cli_values *values, const char *path, struct attention *attention,
                          const struct read_inputs *inputs) {
    struct survey s = {.attention = attention, .inputs = inputs};
    TRY(attention_page_new(&s.page, cli_text(values, "attention"), attention));
    s.list = cli_given(values, "json") ? json_array() : NULL;
    enum status status = look_around(&s, path);
    if (status == STATUS_OK && s.failed > 0)
        status = status_set(STATUS_INVALID, "%zu of %zu images could not be read", s.failed,
                            read_inputs_count(inputs));
    attention_page_free(s.page);
    json_decref(s.list);
    free(s.image);
    free(s.ink);
    return status;
}

static enum status with_device(const struct cli_values *values, const char *path,
                               const struct read_inputs *inputs, struct gpu_device *device) {
    struct attention *attention;
    long long heads = 0;
    TRY(cli_number(values, "heads", 1, &heads));
    TRY(attention_load(&attention, path, heads, device));
    const enum status status = survey(values, path, attention, inputs);
    attention_close(attention);
    return status;
}

enum status inspect_attention(const struct cli_values *values) {
    struct gpu_device *device;
    struct read_inputs *inputs;
    size_t count;
    const char *const *const operands = cli_operands(values, &count);
    if (count < 2)
        return status_set(STATUS_USAGE, "--attention needs a checkpoint and images; example: %s",
                          "mnsp inspect --attention where.png run/last.safetensors words");
    TRY(cli_device(values, &device));
    enum status status = read_inputs_open(&inputs, operands + 1, count - 1);
    if (status == STATUS_OK) {
        status = with_device(values, operands[0], inputs, device);
        read_inputs_close(inputs);
    }
    gpu_device_close(device);
    return status;
}
