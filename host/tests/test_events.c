/* Files of events: their bytes, and what another implementation reads of a run. */
#include "tiny_recogniser.h"

#include "base/file.h"
#include "base/json.h"
#include "train/events.h"

#include <time.h>

static char *only_file(const char *folder, size_t *size) {
    struct file_names names;
    char *path, *bytes;
    assert_ok(file_list(&names, folder, ""));
    assert_int_equal(names.count, 1);
    assert_ptr_equal(strstr(names.names[0], "events.out.tfevents."), names.names[0]);
    assert_ok(file_join(&path, folder, names.names[0]));
    assert_ok(file_read(&bytes, size, path, 1 << 20));
    file_names_free(&names);
    free(path);
    return bytes;
}

/* RFC 3720, appendix B.4. */
static void the_crc_is_that_of_the_rfc(void **state) {
    (void)state;
    uint8_t bytes[32] = {0};
    assert_int_equal(events_crc(bytes, 32), 0x8A9136AA);
    memset(bytes, 0xFF, 32);
    assert_int_equal(events_crc(bytes, 32), 0x62A8AB43);
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = i;
    assert_int_equal(events_crc(bytes, 32), 0x46DD794E);
    assert_int_equal(events_crc("123456789", 9), 0xE3069283);
}

static void the_bytes_are_those_of_the_format(void **state) {
    (void)state;
    struct events *events;
    size_t size;
    const char *const folder = in_folder("bytes");
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_ok(events_open(&events, folder, 0));
    assert_ok(events_scalars(events, 300, &(struct events_scalar){"loss", 0.5}, 1));
    events_close(events);
    char *const bytes = only_file(folder, &size);
    /* Every file of events begins so: 24 bytes, and their masked CRC. */
    assert_memory_equal(bytes, "\x18\0\0\0\0\0\0\0\xA3\x7F\x4B\x22\x09", 13);
    double seconds;
    memcpy(&seconds, bytes + 13, 8);
    assert_true(seconds > 1e9 && seconds <= (double)time(NULL) + 1);
    assert_memory_equal(bytes + 21,
                        "\x1A\x0D"
                        "brain.Event:2",
                        15);
    /* The second one: time, step 300, a summary of one value. */
    static const char second[] = "\x10\xAC\x02\x2A\x0D\x0A\x0B\x0A\x04loss\x15\0\0\0\x3F";
    assert_memory_equal(bytes + 40, "\x1B\0\0\0\0\0\0\0", 8);
    assert_memory_equal(bytes + 40 + 12 + 9, second, sizeof second - 1);
    assert_int_equal(size, 40 + 12 + 9 + sizeof second - 1 + 4);
    free(bytes);
}

static void files_are_new_and_failures_are_told(void **state) {
    (void)state;
    struct events *first, *second;
    struct file_names names;
    const char *const folder = in_folder("two");
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_ok(events_open(&first, folder, 0));
    assert_ok(events_open(&second, folder, 0)); /* in the same second */
    events_close(first);
    events_close(second);
    assert_ok(file_list(&names, folder, ""));
    assert_int_equal(names.count, 2);
    file_names_free(&names);
    assert_refused(events_open(&first, in_folder("no/such"), 0), STATUS_INVALID, "no/such");
}

/* ---- a run ---- */

/* The events of a folder, as Python reads them; NULL without Python. */
static json_t *read_events(const char *folder) {
    char command[1500];
    json_t *events;
    if (system("python3 -c 0 2>/dev/null") != 0) {
        print_message("skipped: there is no python3\n");
        return NULL;
    }
    snprintf(command, sizeof command,
             "python3 '" SOURCE_DIRECTORY "/host/tests/read_events.py' '%s'/events.out.tfevents.* >'%s'",
             folder, in_folder("events.json"));
    assert_int_equal(system(command), 0);
    assert_ok(json_read_file(&events, in_folder("events.json"), 1 << 24));
    return events;
}

/* The value of a tag at a step; NULL when there is none. */
static const json_t *value_of(const json_t *events, const char *tag, int step) {
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *const event = json_array_get(events, i), *const values =
                                                                   json_object_get(event, "values");
        for (size_t k = 0; k < json_array_size(values); k++) {
            const json_t *const value = json_array_get(values, k);
            if (json_integer_value(json_object_get(event, "step")) == step &&
                strcmp(json_string_value(json_object_get(value, "tag")), tag) == 0)
                found = value;
        }
    }
    return found;
}

static double number_at(const json_t *events, const char *tag, int step) {
    const json_t *const number = json_object_get(value_of(events, tag, step), "number");
    if (!json_is_number(number))
        fail_msg("no %s at step %d", tag, step);
    return json_number_value(number);
}

static enum status train(bool resume, const volatile sig_atomic_t *stop) {
    struct settings settings = tiny_settings();
    settings.steps = 20, settings.log_every = 5;
    settings.evaluate_every = 10, settings.picture_every = 10;
    const char *const data = in_folder("words");
    return train_run(&settings, &(struct train_options){.data = &data,
                                                        .data_count = 1,
                                                        .validation = &data,
                                                        .validation_count = 1,
                                                        .resume = resume,
                                                        .stop = stop,
                                                        .out = in_folder("run")});
}

static void another_reader_sees_the_run(void **state) {
    (void)state;
    write_words(in_folder("words"));
    assert_ok(train(false, NULL));
    json_t *const events = read_events(in_folder("run"));
    if (events == NULL)
        skip();
    assert_true(number_at(events, "loss", 5) > number_at(events, "loss", 20));
    assert_true(number_at(events, "loss", 5) == number_at(events, "loss/recognition", 5));
    assert_true(number_at(events, "rate", 10) > 0 && number_at(events, "gradient_norm", 10) > 0 &&
                number_at(events, "images_per_second", 10) > 0);
    const double accuracy = number_at(events, "accuracy/words", 20);
    assert_true(accuracy >= 0 && accuracy <= 1 && number_at(events, "accuracy/words", 10) <= 1);
    assert_null(value_of(events, "loss", 7));
    const json_t *const picture = json_object_get(value_of(events, "samples", 10), "image");
    assert_true(json_is_true(json_object_get(picture, "is_png")));
    assert_true(json_integer_value(json_object_get(picture, "width")) > 500);
    assert_int_equal(json_integer_value(json_object_get(picture, "colours")), 3);
    json_decref(events);
}

/* The steps go on where the checkpoint was, and readers are told to forget what came later. */
static void a_resumed_run_goes_on_with_its_steps(void **state) {
    (void)state;
    const volatile sig_atomic_t stop = 1;
    char command[700];
    snprintf(command, sizeof command, "rm -rf '%s'", in_folder("run"));
    assert_int_equal(system(command), 0);
    assert_ok(train(false, &stop)); /* one step */
    assert_ok(train(true, NULL));
    json_t *const events = read_events(in_folder("run"));
    if (events == NULL)
        skip();
    size_t versions = 0, sessions = 0;
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *const event = json_array_get(events, i);
        versions += json_object_get(event, "version") != NULL;
        if (json_object_get(event, "session") != NULL) {
            sessions++;
            assert_int_equal(json_integer_value(json_object_get(event, "session")), 1);
            assert_int_equal(json_integer_value(json_object_get(event, "step")), 2);
        }
    }
    assert_true(versions == 2 && sessions == 1);
    assert_true(number_at(events, "loss", 20) > 0);
    json_decref(events);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_crc_is_that_of_the_rfc),
        cmocka_unit_test(the_bytes_are_those_of_the_format),
        cmocka_unit_test(files_are_new_and_failures_are_told),
        cmocka_unit_test(another_reader_sees_the_run),
        cmocka_unit_test(a_resumed_run_goes_on_with_its_steps),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
