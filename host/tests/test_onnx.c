/* ONNX: the files pass ONNX's checker (Debian's python3-onnx; skipped without), and a runtime reads with them
 * as mnsp does (onnxruntime-web of npm, where Node finds it: npm install -g onnxruntime-web, NODE_PATH=$(npm
 * root -g)). */
#include "program.h"
#include "tiny_recogniser.h"

#include "base/file.h"

#include <math.h>

#define PYTHON "/usr/bin/python3"

static bool has_onnx;

static int run_shell_in_folder(const char *format, ...) MNSP_PRINTF(1, 2);
static int run_shell_in_folder(const char *format, ...) {
    char words[3000], command[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    snprintf(command, sizeof command, "cd '%s' && %s >out.txt 2>err.txt", test_folder, words);
    const int status = system(command);
    assert_true(WIFEXITED(status));
    take_text(program_out, sizeof program_out, in_folder("out.txt"));
    take_text(program_err, sizeof program_err, in_folder("err.txt"));
    return WEXITSTATUS(status);
}

static int export_onnx(const char *words) {
    return run_shell_in_folder(PYTHON " '" SOURCE_DIRECTORY "/tools/export_onnx.py' %s", words);
}

static void need_onnx(void) {
    if (!has_onnx) {
        print_message("skipped: there is no python3-onnx\n");
        skip();
    }
}

/* The exporter itself runs the checker, shapes included, before it writes. */
static void the_checker_is_content(void **state) {
    (void)state;
    need_onnx();
    if (export_onnx("run/last.safetensors onnx") != 0)
        fail_msg("%s", program_err);
    assert_has(program_out, "onnx/encoder.onnx: ");
    assert_has(program_out, "onnx/decoder.onnx: ");
    assert_int_equal(run_shell_in_folder(PYTHON " -c 'import onnx; m = onnx.load(\"onnx/decoder.onnx\"); "
                                                "onnx.checker.check_model(m, full_check=True); "
                                                "print({p.key: p.value for p in m.metadata_props})'"),
                     0);
    assert_has(program_out, "'eos': '94'");
    assert_has(program_out, "'characters': '0123456789abc");
}

static void a_ctc_head_is_one_file(void **state) {
    (void)state;
    need_onnx();
    struct settings settings = tiny_settings();
    const char *const data = in_folder("words");
    settings.head = SETTINGS_HEAD_CTC;
    assert_ok(train_run(&settings,
                        &(struct train_options){.data = &data, .data_count = 1, .out = in_folder("ctc")}));
    if (export_onnx("ctc/last.safetensors ctc-onnx") != 0)
        fail_msg("%s", program_err);
    assert_true(file_exists(in_folder("ctc-onnx/encoder.onnx")));
    assert_false(file_exists(in_folder("ctc-onnx/decoder.onnx")));
}

static void what_is_no_recogniser_is_refused(void **state) {
    (void)state;
    need_onnx();
    write_text(in_folder("bad.safetensors"), "no weights");
    assert_int_equal(export_onnx("bad.safetensors bad"), 1);
    assert_has(program_err, "export_onnx.py: bad.safetensors");
    assert_int_equal(export_onnx("--charset ascii36 run/last.safetensors bad"), 1);
    assert_has(program_err, "36 characters, the classifier has 94");
}

/* ---- a runtime ---- */

static void write_images(void) {
    FILE *const file = fopen(in_folder("images.f32"), "wb");
    assert_non_null(file);
    for (int word = 0; word < TINY_WORDS; word++) {
        float *const planes = tiny_planes(word);
        assert_int_equal(fwrite(planes, sizeof *planes, 3 * 8 * 32, file), 3 * 8 * 32);
        free(planes);
    }
    fclose(file);
}

static void compare(const json_t *theirs, const struct recogniser_reading *ours) {
    assert_int_equal(json_array_size(theirs), ours->characters);
    for (size_t i = 0; i < ours->characters; i++)
        assert_true(fabs(json_number_value(json_array_get(theirs, i)) - (double)ours->confidences[i]) < 1e-4);
}

/* Reads with the files in a folder, in the runtime, and with a recogniser; the words are learned by heart. */
static void read_both(const char *folder, const char *model, bool confidences) {
    struct recogniser *recogniser;
    struct recogniser_reading reading;
    json_t *list;
    write_images();
    if (run_shell_in_folder(
            "node '" SOURCE_DIRECTORY "/host/tests/run_onnx.js' %s images.f32 %d "
            "'{\"height\": 8, \"width\": 32, \"length\": %d, \"eos\": 94, \"bos\": 97, \"characters\": "
            "\"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!\"}'",
            folder, TINY_WORDS, TINY_PLACES) != 0)
        fail_msg("%s", program_err);
    assert_ok(json_read_text(&list, program_out, strlen(program_out), "run_onnx.js"));
    assert_ok(recogniser_open(&recogniser, &(struct recogniser_options){.path = model, .batch = 1}));
    for (int word = 0; word < TINY_WORDS; word++) {
        const json_t *const theirs = json_array_get(list, (size_t)word);
        float *const planes = tiny_planes(word);
        assert_ok(recogniser_read(recogniser, planes, 1, &reading));
        assert_string_equal(json_string_value(json_object_get(theirs, "text")), reading.text);
        if (confidences)
            compare(json_object_get(theirs, "confidences"), &reading);
        recogniser_readings_free(&reading, 1);
        free(planes);
    }
    json_decref(list);
    recogniser_close(recogniser);
}

static void a_runtime_reads_the_same(void **state) {
    (void)state;
    need_onnx();
    if (system("node -e 'require.resolve(\"onnxruntime-web\")' >/dev/null 2>&1") != 0) {
        print_message("skipped: Node does not find onnxruntime-web\n");
        skip();
    }
    read_both("onnx", in_folder("run/last.safetensors"), true);
    read_both("ctc-onnx", in_folder("ctc/last.safetensors"), false);
}

static int start(void **state) {
    has_onnx = system(PYTHON " -c 'import onnx' 2>/dev/null") == 0;
    if (make_test_folder(state) != 0)
        return 1;
    train_tiny_recogniser();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checker_is_content),
        cmocka_unit_test(a_ctc_head_is_one_file),
        cmocka_unit_test(what_is_no_recogniser_is_refused),
        cmocka_unit_test(a_runtime_reads_the_same),
    };
    return cmocka_run_group_tests(tests, start, remove_test_folder);
}
