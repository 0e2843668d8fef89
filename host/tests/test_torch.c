/* Weights to PyTorch and back: an encoder made of PyTorch's own layers computes the same features. Skipped
 * where Debian's python3-torch is not installed. */
#include "tiny_recogniser.h"

#include "base/file.h"
#include "graph/executor.h"
#include "model/encoder.h"
#include "train/checkpoint.h"
#include "train/weights.h"

#include <math.h>
#include <sys/wait.h>

enum { BATCH = 2, HEIGHT = 8, WIDTH = 32 };

#define PYTHON "/usr/bin/python3"

static bool has_torch;

static void need_torch(void) {
    if (!has_torch) {
        print_message("skipped: there is no python3-torch\n");
        skip();
    }
}

/* Runs a Python program of the sources in the test folder; returns its exit status. */
static int python(const char *format, ...) MNSP_PRINTF(1, 2);
static int python(const char *format, ...) {
    char words[2048], command[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    snprintf(command, sizeof command, "cd '%s' && " PYTHON " '" SOURCE_DIRECTORY "'/%s >out.txt 2>err.txt",
             test_folder, words);
    const int status = system(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void assert_python(int status) {
    char *text;
    assert_ok(file_read(&text, NULL, in_folder("err.txt"), 1 << 20));
    if (status != 0)
        fail_msg("exit status %d: %s", status, text);
    free(text);
}

/* ---- features ---- */

static void write_batch(void) {
    static float images[BATCH * 3 * HEIGHT * WIDTH];
    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++)
        images[i] = sinf((float)(i * i % 1009));
    const struct safetensors_view view = {"image", SAFETENSORS_F32, 4, {BATCH, 3, HEIGHT, WIDTH}, images};
    assert_ok(safetensors_write(in_folder("batch.safetensors"), &view, 1, NULL, 0));
}

static float *read_tensor(const char *path, const char *name, size_t *elements) {
    struct safetensors *file;
    assert_ok(safetensors_open(&file, path));
    const struct safetensors_tensor *const tensor = safetensors_find(file, name);
    assert_non_null(tensor);
    float *const numbers = malloc(tensor->elements * sizeof *numbers);
    assert_non_null(numbers);
    assert_ok(safetensors_read_f32(file, tensor, numbers));
    *elements = tensor->elements;
    safetensors_close(file);
    return numbers;
}

/* What our encoder makes of the batch, with the sizes and weights of a file. */
static float *our_features(const char *path, size_t heads, size_t *elements) {
    struct settings s = tiny_settings();
    struct safetensors *file;
    struct graph *g;
    struct executor *executor;
    size_t count;
    assert_ok(safetensors_open(&file, path));
    assert_ok(weights_encoder_settings(&s, file));
    const struct model_encoder encoder = {.prefix = "",
                                          .training = GRAPH_FROZEN,
                                          .image_height = HEIGHT,
                                          .image_width = WIDTH,
                                          .patch_height = (size_t)s.patch_height,
                                          .patch_width = (size_t)s.patch_width,
                                          .width = (size_t)s.width,
                                          .depth = (size_t)s.depth,
                                          .heads = heads,
                                          .inner = (size_t)((double)s.width * s.mlp_ratio)};
    assert_ok(graph_create(&g));
    const struct tensor *const image = graph_input(g, "image", SHAPE(BATCH, 3, HEIGHT, WIDTH));
    const struct tensor *const out = graph_output(g, model_encode(g, &encoder, image), "features");
    assert_ok(executor_create(&executor, g, NULL, false));
    assert_ok(weights_load_encoder(executor, g, "", file, WEIGHTS_LAST));
    float *const images = read_tensor(in_folder("batch.safetensors"), "image", &count);
    float *const features = malloc(out->elements * sizeof *features);
    assert_non_null(features);
    assert_ok(executor_write(executor, image, images));
    assert_ok(executor_run(executor, 0));
    assert_ok(executor_read(executor, out, features));
    *elements = out->elements;
    free(images);
    executor_destroy(executor);
    graph_destroy(g);
    safetensors_close(file);
    return features;
}

static void compare(const char *weights, size_t heads, const char *theirs) {
    size_t ours_count, theirs_count;
    float *const ours = our_features(weights, heads, &ours_count);
    float *const other = read_tensor(theirs, "features", &theirs_count);
    assert_int_equal(ours_count, theirs_count);
    double worst = 0, largest = 0;
    for (size_t i = 0; i < ours_count; i++) {
        worst = fmax(worst, fabs((double)ours[i] - (double)other[i]));
        largest = fmax(largest, fabs((double)other[i]));
    }
    print_message("%zu features up to %.3g differ by %.3g at most\n", ours_count, largest, worst);
    assert_true(largest > 0.1 && worst <= 1e-4);
    free(ours);
    free(other);
}

/* ---- there ---- */

static void torch_computes_what_our_encoder_does(void **state) {
    (void)state;
    static const struct {
        enum settings_objective objective;
        const char *prefix;
    } cases[] = {{SETTINGS_OBJECTIVE_MAE, ""},
                 {SETTINGS_OBJECTIVE_LMIM, "model_maeenc."},
                 {SETTINGS_OBJECTIVE_RECOGNITION, "encoder."}};
    need_torch();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct settings s = tiny_settings();
        const char *const data = in_folder("words");
        char out[64], run[600];
        s.objective = cases[i].objective;
        s.teacher_kind = SETTINGS_TEACHER_MOMENTUM;
        s.decoder_width = 16, s.decoder_heads = 2, s.decoder_depth = 1;
        s.depth = 2, s.steps = 3;
        snprintf(out, sizeof out, "run%zu", i);
        snprintf(run, sizeof run, "%s/run%zu/last.safetensors", test_folder, i);
        assert_ok(
            train_run(&s, &(struct train_options){.data = &data, .data_count = 1, .out = in_folder(out)}));
        assert_python(python("tools/convert_pth.py '%s' there.pth", run));
        assert_python(python(
            "host/tests/torch_encoder.py features there.pth '%s' 2 batch.safetensors there.safetensors",
            cases[i].prefix));
        compare(run, 2, in_folder("there.safetensors"));
    }
}

/* ---- and back ---- */

static void our_encoder_computes_what_torch_does(void **state) {
    (void)state;
    static const char *const prefixes[] = {"", "model_maeenc."};
    need_torch();
    for (size_t i = 0; i < 2; i++) {
        assert_python(
            python("host/tests/torch_encoder.py make batch.safetensors back.pth '%s'", prefixes[i]));
        assert_int_not_equal(python("tools/convert_pth.py back.pth refused.safetensors"),
                             0); /* it holds an object */
        assert_python(python("tools/convert_pth.py --trust back.pth back.safetensors"));
        assert_python(python("tools/convert_pth.py back.safetensors again.pth")); /* now of tensors alone */
        assert_python(python(
            "host/tests/torch_encoder.py features again.pth '%s' 4 batch.safetensors again.safetensors",
            prefixes[i]));
        compare(in_folder("back.safetensors"), 4, in_folder("again.safetensors"));
    }
    assert_false(file_exists(in_folder("refused.safetensors")));
}

/* Halves of an fp16 and a bf16 file arrive exactly. */
static void halves_are_converted(void **state) {
    (void)state;
    static const uint16_t half[] = {0x3C00, 0xC100, 0x0001}, brain[] = {0x3F80, 0xC020, 0x0001};
    const struct safetensors_view views[] = {{"half", SAFETENSORS_F16, 1, {3}, half},
                                             {"brain", SAFETENSORS_BF16, 1, {3}, brain}};
    size_t count;
    need_torch();
    assert_ok(safetensors_write(in_folder("halves.safetensors"), views, 2, NULL, 0));
    assert_python(python("tools/convert_pth.py halves.safetensors halves.pth"));
    assert_python(python("tools/convert_pth.py halves.pth whole.safetensors"));
    float *const numbers = read_tensor(in_folder("whole.safetensors"), "half", &count);
    assert_true(count == 3 && numbers[0] == 1 && numbers[1] == -2.5F && numbers[2] == ldexpf(1, -24));
    free(numbers);
    float *const others = read_tensor(in_folder("whole.safetensors"), "brain", &count);
    assert_true(count == 3 && others[0] == 1 && others[1] == -2.5F && others[2] == ldexpf(1, -133));
    free(others);
}

static int start(void **state) {
    has_torch = system(PYTHON " -c 'import torch' 2>/dev/null") == 0;
    if (make_test_folder(state) != 0)
        return 1;
    write_words(in_folder("words"));
    write_batch();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torch_computes_what_our_encoder_does),
        cmocka_unit_test(our_encoder_computes_what_torch_does),
        cmocka_unit_test(halves_are_converted),
    };
    return cmocka_run_group_tests(tests, start, remove_test_folder);
}
