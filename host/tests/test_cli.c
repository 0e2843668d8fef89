/* The program mnsp as it is called: help, wrong usage, exit statuses, bad files, and what the commands print.
 */
#include "program.h"

#include "train/safetensors.h"

#include <math.h>

#define NO_DRIVER "VK_ICD_FILENAMES=/no/such/driver.json VK_DRIVER_FILES=/no/such/driver.json"

/* Settings of a network that takes a moment on the reference, in tiles by rule: slow drivers take minutes to measure
 * others. */
#define SMALL                                                                                                \
    "--tiles fixed --image-height 8 --image-width 32 --width 16 --depth 1 --heads 2 --scales 2 "             \
    "--decoder-width 16 --decoder-depth 1 --decoder-heads 2 --recognition-width 16 --recognition-depth 1 "   \
    "--recognition-heads 2 --recognition-inner 16 "

static const char *const commands[] = {"devices",    "pretrain",     "finetune",   "eval",       "read",
                                       "replay",     "inspect",      "export",     "bench",      "profile",
                                       "data check", "data convert", "data split", "data render"};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    write_labelled_folder(in_folder("words"), 4);
    return 0;
}

/* ---- help and usage ---- */

/* Every option of the example is among the options listed. */
static void check_example(const char *command) {
    char example[512], prefix[64];
    snprintf(prefix, sizeof prefix, "Example: mnsp %s", command);
    assert_has(program_out, prefix);
    snprintf(example, sizeof example, "%.*s", (int)strcspn(strstr(program_out, prefix), "\n"),
             strstr(program_out, prefix));
    for (char *word = strtok(example, " "); word != NULL; word = strtok(NULL, " ")) {
        char option[128];
        snprintf(option, sizeof option, "\n  %s ", word);
        if (strncmp(word, "--", 2) == 0)
            assert_has(program_out, option);
    }
}

static void every_command_has_help(void **state) {
    (void)state;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        char usage[64], *help;
        snprintf(usage, sizeof usage, "Usage: mnsp %s [OPTION ...]", commands[i]);
        assert_int_equal(mnsp("%s --help", commands[i]), 0);
        assert_has(program_out, usage);
        assert_has(program_out, "\n  --help ");
        check_example(commands[i]);
        assert_ok(memory_copy_text(&help, program_out));
        assert_int_equal(mnsp("help %s", commands[i]), 0);
        assert_string_equal(program_out, help);
        free(help);
        assert_int_equal(mnsp("--help"), 0);
        snprintf(usage, sizeof usage, "\n  %s ", commands[i]);
        assert_has(program_out, usage);
        assert_string_equal(program_err, "");
    }
}

static void settings_are_options_with_their_ranges(void **state) {
    (void)state;
    assert_int_equal(mnsp("pretrain --help"), 0);
    assert_has(program_out, "\n  --mask-ratio VALUE");
    assert_has(program_out, "(0 .. 0.99; default 0.8)");
    assert_has(program_out, "\n  --[no-]dropout");
    assert_int_equal(mnsp("finetune --help"), 0); /* has those of its own preset */
    assert_has(program_out, "default: recogniser-small\n");
    assert_has(program_out, "(0.01 .. 1; default 0.75)");
    assert_failed(mnsp("pretrain --mask-ratio 1.5"), 2, "mask_ratio");
    assert_failed(mnsp("pretrain --width big"), 2, "width");
    assert_failed(mnsp("pretrain --objective maw"), 2, "objective");
    assert_failed(mnsp("pretrain --preset none"), 2, "lmim-small");
}

/* An option of a command stands for the setting of the same name. */
static void own_options_hide_settings(void **state) {
    (void)state;
    assert_int_equal(mnsp("replay --help"), 0);
    const char *const first = strstr(program_out, "\n  --decoder-heads ");
    assert_non_null(first);
    assert_null(strstr(first + 1, "\n  --decoder-heads "));
    assert_has(program_out, "\n  --heads VALUE");
}

static void version_is_a_number(void **state) {
    (void)state;
    int major, minor, patch, end = 0;
    assert_int_equal(mnsp("--version"), 0);
    assert_int_equal(sscanf(program_out, "mnsp %d.%d.%d\n%n", &major, &minor, &patch, &end), 3);
    assert_int_equal(program_out[end], '\0');
}

static void wrong_usage_is_status_2(void **state) {
    (void)state;
    assert_int_equal(mnsp("%s", ""), 2);
    assert_has(program_err, "Usage: mnsp COMMAND");
    assert_failed(mnsp("benhc"), 2, "unknown command 'benhc'; did you mean 'bench'?");
    assert_failed(mnsp("help nothing"), 2, "unknown command 'nothing'");
    assert_failed(mnsp("data chekc words"), 2, "unknown command 'data chekc'; did you mean 'data check'?");
    assert_failed(mnsp("data check"), 2, "name a data set");
    assert_int_equal(mnsp("data"), 2);
    assert_has(program_err, "Usage: mnsp data COMMAND");
    assert_failed(mnsp("bench --bacth 3"), 2, "unknown option --bacth; did you mean 'batch'");
    assert_failed(mnsp("bench --bacth=3"), 2, "unknown option --bacth");
    assert_failed(mnsp("bench -x"), 2, "unknown option -x");
    assert_failed(mnsp("bench --repeat"), 2, "--repeat needs a value");
    assert_failed(mnsp("bench --repeat 0"), 2, "at least 1");
    assert_failed(mnsp("bench --repeat 3x"), 2, "--repeat 3x");
    assert_failed(mnsp("bench --json=yes"), 2, "--json");
    assert_failed(mnsp("devices here"), 2, "unexpected word 'here'");
    assert_failed(mnsp("pretrain"), 2, "--out is missing");
    assert_failed(mnsp("pretrain --out run"), 2, "--data is missing");
    assert_failed(mnsp("pretrain --out run --data words --objective recognition"), 2, "finetune");
    assert_failed(mnsp("finetune --out run --data words --objective mae"), 2, "for 'mnsp pretrain'");
    assert_failed(mnsp("finetune --out run --data words --preset mae-tiny"), 2, "for 'mnsp pretrain'");
    assert_failed(mnsp("finetune --out run --data words --width 64 --init "
                       "'" SOURCE_DIRECTORY "/spec/weights/recogniser.safetensors'"),
                  2, "setting 'width' is 64, but");
    assert_failed(mnsp("replay"), 2, "--objective is missing");
    assert_failed(mnsp("inspect"), 2, "name one file or folder");
    assert_string_equal(program_out, "");
}

static void wrong_bench_is_status_2(void **state) {
    (void)state;
#define REFERENCE "--device reference "
    assert_failed(mnsp("bench " REFERENCE "--op none"), 2, "--op none");
    assert_failed(mnsp("bench " REFERENCE "--step none"), 2, "mae, lmim, mnsp or recognition");
    assert_failed(mnsp("bench " REFERENCE "--op matmul --step mae"), 2, "choose one");
    assert_failed(mnsp("bench " REFERENCE "--shape 2x3x4"), 2, "--op matmul");
    assert_failed(mnsp("bench " REFERENCE "--op gelu --shape 2x3x4"), 2, "--op matmul");
    static const char *const shapes[] = {"2x3", "2x3x", "0x2x3", "2x-3x4", "2x3x4x5x6", "x", "2x3xk"};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        assert_failed(mnsp("bench " REFERENCE "--op matmul --shape %s", shapes[i]), 2, shapes[i]);
    assert_failed(mnsp("bench " REFERENCE "--op matmul --shape 2x3x4 --transpose n"), 2, "nn, nt, tn or tt");
    assert_failed(mnsp("profile " REFERENCE "--by none"), 2, "operator, sizes or part");
    assert_failed(mnsp("profile " REFERENCE "--step mae --heads 5"), 2, "heads");
}

/* ---- devices ---- */

/* For each precision a size, or why there is none. */
static void assert_matrices_are_told(const json_t *device) {
    static const char *const precisions[] = {"f16", "bf16"};
    for (size_t i = 0; i < 2; i++) {
        json_t *const matrices = json_object_get(json_object_get(device, "matrices"), precisions[i]);
        const char *const missing = json_string_value(json_object_get(matrices, "missing"));
        if (missing != NULL)
            assert_true(strlen(missing) > 0);
        else
            assert_true(json_integer_value(json_object_get(matrices, "m")) >= 4);
    }
}

static void devices_are_named(void **state) {
    (void)state;
    if (!has_device())
        skip();
    assert_failed(mnsp("bench --op matmul --shape 4x4x4 --device no-such-device"), 2, "choose by number");
    assert_int_equal(mnsp("devices"), 0);
    assert_has(program_out, "(default)");
    assert_has(program_out, "attention_backward_query");
    assert_int_equal(mnsp("devices --json"), 0);
    json_t *const object = printed_json(), *devices, *operators;
    const char *name;
    int64_t workgroup;
    assert_ok(json_need_array(&devices, object, "devices", "output"));
    assert_true(json_array_size(devices) > 0);
    assert_ok(json_need_object(&operators, json_array_get(devices, 0), "operators", "output"));
    assert_ok(json_need_text(&name, json_array_get(devices, 0), "name", "output"));
    assert_ok(json_need_integer(&workgroup, json_object_get(operators, "matmul"), "workgroup", "output"));
    assert_true(workgroup >= 1);
    assert_matrices_are_told(json_array_get(devices, 0));
    json_decref(object);
}

static void without_a_driver_the_remedy_is_named(void **state) {
    (void)state;
    static const char *const words[] = {
        "devices",
        "bench --op matmul --shape 4x4x4",
        "bench --step mae --preset mae-tiny",
        "profile --preset mae-tiny",
        "pretrain --preset mae-tiny --data words --out nowhere",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_failed(run_program(NO_DRIVER, words[i]), 1, "no Vulkan device");
        assert_has(program_err, "mesa-vulkan-drivers");
        assert_has(program_err, "--device reference");
    }
    assert_int_equal(run_program(NO_DRIVER, "devices --json"), 1);
    json_t *const object = printed_json(), *devices;
    assert_ok(json_need_array(&devices, object, "devices", "output"));
    assert_int_equal(json_array_size(devices), 0);
    json_decref(object);
    assert_int_equal(run_program(NO_DRIVER, "bench --op matmul --shape 4x4x4 --device reference"), 0);
}

/* ---- bench and profile ---- */

static double positive(const json_t *object, const char *key) {
    double value;
    assert_ok(json_need_real(&value, object, key, "output"));
    if (!(value > 0 && isfinite(value)))
        fail_msg("%s is %g", key, value);
    return value;
}

static void named(const json_t *object, const char *key) {
    const char *text;
    assert_ok(json_need_text(&text, object, key, "output"));
    assert_string_not_equal(text, "");
}

static void check_product(const char *device) {
    assert_int_equal(
        mnsp("bench --op matmul --tiles fixed --shape 3x32x16x8 --transpose tn --repeat 3 --json %s", device),
        0);
    json_t *const object = printed_json();
    const double operations = 2.0 * 3 * 32 * 16 * 8;
    assert_float_equal(positive(object, "gflops"), 1e-6 * operations / positive(object, "milliseconds"),
                       1e-6 * positive(object, "gflops"));
    named(object, "device");
    named(object, "driver");
    json_decref(object);
}

/* Every row tells how near it is to a ceiling that was measured, too. */
static void bench_knows_ceilings_and_compares(void **state) {
    (void)state;
    const char *const measure =
        "bench " SMALL "--op layernorm --batch 2 --repeat 2 --json --device reference";
    assert_int_equal(mnsp("%s", measure), 0);
    json_t *object = printed_json(), *ceilings, *rows;
    assert_ok(json_need_object(&ceilings, object, "ceilings", "output"));
    positive(ceilings, "gigabytes_per_second");
    positive(ceilings, "f32_gflops");
    assert_ok(json_need_array(&rows, object, "operators", "output"));
    const size_t count = json_array_size(rows);
    assert_true(count > 0);
    positive(json_array_get(rows, 0), "of_ceiling");
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "ceiling")), "memory");
    /* The same rows, twice as slow, on another device, and one of another size. */
    for (size_t i = 0; i < count; i++)
        json_object_set_new(json_array_get(rows, i), "milliseconds", json_real(1e6));
    json_object_set_new(json_array_get(rows, 0), "sizes", json_string("(1, 2)"));
    json_object_set_new(object, "device", json_string("another"));
    assert_int_equal(json_dump_file(object, in_folder("before.json"), 0), 0);
    json_decref(object);
    assert_int_equal(mnsp("%s --compare %s", measure, in_folder("before.json")), 0);
    assert_has(program_err, "1 of ");
    assert_has(program_err, "measured with the device another, this with reference");
    object = printed_json();
    assert_ok(json_need_array(&rows, object, "operators", "output"));
    assert_null(json_object_get(json_array_get(rows, 0), "ratio"));
    for (size_t i = 1; i < count; i++)
        assert_float_equal(positive(json_array_get(rows, i), "ratio") *
                               positive(json_array_get(rows, i), "milliseconds"),
                           1e6, 1);
    json_decref(object);
    assert_int_equal(
        mnsp("bench --op matmul --shape 4x4x4 --device reference --compare %s", in_folder("before.json")), 0);
    assert_has(program_err, "nothing to compare");
    assert_failed(mnsp("bench --op matmul --shape 4x4x4 --device reference --compare nowhere.json"), 1,
                  "nowhere.json");
}

static void check_step(const char *device, const char *step) {
    assert_int_equal(mnsp("bench --step %s " SMALL "--batch 2 --repeat 2 --json %s", step, device), 0);
    json_t *const object = printed_json();
    assert_float_equal(positive(object, "images_per_second"), 2000 / positive(object, "milliseconds"),
                       1e-6 * positive(object, "images_per_second"));
    const double parts = positive(object, "parameter_bytes") + positive(object, "state_bytes") +
                         positive(object, "input_bytes") + positive(object, "activation_bytes");
    assert_true(positive(object, "peak_bytes") == parts);
    assert_true(positive(object, "activation_bytes_without_sharing") > positive(object, "activation_bytes"));
    named(object, "device");
    named(object, "driver");
    json_decref(object);
}

static void bench_prints_json(void **state) {
    (void)state;
    static const char *const steps[] = {"mae", "lmim", "mnsp", "recognition"};
    check_product("--device reference");
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        check_step("--device reference", steps[i]);
    if (!has_device())
        return;
    check_product("");
    check_step("", "lmim");
}

static void bench_feeds_steps_with_real_images(void **state) {
    (void)state;
    static const char *const steps[] = {"mae", "lmim", "recognition"};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_int_equal(mnsp("bench --step %s " SMALL "--data words --batch 3 --threads 2 --repeat 2 --json "
                              "--device reference",
                              steps[i]),
                         0);
        json_t *const object = printed_json();
        positive(object, "loader_images_per_second");
        assert_true(json_number_value(json_object_get(object, "waiting_milliseconds")) <=
                    positive(object, "milliseconds"));
        assert_int_equal(positive(object, "threads"), 2);
        json_decref(object);
    }
    assert_failed(mnsp("bench --op gelu --data words"), 2, "choose one");
    assert_failed(mnsp("bench --data nowhere --device reference"), 1, "nowhere");
    assert_failed(mnsp("bench --data words --batch 5 --device reference --step mae " SMALL), 2, "--batch");
}

/* Each operator of a step is measured, alone. */
static void bench_reads(void **state) {
    (void)state;
    assert_int_equal(
        mnsp("bench --device reference --read %s/spec/weights/recogniser.safetensors --batch 2 --repeat 1 "
             "--json",
             SOURCE_DIRECTORY),
        0);
    json_t *const object = printed_json();
    assert_float_equal(positive(object, "images_per_second"), 2e3 / positive(object, "milliseconds"),
                       1e-6 * positive(object, "images_per_second"));
    named(object, "read");
    named(object, "device");
    json_decref(object);
    assert_failed(mnsp("bench --read gone --op gelu"), 2, "--read measures reading");
    assert_failed(mnsp("bench --device reference --read gone"), 1, "gone");
}

static void bench_measures_every_operator(void **state) {
    (void)state;
    assert_int_equal(
        mnsp("bench --step mnsp --device reference " SMALL "--batch 1 --repeat 1 --json --op gelu"), 2);
    assert_int_equal(mnsp("bench " SMALL "--objective mnsp --device reference --batch 1 --repeat 1"), 0);
    static const char *const names[] = {"\nmatmul ", "\nattention_backward_key_value ", "\nadamw ",
                                        "\nmask_tokens ", "\nmean_pool "};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_has(program_out, names[i]);
}

static void check_profile(const char *device, const char *by) {
    assert_int_equal(mnsp("profile --step lmim " SMALL "--batch 2 --repeat 1 --json --by %s %s", by, device),
                     0);
    json_t *const object = printed_json(), *rows, *row;
    size_t index;
    double shares = 0, milliseconds = 0;
    assert_ok(json_need_array(&rows, object, "rows", "output"));
    assert_true(json_array_size(rows) > 3);
    json_array_foreach(rows, index, row) {
        named(row, "name");
        shares += json_number_value(json_object_get(row, "share"));
        milliseconds += json_number_value(json_object_get(row, "milliseconds"));
        positive(row, "of_ceiling");
    }
    assert_float_equal(shares, 1, 1e-6);
    assert_float_equal(milliseconds, positive(object, "milliseconds"), 1e-6 * milliseconds);
    json_decref(object);
}

/* The figure of `accumulate N` in the plan that was printed, MiB: of what is kept, or computed again. */
static double planned(int parts, int column) {
    char line[32];
    double kept = 0, again = 0;
    snprintf(line, sizeof line, "accumulate %-5d", parts);
    const char *const found = strstr(program_out, line);
    if (found == NULL || sscanf(found + strlen(line), " %lf MiB%*[ *]%lf MiB", &kept, &again) != 2)
        fail_msg("no %sin '%s'", line, program_out);
    return column == 0 ? kept : again;
}

/* More parts and recomputation need less; nothing is trained, so that no data is asked for. */
static void plan_shows_what_memory_a_run_needs(void **state) {
    (void)state;
    assert_int_equal(mnsp("pretrain --preset mnsp-tiny --batch 64 --plan --device reference"), 0);
    assert_non_null(strstr(program_out, "batch 64, accumulate 1, recompute none"));
    for (int parts = 1; parts <= 32; parts *= 2)
        for (int column = 0; column < 2; column++)
            assert_true(planned(2 * parts, column) < planned(parts, column));
    assert_true(planned(1, 1) < planned(1, 0) / 2);
    assert_failed(mnsp("pretrain --preset mnsp-tiny --batch 64 --accumulate 3 --plan --device reference"), 2,
                  "accumulate");
    if (has_device())
        assert_int_equal(mnsp("finetune --preset recogniser-tiny --plan"), 0);
}

static void profile_shares_add_up(void **state) {
    (void)state;
    check_profile("--device reference", "operator");
    check_profile("--device reference", "sizes");
    check_profile("--device reference", "part");
    if (has_device())
        check_profile("", "operator");
}

/* ---- inspect ---- */

static void write_tensors(const char *path) {
    const float weights[] = {1, 2, 3, 4, NAN, 6}, moments[] = {7, 8};
    const int32_t lengths[] = {-2, 4};
    const struct safetensors_view views[] = {{"weight", SAFETENSORS_F32, 2, {2, 3}, weights},
                                             {"optimiser.m.weight", SAFETENSORS_F32, 1, {2}, moments},
                                             {"length", SAFETENSORS_I32, 1, {2}, lengths}};
    assert_ok(safetensors_write(path, views, sizeof views / sizeof views[0], NULL, 0));
}

static const json_t *tensor_named(const json_t *object, const char *name) {
    json_t *tensors, *tensor;
    size_t index;
    assert_ok(json_need_array(&tensors, object, "tensors", "output"));
    json_array_foreach(tensors, index, tensor) {
        if (strcmp(json_string_value(json_object_get(tensor, "name")), name) == 0)
            return tensor;
    }
    fail_msg("no tensor %s", name);
    return NULL;
}

static void inspect_describes_tensors(void **state) {
    (void)state;
    write_tensors(in_folder("tensors.safetensors"));
    assert_int_equal(mnsp("inspect tensors.safetensors"), 0);
    assert_has(program_out, "3 tensors, 8 parameters");
    assert_has(program_out, "1 not finite");
    assert_null(strstr(program_out, "optimiser.m.weight"));
    assert_int_equal(mnsp("inspect --all tensors.safetensors"), 0);
    assert_has(program_out, "optimiser.m.weight");
    assert_int_equal(mnsp("inspect tensors.safetensors --json"), 0);
    json_t *const object = printed_json();
    const json_t *const weight = tensor_named(object, "weight"), *const length =
                                                                     tensor_named(object, "length");
    assert_float_equal(positive(weight, "mean"), 3.2, 1e-6);
    assert_float_equal(positive(weight, "std"), sqrt((4.84 + 1.44 + 0.04 + 0.64 + 7.84) / 5), 1e-6);
    assert_float_equal(positive(weight, "max"), 6, 0);
    assert_int_equal(json_integer_value(json_object_get(weight, "not_finite")), 1);
    assert_float_equal(json_number_value(json_object_get(length, "min")), -2, 0);
    json_decref(object);
}

static void export_keeps_the_weights_alone(void **state) {
    (void)state;
    assert_failed(mnsp("export tensors.safetensors"), 2, "expected a checkpoint and the file to write");
    assert_failed(mnsp("export --type f8 tensors.safetensors small.safetensors"), 2,
                  "--type f8: expected f16, bf16 or f32");
    assert_failed(mnsp("export gone.safetensors small.safetensors"), 1, "gone.safetensors");
    assert_int_equal(mnsp("export tensors.safetensors small.safetensors"), 0);
    assert_has(program_out, "small.safetensors: ");
    assert_int_equal(mnsp("inspect --all small.safetensors"), 0);
    assert_has(program_out, "F16");
}

static void inspect_describes_data(void **state) {
    (void)state;
    write_text(in_folder("words/bad.png"), "no image");
    write_text(in_folder("words/list.tsv"), "a000.png\tfirst\nbad.png\tsecond\na003.png\tother\n");
    assert_int_equal(mnsp("inspect words/list.tsv --json"), 0);
    json_t *const object = printed_json(), *examples, *width;
    assert_int_equal(positive(object, "images"), 3);
    assert_int_equal(positive(object, "unusable"), 1);
    assert_ok(json_need_array(&examples, object, "examples", "output"));
    assert_string_equal(json_string_value(json_object_get(json_array_get(examples, 1), "label")), "other");
    assert_ok(json_need_object(&width, object, "width", "output"));
    assert_int_equal(positive(width, "min"), 20);
    assert_int_equal(positive(width, "max"), 23);
    json_decref(object);
    assert_int_equal(mnsp("inspect words"), 0);
    assert_has(program_out, "words: labelled folder, 4 images, with labels");
    assert_has(program_out, "word0");
}

static void inspect_describes_runs(void **state) {
    (void)state;
    assert_int_equal(mnsp("pretrain --objective mae " SMALL "--batch 2 --steps 4 --log-every 1 --data words "
                          "--out run --device reference"),
                     0);
    assert_int_equal(mnsp("inspect run"), 0);
    assert_has(program_out, "run: a run, mae");
    assert_has(program_out, "first  step 1, loss ");
    assert_has(program_out, "last   step 4, loss ");
    assert_has(program_out, "last.safetensors: step 4");
    assert_has(program_out, "width 16");
    assert_int_equal(mnsp("inspect run/settings.json"), 0);
    assert_has(program_out, "settings that are not the defaults: ");
    assert_has(program_out, "objective mae");
    assert_int_equal(mnsp("inspect run/last.safetensors --json"), 0);
    json_t *const object = printed_json(), *settings;
    assert_int_equal(positive(object, "step"), 4);
    assert_ok(json_need_object(&settings, object, "settings", "output"));
    assert_int_equal(positive(settings, "depth"), 1);
    assert_string_equal(json_string_value(json_object_get(settings, "objective")), "mae");
    json_decref(object);
    /* a damaged checkpoint in a run is named, the rest is still told */
    write_text(in_folder("run/step-00000002.safetensors"), "damaged");
    assert_int_equal(mnsp("inspect run"), 0);
    assert_has(program_out, "step-00000002.safetensors: truncated");
}

static void inspect_refuses_bad_files(void **state) {
    (void)state;
    write_tensors(in_folder("whole.safetensors"));
    char bytes[512];
    FILE *const file = fopen(in_folder("whole.safetensors"), "rb");
    assert_non_null(file);
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t cut = 0; cut < size; cut += 7) {
        write_bytes(in_folder("cut.safetensors"), bytes, cut);
        assert_failed(mnsp("inspect cut.safetensors"), 1, "cut.safetensors");
        assert_string_equal(program_out, "");
    }
    write_bytes(in_folder("tail.safetensors"), bytes, size);
    FILE *const tail = fopen(in_folder("tail.safetensors"), "ab");
    fputs("more", tail);
    fclose(tail);
    assert_failed(mnsp("inspect tail.safetensors"), 1, "tail.safetensors");
    write_text(in_folder("text.safetensors"), "this is a text, and no file of tensors at all");
    assert_failed(mnsp("inspect text.safetensors"), 1, "text.safetensors");
    assert_failed(mnsp("inspect none.safetensors"), 1, "none.safetensors");
    assert_failed(mnsp("inspect none"), 1, "none");
    assert_int_equal(mkdir(in_folder("hollow"), 0777), 0);
    assert_failed(mnsp("inspect hollow"), 1, "hollow");
    write_text(in_folder("empty.tsv"), "");
    assert_failed(mnsp("inspect empty.tsv"), 1, "empty.tsv");
}

/* ---- output that cannot be written ---- */

static void full_disk_is_an_error(void **state) {
    (void)state;
    FILE *const full = fopen("/dev/full", "w");
    if (full == NULL)
        skip();
    fclose(full);
    write_tensors(in_folder("tensors.safetensors"));
    for (int json = 0; json < 2; json++) {
        /* the redirection behind this one takes what is left over: nothing */
        const int status =
            mnsp("inspect tensors.safetensors %s >/dev/full 2>err.txt; exit $?; true", json ? "--json" : "");
        assert_failed(status, 1, "could not be written");
    }
}

static void unwritable_folder_is_an_error(void **state) {
    (void)state;
    write_text(in_folder("file"), "in the way");
    assert_int_equal(mnsp("pretrain --objective mae " SMALL "--batch 2 --steps 1 --data words "
                          "--out file/run --device reference"),
                     1);
    assert_has(program_err, "file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_help),
        cmocka_unit_test(settings_are_options_with_their_ranges),
        cmocka_unit_test(own_options_hide_settings),
        cmocka_unit_test(version_is_a_number),
        cmocka_unit_test(wrong_usage_is_status_2),
        cmocka_unit_test(wrong_bench_is_status_2),
        cmocka_unit_test(devices_are_named),
        cmocka_unit_test(without_a_driver_the_remedy_is_named),
        cmocka_unit_test(bench_prints_json),
        cmocka_unit_test(bench_knows_ceilings_and_compares),
        cmocka_unit_test(bench_feeds_steps_with_real_images),
        cmocka_unit_test(bench_reads),
        cmocka_unit_test(bench_measures_every_operator),
        cmocka_unit_test(profile_shares_add_up),
        cmocka_unit_test(plan_shows_what_memory_a_run_needs),
        cmocka_unit_test(inspect_describes_tensors),
        cmocka_unit_test(export_keeps_the_weights_alone),
        cmocka_unit_test(inspect_describes_data),
        cmocka_unit_test(inspect_describes_runs),
        cmocka_unit_test(inspect_refuses_bad_files),
        cmocka_unit_test(full_disk_is_an_error),
        cmocka_unit_test(unwritable_folder_is_an_error),
    };
    return cmocka_run_group_tests_name("cli", tests, start, remove_test_folder);
}
