/* mnsp replay as it is called: the golden steps of tools/golden, the sizes that it takes from the weights,
 * and what it says of files that do not fit. */
#include "program.h"

#include "train/safetensors.h"

#include <math.h>

#define GOLDEN SOURCE_DIRECTORY "/tools/golden/data"

static const char *const devices[] = {"--device reference", ""};

static size_t device_count(void) {
    return has_device() ? 2 : 1;
}

static struct safetensors *open_file(const char *path) {
    struct safetensors *file;
    assert_ok(safetensors_open(&file, path));
    return file;
}

static float *load(const struct safetensors *file, const char *name, uint64_t *elements) {
    const struct safetensors_tensor *const tensor = safetensors_find(file, name);
    float *values;
    if (tensor == NULL)
        fail_msg("%s has no %s", safetensors_path(file), name);
    assert_ok(memory_new(&values, tensor->elements, sizeof *values));
    assert_ok(safetensors_read_f32(file, tensor, values));
    *elements = tensor->elements;
    return values;
}

static double load_number(const struct safetensors *file, const char *name) {
    uint64_t elements;
    float *const value = load(file, name, &elements);
    assert_int_equal(elements, 1);
    const double number = *value;
    free(value);
    return number;
}

/* ---- the golden steps ---- */

static const char *metadata(const struct safetensors *file, const char *key) {
    const char *const text = safetensors_metadata(file, key);
    assert_non_null(text);
    return text;
}

static int replay_golden(const char *objective, const struct safetensors *golden, const char *more) {
    char mask[64] = "", decay[64] = "";
    if (safetensors_metadata(golden, "mask_ratio") != NULL)
        snprintf(mask, sizeof mask, "--mask-ratio %s", metadata(golden, "mask_ratio"));
    if (safetensors_metadata(golden, "layer_decay") != NULL)
        snprintf(decay, sizeof decay, "--layer-decay %s", metadata(golden, "layer_decay"));
    return mnsp("replay --objective %s --weights " GOLDEN "/%s/weights.safetensors "
                "--batch " GOLDEN "/%s/batch.safetensors --out result.safetensors --no-dropout --lr %s "
                "--weight-decay %s --heads %s --decoder-heads %s %s %s %s",
                objective, objective, objective, metadata(golden, "lr"), metadata(golden, "weight_decay"),
                metadata(golden, "heads"), metadata(golden, "decoder_heads"), mask, decay, more);
}

/* |ours - golden| / |golden| without the elements from `skip` on; written so that NaN fails. */
static double distance(const float *ours, const float *golden, uint64_t count, uint64_t skip,
                       uint64_t skipped) {
    double difference = 0, size = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (i >= skip && i < skip + skipped)
            continue;
        difference += ((double)ours[i] - (double)golden[i]) * ((double)ours[i] - (double)golden[i]);
        size += (double)golden[i] * (double)golden[i];
    }
    return sqrt(difference) / sqrt(size);
}

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The gradient of a key's bias is zero, of which rounding leaves a number without meaning: its update, the
 * middle third of a packed bias, is left out. */
static void compare(const struct safetensors *ours, const struct safetensors_tensor *expected,
                    const struct safetensors *golden) {
    const char *const name = expected->name;
    const struct safetensors_tensor *found;
    uint64_t elements;
    if (safetensors_expect(&found, ours, name, expected->rank, expected->shape) != STATUS_OK)
        fail_msg("%s", status_message());
    float *const a = load(ours, name, &elements), *const b = load(golden, name, &elements);
    const bool is_update = strncmp(name, "param.", 6) == 0, is_gradient = strncmp(name, "grad.", 5) == 0;
    const bool packed = ends_with(name, "qkv.bias") || ends_with(name, "in_proj_bias");
    const uint64_t third = is_update && packed ? elements / 3 : 0;
    const double tolerance = is_gradient ? 1e-4 : 1e-5, relative = distance(a, b, elements, third, third);
    if (!(relative <= tolerance))
        fail_msg("%s differs by %.2e of its norm", name, relative);
    free(a);
    free(b);
}

static void check_golden(const char *objective, const char *device) {
    char path[512];
    snprintf(path, sizeof path, GOLDEN "/%s/result.safetensors", objective);
    struct safetensors *const golden = open_file(path);
    if (replay_golden(objective, golden, device) != 0)
        fail_msg("%s", program_err);
    assert_has(program_out, "loss ");
    struct safetensors *const ours = open_file(in_folder("result.safetensors"));
    for (size_t i = 0; i < safetensors_count(golden); i++)
        compare(ours, safetensors_at(golden, i), golden);
    /* Beyond the golden ones there are, in pre-training, the target and what was removed. */
    const struct safetensors_tensor *const removed = safetensors_find(ours, "output.removed");
    assert_int_equal(safetensors_find(ours, "output.target") != NULL, removed != NULL);
    assert_int_equal(safetensors_count(ours), safetensors_count(golden) + (removed != NULL ? 2 : 0));
    if (removed != NULL)
        assert_int_equal(removed->type, SAFETENSORS_I32);
    safetensors_close(golden);
    safetensors_close(ours);
}

static void golden_steps_are_replayed(void **state) {
    (void)state;
    for (size_t i = 0; i < device_count(); i++) {
        check_golden("mae", devices[i]);
        check_golden("lmim", devices[i]);
        check_golden("recogniser", devices[i]);
    }
}

/* The layer-wise decay of the recogniser's rate is for those who ask for it. */
static void rates_are_whole_unless_asked(void **state) {
    (void)state;
    struct safetensors *const weights = open_file(GOLDEN "/recogniser/weights.safetensors");
    static const char name[] = "encoder.patch_embed.proj.bias";
    for (int asked = 0; asked < 2; asked++) {
        assert_int_equal(mnsp("replay --objective recognition --weights " GOLDEN
                              "/recogniser/weights.safetensors --batch " GOLDEN
                              "/recogniser/batch.safetensors --out result.safetensors --no-dropout --lr 0.01 "
                              "--heads 2 --decoder-heads 3 --device reference %s",
                              asked ? "--layer-decay 0.5" : ""),
                         0);
        struct safetensors *const ours = open_file(in_folder("result.safetensors"));
        char updated[128];
        snprintf(updated, sizeof updated, "param.%s", name);
        uint64_t elements;
        float *const before = load(weights, name, &elements), *const after = load(ours, updated, &elements);
        /* AdamW's first step is the rate in every element; depth 2: a factor of 0.5 ^ 3 */
        for (uint64_t i = 0; i < elements; i++)
            assert_float_equal(fabs((double)after[i] - (double)before[i]), asked ? 0.00125 : 0.01, 1e-5);
        free(before);
        free(after);
        safetensors_close(ours);
    }
    safetensors_close(weights);
}

/* ---- copies of a file with something changed ---- */

struct change {
    const char *left_out, *reshaped; /* names of tensors, or NULL; a reshaped one gets one row less */
    void (*edit)(const char *name, void *data);
};

static void write_changed(const char *to, const char *from, const struct change *change) {
    struct safetensors *const file = open_file(from);
    struct safetensors_view *views;
    size_t count = 0;
    assert_ok(memory_new(&views, safetensors_count(file), sizeof *views));
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_tensor *const tensor = safetensors_at(file, i);
        void *data;
        if (change->left_out != NULL &&
            strncmp(tensor->name, change->left_out, strlen(change->left_out)) == 0)
            continue;
        assert_ok(memory_new(&data, tensor->bytes, 1));
        assert_ok(safetensors_read(file, tensor, data));
        if (change->edit != NULL)
            change->edit(tensor->name, data);
        struct safetensors_view *const view = &views[count++];
        *view = (struct safetensors_view){
            .name = tensor->name, .type = tensor->type, .rank = tensor->rank, .data = data};
        memcpy(view->shape, tensor->shape, sizeof view->shape);
        if (change->reshaped != NULL && strcmp(tensor->name, change->reshaped) == 0)
            view->shape[0]--;
    }
    assert_ok(safetensors_write(to, views, count, NULL, 0));
    for (size_t i = 0; i < count; i++)
        free((void *)views[i].data);
    free(views);
    safetensors_close(file);
}

/* ---- sizes from shapes: MNSP ---- */

/* Image, guidance and noise for the small network, all of them numbers without a pattern. */
static void write_small_batch(void) {
    enum { IMAGE = 2 * 3 * 8 * 32, TOKENS = 2 * 16 };
    static float image[IMAGE], guidance[IMAGE], noise[TOKENS];
    for (int i = 0; i < IMAGE; i++) {
        image[i] = (float)sin(i * 1.7);
        guidance[i] = (float)cos(i * 0.9);
    }
    for (int i = 0; i < TOKENS; i++)
        noise[i] = (float)fmod(i * 0.618, 1);
    const struct safetensors_view views[] = {{"image", SAFETENSORS_F32, 4, {2, 3, 8, 32}, image},
                                             {"guidance", SAFETENSORS_F32, 4, {2, 3, 8, 32}, guidance},
                                             {"mask_noise", SAFETENSORS_F32, 2, {2, 16}, noise}};
    assert_ok(safetensors_write(in_folder("small.safetensors"), views, 3, NULL, 0));
}

/* The weights of a run of two scales, as checkpoint and as weights of somebody else, give the same step. */
static void scales_come_from_shapes(void **state) {
    (void)state;
    write_small_batch();
    write_labelled_folder(in_folder("words"), 4);
    assert_int_equal(mnsp("pretrain --objective mnsp --scales 2 --teacher-kind momentum --image-height 8 "
                          "--image-width 32 --width 16 --depth 2 --heads 2 --decoder-width 24 "
                          "--decoder-depth 1 --decoder-heads 3 --mlp-ratio 2 --batch 2 --steps 2 "
                          "--data words --out run --device reference"),
                     0);
    const struct change change = {.left_out = "optimiser."};
    write_changed(in_folder("foreign.safetensors"), in_folder("run/last.safetensors"), &change);
    static const char *const weights[] = {"run/last.safetensors", "foreign.safetensors --heads 2"};
    static const char *const terms[] = {"loss.mim", "loss.nsp", "loss.mla"};
    double loss[2], sum = 0;
    for (int i = 0; i < 2; i++) {
        if (mnsp("replay --objective mnsp --batch small.safetensors --out result.safetensors --lr 0 "
                 "--no-dropout --decoder-heads 3 --device reference --weights %s",
                 weights[i]) != 0)
            fail_msg("%s", program_err);
        struct safetensors *const ours = open_file(in_folder("result.safetensors"));
        loss[i] = load_number(ours, "loss");
        for (int t = 0; i == 0 && t < 3; t++)
            sum += load_number(ours, terms[t]);
        assert_non_null(safetensors_find(ours, "grad.scale_embed"));
        safetensors_close(ours);
    }
    assert_true(loss[0] == loss[1]);
    assert_float_equal(loss[0], sum, 1e-5);
}

/* MNSP of the weights of LMIM, which have one scale, is LMIM, to the bit. */
static void one_scale_is_lmim(void **state) {
    (void)state;
    static const char *const objectives[] = {"lmim", "mnsp"};
    double loss[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mnsp("replay --objective %s --weights " GOLDEN "/lmim/weights.safetensors "
                              "--batch " GOLDEN "/lmim/batch.safetensors --out result.safetensors --lr 0 "
                              "--no-dropout --heads 2 --decoder-heads 2 --device reference",
                              objectives[i]),
                         0);
        struct safetensors *const ours = open_file(in_folder("result.safetensors"));
        loss[i] = load_number(ours, "loss");
        safetensors_close(ours);
    }
    assert_true(loss[0] == loss[1]);
}

/* ---- files that do not fit ---- */

static int replay(const char *objective, const char *weights, const char *batch) {
    return mnsp("replay --objective %s --weights '%s' --batch '%s' --out refused.safetensors --heads 2 "
                "--decoder-heads %d --device reference",
                objective, weights, batch, strcmp(objective, "recognition") == 0 ? 3 : 2);
}

static void bad_weights_are_refused(void **state) {
    (void)state;
    static const struct {
        struct change change;
        const char *message;
    } cases[] = {
        {{.left_out = "decoder_norm.bias"}, "no tensor 'decoder_norm.bias' in it, expected (16)"},
        {{.left_out = "patch_embed.proj.weight"}, "no tensor 'patch_embed.proj.weight' in it"},
        {{.left_out = "blocks.0.norm1.weight"}, "blocks.0.norm1.weight"},
        {{.reshaped = "norm.weight"}, "tensor 'norm.weight' has shape (31), expected (32)"},
        {{.reshaped = "pos_embed"}, "tensor 'pos_embed' has shape (0,257,32), expected (1,257,32)"},
        {{.reshaped = "blocks.1.attn.qkv.weight"}, "has shape (95,32), expected (96,32)"},
        {{.reshaped = "blocks.0.mlp.fc1.weight"}, "expected a multiple of the width, 32"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_changed(in_folder("weights.safetensors"), GOLDEN "/mae/weights.safetensors", &cases[i].change);
        assert_failed(replay("mae", "weights.safetensors", GOLDEN "/mae/batch.safetensors"), 1,
                      cases[i].message);
    }
    assert_failed(replay("lmim", GOLDEN "/mae/weights.safetensors", GOLDEN "/lmim/batch.safetensors"), 1,
                  "model_maeenc.patch_embed.proj.weight");
    assert_failed(replay("recognition", GOLDEN "/mae/weights.safetensors", GOLDEN "/mae/batch.safetensors"),
                  1, "encoder.patch_embed.proj.weight");
}

static void break_noise(const char *name, void *data) {
    if (strcmp(name, "mask_noise") == 0)
        ((float *)data)[300] = NAN;
}

static void break_target(const char *name, void *data) {
    if (strcmp(name, "target") == 0)
        ((int32_t *)data)[30] = 97; /* BOS is no class */
}

static void break_length(const char *name, void *data) {
    if (strcmp(name, "length") == 0)
        ((int32_t *)data)[1] = 26;
}

static void bad_batches_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *objective, *golden;
        struct change change;
        const char *message;
    } cases[] = {
        {"mae", "mae", {.left_out = "image"}, "no tensor 'image' in it, expected (batch,3,height,width)"},
        {"mae", "mae", {.left_out = "mask_noise"}, "no tensor 'mask_noise' in it, expected (2,256)"},
        {"mae", "mae", {.reshaped = "image"}, "tensor 'mask_noise' has shape (2,256), expected (1,256)"},
        {"mae", "mae", {.edit = break_noise}, "tensor 'mask_noise': element 300 is not finite"},
        {"lmim", "mae", {.left_out = NULL}, "no tensor 'guidance' in it, expected (2,3,32,128)"},
        {"lmim", "lmim", {.reshaped = "guidance"}, "tensor 'guidance' has shape (1,3,32,128)"},
        {"recognition", "recogniser", {.left_out = "length"}, "no tensor 'length' in it, expected (2)"},
        {"recognition", "recogniser", {.left_out = "target"}, "no tensor 'target' in it, expected (batch,"},
        {"recognition", "recogniser", {.edit = break_target}, "element 30 is 97, expected 0 to 96"},
        {"recognition", "recogniser", {.edit = break_length}, "element 1 is 26, expected 1 to 25"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char batch[512], weights[512];
        const char *const network =
            strcmp(cases[i].objective, "recognition") == 0 ? "recogniser" : cases[i].objective;
        snprintf(batch, sizeof batch, GOLDEN "/%s/batch.safetensors", cases[i].golden);
        snprintf(weights, sizeof weights, GOLDEN "/%s/weights.safetensors", network);
        write_changed(in_folder("batch.safetensors"), batch, &cases[i].change);
        assert_failed(replay(cases[i].objective, weights, "batch.safetensors"), 1, cases[i].message);
    }
}

static void bad_files_and_options_are_refused(void **state) {
    (void)state;
    static const char weights[] = GOLDEN "/mae/weights.safetensors",
                      batch[] = GOLDEN "/mae/batch.safetensors";
    char bytes[4000];
    FILE *const file = fopen(weights, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), sizeof bytes);
    fclose(file);
    write_bytes(in_folder("cut.safetensors"), bytes, sizeof bytes);
    write_text(in_folder("empty.safetensors"), "");
    assert_failed(replay("mae", "none.safetensors", batch), 1, "none.safetensors");
    assert_failed(replay("mae", "cut.safetensors", batch), 1, "cut.safetensors: truncated");
    assert_failed(replay("mae", weights, "empty.safetensors"), 1, "empty.safetensors: truncated");
    assert_failed(replay("mea", weights, batch), 2, "choose mae, lmim, mnsp or recognition");
    static const struct {
        const char *words, *message;
    } cases[] = {
        {"--heads 5 --decoder-heads 2", "heads"},
        {"--heads 2 --decoder-heads 3", "decoder_heads"},
        {"--heads 2 --decoder-heads 2 --lr none", "--lr none"},
        {"--heads 2 --decoder-heads 2 --lr -1", "--lr -1"},
        {"--heads 2 --decoder-heads 2 --mask-ratio 0.999", "mask_ratio"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_failed(mnsp("replay --objective mae --weights '%s' --batch '%s' --out x.safetensors "
                           "--device reference %s",
                           weights, batch, cases[i].words),
                      2, cases[i].message);
    assert_int_equal(mnsp("replay --objective mae --weights '%s' --batch '%s' --out none/x.safetensors "
                          "--device reference --heads 2 --decoder-heads 2",
                          weights, batch),
                     1);
    assert_has(program_err, "none");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_steps_are_replayed),         cmocka_unit_test(rates_are_whole_unless_asked),
        cmocka_unit_test(scales_come_from_shapes),           cmocka_unit_test(one_scale_is_lmim),
        cmocka_unit_test(bad_weights_are_refused),           cmocka_unit_test(bad_batches_are_refused),
        cmocka_unit_test(bad_files_and_options_are_refused),
    };
    return cmocka_run_group_tests_name("replay", tests, make_test_folder, remove_test_folder);
}
