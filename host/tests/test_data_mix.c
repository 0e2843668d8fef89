/* Weights of data sets: how often an epoch shows each image, and what is drawn anew. */
#include "data_files.h"

#include "data/loader.h"
#include "data/source.h"

enum { FIRST = 4, SECOND = 9, EPOCH = 14 }; /* 4 images 2.5 times, 9 images 0.444 times */

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    write_labelled_folder(in_folder("first"), FIRST);
    write_labelled_folder(in_folder("second"), SECOND);
    return 0;
}

static struct data_set *open_set(const char *first, const char *second) {
    char names[2][600];
    struct data_set *set;
    snprintf(names[0], sizeof names[0], "%s%s", in_folder("first"), first);
    snprintf(names[1], sizeof names[1], "%s%s", in_folder("second"), second);
    assert_ok(data_set_open(&set, (const char *const[]){names[0], names[1]}, 2));
    return set;
}

static struct data_loader *open_loader(struct data_set *set, uint32_t threads) {
    struct data_loader *loader;
    const struct data_loader_settings settings = {.batch = 7,
                                                  .height = 8,
                                                  .width = 16,
                                                  .seed = 3,
                                                  .threads = threads,
                                                  .order = DATA_SHUFFLED,
                                                  .guidance = true};
    assert_ok(data_loader_open(&loader, set, &settings));
    return loader;
}

/* How often each item is in the next epoch of two batches. */
static void count_epoch(struct data_loader *loader, int counts[FIRST + SECOND]) {
    memset(counts, 0, (FIRST + SECOND) * sizeof *counts);
    for (int step = 0; step < 2; step++) {
        const struct data_batch *batch;
        assert_ok(data_loader_next(loader, &batch));
        for (size_t i = 0; i < batch->count; i++)
            counts[batch->item[i]]++;
    }
}

static void an_epoch_follows_the_weights(void **state) {
    (void)state;
    struct data_set *const set = open_set("@2.5", "@0.444");
    struct data_loader *const loader = open_loader(set, 2);
    int counts[FIRST + SECOND], before[FIRST + SECOND] = {0}, changed = 0;
    assert_int_equal(data_set_epoch_count(set), EPOCH);
    for (int epoch = 0; epoch < 6; epoch++) {
        int thrice = 0, shown = 0;
        count_epoch(loader, counts);
        for (int i = 0; i < FIRST; i++) {
            assert_in_range(counts[i], 2, 3);
            thrice += counts[i] == 3;
        }
        for (int i = FIRST; i < FIRST + SECOND; i++) {
            assert_in_range(counts[i], 0, 1);
            shown += counts[i];
        }
        assert_int_equal(thrice, 2);
        assert_int_equal(shown, 4);
        changed += epoch > 0 && memcmp(counts, before, sizeof counts) != 0;
        memcpy(before, counts, sizeof counts);
    }
    assert_true(changed >= 4); /* other images each epoch */
    data_loader_close(loader);
    data_set_close(set);
}

/* The copies of an image in an epoch are changed apart, whatever the threads. */
static void copies_are_changed_apart(void **state) {
    (void)state;
    enum { PLANES = 3 * 8 * 16 };
    struct data_set *const set = open_set("@2.5", "@0.444");
    float seen[3][PLANES];
    for (uint32_t threads = 1; threads <= 3; threads += 2) {
        struct data_loader *const loader = open_loader(set, threads);
        int copies = 0;
        for (int step = 0; step < 2; step++) {
            const struct data_batch *batch;
            assert_ok(data_loader_next(loader, &batch));
            for (size_t i = 0; i < batch->count; i++)
                if (batch->item[i] == 0 && copies < 2)
                    memcpy(seen[threads == 1 ? copies++ : (copies++, 2)], batch->guidance + i * PLANES,
                           sizeof seen[0]);
        }
        assert_int_equal(copies, 2);
        data_loader_close(loader);
    }
    assert_memory_not_equal(seen[0], seen[1], sizeof seen[0]);
    assert_memory_equal(seen[2], seen[1], sizeof seen[0]);
    data_set_close(set);
}

static void weights_are_checked(void **state) {
    (void)state;
    static const char *const wrong[] = {"@0", "@0.0", "@1e9"};
    struct data_set *set;
    char name[600];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(name, sizeof name, "%s%s", in_folder("first"), wrong[i]);
        assert_refused(data_set_open(&set, (const char *const[]){name}, 1), STATUS_USAGE, "weight");
    }
    /* A name may have an @ of its own. */
    write_labelled_folder(in_folder("odd@3"), 2);
    snprintf(name, sizeof name, "%s", in_folder("odd@3"));
    assert_ok(data_set_open(&set, (const char *const[]){name}, 1));
    assert_int_equal(data_set_epoch_count(set), 2);
    data_set_close(set);
    snprintf(name, sizeof name, "%s@2", in_folder("odd@3"));
    assert_ok(data_set_open(&set, (const char *const[]){name}, 1));
    assert_int_equal(data_set_epoch_count(set), 4);
    assert_string_equal(data_set_source(set, 0).path, in_folder("odd@3"));
    data_set_close(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_epoch_follows_the_weights),
        cmocka_unit_test(copies_are_changed_apart),
        cmocka_unit_test(weights_are_checked),
    };
    return cmocka_run_group_tests_name("weights of data", tests, start, remove_test_folder);
}
