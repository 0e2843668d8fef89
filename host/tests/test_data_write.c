/* Writing data sets: every format keeps bytes and labels, all or nothing, parts by what images hold. */
#include "program.h"

#include "base/file.h"
#include "base/stage.h"
#include "data/copy.h"
#include "data/split.h"

#include <signal.h>
#include <unistd.h>

static struct data_set *open_one(const char *path) {
    struct data_set *set;
    assert_ok(data_set_open(&set, &path, 1));
    return set;
}

static void assert_equal_sets(const char *one, const char *other, size_t count) {
    struct data_set *const a = open_one(in_folder(one)), *const b = open_one(in_folder(other));
    assert_int_equal(data_set_count(a), count);
    assert_int_equal(data_set_count(b), count);
    for (size_t i = 0; i < count; i++) {
        char *bytes[2], *label[2];
        size_t size[2];
        assert_ok(data_set_bytes(a, i, &bytes[0], &size[0]));
        assert_ok(data_set_bytes(b, i, &bytes[1], &size[1]));
        assert_int_equal(size[0], size[1]);
        assert_memory_equal(bytes[0], bytes[1], size[0]);
        assert_ok(data_set_label(a, i, &label[0]));
        assert_ok(data_set_label(b, i, &label[1]));
        assert_int_equal(label[0] == NULL, label[1] == NULL);
        if (label[0] != NULL)
            assert_string_equal(label[0], label[1]);
        for (int k = 0; k < 2; k++) {
            free(bytes[k]);
            free(label[k]);
        }
    }
    data_set_close(a);
    data_set_close(b);
}

static size_t entries_like(const char *ending) {
    struct file_names names;
    assert_ok(file_list(&names, test_folder, ending));
    const size_t count = names.count;
    file_names_free(&names);
    return count;
}

/* 1100 images, so that there is a second folder of them; one label is missing, one has quotes and spaces. */
static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    assert_int_equal(mkdir(in_folder("words"), 0777), 0);
    FILE *const list = fopen(in_folder("words/labels.tsv"), "w");
    assert_non_null(list);
    for (int i = 0; i < 20; i++) {
        char name[40];
        snprintf(name, sizeof name, "words/%d.%s", i, i == 3 ? "bmp" : "png");
        write_png(in_folder(name), 10 + i, 9, i);
    }
    uint8_t *const pixels = test_pixels(30, 20, 5);
    stbi_write_bmp(in_folder("words/3.bmp"), 30, 20, 3, pixels);
    stbi_write_jpg(in_folder("words/4.png"), 30, 20, 3, pixels, 90);
    free(pixels);
    for (int i = 0; i < 1100; i++) {
        fprintf(list, "%d.%s", i % 20, i % 20 == 3 ? "bmp" : "png");
        if (i != 7)
            fprintf(list, i == 8 ? "\tsay \"gr\xC3\xBC\xC3\x9F\" \\n\n" : "\tword%d\n", i);
        else
            fprintf(list, "\n");
    }
    return fclose(list);
}

static void every_format_keeps_bytes_and_labels(void **state) {
    (void)state;
    assert_int_equal(mnsp("data convert --to lmdb words out.lmdb --threads 3"), 0);
    assert_string_equal(program_out, "out.lmdb: 1100 images\n");
    assert_int_equal(mnsp("data convert --to folder out.lmdb out.folder/"), 0);
    assert_int_equal(mnsp("data convert --to jsonl out.folder out.jsonl"), 0);
    assert_int_equal(mnsp("data convert --to lmdb out.jsonl again.lmdb --threads 1"), 0);
    assert_equal_sets("words", "out.lmdb", 1100);
    assert_equal_sets("words", "out.folder", 1100);
    assert_equal_sets("words", "out.jsonl", 1100);
    assert_equal_sets("words", "again.lmdb", 1100);
    assert_true(file_exists(in_folder("out.folder/images/000001/000001001.png")));
    assert_true(file_exists(in_folder("out.folder/images/000000/000000004.bmp")));
    assert_true(file_exists(in_folder("out.folder/images/000000/000000005.jpg")));
    assert_int_equal(mnsp("data convert --to folder words words out.both"), 0);
    assert_string_equal(program_out, "out.both: 2200 images\n");
    assert_int_equal(entries_like(".part"), 0);
}

/* What the field's programs do: open by liblmdb, with its own checks. */
static void liblmdb_reads_what_is_written(void **state) {
    (void)state;
    MDB_env *environment;
    MDB_txn *transaction;
    MDB_dbi table;
    char count_name[] = "num-samples", label_name[] = "label-000001100";
    MDB_val key = {11, count_name}, value;
    assert_int_equal(mnsp("data convert --to lmdb words field.lmdb"), 0);
    assert_int_equal(mdb_env_create(&environment), 0);
    assert_int_equal(mdb_env_open(environment, in_folder("field.lmdb"), MDB_RDONLY | MDB_NOLOCK, 0), 0);
    assert_int_equal(mdb_txn_begin(environment, NULL, MDB_RDONLY, &transaction), 0);
    assert_int_equal(mdb_dbi_open(transaction, NULL, 0, &table), 0);
    assert_int_equal(mdb_get(transaction, table, &key, &value), 0);
    assert_int_equal(value.mv_size, 4);
    assert_memory_equal(value.mv_data, "1100", 4);
    key = (MDB_val){15, label_name};
    assert_int_equal(mdb_get(transaction, table, &key, &value), 0);
    assert_memory_equal(value.mv_data, "word1099", 8);
    MDB_stat about;
    assert_int_equal(mdb_stat(transaction, table, &about), 0);
    assert_int_equal(about.ms_entries, 1100 + 1099 + 1);
    mdb_txn_abort(transaction);
    mdb_env_close(environment);
}

/* More than the map that a file begins with. */
static void the_map_grows(void **state) {
    (void)state;
    enum { SIZE = 3 << 20, COUNT = 40 };
    struct data_writer *writer;
    uint8_t *const bytes = calloc(1, SIZE);
    assert_non_null(bytes);
    memcpy(bytes, "\xFF\xD8\xFF", 3);
    assert_int_equal(mkdir(in_folder("grown"), 0777), 0);
    assert_ok(data_writer_open(&writer, in_folder("grown"), DATA_FORMAT_LMDB));
    for (int i = 0; i < COUNT; i++) {
        bytes[SIZE - 1] = (uint8_t)i;
        assert_ok(data_writer_put(writer, &(struct data_item){(const char *)bytes, SIZE, "label"}));
    }
    assert_int_equal(data_writer_count(writer), COUNT);
    assert_ok(data_writer_close(writer));
    struct data_set *const set = open_one(in_folder("grown"));
    assert_int_equal(data_set_count(set), COUNT);
    for (int i = 0; i < COUNT; i++) {
        char *read;
        size_t size;
        assert_ok(data_set_bytes(set, (size_t)i, &read, &size));
        assert_int_equal(size, SIZE);
        assert_int_equal((uint8_t)read[SIZE - 1], i);
        free(read);
    }
    data_set_close(set);
    free(bytes);
}

static void what_cannot_be_had_is_left_out(void **state) {
    (void)state;
    write_text(in_folder("words/text.png"), "no image");
    write_text(in_folder("words/holes.tsv"),
               "0.png\tgood\ngone.png\tgone\ntext.png\ttext\n1.png\tbad\xFF\n2.png\tend\n");
    assert_int_equal(mnsp("data convert --to lmdb words/holes.tsv holes.lmdb"), 0);
    assert_string_equal(program_out, "holes.lmdb: 2 images\n");
    assert_has(program_err, "words/gone.png");
    assert_has(program_err, "words/text.png: not a JPEG, PNG or BMP image");
    assert_has(program_err, "words/1.png: its label is not UTF-8");
    assert_has(program_err, "5 images, 3 of them left out");
}

static void nothing_is_left_of_a_failure(void **state) {
    (void)state;
    write_text(in_folder("words/none.tsv"), "gone.png\tgone\n");
    assert_int_equal(mnsp("data convert --to lmdb words/none.tsv nothing"), 1);
    assert_has(program_err, "nothing: no image would be in it");
    assert_string_equal(program_out, "");
    assert_false(file_exists(in_folder("nothing")));
    /* interrupted in the middle */
    assert_int_equal(run_program("timeout --foreground --preserve-status -s INT 1",
                                 "data render --count 100000000 cut.lmdb"),
                     1);
    assert_has(program_err, "interrupted after");
    assert_false(file_exists(in_folder("cut.lmdb")));
    assert_int_equal(entries_like(".part"), 0);
    /* there already: a folder, even an empty one, a file, a link to nowhere */
    assert_int_equal(mkdir(in_folder("empty"), 0777), 0);
    write_text(in_folder("file"), "mine");
    assert_int_equal(symlink("nowhere", in_folder("link")), 0);
    static const char *const there[] = {"empty", "empty/", "file", "link"};
    for (size_t i = 0; i < 4; i++)
        assert_failed(mnsp("data convert --to folder words %s", there[i]), 1, "there already");
    assert_failed(mnsp("data convert --to folder words no/such/folder"), 1, "no such file or folder");
    assert_int_equal(entries_like(".part"), 0);
}

static void render_and_kill(int seconds, const char *format) {
    char before[64], words[64];
    snprintf(before, sizeof before, "timeout --foreground -s KILL %d", seconds);
    snprintf(words, sizeof words, "data render --count 100000000 %s killed.lmdb", format);
    assert_int_equal(run_program(before, words), 128 + SIGKILL);
}

/* A program that was killed leaves its folder, and the next one for the same target removes it. What is being
 * written, and what only looks alike, stays. */
static void what_a_killed_program_left_is_removed(void **state) {
    (void)state;
    for (int seconds = 1; seconds <= 16 && entries_like(".part") == 0; seconds *= 2)
        render_and_kill(seconds, "--to lmdb");
    assert_int_equal(entries_like(".part"), 1);
    render_and_kill(1, "--to folder");
    assert_in_range(entries_like(".part"), 0, 1); /* that of the first is gone, if the second came so far */
    assert_int_equal(mkdir(in_folder("killed.lmdb.part"), 0777), 0);
    assert_int_equal(mkdir(in_folder("killed.lmdb.1x.part"), 0777), 0);
    assert_int_equal(mkdir(in_folder("other.lmdb.1.part"), 0777), 0);
    struct stage *stage;
    assert_ok(stage_open(&stage, in_folder("killed.lmdb")));
    assert_int_equal(entries_like(".part"), 4); /* with its own, and without what was left */
    assert_int_equal(mnsp("data render --count 5 killed.lmdb"), 0);
    assert_int_equal(entries_like(".part"), 4);
    assert_true(file_is_folder(stage_folder(stage)));
    stage_discard(stage);
    assert_int_equal(entries_like(".part"), 3);
    struct data_set *const set = open_one(in_folder("killed.lmdb"));
    assert_int_equal(data_set_count(set), 5);
    data_set_close(set);
}

static void wrong_words_are_refused(void **state) {
    (void)state;
    assert_failed(mnsp("data convert words out"), 2, "--to is missing");
    assert_failed(mnsp("data convert --to zip words out"), 2, "lmdb, folder or jsonl");
    assert_failed(mnsp("data convert --to lmdb words"), 2, "what to write");
    assert_failed(mnsp("data convert --to lmdb nowhere out"), 1, "nowhere");
    assert_failed(mnsp("data split words out"), 2, "--parts is missing");
    assert_failed(mnsp("data render --count 5"), 2, "name one folder");
    assert_failed(mnsp("data render out"), 2, "--count is missing");
    assert_failed(mnsp("data render --count 5 --fonts a,b out"), 2, "comma");
    static const char *const parts[] = {"",          "a",        "a=1",     "a=1,a=2",
                                        "a=1,b=0",   "a=1,b=-1", "a=1,b=x", "a=1,b=inf",
                                        "a/b=1,c=1", "..=1,c=1", "=1,c=1",  "a=1,,c=1"};
    struct data_split split;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        assert_refused(data_split_parse(&split, parts[i], 0), STATUS_USAGE, "train=0.9,validation=0.1");
}

/* ---- parts ---- */

static void parts_have_their_shares(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    struct data_split split, other;
    size_t counts[3] = {0}, moved = 0;
    assert_ok(data_split_parse(&split, "train=7,validation=1,test=2", 1));
    assert_ok(data_split_parse(&other, "train=7,validation=1,test=2", 2));
    assert_string_equal(split.part[1].name, "validation");
    for (int i = 0; i < COUNT; i++) {
        char content[20];
        const size_t size = (size_t)snprintf(content, sizeof content, "image %d", i);
        const size_t part = data_split_part(&split, content, size);
        counts[part]++;
        moved += data_split_part(&other, content, size) != part;
    }
    /* five standard deviations of a binomial */
    assert_in_range(counts[0], COUNT * 0.7 - 725, COUNT * 0.7 + 725);
    assert_in_range(counts[1], COUNT * 0.1 - 475, COUNT * 0.1 + 475);
    /* two independent choices differ with 1 - 0.49 - 0.01 - 0.04 */
    assert_in_range(moved, COUNT * 0.46 - 800, COUNT * 0.46 + 800);
    data_split_free(&split);
    data_split_free(&other);
}

static void equal_images_stay_together(void **state) {
    (void)state;
    assert_int_equal(mnsp("data split --parts train=0.6,validation=0.4 --seed 3 words parts --to folder"), 0);
    assert_has(program_out, "parts/train: ");
    struct data_set *const train = open_one(in_folder("parts/train")), *const validation = open_one(
                                                                           in_folder("parts/validation"));
    assert_int_equal(data_set_count(train) + data_set_count(validation), 1100);
    /* each of the 20 images is there 55 times */
    assert_int_equal(data_set_count(train) % 55, 0);
    for (size_t i = 0; i < data_set_count(train); i += 7) {
        char *bytes[2];
        size_t size[2];
        assert_ok(data_set_bytes(train, i, &bytes[0], &size[0]));
        for (size_t k = 0; k < data_set_count(validation); k += 55) {
            assert_ok(data_set_bytes(validation, k, &bytes[1], &size[1]));
            assert_false(size[0] == size[1] && memcmp(bytes[0], bytes[1], size[0]) == 0);
            free(bytes[1]);
        }
        free(bytes[0]);
    }
    const size_t count = data_set_count(train);
    data_set_close(train);
    data_set_close(validation);
    assert_int_equal(mnsp("data split --parts train=0.6,validation=0.4 --seed 3 words again --threads 5"), 0);
    assert_equal_sets("parts/train", "again/train", count);
}

/* One image cannot be in two parts: the other would be empty. */
static void empty_parts_are_refused(void **state) {
    (void)state;
    write_text(in_folder("words/one.tsv"), "0.png\tword\n");
    assert_int_equal(mnsp("data split --parts a=1,b=1 words/one.tsv single"), 1);
    assert_has(program_err, "no image would be in it");
    assert_false(file_exists(in_folder("single")));
}

/* ---- rendered words ---- */

static void rendered_words_depend_on_the_seed_alone(void **state) {
    (void)state;
    assert_int_equal(mnsp("data render --count 60 --seed 4 --threads 1 one.lmdb"), 0);
    assert_int_equal(mnsp("data render --count 60 --seed 4 --threads 7 seven --to folder"), 0);
    assert_int_equal(mnsp("data render --count 60 --seed 5 other.lmdb"), 0);
    assert_equal_sets("one.lmdb", "seven", 60);
    struct data_set *const written = open_one(in_folder("one.lmdb")), *const other =
                                                                          open_one(in_folder("other.lmdb"));
    struct data_set *const drawn = open_one("render:count=60,seed=4");
    for (size_t i = 0; i < 60; i++) { /* what training sees is the same, written or drawn on the way */
        struct data_image a, b;
        assert_ok(data_set_read(written, i, &a));
        assert_ok(data_set_read(drawn, i, &b));
        assert_int_equal(a.width, b.width);
        assert_int_equal(a.height, b.height);
        assert_memory_equal(a.pixels, b.pixels, (size_t)a.width * a.height * 3);
        data_image_free(&a);
        data_image_free(&b);
    }
    char *bytes[2];
    size_t size[2];
    assert_ok(data_set_bytes(written, 0, &bytes[0], &size[0]));
    assert_ok(data_set_bytes(other, 0, &bytes[1], &size[1]));
    assert_true(size[0] != size[1] || memcmp(bytes[0], bytes[1], size[0]) != 0);
    free(bytes[0]);
    free(bytes[1]);
    data_set_close(written);
    data_set_close(other);
    data_set_close(drawn);
}

/* A text that no font can write is left out, and the rest is written. */
static void texts_without_a_font_are_left_out(void **state) {
    (void)state;
    write_text(in_folder("texts.txt"), "good\n\xF4\x8F\xBF\xBF\n");
    assert_int_equal(mnsp("data render --count 40 --words texts.txt some.lmdb"), 0);
    assert_has(program_err, "none of the ");
    struct data_set *const set = open_one(in_folder("some.lmdb"));
    assert_in_range(data_set_count(set), 8, 32);
    data_set_close(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_keeps_bytes_and_labels),
        cmocka_unit_test(liblmdb_reads_what_is_written),
        cmocka_unit_test(the_map_grows),
        cmocka_unit_test(what_cannot_be_had_is_left_out),
        cmocka_unit_test(nothing_is_left_of_a_failure),
        cmocka_unit_test(what_a_killed_program_left_is_removed),
        cmocka_unit_test(wrong_words_are_refused),
        cmocka_unit_test(parts_have_their_shares),
        cmocka_unit_test(equal_images_stay_together),
        cmocka_unit_test(empty_parts_are_refused),
        cmocka_unit_test(rendered_words_depend_on_the_seed_alone),
        cmocka_unit_test(texts_without_a_font_are_left_out),
    };
    return cmocka_run_group_tests_name("data write", tests, start, remove_test_folder);
}
