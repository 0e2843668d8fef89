/* The page of a run: what it shows, that it needs nothing else, how a browser lays it out. */
#include "program.h"
#include "tiny_recogniser.h"

#include "base/html.h"
#include "browser.h"
#include "train/axis.h"
#include "train/page.h"

#include <math.h>

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    write_words(in_folder("words"));
    return 0;
}

static void read_page(char **text, const char *path) {
    assert_ok(file_read(text, NULL, path, 1 << 24));
}

static size_t count(const char *text, const char *part) {
    size_t found = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        found++;
    return found;
}

/* Trains into the folder: two scores, three pictures. */
static void train(const char *out) {
    struct settings settings = tiny_settings();
    settings.steps = 40, settings.log_every = 2;
    settings.evaluate_every = 20, settings.picture_every = 15;
    const char *const data = in_folder("words");
    assert_ok(train_run(&settings, &(struct train_options){.data = &data,
                                                           .data_count = 1,
                                                           .validation = &data,
                                                           .validation_count = 1,
                                                           .out = out,
                                                           .program = "1.2.3"}));
}

/* ---- parts ---- */

static void base64_is_that_of_rfc_4648(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\xFB\xFF\xBF", "+/+/"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct buffer text = {0};
        html_base64(&text, pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(text.bytes != NULL ? text.bytes : "", pairs[i][1]);
        free(text.bytes);
    }
}

static void axes_have_round_numbers(void **state) {
    (void)state;
    double ticks[AXIS_TICKS];
    const struct axis axis = axis_fit(0.2, 9.1, false, 100, 0);
    const size_t linear = axis_ticks(&axis, 5, false, ticks);
    assert_true(linear == 5 && ticks[0] == 0 && ticks[1] == 2 && ticks[4] == 8);
    assert_true(axis_place(&axis, 0) == 100 && axis_place(&axis, 9.1) > 0);
    const struct axis wide = axis_fit(0.01, 10, true, 0, 100);
    const size_t decades = axis_ticks(&wide, 5, false, ticks);
    assert_true(wide.logarithmic && decades == 4 && fabs(ticks[0] - 0.01) < 1e-12 &&
                fabs(ticks[3] - 10) < 1e-9);
    assert_true(isfinite(axis_place(&wide, 1)) && !isfinite(axis_place(&wide, 0)));
    const struct axis none = axis_fit(INFINITY, -INFINITY, true, 0, 100);
    assert_true(axis_ticks(&none, 5, false, ticks) > 1);
}

static void a_resumed_log_tells_the_last_of_each_step(void **state) {
    (void)state;
    struct history history;
    write_text(in_folder("log.jsonl"),
               "{\"event\":\"start\",\"steps\":9}\n{\"event\":\"step\",\"step\":1,\"loss\":3,\"loss.a\":3}\n"
               "{\"event\":\"step\",\"step\":2,\"loss\":7}\n{\"event\":\"end\",\"step\":2,\"reason\":"
               "\"interrupted\"}\n"
               "not JSON\n{\"event\":\"start\",\"steps\":9,\"resumed_at\":1}\n"
               "{\"event\":\"step\",\"step\":2,\"loss\":null}\n"
               "{\"event\":\"evaluate\",\"step\":1,\"data\":\"x/a\",\"accuracy\":0.25}\n"
               "{\"event\":\"evaluate\",\"step\":2,\"data\":\"x/a\",\"accuracy\":0.5}\n");
    assert_ok(history_read(&history, in_folder("log.jsonl")));
    assert_int_equal(history.losses.count, 1); /* a single term is the loss */
    assert_int_equal(history.losses.curves[0].count, 2);
    assert_true(history.losses.curves[0].y[0] == 3 && isnan(history.losses.curves[0].y[1]));
    assert_null(history.end);
    assert_int_equal(json_integer_value(json_object_get(history.start, "resumed_at")), 1);
    assert_int_equal(json_array_size(history.scores), 1);
    assert_string_equal(history.accuracies.curves[0].name, "a");
    assert_true(history.accuracies.curves[0].count == 2 && history.accuracies.curves[0].y[1] == 0.5);
    history_free(&history);
    assert_refused(history_read(&history, in_folder("none.jsonl")), STATUS_INVALID, "none.jsonl");
}

/* ---- the page ---- */

static void a_run_leaves_its_page(void **state) {
    (void)state;
    train(in_folder("run"));
    char *page;
    read_page(&page, in_folder("run/report.html"));
    assert_has(page, "<b>Step 40 of 40</b>: done");
    assert_has(page, "recognition in ");
    assert_int_equal(count(page, "src=\"data:image/png;base64,iVBORw0KGgo"), 4); /* one of attention */
    assert_int_equal(count(page, "<summary>Step 15</summary>") + count(page, "<summary>Step 30</summary>"),
                     2);
    assert_int_equal(count(page, "<meter"), TINY_WORDS);
    assert_has(page, "<td class=\"name\">Ab!</td>");
    assert_has(page, "<dt>picture_every</dt><dd>15</dd>");
    assert_has(page, "<dt>device</dt><dd>reference</dd>");
    assert_int_equal(
        count(page, "http") + count(page, "<script") + count(page, "@import") + count(page, "url("), 0);
    free(page);
}

static void texts_are_escaped(void **state) {
    (void)state;
    assert_int_equal(mkdir(in_folder("odd"), 0777), 0);
    write_text(in_folder("odd/settings.json"), "{}");
    write_text(in_folder("odd/log.jsonl"),
               "{\"event\":\"start\",\"device\":\"<i>&\\\"\",\"data\":[\"a<b\"],\"steps\":5}\n"
               "{\"event\":\"words\",\"step\":1,\"words\":[{\"text\":\"</"
               "td>\",\"label\":\"&amp;\",\"confidence\":0.5}]}\n");
    assert_ok(page_write(in_folder("odd"), in_folder("odd.html")));
    char *page;
    read_page(&page, in_folder("odd.html"));
    assert_has(page, "&lt;i&gt;&amp;&quot;");
    assert_has(page, "a&lt;b");
    assert_has(page, "&lt;/td&gt;");
    assert_has(page, "&amp;amp;");
    assert_has(page, "<b>Step 0 of 5</b> when this was written");
    assert_int_equal(count(page, "<svg"), 0); /* nothing was logged yet */
    free(page);
}

/* Every plot has a curve within it that falls where the loss does; the last picture is decoded; nothing is
 * wider than the window; resting on a column shows its numbers. */
static const char measure[] =
    "const size=e=>e.getBoundingClientRect();const plots=[...document.querySelectorAll('svg.plot')];"
    "const inside=plots.every(p=>[...p.querySelectorAll('.curve')].every(c=>size(c).width>400&&"
    "size(c).top>=size(p).top&&size(c).bottom<=size(p).bottom));"
    "const points=plots[0].querySelector('.curve').points;"
    "const falls=points[0].y<points[points.length-1].y;"
    "const image=document.querySelector('img');"
    "document.title=`plots ${plots.length} inside ${inside} falls ${falls} columns "
    "${plots[0].querySelectorAll('.at title').length} picture ${image.complete&&image.naturalWidth>100} "
    "words "
    "${document.querySelectorAll('.words tr').length} scores ${document.querySelectorAll('.scores "
    "tr').length} "
    "wide ${document.documentElement.scrollWidth>innerWidth}`;";

static void a_browser_shows_it(void **state) {
    (void)state;
    char *page;
    read_page(&page, in_folder("run/report.html"));
    const char *const title = browse(test_folder, page, measure);
    free(page);
    if (title == NULL)
        skip();
    assert_string_equal(title,
                        "plots 5 inside true falls true columns 20 picture true words 5 scores 2 wide false");
}

/* ---- mnsp inspect --html ---- */

static void an_old_run_gets_its_page(void **state) {
    (void)state;
    char *first;
    read_page(&first, in_folder("run/report.html"));
    assert_int_equal(mnsp("inspect --html again.html '%s'", in_folder("run")), 0);
    char *again;
    read_page(&again, in_folder("again.html"));
    assert_string_equal(first, again);
    free(first);
    free(again);
    assert_failed(mnsp("inspect --html page.html words"), 2, "not the folder of a run");
    assert_failed(mnsp("inspect --html no/such/page.html run"), 1, "no/such");
    assert_int_equal(remove(in_folder("run/log.jsonl")), 0);
    assert_failed(mnsp("inspect --html page.html run"), 1, "log.jsonl");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(axes_have_round_numbers),
        cmocka_unit_test(a_resumed_log_tells_the_last_of_each_step),
        cmocka_unit_test(a_run_leaves_its_page),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(a_browser_shows_it),
        cmocka_unit_test(an_old_run_gets_its_page),
    };
    return cmocka_run_group_tests(tests, start, remove_test_folder);
}
