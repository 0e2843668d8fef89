/* Sources: folders with and without labels, LMDB, several joined, and what is wrong with them. */
#include "data_files.h"

#include "data/source.h"

#include <stdbool.h>
#include <unistd.h>

static struct data_set *open_one(const char *path) {
    struct data_set *set;
    assert_ok(data_set_open(&set, &path, 1));
    return set;
}

static void assert_open_refused(const char *path, const char *word) {
    struct data_set *set;
    assert_refused(data_set_open(&set, &path, 1), STATUS_INVALID, word);
    assert_null(set);
}

static void assert_label(struct data_set *set, size_t index, const char *expected) {
    char *label;
    assert_ok(data_set_label(set, index, &label));
    if (expected == NULL)
        assert_null(label);
    else
        assert_string_equal(label, expected);
    free(label);
}

static void assert_mark(struct data_set *set, size_t index, int mark) {
    struct data_image image;
    assert_ok(data_set_read(set, index, &image));
    assert_int_equal(image.pixels[2], mark * 7);
    data_image_free(&image);
}

static void labelled_folder_is_read(void **state) {
    (void)state;
    write_labelled_folder(in_folder("labelled"), 3);
    struct data_set *const set = open_one(in_folder("labelled"));
    assert_int_equal(data_set_count(set), 3);
    const struct data_source_info info = data_set_source(set, 0);
    assert_string_equal(info.name, "labelled");
    assert_string_equal(info.format, "labelled folder");
    assert_true(info.labelled);
    assert_label(set, 2, "word2");
    assert_mark(set, 2, 2);
    struct data_image image;
    assert_ok(data_set_read(set, 1, &image));
    assert_int_equal(image.width, 21);
    assert_int_equal(image.height, 11);
    data_image_free(&image);
    data_set_close(set);
}

static void label_lines_in_all_forms(void **state) {
    (void)state;
    assert_int_equal(mkdir(in_folder("forms"), 0777), 0);
    write_png(in_folder("forms/a b.png"), 8, 8, 1);
    write_png(in_folder("forms/c.png"), 8, 8, 2);
    write_text(in_folder("forms/labels.tsv"), "\xEF\xBB\xBF"
                                              "a b.png\ttwo words\r\n"
                                              "\n"
                                              "c.png grün\n"
                                              "c.png\n"
                                              "c.png\tbad\xFF\n"
                                              "c.png\t\n"
                                              "gone.png\tlast");
    struct data_set *const set = open_one(in_folder("forms"));
    assert_int_equal(data_set_count(set), 6);
    assert_label(set, 0, "two words");
    assert_mark(set, 0, 1);
    assert_label(set, 1, "grün");
    assert_label(set, 2, NULL);
    char *label;
    assert_refused(data_set_label(set, 3, &label), STATUS_INVALID, "forms/c.png");
    assert_null(label);
    assert_label(set, 4, NULL);
    assert_label(set, 5, "last");
    struct data_image image;
    assert_refused(data_set_read(set, 5, &image), STATUS_INVALID, "forms/gone.png");
    data_set_close(set);
}

static void label_file_by_its_name(void **state) {
    (void)state;
    write_png(in_folder("single.png"), 8, 8, 5);
    write_text(in_folder("truth.txt"), "single.png Word\n");
    struct data_set *const set = open_one(in_folder("truth.txt"));
    assert_label(set, 0, "Word");
    assert_mark(set, 0, 5);
    data_set_close(set);
}

static void json_lines_are_read(void **state) {
    (void)state;
    write_png(in_folder("line.png"), 8, 8, 6);
    write_text(in_folder("lines.jsonl"),
               "{\"filename\": \"line.png\", \"text\": \"W\\u00fcrze\"}\n"
               "\n"
               "{\"text\": \"two words\", \"filename\": \"line.png\", \"more\": [1]}\r\n");
    struct data_set *const set = open_one(in_folder("lines.jsonl"));
    assert_int_equal(data_set_count(set), 2);
    assert_label(set, 0, "W\xC3\xBCrze");
    assert_label(set, 1, "two words");
    assert_mark(set, 1, 6);
    data_set_close(set);
    write_text(in_folder("wrong.jsonl"),
               "{\"filename\": \"line.png\", \"text\": \"a\"}\n{\"filename\": 5}\n");
    assert_open_refused(in_folder("wrong.jsonl"), "wrong.jsonl:2");
    write_text(in_folder("wrong.jsonl"), "{\"filename\": \"line.png\", \"te");
    assert_open_refused(in_folder("wrong.jsonl"), "wrong.jsonl:1");
}

static void a_folder_with_json_lines_is_labelled(void **state) {
    (void)state;
    assert_int_equal(mkdir(in_folder("curve"), 0777), 0);
    assert_int_equal(mkdir(in_folder("curve/imgs"), 0777), 0);
    write_png(in_folder("curve/imgs/1.png"), 8, 8, 3);
    write_text(in_folder("curve/annotation.jsonl"), "{\"filename\": \"imgs/1.png\", \"text\": \"Word\"}\n");
    struct data_set *const set = open_one(in_folder("curve"));
    assert_int_equal(data_set_count(set), 1);
    assert_string_equal(data_set_source(set, 0).name, "curve");
    assert_label(set, 0, "Word");
    assert_mark(set, 0, 3);
    data_set_close(set);
}

static void icdar_lines_are_read(void **state) {
    (void)state;
    assert_int_equal(mkdir(in_folder("icdar"), 0777), 0);
    write_png(in_folder("icdar/word_1.png"), 8, 8, 4);
    write_text(in_folder("icdar/gt.txt"), "\xEF\xBB\xBFword_1.png, \"Genaxis, Theatre\"\r\n"
                                          "\"word_1.png\", \"say \\\"hi\\\" \\\\\"\n"
                                          "word_1.png,\"x\"\n"
                                          "word_1.png, \"\"\n"
                                          "word_1.png \"\n"
                                          "word_1.png, \"\n");
    struct data_set *const set = open_one(in_folder("icdar"));
    static const char *const labels[] = {"Genaxis, Theatre", "say \"hi\" \\", "x", NULL, "\"", "\""};
    assert_int_equal(data_set_count(set), 6);
    for (size_t i = 0; i < 6; i++)
        assert_label(set, i, labels[i]);
    for (size_t i = 0; i < 5; i++)
        assert_mark(set, i, 4);
    data_set_close(set);
}

static void json_documents_are_read(void **state) {
    (void)state;
    write_png(in_folder("doc.png"), 8, 8, 2);
    write_text(in_folder("list.json"), " [ {\"filename\": \"doc.png\", \"text\": \"a]b\"},\n"
                                       "{\"text\": \"c\", \"filename\": \"doc.png\"} ] ");
    struct data_set *set = open_one(in_folder("list.json"));
    assert_int_equal(data_set_count(set), 2);
    assert_label(set, 0, "a]b");
    assert_mark(set, 1, 2);
    data_set_close(set);
    write_text(in_folder("mmocr.json"),
               "{\"metainfo\": {\"data_list\": 1, \"more\": [2, -3.5e1, null]}, \"data_list\": ["
               "{\"img_path\": \"doc.png\", \"instances\": [{\"text\": \"W\\u00fcrze\"}]}]}");
    set = open_one(in_folder("mmocr.json"));
    assert_label(set, 0, "W\xC3\xBCrze");
    data_set_close(set);
    static const char *const wrong[][2] = {
        {"", "'{' is missing"},
        {"[]", "no images"},
        {"{\"metainfo\": 1}", "data_list"},
        {"{\"data_list\": {}}", "'[' is missing"},
        {"[{\"filename\": \"doc.png\", \"text\": \"a\"} {", "item 1"},
        {"[{\"filename\": \"doc.png\", \"text\": \"a\"}, {\"filename\": 1}]", "item 2"},
        {"[{\"filename\": \"doc.png\", \"te", "item 0"},
        {"[{\"img_path\": \"doc.png\", \"instances\": []}]", "0 instances"},
        {"[1]", "item 1"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        write_text(in_folder("wrong.json"), wrong[i][0]);
        assert_open_refused(in_folder("wrong.json"), wrong[i][1]);
    }
}

static void plain_folder_is_sorted(void **state) {
    (void)state;
    assert_int_equal(mkdir(in_folder("plain"), 0777), 0);
    assert_int_equal(mkdir(in_folder("plain/b"), 0777), 0);
    write_png(in_folder("plain/c.PNG"), 8, 8, 3);
    write_png(in_folder("plain/b/x.png"), 8, 8, 2);
    write_png(in_folder("plain/a.png"), 8, 8, 1);
    write_text(in_folder("plain/notes.txt"), "no image");
    assert_int_equal(symlink("..", in_folder("plain/b/up")), 0); /* a loop ends */
    struct data_set *const set = open_one(in_folder("plain"));
    assert_true(data_set_count(set) >= 3);
    assert_mark(set, 0, 1);
    assert_false(data_set_source(set, 0).labelled);
    assert_label(set, 0, NULL);
    char *name, *before = NULL;
    for (size_t i = 0; i < data_set_count(set); i++) {
        assert_ok(data_set_item_name(set, i, &name));
        assert_true(before == NULL || strcmp(before, name) < 0);
        free(before);
        before = name;
    }
    free(before);
    data_set_close(set);
}

static void write_lmdb(const char *folder, int count) {
    struct lmdb_writer writer = lmdb_begin(folder);
    char text[40];
    snprintf(text, sizeof text, "%d", count);
    lmdb_put(&writer, "num-samples", text, strlen(text));
    for (int i = 1; i <= count; i++) {
        snprintf(text, sizeof text, "image-%09d", i);
        lmdb_put_png(&writer, text, 90, 30, i);
        char label[20];
        snprintf(text, sizeof text, "label-%09d", i);
        snprintf(label, sizeof label, "text%d", i);
        if (i != 3)
            lmdb_put(&writer, text, label, strlen(label));
    }
    lmdb_end(&writer);
}

static void lmdb_is_read(void **state) {
    (void)state;
    write_lmdb(in_folder("lmdb"), 5);
    struct data_set *const set = open_one(in_folder("lmdb"));
    assert_int_equal(data_set_count(set), 5);
    assert_string_equal(data_set_source(set, 0).format, "LMDB");
    assert_true(data_set_source(set, 0).labelled);
    assert_mark(set, 0, 1);
    assert_mark(set, 4, 5);
    assert_label(set, 1, "text2");
    assert_label(set, 2, NULL);
    data_set_close(set);
}

/* Several below one folder are one source, in the order of their paths; the bytes come as they lie there. */
static void lmdbs_below_a_folder_are_one(void **state) {
    (void)state;
    assert_int_equal(mkdir(in_folder("several"), 0777), 0);
    assert_int_equal(mkdir(in_folder("several/b"), 0777), 0);
    write_lmdb(in_folder("several/c"), 4);
    write_lmdb(in_folder("several/b/deep"), 0);
    write_lmdb(in_folder("several/a"), 2);
    write_text(in_folder("several/notes.txt"), "no data");
    struct data_set *const set = open_one(in_folder("several"));
    assert_int_equal(data_set_count(set), 6);
    assert_string_equal(data_set_source(set, 0).format, "LMDBs");
    assert_true(data_set_source(set, 0).labelled);
    static const char *const labels[] = {"text1", "text2", "text1", "text2", NULL, "text4"};
    for (size_t i = 0; i < 6; i++)
        assert_label(set, i, labels[i]);
    assert_mark(set, 1, 2);
    assert_mark(set, 5, 4);
    char *name, *bytes;
    size_t size;
    assert_ok(data_set_item_name(set, 3, &name));
    assert_non_null(strstr(name, "several/c/data.mdb: image-000000002"));
    free(name);
    assert_ok(data_set_bytes(set, 3, &bytes, &size));
    struct data_image image;
    assert_ok(data_set_decode(set, 3, bytes, size, &image));
    assert_int_equal(image.pixels[2], 2 * 7);
    data_image_free(&image);
    assert_refused(data_set_decode(set, 3, bytes, size / 2, &image), STATUS_INVALID,
                   "c/data.mdb: image-000000002");
    free(bytes);
    data_set_close(set);
}

/* A count that is too small is told of, one that is too large gives items that are missing. */
static void lmdb_with_a_wrong_count(void **state) {
    (void)state;
    static const char *const counts[] = {"2", "3", "5"};
    for (size_t i = 0; i < 3; i++) {
        char folder[32];
        snprintf(folder, sizeof folder, "count%s", counts[i]);
        struct lmdb_writer writer = lmdb_begin(in_folder(folder));
        lmdb_put(&writer, "num-samples", counts[i], 1);
        for (int k = 1; k <= 3; k++) {
            char key[40];
            snprintf(key, sizeof key, "image-%09d", k);
            lmdb_put_png(&writer, key, 9, 9, k);
        }
        lmdb_end(&writer);
        struct data_set *const set = open_one(in_folder(folder));
        assert_int_equal(data_set_source(set, 0).understated, i == 0);
        struct data_image image;
        if (i == 2)
            assert_refused(data_set_read(set, 3, &image), STATUS_INVALID, "image-000000004 is missing");
        data_set_close(set);
    }
}

/* Enough entries for a tree of three levels, and values of every size around a page. */
static void large_lmdb_is_read(void **state) {
    (void)state;
    enum { ENTRIES = 20000, STEP = 400 };
    char key[40], text[40];
    static char value[ENTRIES / STEP * 500];
    memset(value, 'v', sizeof value);
    struct lmdb_writer writer = lmdb_begin(in_folder("large"));
    snprintf(text, sizeof text, "%d", ENTRIES);
    lmdb_put(&writer, "num-samples", text, strlen(text));
    for (int i = 1; i <= ENTRIES; i++) {
        snprintf(key, sizeof key, "label-%09d", i);
        const int length = snprintf(text, sizeof text, "%d", i * 7);
        if (i % STEP == 0)
            lmdb_put(&writer, key, value, (size_t)(i / STEP * 500));
        else
            lmdb_put(&writer, key, text, (size_t)length);
    }
    lmdb_end(&writer);
    struct data_set *const set = open_one(in_folder("large"));
    for (int i = 1; i <= ENTRIES; i++) {
        char *label;
        assert_ok(data_set_label(set, (size_t)i - 1, &label));
        snprintf(text, sizeof text, "%d", i * 7);
        if (i % STEP != 0)
            assert_string_equal(label, text);
        else
            assert_int_equal(strspn(label, "v"), i / STEP * 500);
        free(label);
    }
    data_set_close(set);
}

/* Every page of a file overwritten in turn, and bytes of it changed: some items fail, none does harm. */
static void lmdb_damaged_does_no_harm(void **state) {
    (void)state;
    enum { PAGE = 4096 };
    write_lmdb(in_folder("whole"), 60);
    assert_int_equal(mkdir(in_folder("damaged"), 0777), 0);
    static uint8_t whole[1 << 20], bytes[1 << 20];
    FILE *const file = fopen(in_folder("whole/data.mdb"), "rb");
    assert_non_null(file);
    const size_t size = fread(whole, 1, sizeof whole, file);
    fclose(file);
    assert_in_range(size, 3 * PAGE, sizeof whole - 1);
    size_t refused = 0, failed = 0, read = 0;
    for (size_t round = 0; round < size / PAGE * 20; round++) {
        uint8_t *const page = bytes + round / 20 * PAGE;
        memcpy(bytes, whole, size);
        if (round % 20 < 2)
            memset(page, round % 2 ? 0xFF : 0, PAGE);
        else
            page[round * 2654435761u % (round % 2 ? 64 : PAGE)] ^= (uint8_t)(1 << round % 8 | 1);
        write_bytes(in_folder("damaged/data.mdb"), bytes, size);
        const char *const folder = in_folder("damaged");
        struct data_set *set;
        if (data_set_open(&set, &folder, 1) != STATUS_OK) {
            refused++;
            continue;
        }
        for (size_t i = 0; i < data_set_count(set) && i < 60; i++) {
            struct data_image image;
            char *label;
            const bool good = data_set_read(set, i, &image) == STATUS_OK;
            read += good;
            failed += !good;
            data_image_free(&image);
            (void)!data_set_label(set, i, &label);
            free(label);
        }
        data_set_close(set);
    }
    assert_true(refused > 0 && failed > 0 && read > 1000);
}

static void lmdb_with_gaps(void **state) {
    (void)state;
    struct lmdb_writer writer = lmdb_begin(in_folder("gaps"));
    lmdb_put(&writer, "num-samples", "3", 1);
    lmdb_put(&writer, "image-000000002", "no image", 8);
    lmdb_put(&writer, "label-000000001", "\xC0\xAF", 2);
    lmdb_put(&writer, "image-000000003", "", 0);
    lmdb_end(&writer);
    struct data_set *const set = open_one(in_folder("gaps"));
    struct data_image image;
    char *label;
    assert_refused(data_set_read(set, 0, &image), STATUS_INVALID, "image-000000001 is missing");
    assert_refused(data_set_read(set, 1, &image), STATUS_INVALID, "image-000000002");
    assert_refused(data_set_read(set, 2, &image), STATUS_INVALID, "empty");
    assert_refused(data_set_label(set, 0, &label), STATUS_INVALID, "image-000000001");
    data_set_close(set);
}

static void lmdb_broken_is_refused(void **state) {
    (void)state;
    struct lmdb_writer writer = lmdb_begin(in_folder("uncounted"));
    lmdb_put(&writer, "num-samples", "-1", 2);
    lmdb_end(&writer);
    assert_open_refused(in_folder("uncounted"), "num-samples");

    write_lmdb(in_folder("cut"), 200);
    struct stat about;
    assert_int_equal(stat(in_folder("cut/data.mdb"), &about), 0);
    assert_int_equal(truncate(in_folder("cut/data.mdb"), about.st_size - 4096), 0);
    assert_open_refused(in_folder("cut"), "cut short");
    assert_int_equal(truncate(in_folder("cut/data.mdb"), 5000), 0);
    assert_open_refused(in_folder("cut"), "cut short");
    assert_int_equal(truncate(in_folder("cut/data.mdb"), 0), 0);
    assert_open_refused(in_folder("cut"), "cut short");

    assert_int_equal(mkdir(in_folder("noise"), 0777), 0);
    uint8_t bytes[16384];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 193 >> 3);
    write_bytes(in_folder("noise/data.mdb"), bytes, sizeof bytes);
    assert_open_refused(in_folder("noise"), "noise");
}

static void sources_are_joined(void **state) {
    (void)state;
    write_labelled_folder(in_folder("first"), 2);
    write_lmdb(in_folder("second"), 4);
    const char *const paths[] = {in_folder("first"), in_folder("second"), in_folder("first/")};
    struct data_set *set;
    assert_ok(data_set_open(&set, paths, 3));
    assert_int_equal(data_set_count(set), 8);
    assert_int_equal(data_set_source_count(set), 3);
    assert_int_equal(data_set_source(set, 2).first, 6);
    assert_string_equal(data_set_source(set, 2).name, "first");
    assert_label(set, 1, "word1");
    assert_label(set, 2, "text1");
    assert_label(set, 5, "text4");
    assert_label(set, 7, "word1");
    struct data_image image;
    assert_int_equal(data_set_read(set, 8, &image), STATUS_INTERNAL);
    data_set_close(set);
}

static void missing_and_empty_are_refused(void **state) {
    (void)state;
    struct data_set *set;
    assert_refused(data_set_open(&set, NULL, 0), STATUS_USAGE, "--data");
    assert_open_refused(in_folder("nowhere"), "nowhere");
    assert_int_equal(mkdir(in_folder("empty"), 0777), 0);
    assert_open_refused(in_folder("empty"), "labels.tsv");
    assert_open_refused("/dev/null", "/dev/null");
    assert_int_equal(mkdir(in_folder("blank"), 0777), 0);
    write_text(in_folder("blank/labels.tsv"), "\n\r\n\n");
    assert_open_refused(in_folder("blank"), "labels.tsv");
    write_png(in_folder("picture.png"), 8, 8, 1);
    assert_open_refused(in_folder("picture.png"), "picture.png: no list of images");
    assert_int_equal(mkdir(in_folder("odd"), 0777), 0);
    assert_int_equal(mkdir(in_folder("odd/labels.tsv"), 0777), 0);
    assert_open_refused(in_folder("odd"), "labels.tsv");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labelled_folder_is_read),
        cmocka_unit_test(label_lines_in_all_forms),
        cmocka_unit_test(label_file_by_its_name),
        cmocka_unit_test(plain_folder_is_sorted),
        cmocka_unit_test(icdar_lines_are_read),
        cmocka_unit_test(json_lines_are_read),
        cmocka_unit_test(json_documents_are_read),
        cmocka_unit_test(a_folder_with_json_lines_is_labelled),
        cmocka_unit_test(lmdb_is_read),
        cmocka_unit_test(lmdbs_below_a_folder_are_one),
        cmocka_unit_test(lmdb_with_a_wrong_count),
        cmocka_unit_test(lmdb_with_gaps),
        cmocka_unit_test(large_lmdb_is_read),
        cmocka_unit_test(lmdb_damaged_does_no_harm),
        cmocka_unit_test(lmdb_broken_is_refused),
        cmocka_unit_test(sources_are_joined),
        cmocka_unit_test(missing_and_empty_are_refused),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
