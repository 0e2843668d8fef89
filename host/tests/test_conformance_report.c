/* Reports of the conformance suite: JSON and back, JUnit, TAP, the page in a browser, and
 * the comparison of two. */
#include "base/json.h"
#include "browser.h"
#include "conformance/diff.h"
#include "conformance/report_html.h"
#include "conformance/report_junit.h"
#include "conformance/report_tap.h"
#include "conformance_report.h"
#include "json_schema.h"

static size_t count_text(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

/* ---- JSON ---- */

static void test_json_fits_its_schema(void **state) {
    struct report report;
    struct buffer text = {0};
    char problem[SCHEMA_TEXT];
    json_t *schema, *document;
    make_report(&report, *state);
    assert_int_equal(report_json(&text, &report), STATUS_OK);
    assert_int_equal(json_read_text(&document, text.bytes, text.used, "report"), STATUS_OK);
    assert_int_equal(
        json_read_file(&schema, SOURCE_DIRECTORY "/spec/conformance-report.schema.json", 1 << 20), STATUS_OK);
    if (!schema_accepts(problem, schema, document))
        fail_msg("%s", problem);
    json_object_set_new(document, "more", json_null());
    assert_false(schema_accepts(problem, schema, document));
    assert_non_null(strstr(problem, "more"));
    json_decref(schema);
    json_decref(document);
    free(text.bytes);
    report_destroy(&report);
}

static void test_json_comes_back_the_same(void **state) {
    struct report report, back;
    struct buffer first = {0}, second = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/report.json", (const char *)*state);
    make_report(&report, *state);
    write_report(&report, path);
    assert_int_equal(report_json(&first, &report), STATUS_OK);
    if (report_read(&back, path) != STATUS_OK)
        fail_msg("%s", status_message());
    assert_int_equal(report_bad(&back), report_bad(&report));
    assert_int_equal(back.entries[4].waived, OUTCOME_FAIL);
    assert_true(back.entries[3].result.ran_alone);
    assert_int_equal(report_json(&second, &back), STATUS_OK);
    /* What a waiver is for does not come back: nothing needs it. */
    assert_string_equal(first.bytes, second.bytes);
    free(first.bytes);
    free(second.bytes);
    report_destroy(&report);
    report_destroy(&back);
}

/* A report without any of its keys, or cut off anywhere, is refused with a message. */
static void test_damaged_reports_are_refused(void **state) {
    struct report report, back;
    struct buffer text = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/damaged.json", (const char *)*state);
    make_report(&report, *state);
    assert_int_equal(report_json(&text, &report), STATUS_OK);
    for (size_t length = 0; length + 2 < text.used; length += 97) {
        assert_int_equal(file_replace(path, text.bytes, length), STATUS_OK);
        assert_int_equal(report_read(&back, path), STATUS_INVALID);
        report_destroy(&back);
    }
    static const char *const keys[] = {"format", "version",   "started", "seconds", "complete",
                                       "note",   "selection", "device",  "waivers", "cases"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_t *document;
        char *damaged;
        assert_int_equal(json_read_text(&document, text.bytes, text.used, "report"), STATUS_OK);
        json_object_set_new(document, keys[i], json_integer(7));
        if (strcmp(keys[i], "seconds") == 0)
            json_object_del(document, keys[i]);
        assert_int_equal(json_write_text(&damaged, document), STATUS_OK);
        assert_int_equal(file_replace(path, damaged, strlen(damaged)), STATUS_OK);
        if (report_read(&back, path) != STATUS_INVALID)
            fail_msg("a report with a wrong '%s' was read", keys[i]);
        assert_non_null(strstr(status_message(), keys[i]));
        report_destroy(&back);
        free(damaged);
        json_decref(document);
    }
    free(text.bytes);
    report_destroy(&report);
}

/* ---- rounds ---- */

static void test_the_gravest_round_counts(void **state) {
    (void)state;
    struct report report;
    begin_report(&report, "driver");
    const struct case_result rounds[] = {passed_result(0.1), bad_result(OUTCOME_FAIL, "wrong"),
                                         passed_result(0.2)};
    for (uint64_t round = 0; round < 3; round++)
        assert_int_equal(report_add(&report, "add/count=1/real", 0, 10 + round, &rounds[round], ""),
                         STATUS_OK);
    assert_int_equal(report.count, 1);
    assert_int_equal(report.entries[0].rounds, 3);
    assert_int_equal(report.entries[0].seed, 11);
    assert_int_equal(report.entries[0].result.outcome, OUTCOME_FAIL);
    assert_string_equal(report.entries[0].result.message, "wrong");
    assert_int_equal(report.entries[0].result.comparison.elements, 200);
    report_destroy(&report);
}

/* Rounds overlap, and a later one may end first. */
static void test_the_earlier_of_equal_rounds_counts(void **state) {
    (void)state;
    struct report report;
    begin_report(&report, "driver");
    const struct case_result result = bad_result(OUTCOME_FAIL, "wrong");
    static const uint64_t seeds[] = {12, 11, 13};
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        assert_int_equal(report_add(&report, "add/count=1/real", 0, seeds[i], &result, ""), STATUS_OK);
    assert_int_equal(report.entries[0].rounds, 3);
    assert_int_equal(report.entries[0].seed, 11);
    report_destroy(&report);
}

/* ---- JUnit ---- */

/* Whether every element is closed, in order, with attributes in quotes and no naked '&' or '<'. */
static bool is_well_formed(const char *xml) {
    const char *open[32];
    size_t depth = 0;
    for (const char *at = xml; *at != '\0'; at++) {
        if (*at == '&' && strncmp(at, "&lt;", 4) != 0 && strncmp(at, "&gt;", 4) != 0 &&
            strncmp(at, "&amp;", 5) != 0 && strncmp(at, "&quot;", 6) != 0 && strncmp(at, "&#39;", 5) != 0)
            return false;
        if (*at != '<')
            continue;
        const char *const end = strpbrk(at + 1, "<>");
        if (end == NULL || *end != '>')
            return false;
        if (at[1] == '/') {
            const size_t length = strcspn(at + 2, ">");
            if (depth == 0 || strncmp(open[--depth], at + 2, length) != 0)
                return false;
        } else if (at[1] != '?' && end[-1] != '/') {
            if (depth == sizeof open / sizeof open[0])
                return false;
            open[depth++] = at + 1;
        }
        at = end;
    }
    return depth == 0;
}

static void test_junit(void **state) {
    struct report report;
    struct buffer text = {0};
    make_report(&report, *state);
    assert_int_equal(report_junit(&text, &report), STATUS_OK);
    assert_true(is_well_formed(text.bytes));
    assert_non_null(strstr(text.bytes, "tests=\"10\" failures=\"4\" errors=\"2\" skipped=\"2\""));
    assert_int_equal(count_text(text.bytes, "<testcase "), 10);
    assert_int_equal(count_text(text.bytes, "<failure "), 4);
    assert_int_equal(count_text(text.bytes, "<error "), 2);
    assert_int_equal(count_text(text.bytes, "<skipped "), 2);
    assert_non_null(strstr(text.bytes, "&lt;b&gt;&quot;quoted&quot;&lt;/b&gt; &amp; &#39;so&#39;"));
    assert_non_null(
        strstr(text.bytes, "repeat: mnsp-conformance --seed 1 --filter &#39;add/count=9/real&#39;"));
    free(text.bytes);
    report_destroy(&report);
}

/* ---- TAP ---- */

static void test_tap(void **state) {
    struct report report;
    struct buffer text = {0};
    make_report(&report, *state);
    assert_int_equal(report_tap(&text, &report), STATUS_OK);
    assert_int_equal(strncmp(text.bytes, "TAP version 14\n1..10\n", 21), 0);
    assert_int_equal(count_text(text.bytes, "\nok "), 3);
    assert_int_equal(count_text(text.bytes, "\nnot ok "), 7);
    assert_non_null(
        strstr(text.bytes, "\nnot ok 5 - ema/count=1/real # TODO https://example.org/7?a=1&b=2\n"));
    assert_non_null(strstr(text.bytes, "\nok 10 - scale/count=5/real # SKIP needs float16\n"));
    assert_non_null(
        strstr(text.bytes, "  repeat: 'mnsp-conformance --seed 1 --filter ''add/count=9/real'''\n"));
    assert_int_equal(count_text(text.bytes, "\n  ---\n"), count_text(text.bytes, "\n  ...\n"));
    free(text.bytes);
    report_destroy(&report);
}

/* ---- the page ---- */

static void test_html_needs_nothing_else(void **state) {
    static const char *const others[] = {"<script", "<link", "src=", "url(", "@import", "<b>\"quoted"};
    struct report report;
    struct buffer text = {0};
    make_report(&report, *state);
    assert_int_equal(report_html(&text, &report), STATUS_OK);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strstr(text.bytes, others[i]) != NULL)
            fail_msg("the page has '%s'", others[i]);
    assert_non_null(strstr(text.bytes, "6 of 10 cases ended badly"));
    assert_int_equal(count_text(text.bytes, "class=\"card\""), 8);
    assert_non_null(strstr(text.bytes, "mnsp-conformance --seed 1 --filter &#39;add/count=9/real&#39;"));
    assert_non_null(strstr(text.bytes, "rounds &lt;down&gt;"));
    assert_non_null(strstr(text.bytes, "With <code>--bundle FOLDER</code> it writes a program"));
    free(text.bytes);
    report_destroy(&report);
}

/* Measures the page as laid out: every plot and card has a size, nothing is wider than the window, and the
 * dots of the plot are where their errors are. */
static const char measure[] =
    "const size=e=>e.getBoundingClientRect();"
    "const "
    "cards=[...document.querySelectorAll('.card')].filter(e=>size(e).height>40&&size(e).width>600).length;"
    "const "
    "plots=[...document.querySelectorAll('svg')].filter(e=>!e.closest('details')&&size(e).width>0).length;"
    "const dots=[...document.querySelectorAll('circle')].map(e=>size(e).left);"
    "const red=getComputedStyle(document.querySelector('.verdict b')).color;"
    "document.title=`cards ${cards} plots ${plots} wide ${document.documentElement.scrollWidth>innerWidth} "
    "rising ${dots[0]<dots[2]&&dots[2]<dots[1]} colour ${red}`;";

static void test_html_in_a_browser(void **state) {
    struct report report;
    struct buffer text = {0};
    make_report(&report, *state);
    assert_int_equal(report_html(&text, &report), STATUS_OK);
    const char *const title = browse(*state, text.bytes, measure);
    free(text.bytes);
    report_destroy(&report);
    if (title == NULL)
        skip();
    /* Four bars of outcomes in the table, one at the top, and the plot. */
    assert_string_equal(title, "cards 8 plots 6 wide false rising true colour rgb(204, 51, 51)");
}

/* ---- the comparison of two ---- */

static void test_diff(void **state) {
    (void)state;
    struct report old, new;
    struct buffer text = {0};
    struct report_changes changes;
    begin_report(&old, "radv Mesa 25.0.7");
    begin_report(&new, "radv Mesa 25.1.0");
    struct case_result slow = passed_result(0.4), other = passed_result(0.1);
    slow.device_seconds = 5e-3;
    other.digest = 0x9999;
    add_result(&old, "add/count=1/real", passed_result(0.1), "");
    add_result(&new, "add/count=1/real", bad_result(OUTCOME_CRASH, "gone"), "");
    add_result(&old, "ema/count=1/real", bad_result(OUTCOME_FAIL, "wrong"), "");
    add_result(&new, "ema/count=1/real", passed_result(0.1), "");
    add_result(&old, "gelu/count=1/real", passed_result(0.1), "");
    add_result(&new, "gelu/count=1/real", slow, "");
    add_result(&old, "scale/count=1/real", bad_result(OUTCOME_NOT_SUPPORTED, "no"), "");
    add_result(&new, "scale/count=1/real", passed_result(0.1), "");
    add_result(&old, "slice/old/real", passed_result(0.1), "");
    add_result(&new, "slice/new/real", passed_result(0.1), "");
    add_result(&old, "softmax/rows=1/real", passed_result(0.1), "");
    add_result(&new, "softmax/rows=1/real", other, "");
    const struct diff_options options = {.accuracy = 2, .speed = 1.5};
    assert_int_equal(report_diff(&text, &changes, &old, &new, &options), STATUS_OK);
    assert_int_equal(changes.newly_failing, 1);
    assert_int_equal(changes.fixed, 1);
    assert_int_equal(changes.other_outcome, 1);
    assert_int_equal(changes.only_old, 1);
    assert_int_equal(changes.only_new, 1);
    assert_int_equal(changes.less_accurate, 1);
    assert_int_equal(changes.more_accurate, 0);
    assert_int_equal(changes.slower, 1);
    assert_int_equal(changes.faster, 0);
    assert_int_equal(changes.other_bits, 1);
    assert_non_null(
        strstr(text.bytes, "add/count=1/real: Pass -> Crash\n    gone\n    repeat: mnsp-conformance"));
    assert_non_null(strstr(text.bytes, "gelu: 2.5 times as long"));
    assert_non_null(strstr(text.bytes, "gelu/count=1/real: 0.1 -> 0.4 of the bound"));
    free(text.bytes);
    report_destroy(&old);
    report_destroy(&new);
}

/* ---- the commands ---- */

static void test_commands(void **state) {
    struct report report;
    char path[128], output[8192];
    snprintf(path, sizeof path, "%s/full.json", (const char *)*state);
    make_report(&report, *state);
    write_report(&report, path);
    report_destroy(&report);
    assert_int_equal(run_shell(output, sizeof output, "'%s' diff '%s' '%s'", MNSP_CONFORMANCE, path, path),
                     0);
    assert_non_null(strstr(output, "0 newly failing, 0 fixed"));
    assert_int_equal(run_shell(output, sizeof output,
                               "'%s' convert '%s' --tap - --html '%s.html' --junit /dev/null",
                               MNSP_CONFORMANCE, path, path),
                     0);
    assert_non_null(strstr(output, "TAP version 14"));
    static const struct {
        const char *arguments, *message;
    } wrong[] = {
        {"diff", "diff takes two reports"},
        {"diff a.json b.json c.json", "diff takes two reports"},
        {"diff /nonexistent/a.json /nonexistent/b.json", "/nonexistent/a.json"},
        {"diff --accuracy 0.5 a b", "--accuracy 0.5"},
        {"diff --nonsense a b", "unknown option --nonsense"},
        {"convert", "convert takes one report"},
        {"convert a.json", "say what to write"},
        {"convert /nonexistent/a.json --tap -", "/nonexistent/a.json"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const int status = run_shell(output, sizeof output, "'%s' %s", MNSP_CONFORMANCE, wrong[i].arguments);
        if (status != 2 || strstr(output, wrong[i].message) == NULL)
            fail_msg("%s: exit status %d: %s", wrong[i].arguments, status, output);
    }
    assert_int_equal(run_shell(output, sizeof output, "'%s' convert '%s' --html /nonexistent/a.html",
                               MNSP_CONFORMANCE, path),
                     2);
    assert_non_null(strstr(output, "/nonexistent/a.html"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_fits_its_schema),
        cmocka_unit_test(test_json_comes_back_the_same),
        cmocka_unit_test(test_damaged_reports_are_refused),
        cmocka_unit_test(test_the_gravest_round_counts),
        cmocka_unit_test(test_the_earlier_of_equal_rounds_counts),
        cmocka_unit_test(test_junit),
        cmocka_unit_test(test_tap),
        cmocka_unit_test(test_html_needs_nothing_else),
        cmocka_unit_test(test_html_in_a_browser),
        cmocka_unit_test(test_diff),
        cmocka_unit_test(test_commands),
    };
    return cmocka_run_group_tests(tests, make_folder, end_folder);
}
