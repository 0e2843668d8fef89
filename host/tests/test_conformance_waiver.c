/* Waivers: the file is checked key by key, and a waiver holds for its device, driver, cases and time only. */
#include "base/file.h"
#include "conformance/waiver.h"
#include "conformance_command.h"

static void write_file(char *path, size_t size, const char *folder, const char *text) {
    snprintf(path, size, "%s/waivers.json", folder);
    assert_int_equal(file_replace(path, text, strlen(text)), STATUS_OK);
}

#define NEEDED "\"case\": \"add/*\", \"link\": \"https://example.org/1\", \"reason\": \"wrong\""

static void test_malformed_files_are_refused(void **state) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "not valid JSON"},
        {"[]", "expected an object"},
        {"{}", "key 'waivers' is missing"},
        {"{\"waivers\": {}}", "'waivers' is an object, expected an array"},
        {"{\"waivers\": [1]}", "waiver 1 is an integer, expected an object"},
        {"{\"waivers\": [{\"link\": \"https://a\", \"reason\": \"b\"}]}", "key 'case' is missing"},
        {"{\"waivers\": [{\"case\": \"a\", \"reason\": \"b\"}]}", "key 'link' is missing"},
        {"{\"waivers\": [{\"case\": \"a\", \"link\": \"https://a\"}]}", "key 'reason' is missing"},
        {"{\"waivers\": [{\"case\": \"a[\", \"link\": \"https://a\", \"reason\": \"b\"}]}", "'case' is 'a['"},
        {"{\"waivers\": [{\"case\": \"a\", \"link\": \"bug 7\", \"reason\": \"b\"}]}", "'link' is 'bug 7'"},
        {"{\"waivers\": [{\"case\": \"a\", \"link\": \"https://a\", \"reason\": \"\"}]}", "'reason' is ''"},
        {"{\"waivers\": [{" NEEDED ", \"vendor\": \"AMD\"}]}", "'vendor' is 'AMD'"},
        {"{\"waivers\": [{" NEEDED ", \"from\": \"25.x\"}]}", "'from' is '25.x'"},
        {"{\"waivers\": [{" NEEDED ", \"below\": \"25.\"}]}", "'below' is '25.'"},
        {"{\"waivers\": [{" NEEDED ", \"expires\": \"2026-13-01\"}]}", "'expires' is '2026-13-01'"},
        {"{\"waivers\": [{" NEEDED ", \"expires\": \"soon\"}]}", "'expires' is 'soon'"},
        {"{\"waivers\": [{" NEEDED ", \"outcomes\": \"Fail\"}]}", "'outcomes' is a text"},
        {"{\"waivers\": [{" NEEDED ", \"outcomes\": [\"Pass\"]}]}", "not Pass"},
        {"{\"waivers\": [{" NEEDED ", \"outcomes\": [3]}]}", "not an integer"},
        {"{\"waivers\": [{" NEEDED ", \"driver_version\": \"1\"}]}", "unknown key 'driver_version'"},
        {"{\"waivers\": [{" NEEDED "}, {" NEEDED ", \"device\": 7}]}",
         "waiver 2: key 'device' is an integer"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[128];
        struct waivers waivers;
        write_file(path, sizeof path, *state, cases[i].text);
        assert_int_equal(waivers_read(&waivers, path), STATUS_INVALID);
        if (strstr(status_message(), cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].text, status_message());
        assert_non_null(strstr(status_message(), "waivers.json"));
    }
}

static json_t *device(const char *version) {
    return json_pack("{s:s, s:s, s:s, s:s}", "name", "AMD Radeon RX 7800 XT", "driver", "radv Mesa",
                     "driver_version", version, "vendor_id", "0x1002");
}

/* Whether a waiver with these further keys takes the failure of add/count=1/real. */
static bool waives(const char *folder, const char *keys, const char *version, enum outcome outcome,
                   enum waiver_state *found) {
    char path[128], text[512];
    struct waivers waivers;
    json_t *const facts = device(version);
    snprintf(text, sizeof text, "{\"waivers\": [{" NEEDED "%s}]}", keys);
    write_file(path, sizeof path, folder, text);
    if (waivers_read(&waivers, path) != STATUS_OK)
        fail_msg("%s", status_message());
    const bool yes = waivers_find(&waivers, facts, "add/count=1/real", outcome, "2026-06-15") != NULL;
    waivers_judge(&waivers, facts, "2026-06-15");
    *found = waivers.list[0].state;
    waivers_destroy(&waivers);
    json_decref(facts);
    return yes;
}

static void test_what_a_waiver_holds_for(void **state) {
    static const struct {
        const char *keys, *version;
        enum outcome outcome;
        bool waives;
        enum waiver_state found;
    } cases[] = {
        {"", "25.0.7", OUTCOME_FAIL, true, WAIVER_USED},
        {"", "25.0.7", OUTCOME_CRASH, true, WAIVER_USED},
        {"", "25.0.7", OUTCOME_PASS, false, WAIVER_UNUSED},
        {"", "25.0.7", OUTCOME_INTERNAL_ERROR, false, WAIVER_UNUSED},
        {", \"outcomes\": [\"Timeout\", \"Crash\"]", "25.0.7", OUTCOME_FAIL, false, WAIVER_UNUSED},
        {", \"outcomes\": [\"Timeout\", \"Crash\"]", "25.0.7", OUTCOME_CRASH, true, WAIVER_USED},
        {", \"vendor\": \"0x1002\"", "25.0.7", OUTCOME_FAIL, true, WAIVER_USED},
        {", \"vendor\": \"0x10DE\"", "25.0.7", OUTCOME_FAIL, false, WAIVER_OTHER},
        {", \"device\": \"*7800*\"", "25.0.7", OUTCOME_FAIL, true, WAIVER_USED},
        {", \"device\": \"*6800*\"", "25.0.7", OUTCOME_FAIL, false, WAIVER_OTHER},
        {", \"driver\": \"radv*\"", "25.0.7", OUTCOME_FAIL, true, WAIVER_USED},
        {", \"driver\": \"AMD*\"", "25.0.7", OUTCOME_FAIL, false, WAIVER_OTHER},
        {", \"from\": \"25.0.7\"", "25.0.7", OUTCOME_FAIL, true, WAIVER_USED},
        {", \"from\": \"25.0.8\"", "25.0.7", OUTCOME_FAIL, false, WAIVER_OTHER},
        {", \"below\": \"25.0.7\"", "25.0.7", OUTCOME_FAIL, false, WAIVER_OTHER},
        {", \"from\": \"24.3\", \"below\": \"25.1\"", "25.0.10", OUTCOME_FAIL, true, WAIVER_USED},
        {", \"expires\": \"2026-06-15\"", "25.0.7", OUTCOME_FAIL, true, WAIVER_USED},
        {", \"expires\": \"2026-06-14\"", "25.0.7", OUTCOME_FAIL, false, WAIVER_EXPIRED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum waiver_state found;
        const bool yes = waives(*state, cases[i].keys, cases[i].version, cases[i].outcome, &found);
        if (yes != cases[i].waives || found != cases[i].found)
            fail_msg("{%s} with %s and %s: waived %d, %s", cases[i].keys, cases[i].version,
                     outcome_name(cases[i].outcome), yes, waiver_state_name(found));
    }
}

static void test_a_waiver_without_cases_did_not_run(void **state) {
    char path[128];
    struct waivers waivers;
    json_t *const facts = device("25.0.7");
    write_file(path, sizeof path, *state, "{\"waivers\": [{" NEEDED "}]}");
    assert_int_equal(waivers_read(&waivers, path), STATUS_OK);
    assert_null(waivers_find(&waivers, facts, "gelu/count=1/real", OUTCOME_FAIL, "2026-06-15"));
    waivers_judge(&waivers, facts, "2026-06-15");
    assert_int_equal(waivers.list[0].state, WAIVER_NOT_RUN);
    waivers_destroy(&waivers);
    json_decref(facts);
}

static void test_versions_are_compared_by_number(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        bool before;
    } cases[] = {
        {"25.0.7", "25.0.10", true},
        {"25.0.10", "25.0.7", false},
        {"25.0", "25.0.0", false},
        {"25", "25.0.1", true},
        {"9.9", "10", true},
        {"550.54.15", "550.54.15", false},
        {"", "1", true},
        {"1", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(version_before(cases[i].a, cases[i].b), cases[i].before);
}

/* The one that is used when none is named. */
static void test_the_projects_own_file_is_sound(void **state) {
    (void)state;
    struct waivers waivers;
    if (waivers_read(&waivers, MNSP_WAIVERS) != STATUS_OK)
        fail_msg("%s", status_message());
    waivers_destroy(&waivers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed_files_are_refused),
        cmocka_unit_test(test_what_a_waiver_holds_for),
        cmocka_unit_test(test_a_waiver_without_cases_did_not_run),
        cmocka_unit_test(test_versions_are_compared_by_number),
        cmocka_unit_test(test_the_projects_own_file_is_sound),
    };
    return cmocka_run_group_tests(tests, make_folder, end_folder);
}
