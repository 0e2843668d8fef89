/* inspect_tensors.c: a safetensors file: every tensor with its statistics, and what a checkpoint says of its
 * run. */
#include "cli/inspect.h"

#include "train/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PIECE = 4096 }; /* elements looked at together */

/* Mean and squared deviations are updated number by number. Source: Welford, "Note on a method for
 * calculating corrected sums of squares and products", Technometrics, 1962. */
struct statistics {
    double mean, squares, least, most;
    uint64_t count, not_finite;
};

static void take(struct statistics *s, double value) {
    if (!isfinite(value)) {
        s->not_finite++;
        return;
    }
    s->count++;
    const double before = value - s->mean;
    s->mean += before / (double)s->count;
    s->squares += before * (value - s->mean);
    s->least = s->count == 1 || value < s->least ? value : s->least;
    s->most = s->count == 1 || value > s->most ? value : s->most;
}

static bool has_fractions(enum safetensors_type type) {
    return type == SAFETENSORS_F16 || type == SAFETENSORS_BF16 || type == SAFETENSORS_F32 ||
           type == SAFETENSORS_F64;
}

static enum status take_tensor(struct statistics *s, const struct safetensors *file,
                               const struct safetensors_tensor *tensor) {
    const size_t size = safetensors_type_size(tensor->type);
    for (uint64_t first = 0; first < tensor->elements; first += PIECE) {
        struct safetensors_tensor piece = *tensor;
        float reals[PIECE];
        int32_t integers[PIECE];
        piece.elements = tensor->elements - first < PIECE ? tensor->elements - first : PIECE;
        piece.bytes = piece.elements * size;
        piece.offset += first * size;
        const bool fractions = has_fractions(tensor->type);
        TRY(fractions ? safetensors_read_f32(file, &piece, reals)
                      : safetensors_read_i32(file, &piece, integers));
        for (uint64_t i = 0; i < piece.elements; i++)
            take(s, fractions ? (double)reals[i] : (double)integers[i]);
    }
    return STATUS_OK;
}

static json_t *tensor_json(const struct safetensors_tensor *tensor, const struct statistics *s, bool known) {
    json_t *const shape = json_array();
    for (uint32_t i = 0; i < tensor->rank; i++)
        json_array_append_new(shape, json_integer((json_int_t)tensor->shape[i]));
    const double count = (double)s->count, none = NAN;
    const bool any = known && s->count > 0;
    return json_pack("{s:o, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:I}", "name", cli_json_text(tensor->name),
                     "dtype", safetensors_type_name(tensor->type), "shape", shape, "elements",
                     (json_int_t)tensor->elements, "mean", cli_json_real(any ? s->mean : none), "std",
                     cli_json_real(any ? sqrt(s->squares / count) : none), "min",
                     cli_json_real(any ? s->least : none), "max", cli_json_real(any ? s->most : none),
                     "not_finite", (json_int_t)s->not_finite);
}

static enum status describe(json_t *object, const struct safetensors *file) {
    json_t *const tensors = json_array();
    uint64_t parameters = 0, moments = 0;
    json_object_set_new(object, "tensors", tensors);
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_tensor *const tensor = safetensors_at(file, i);
        struct statistics statistics = {0};
        const enum status status = take_tensor(&statistics, file, tensor);
        if (status != STATUS_OK && status != STATUS_INVALID) /* a type without numbers is no failure */
            return status;
        json_array_append_new(tensors, tensor_json(tensor, &statistics, status == STATUS_OK));
        *(checkpoint_is_state(tensor->name) ? &moments : &parameters) += tensor->elements;
    }
    json_object_set_new(object, "parameters", json_integer((json_int_t)parameters));
    json_object_set_new(object, "optimiser_elements", json_integer((json_int_t)moments));
    return STATUS_OK;
}

static enum status describe_state(json_t *object, const struct safetensors *file) {
    struct checkpoint_state state;
    char objective[SETTINGS_TEXT_SIZE];
    if (!checkpoint_is_ours(file))
        return STATUS_OK;
    TRY(checkpoint_read_state(&state, file));
    settings_format(&state.settings, settings_find("objective"), objective);
    json_object_set_new(object, "objective", json_string(objective));
    json_object_set_new(object, "program", json_string(state.program));
    json_object_set_new(object, "step", json_integer((json_int_t)state.step));
    json_object_set_new(object, "epoch", json_integer((json_int_t)state.epoch));
    json_object_set_new(object, "settings", inspect_settings(&state.settings));
    return STATUS_OK;
}

enum status inspect_tensors(json_t **out, const char *path) {
    struct safetensors *file;
    TRY(safetensors_open(&file, path));
    json_t *const object =
        json_pack("{s:s, s:o}", "kind", checkpoint_is_ours(file) ? "checkpoint" : "tensors", "path",
                  cli_json_text(path));
    enum status status = describe_state(object, file);
    if (status == STATUS_OK)
        status = describe(object, file);
    safetensors_close(file);
    if (status != STATUS_OK)
        json_decref(object);
    else
        *out = object;
    return status;
}

/* ---- text ---- */

static const char *shape_text_of(const json_t *tensor, char text[SAFETENSORS_SHAPE_SIZE]) {
    const json_t *const shape = json_object_get(tensor, "shape");
    uint64_t sizes[SAFETENSORS_MAX_RANK];
    const size_t rank = json_array_size(shape);
    for (size_t i = 0; i < rank; i++)
        sizes[i] = (uint64_t)json_integer_value(json_array_get(shape, i));
    return safetensors_shape_text((uint32_t)rank, sizes, text);
}

static void print_tensor(const json_t *tensor, int width) {
    char shape[SAFETENSORS_SHAPE_SIZE];
    printf("%-*s %-5s %-16s", width, inspect_text(tensor, "name"), inspect_text(tensor, "dtype"),
           shape_text_of(tensor, shape));
    if (json_is_real(json_object_get(tensor, "mean")))
        printf(" %11.4g %10.4g %11.4g %10.4g", inspect_real(tensor, "mean"), inspect_real(tensor, "std"),
               inspect_real(tensor, "min"), inspect_real(tensor, "max"));
    if (inspect_real(tensor, "not_finite") > 0)
        printf("  %.0f not finite", inspect_real(tensor, "not_finite"));
    printf("\n");
}

static int name_width(const json_t *tensors, bool all) {
    size_t width = strlen("tensor"), index;
    json_t *tensor;
    json_array_foreach((json_t *)tensors, index, tensor) {
        const char *const name = inspect_text(tensor, "name");
        if ((all || !checkpoint_is_state(name)) && strlen(name) > width)
            width = strlen(name);
    }
    return width < 72 ? (int)width : 72;
}

void inspect_print_tensors(const json_t *object, bool all) {
    const json_t *const tensors = json_object_get(object, "tensors");
    const int width = name_width(tensors, all);
    size_t index, hidden = 0;
    json_t *tensor;
    printf("%s: %zu tensors, %.0f parameters\n", inspect_text(object, "path"), json_array_size(tensors),
           inspect_real(object, "parameters"));
    if (strcmp(inspect_text(object, "kind"), "checkpoint") == 0) {
        printf("checkpoint of mnsp %s: %s, step %.0f, epoch %.0f\n", inspect_text(object, "program"),
               inspect_text(object, "objective"), inspect_real(object, "step"),
               inspect_real(object, "epoch"));
        inspect_print_settings(json_object_get(object, "settings"));
    }
    printf("\n%-*s %-5s %-16s %11s %10s %11s %10s\n", width, "tensor", "type", "shape", "mean", "std", "min",
           "max");
    json_array_foreach((json_t *)tensors, index, tensor) {
        if (all || !checkpoint_is_state(inspect_text(tensor, "name")))
            print_tensor(tensor, width);
        else
            hidden++;
    }
    if (hidden > 0)
        printf("and %zu tensors of the optimiser, which --all shows\n", hidden);
}
