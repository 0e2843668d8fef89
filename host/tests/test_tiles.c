/* Choices of tiles: made by measurement, cached, kept by a run, and without effect on the bits of fp32. */
#include "program.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/philox.h"
#include "graph/dispatch.h"
#include "graph/executor.h"
#include "graph/operators.h"
#include "train/checkpoint.h"

#include <inttypes.h>
#include <math.h>

enum { M = 1024, N = 512, K = 513 }; /* above the work from which on it is measured */
static const char product_name[] = "1x1024x512x513 nt f32", product_name_f16[] = "1x1024x512x513 nt f16";

/* ---- a graph of one product ---- */

static struct graph *build(enum precision precision) {
    struct graph *g;
    assert_ok(graph_create(&g));
    graph_set_precision(g, precision);
    const struct tensor *const x = graph_input(g, "x", SHAPE(M, K));
    const struct tensor *const weight = graph_input(g, "weight", SHAPE(N, K));
    graph_output(g, graph_linear(g, x, weight, NULL), "y");
    assert_ok(graph_status(g));
    return g;
}

static const struct graph_node *product_of_graph(const struct graph *g) {
    for (size_t i = 0; i < graph_node_count(g); i++)
        if (graph_node(g, i)->operator== OPERATOR_matmul)
            return graph_node(g, i);
    fail();
    return NULL;
}

/* ---- what is reported ---- */

struct reports {
    int measured, damaged, others, foreign;
};

static void count_report(void *context, const char *text) {
    struct reports *const reports = context;
    if (strstr(text, "measuring tiles") != NULL)
        reports->measured++;
    else if (strstr(text, "measured again") != NULL)
        reports->damaged++;
    else if (strstr(text, "another device") != NULL)
        reports->foreign++;
    else
        reports->others++;
}

/* ---- choosing ---- */

static char cache[600];

static struct gpu_device *need_timed_device(void) {
    if (!has_device())
        skip();
    struct gpu_device *device;
    snprintf(cache, sizeof cache, "%s", in_folder("cache"));
    assert_ok(gpu_device_open(&device, NULL, &(struct gpu_options){.cache_directory = cache}));
    if (!gpu_device_properties(device)->timestamps) {
        gpu_device_close(device);
        skip();
    }
    return device;
}

/* All choices for the graph, as text; released with free(). *tiling: that of its product. */
static char *choose_in(enum tiles_mode mode, struct gpu_device *device, const char *kept,
                       struct reports *reports, const struct tiling **tiling) {
    struct tiles *tiles;
    struct graph *const g = build(PRECISION_F32);
    char *text;
    *reports = (struct reports){0};
    assert_ok(tiles_open(
        &tiles, device,
        &(struct tiles_options){.mode = mode, .kept = kept, .report = count_report, .context = reports}));
    assert_ok(tiles_complete(tiles, g));
    assert_ok(tiles_write(&text, tiles));
    *tiling = tiles_find(tiles, product_of_graph(g));
    assert_non_null(*tiling);
    tiles_close(tiles);
    graph_destroy(g);
    return text;
}

static char *choose(struct gpu_device *device, const char *kept, struct reports *reports,
                    const struct tiling **tiling) {
    return choose_in(TILES_MEASURED, device, kept, reports, tiling);
}

/* The text that names another tiling for the product. */
static void write_choice(char *out, size_t size, const char *text, const char *product, const char *tiling) {
    json_t *object;
    assert_ok(json_read_text(&object, text, strlen(text), "choices"));
    snprintf(out, size, "{\"for\": \"%s\", \"products\": {\"%s\": \"%s\"}}",
             json_string_value(json_object_get(object, "for")), product, tiling);
    json_decref(object);
}

/* The file of a cache folder in which choices "for" this are. */
static void name_cache(char *out, size_t size, const char *folder, const char *text) {
    json_t *object;
    assert_ok(json_read_text(&object, text, strlen(text), "choices"));
    const char *const identity = json_string_value(json_object_get(object, "for"));
    snprintf(out, size, "%s/tiles-%016" PRIx64 ".json", folder, hash_bytes(identity, strlen(identity)));
    json_decref(object);
}

static void a_choice_is_measured_once(void **state) {
    (void)state;
    struct gpu_device *const device = need_timed_device();
    struct reports reports;
    const struct tiling *first, *second;
    char *const text = choose(device, NULL, &reports, &first);
    assert_int_equal(reports.measured, 1);
    assert_int_equal(reports.damaged + reports.foreign + reports.others, 0);
    assert_true(tiling_suits(first, gpu_device_properties(device)));
    char *const again = choose(device, NULL, &reports, &second);
    assert_int_equal(reports.measured, 0);
    assert_ptr_equal(first, second);
    assert_string_equal(text, again);
    assert_has(text, product_name);
    free(text);
    free(again);
    gpu_device_close(device);
}

/* The cache says one thing and the run another: the run goes on as it was. */
static void the_run_comes_first(void **state) {
    (void)state;
    struct gpu_device *const device = need_timed_device();
    struct reports reports;
    const struct tiling *measured, *found;
    char kept[1024], path[600];
    char *text = choose(device, NULL, &reports, &measured);
    const char *const other = strcmp(measured->name, "shared-32x64") == 0 ? "shared-64x64" : "shared-32x64";
    write_choice(kept, sizeof kept, text, product_name, other);
    name_cache(path, sizeof path, cache, text);
    free(text);
    for (int without_cache = 0; without_cache < 2; without_cache++) {
        if (without_cache)
            assert_int_equal(remove(path), 0);
        text = choose(device, kept, &reports, &found);
        assert_int_equal(reports.measured + reports.damaged + reports.foreign, 0);
        assert_string_equal(found->name, other);
        assert_string_equal(text, kept);
        free(text);
    }
    gpu_device_close(device);
}

/* Reading takes what is known, and lets nobody wait for the rest. */
static void what_is_not_known_is_fixed(void **state) {
    (void)state;
    struct gpu_device *const device = need_timed_device();
    struct reports reports;
    const struct tiling *found;
    char kept[1024], path[600];
    char *text = choose(device, NULL, &reports, &found);
    const char *const other = strcmp(found->name, "shared-32x64") == 0 ? "shared-64x64" : "shared-32x64";
    write_choice(kept, sizeof kept, text, product_name, other);
    name_cache(path, sizeof path, cache, text);
    free(text);
    write_text(path, kept);
    free(choose_in(TILES_KNOWN, device, NULL, &reports, &found));
    assert_string_equal(found->name, other);
    assert_int_equal(remove(path), 0);
    free(choose_in(TILES_KNOWN, device, NULL, &reports, &found));
    assert_int_equal(reports.measured, 0);
    const struct product product = {.batch = 1, .m = M, .n = N, .k = K, .transpose_b = true};
    assert_ptr_equal(found, tiling_standard(&product, gpu_device_properties(device)));
    assert_false(file_exists(path));
    gpu_device_close(device);
}

static void fixed_tiles_are_none(void **state) {
    (void)state;
    struct gpu_device *const device = need_timed_device();
    const struct tiles_options options = {.mode = TILES_FIXED}, measured = {.mode = TILES_MEASURED};
    struct tiles *tiles;
    char *text;
    assert_ok(tiles_open(&tiles, device, &options));
    assert_null(tiles);
    assert_ok(tiles_open(&tiles, NULL, &measured));
    assert_null(tiles);
    assert_ok(tiles_write(&text, tiles));
    assert_null(text);
    gpu_device_close(device);
}

static void a_damaged_cache_is_made_anew(void **state) {
    (void)state;
    static const char *const damages[] = {
        "",
        "{",
        "[]",
        "{\"for\": 1, \"products\": {}}",
        "{\"for\": \"%s\"}",
        "{\"for\": \"%s\", \"products\": {\"1x2x3 nt f32\": \"shared-64x64\"}}",
        "{\"for\": \"%s\", \"products\": {\"1x1024x512x513 nt f32\": \"shared-63x63\"}}",
        "{\"for\": \"%s\", \"products\": {\"1x1024x512x513 nt f32\": 5}}",
    };
    struct gpu_device *const device = need_timed_device();
    struct reports reports;
    const struct tiling *tiling;
    char *text = choose(device, NULL, &reports, &tiling), path[600], damaged[1024];
    json_t *object;
    assert_ok(json_read_text(&object, text, strlen(text), "choices"));
    name_cache(path, sizeof path, cache, text);
    free(text);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        snprintf(damaged, sizeof damaged, damages[i], json_string_value(json_object_get(object, "for")));
        write_text(path, damaged);
        text = choose(device, NULL, &reports, &tiling);
        assert_int_equal(reports.damaged, 1);
        assert_int_equal(reports.measured, 1);
        free(text);
        text = choose(device, NULL, &reports, &tiling);
        assert_int_equal(reports.damaged + reports.measured, 0);
        free(text);
    }
    json_decref(object);
    gpu_device_close(device);
}

static void another_device_chooses_anew(void **state) {
    (void)state;
    struct gpu_device *const device = need_timed_device();
    struct reports reports;
    const struct tiling *tiling;
    char *const text = choose(
        device, "{\"for\": \"another one\", \"products\": {\"1x1024x512x513 nt f32\": \"shared-64x64\"}}",
        &reports, &tiling);
    assert_int_equal(reports.foreign, 1);
    assert_true(tiling_suits(tiling, gpu_device_properties(device)));
    free(text);
    gpu_device_close(device);
}

/* Below some work there is nothing to gain. */
static void small_products_are_not_measured(void **state) {
    (void)state;
    struct gpu_device *const device = need_timed_device();
    struct reports reports = {0};
    struct tiles *tiles;
    struct graph *g;
    assert_ok(graph_create(&g));
    graph_output(
        g, graph_linear(g, graph_input(g, "x", SHAPE(64, 32)), graph_input(g, "w", SHAPE(16, 32)), NULL),
        "y");
    assert_ok(tiles_open(
        &tiles, device,
        &(struct tiles_options){.mode = TILES_MEASURED, .report = count_report, .context = &reports}));
    assert_ok(tiles_complete(tiles, g));
    assert_int_equal(reports.measured, 0);
    const struct product product =
        product_of(product_of_graph(g)->numbers, dispatch_stored(product_of_graph(g)));
    assert_ptr_equal(tiles_find(tiles, product_of_graph(g)),
                     tiling_standard(&product, gpu_device_properties(device)));
    tiles_close(tiles);
    graph_destroy(g);
    gpu_device_close(device);
}

/* Matrices are for factors of 16-bit floats, on devices that have them and room for what is staged. */
static void matrices_need_what_they_need(void **state) {
    (void)state;
    struct gpu_properties device = {.type = GPU_TYPE_DISCRETE,
                                    .subgroup_size = 32,
                                    .max_invocations = 1024,
                                    .max_shared_bytes = 32768,
                                    .matrix = {[PRECISION_F16] = {16, 16, 16, ""}}};
    const struct tiling *const large = tiling_by_name("matrices-2x2-of-4x4");
    const struct tiling *const small = tiling_by_name("matrices-2x2-of-2x2");
    const struct product product = {.batch = 1, .m = 4096, .n = 4096, .k = 4096, .precision = PRECISION_F16};
    if (operator_shader(OPERATOR_matmul, SHADER_MATRICES).code == NULL) {
        assert_false(tiling_fits(large, PRECISION_F16, &device));
        skip();
    }
    assert_true(tiling_fits(large, PRECISION_F16, &device));
    assert_int_equal(tiling_width(large, &device), 128);
    assert_int_equal(tiling_rows(large, PRECISION_F16, &device), 128);
    assert_int_equal(tiling_columns(large, PRECISION_F16, &device), 128);
    assert_int_equal(tiling_shader(large, PRECISION_F16, &device), SHADER_MATRICES);
    assert_false(tiling_fits(large, PRECISION_F32, &device));
    assert_false(tiling_fits(large, PRECISION_BF16, &device));
    assert_int_not_equal(tiling_standard(&product, &device)->variant, SHADER_MATRICES);
    device.matrix[PRECISION_BF16] = (struct gpu_matrix){8, 16, 32, ""};
    assert_true(tiling_fits(large, PRECISION_BF16, &device));
    assert_int_equal(tiling_rows(large, PRECISION_BF16, &device), 64);
    assert_int_equal(tiling_columns(large, PRECISION_BF16, &device), 128);
    assert_int_equal(tiling_shader(large, PRECISION_BF16, &device), SHADER_MATRICES_BF16);
    device.max_shared_bytes = 16384;
    assert_false(tiling_fits(large, PRECISION_F16, &device));
    assert_true(tiling_fits(small, PRECISION_F16, &device));
    device.max_invocations = 64;
    assert_false(tiling_fits(small, PRECISION_F16, &device));
    device.max_invocations = 1024, device.matrix[PRECISION_F16].m = 0;
    assert_false(tiling_fits(small, PRECISION_F16, &device));
    assert_true(tiling_fits(small, PRECISION_BF16, &device));
}

/* ---- bits ---- */

/* Small integers, whose sums are exact, or reals. */
static void fill(float *values, size_t count, uint64_t stream, bool integers) {
    for (size_t i = 0; i < count; i++) {
        const float value = philox_uniform(1, PHILOX_STREAM_TEST, stream, i) - 0.5F;
        values[i] = integers ? rintf(8 * value) : value;
    }
}

static void run_product(float *y, struct gpu_device *device, const char *kept, enum precision precision) {
    struct reports reports = {0};
    struct tiles *tiles;
    struct executor *executor;
    struct graph *const g = build(precision);
    static float x[M * K], weight[N * K];
    fill(x, M * K, 0, precision != PRECISION_F32);
    fill(weight, N * K, 1, precision != PRECISION_F32);
    assert_ok(
        tiles_open(&tiles, device,
                   &(struct tiles_options){
                       .mode = TILES_MEASURED, .kept = kept, .report = count_report, .context = &reports}));
    assert_ok(executor_create_tiled(&executor, g, device, false, tiles));
    assert_int_equal(reports.measured + reports.damaged + reports.foreign, 0);
    assert_ok(executor_write(executor, graph_find(g, "x"), x));
    assert_ok(executor_write(executor, graph_find(g, "weight"), weight));
    assert_ok(executor_run(executor, 0));
    assert_ok(executor_read(executor, graph_find(g, "y"), y));
    executor_destroy(executor);
    tiles_close(tiles);
    graph_destroy(g);
}

/* Runs the product in every tiling that fits, and compares all with the first. */
static void compare_tilings(enum precision precision, bool on_any_device) {
    struct gpu_device *const device = need_timed_device();
    const struct gpu_properties *const properties = gpu_device_properties(device);
    struct reports reports;
    const struct tiling *tiling;
    static float first[M * N], y[M * N];
    char *const text = choose(device, NULL, &reports, &tiling), kept[1024];
    int count = 0;
    for (size_t i = 0; tiling_at(i) != NULL; i++) {
        if (!tiling_fits(tiling_at(i), precision, properties))
            continue;
        write_choice(kept, sizeof kept, text, precision == PRECISION_F32 ? product_name : product_name_f16,
                     tiling_at(i)->name);
        run_product(count == 0 ? first : y, device, kept, precision);
        if (count++ > 0 && (on_any_device || properties->type == GPU_TYPE_CPU))
            assert_memory_equal(y, first, sizeof y);
    }
    assert_true(count > 1);
    free(text);
    gpu_device_close(device);
}

/* The products of an element are added in the order of k in every tiling. GPUs' compilers may still contract
 * them differently, which is why a run keeps its choice; the processors' do not. */
static void every_tiling_gives_the_same_bits(void **state) {
    (void)state;
    compare_tilings(PRECISION_F32, false);
}

/* Matrices among them, where the device has some; their order is their own, and
 * small integers do not mind. */
static void every_tiling_of_16_bits_is_exact(void **state) {
    (void)state;
    compare_tilings(PRECISION_F16, true);
}

/* ---- runs ---- */

#define RUN                                                                                                  \
    "pretrain --objective mae --data words --batch 2 --log-every 1 --warmup-steps 1 --image-height 16 "      \
    "--image-width 32 --width 16 --depth 1 --heads 2 --decoder-width 16 --decoder-depth 1 "                  \
    "--decoder-heads 2 --picture-every 0 "

/* What the checkpoint of a run says of tiles, released with free(); NULL: nothing. */
static char *kept_by(const char *path) {
    struct safetensors *file;
    struct checkpoint_state state;
    char *text = NULL;
    assert_ok(checkpoint_open(&file, &state, in_folder(path)));
    if (state.tiles != NULL)
        assert_ok(memory_copy_text(&text, state.tiles));
    safetensors_close(file);
    return text;
}

static int mnsp_with_cache(const char *folder, const char *words) {
    char before[1024];
    snprintf(before, sizeof before, "XDG_CACHE_HOME='%s'", in_folder(folder));
    return run_program(before, words);
}

/* A cache in which every product has another tiling than in `text`. */
static void write_other_cache(const char *folder, const char *text) {
    json_t *object, *products, *value;
    const char *key;
    char path[600], caches[600], *other;
    assert_ok(json_read_text(&object, text, strlen(text), "choices"));
    assert_ok(json_need_object(&products, object, "products", "choices"));
    assert_true(json_object_size(products) > 0);
    json_object_foreach(products, key, value) {
        const bool small = strcmp(json_string_value(value), "shared-32x64") == 0;
        json_string_set(value, small ? "shared-64x64" : "shared-32x64");
    }
    assert_ok(json_write_text(&other, object));
    snprintf(caches, sizeof caches, "%s/mnsp", in_folder(folder));
    assert_ok(file_make_folders(caches));
    name_cache(path, sizeof path, caches, text);
    write_text(path, other);
    free(other);
    json_decref(object);
}

static void a_resumed_run_keeps_its_choices(void **state) {
    (void)state;
    if (!has_device())
        skip();
    write_labelled_folder(in_folder("words"), 9);
    assert_int_equal(mnsp_with_cache("first", RUN "--steps 2 --out run"), 0);
    char *const before = kept_by("run/last.safetensors");
    assert_non_null(before);
    write_other_cache("second", before);
    assert_int_equal(mnsp_with_cache("second", RUN "--steps 2 --out other"), 0);
    char *const other = kept_by("other/last.safetensors");
    assert_string_not_equal(other, before);
    assert_int_equal(mnsp_with_cache("second", RUN "--steps 3 --out run --resume"), 0);
    char *const after = kept_by("run/last.safetensors");
    assert_string_equal(after, before);
    free(before);
    free(other);
    free(after);
}

/* The weights of runs with and without choices by measurement are the same: these tilings are all fp32. */
static void fixed_tiles_are_not_chosen(void **state) {
    (void)state;
    if (!has_device())
        skip();
    assert_int_equal(mnsp_with_cache("second", RUN "--steps 2 --out fixed --tiles fixed"), 0);
    assert_null(kept_by("fixed/last.safetensors"));
    struct safetensors *files[2];
    static float weights[2][16 * 48];
    static const char *const runs[] = {"fixed/last.safetensors", "other/last.safetensors"};
    for (int i = 0; i < 2; i++) {
        static const uint64_t shape[] = {16, 3, 4, 4};
        assert_ok(safetensors_open(&files[i], in_folder(runs[i])));
        assert_ok(safetensors_load_f32(files[i], "patch_embed.proj.weight", 4, shape, weights[i]));
        safetensors_close(files[i]);
    }
    assert_memory_equal(weights[0], weights[1], sizeof weights[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_choice_is_measured_once),
        cmocka_unit_test(the_run_comes_first),
        cmocka_unit_test(what_is_not_known_is_fixed),
        cmocka_unit_test(fixed_tiles_are_none),
        cmocka_unit_test(a_damaged_cache_is_made_anew),
        cmocka_unit_test(another_device_chooses_anew),
        cmocka_unit_test(small_products_are_not_measured),
        cmocka_unit_test(every_tiling_gives_the_same_bits),
        cmocka_unit_test(every_tiling_of_16_bits_is_exact),
        cmocka_unit_test(matrices_need_what_they_need),
        cmocka_unit_test(a_resumed_run_keeps_its_choices),
        cmocka_unit_test(fixed_tiles_are_not_chosen),
    };
    return cmocka_run_group_tests_name("tiles", tests, make_test_folder, remove_test_folder);
}
