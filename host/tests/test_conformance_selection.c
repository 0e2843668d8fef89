/* Which cases a run has: sets, filters, parts, random sizes, and the order in which workers get them. */
#include "conformance/application.h"
#include "conformance/random_sizes.h"
#include "conformance/schedule.h"
#include "conformance/selection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct selection select_cases(struct selection_options options) {
    struct selection selection;
    if (selection_create(&selection, &options) != STATUS_OK)
        fail_msg("%s", status_message());
    return selection;
}

static void test_globs(void **state) {
    (void)state;
    static const char *const good[] = {"*", "add/*", "[ab]*", "[!ab]*", "[]a]", "a\\[b", "?"};
    static const char *const bad[] = {"", "a[", "a[b", "[]", "[!]", "a\\", "a[b\\"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(selection_check_glob("--filter", good[i]), STATUS_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (selection_check_glob("--filter", bad[i]) != STATUS_USAGE)
            fail_msg("'%s' was taken for a pattern", bad[i]);
}

/* A name is a pattern that matches itself alone. */
static void test_names_are_patterns_of_themselves(void **state) {
    (void)state;
    struct selection all = select_cases((struct selection_options){.set = SET_FULL, .seed = 3});
    for (size_t i = 0; i < all.count; i++) {
        assert_null(strpbrk(all.cases[i].name, "*?[]\\' \n"));
        assert_true(strlen(all.cases[i].name) < CASE_NAME - 1);
    }
    struct selection one = select_cases(
        (struct selection_options){.set = SET_FULL, .seed = 3, .filter = all.cases[all.count - 1].name});
    assert_int_equal(one.count, 1);
    selection_destroy(&one);
    selection_destroy(&all);
}

static void test_sets_hold_each_other(void **state) {
    (void)state;
    struct selection smoke = select_cases((struct selection_options){.set = SET_SMOKE});
    struct selection standard = select_cases((struct selection_options){.set = SET_STANDARD});
    struct selection full = select_cases((struct selection_options){.set = SET_FULL, .seed = 1});
    assert_true(smoke.count < standard.count && standard.count < full.count);
    for (size_t i = 0; i < smoke.count; i++)
        assert_non_null(selection_find(&standard, smoke.cases[i].name));
    for (size_t i = 0; i < standard.count; i++)
        assert_non_null(selection_find(&full, standard.cases[i].name));
    selection_destroy(&smoke);
    selection_destroy(&standard);
    selection_destroy(&full);
}

static void test_smoke_has_every_operator(void **state) {
    (void)state;
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++) {
        char glob[128];
        snprintf(glob, sizeof glob, "%s/*", operator_info(id)->name);
        struct selection selection =
            select_cases((struct selection_options){.set = SET_SMOKE, .filter = glob});
        assert_true(selection.count > 0);
        selection_destroy(&selection);
    }
}

static void test_parts_are_the_whole(void **state) {
    (void)state;
    struct selection all = select_cases((struct selection_options){.set = SET_STANDARD});
    size_t sum = 0;
    for (uint32_t part = 1; part <= 7; part++) {
        struct selection some =
            select_cases((struct selection_options){.set = SET_STANDARD, .part = part, .parts = 7});
        for (size_t i = 0; i < some.count; i++)
            assert_string_equal(some.cases[i].name, all.cases[i * 7 + part - 1].name);
        sum += some.count;
        selection_destroy(&some);
    }
    assert_int_equal(sum, all.count);
    selection_destroy(&all);
}

static void test_no_case_is_an_error(void **state) {
    (void)state;
    struct selection selection;
    const struct selection_options options = {.set = SET_SMOKE, .filter = "no such case"};
    assert_int_equal(selection_create(&selection, &options), STATUS_USAGE);
    assert_non_null(strstr(status_message(), "no case has such a name"));
}

/* ---- random sizes ---- */

static void draw(char *out, size_t size, const char *pattern, uint64_t seed) {
    struct philox random = philox_start(seed, PHILOX_STREAM_TEST, 0, 0);
    if (random_sizes(out, size, pattern, &random) != STATUS_OK)
        fail_msg("%s", status_message());
}

static void test_random_sizes_keep_to_their_pattern(void **state) {
    (void)state;
    bool with_bias = false, without_bias = false, smallest = false, largest = false;
    for (uint64_t seed = 0; seed < 300; seed++) {
        unsigned first, count, rows, pitch;
        int used = 0;
        char text[256];
        draw(text, sizeof text,
             "first=0..5,count=1..9,rows=first+count+0..3,pitch=count*2*first+7,eps=1e-6,bias=none|", seed);
        assert_int_equal(sscanf(text, "first=%u,count=%u,rows=%u,pitch=%u,eps=1e-6%n", &first, &count, &rows,
                                &pitch, &used),
                         4);
        assert_true(first <= 5 && count >= 1 && count <= 9 && rows >= first + count &&
                    rows <= first + count + 3);
        assert_int_equal(pitch, count * 2 * first + 7);
        assert_true(text[used] == '\0' || strcmp(text + used, ",bias=none") == 0);
        without_bias = without_bias || text[used] != '\0';
        with_bias = with_bias || text[used] == '\0';
        smallest = smallest || count == 1;
        largest = largest || count == 9;
    }
    assert_true(with_bias && without_bias && smallest && largest);
}

static void test_random_sizes_repeat(void **state) {
    (void)state;
    struct selection a = select_cases((struct selection_options){.set = SET_FULL, .seed = 5});
    struct selection b = select_cases((struct selection_options){.set = SET_FULL, .seed = 5});
    struct selection c = select_cases((struct selection_options){.set = SET_FULL, .seed = 6});
    size_t common = 0;
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++) {
        assert_string_equal(a.cases[i].name, b.cases[i].name);
        common += selection_find(&c, a.cases[i].name) != NULL;
    }
    assert_true(common < a.count);
    selection_destroy(&a);
    selection_destroy(&b);
    selection_destroy(&c);
}

static void test_malformed_patterns_are_refused(void **state) {
    (void)state;
    char text[64];
    struct philox random = philox_start(1, PHILOX_STREAM_TEST, 0, 0);
    assert_int_equal(random_sizes(text, sizeof text, "count", &random), STATUS_INTERNAL);
    assert_int_equal(random_sizes(text, 8, "count=1000000", &random), STATUS_INTERNAL);
}

/* Every random case can be made: its shapes fit, and its tensors are not too large for a test. */
static void test_random_cases_are_whole(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed < 6; seed++) {
        struct selection all = select_cases((struct selection_options){.set = SET_FULL, .seed = seed});
        for (size_t i = 0; i < all.count; i++) {
            struct application application;
            if (all.cases[i].group != NULL || all.cases[i].set != SET_FULL)
                continue;
            if (application_measure(&application, &all.cases[i]) != STATUS_OK)
                fail_msg("%s: %s", all.cases[i].name, status_message());
            for (uint32_t t = 0; t < operator_tensor_count(application.id); t++)
                assert_true(application.elements[t] < (size_t)1 << 28);
        }
        for (size_t i = 1; i < all.count; i++)
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(all.cases[i].name, all.cases[j].name);
        selection_destroy(&all);
    }
}

/* ---- schedule ---- */

static void test_workers_stay_with_an_operator(void **state) {
    (void)state;
    struct selection selection = select_cases((struct selection_options){.set = SET_STANDARD});
    struct schedule schedule;
    assert_int_equal(schedule_create(&schedule, &selection), STATUS_OK);
    bool *const given = calloc(selection.count, sizeof *given);
    assert_non_null(given);
    size_t total = 0, changes = 0, last[2] = {0, 0}, place;
    for (unsigned worker = 0; schedule_next(&place, &schedule, worker); worker = 1 - worker) {
        assert_false(given[place]);
        given[place] = true;
        total++;
        changes += selection.cases[place].id != selection.cases[last[worker]].id;
        last[worker] = place;
    }
    assert_int_equal(total, selection.count);
    assert_true(changes <= OPERATOR_COUNT + 4);
    free(given);
    schedule_destroy(&schedule);
    selection_destroy(&selection);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_globs),
        cmocka_unit_test(test_names_are_patterns_of_themselves),
        cmocka_unit_test(test_sets_hold_each_other),
        cmocka_unit_test(test_smoke_has_every_operator),
        cmocka_unit_test(test_parts_are_the_whole),
        cmocka_unit_test(test_no_case_is_an_error),
        cmocka_unit_test(test_random_sizes_keep_to_their_pattern),
        cmocka_unit_test(test_random_sizes_repeat),
        cmocka_unit_test(test_malformed_patterns_are_refused),
        cmocka_unit_test(test_random_cases_are_whole),
        cmocka_unit_test(test_workers_stay_with_an_operator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
