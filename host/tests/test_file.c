/* Tests of files and folders, among them what happens when the system refuses. */
#include "statuses.h"

#include "base/file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/mnsp-file-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

/* A path in the test's folder; the text is good until the fourth call after it. */
static const char *in_folder(const char *name) {
    static char paths[4][256];
    static unsigned next;
    char *const path = paths[next++ % 4];
    snprintf(path, sizeof *paths, "%s/%s", folder, name);
    return path;
}

static int remove_folder(void **state) {
    (void)state;
    struct file_names names;
    if (file_list(&names, folder, "") != STATUS_OK)
        return -1;
    for (size_t i = 0; i < names.count; i++)
        if (unlink(in_folder(names.names[i])) != 0)
            rmdir(in_folder(names.names[i]));
    file_names_free(&names);
    return rmdir(folder);
}

static void assert_content(const char *path, const char *expected) {
    char *bytes;
    size_t size;
    assert_ok(file_read(&bytes, &size, path, 1 << 20));
    assert_string_equal(bytes, expected);
    assert_int_equal(size, strlen(expected));
    free(bytes);
}

static void assert_entries(size_t expected) {
    struct file_names names;
    assert_ok(file_list(&names, folder, ""));
    assert_int_equal(names.count, expected);
    file_names_free(&names);
}

static void files_are_read_whole_up_to_a_limit(void **state) {
    (void)state;
    const char *const path = in_folder("f");
    char *bytes;
    size_t size;
    assert_ok(file_replace(path, "a\0b", 3));
    assert_ok(file_read(&bytes, &size, path, 3));
    assert_int_equal(size, 3);
    assert_memory_equal(bytes, "a\0b", 4);
    free(bytes);
    assert_int_equal(file_read(&bytes, &size, path, 2), STATUS_INVALID);
    assert_null(bytes);
    assert_message_has("/f: more than the 2 bytes");
    assert_ok(file_replace(path, "", 0));
    assert_ok(file_read(&bytes, NULL, path, 0));
    assert_string_equal(bytes, "");
    free(bytes);
    /* Their size is not known beforehand. */
    assert_ok(file_read(&bytes, &size, "/proc/self/status", 1 << 20));
    assert_non_null(strstr(bytes, "test_file"));
    free(bytes);
    assert_int_equal(file_read(&bytes, &size, "/dev/zero", 100000), STATUS_INVALID);
    assert_message_has("more than the 100000 bytes");
}

static void what_cannot_be_read_is_said(void **state) {
    (void)state;
    char *bytes;
    assert_int_equal(file_read(&bytes, NULL, in_folder("none"), 10), STATUS_INVALID);
    assert_message_has("/none: cannot open: no such file or folder");
    assert_int_equal(file_read(&bytes, NULL, folder, 10), STATUS_INVALID);
    assert_message_has("cannot read: it is a folder");
    assert_ok(file_replace(in_folder("f"), "x", 1));
    assert_int_equal(file_read(&bytes, NULL, in_folder("f/g"), 10), STATUS_INVALID);
    assert_message_has("a part of the path is not a folder");
    assert_int_equal(file_read(&bytes, NULL, in_folder("a\nb"), 10), STATUS_INVALID);
    assert_null(strchr(status_message(), '\n'));
}

static void folders_are_made_down_the_path(void **state) {
    (void)state;
    assert_ok(file_make_folders(in_folder("a//b/c/")));
    assert_true(file_is_folder(in_folder("a/b/c")));
    assert_ok(file_make_folders(in_folder("a/b")));
    assert_ok(file_make_folders("/"));
    assert_ok(file_replace(in_folder("a/b/c/f"), "x", 1));
    assert_false(file_is_folder(in_folder("a/b/c/f")));
    assert_int_equal(file_make_folders(in_folder("a/b/c/f/g")), STATUS_INVALID);
    assert_message_has("/a/b/c/f: cannot create the folder: a part of the path is not a folder");
    unlink(in_folder("a/b/c/f"));
    rmdir(in_folder("a/b/c"));
    rmdir(in_folder("a/b"));
}

static void entries_are_listed_in_order(void **state) {
    (void)state;
    const char *const written[] = {"b.json", "a.json", "B.json", "c.txt", ".json"};
    for (size_t i = 0; i < 5; i++)
        assert_ok(file_replace(in_folder(written[i]), "", 0));
    struct file_names names;
    assert_ok(file_list(&names, folder, ".json"));
    const char *const expected[] = {".json", "B.json", "a.json", "b.json"};
    assert_int_equal(names.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(names.names[i], expected[i]);
    file_names_free(&names);
    assert_int_equal(file_list(&names, in_folder("none"), ""), STATUS_INVALID);
    assert_int_equal(names.count, 0);
    assert_message_has("cannot list: no such file or folder");
}

static void paths_are_joined(void **state) {
    (void)state;
    char *path;
    assert_ok(file_join(&path, "run", "log"));
    assert_string_equal(path, "run/log");
    assert_string_equal(file_name(path), "log");
    free(path);
    assert_ok(file_join(&path, "run/", "log"));
    assert_string_equal(path, "run/log");
    free(path);
    assert_ok(file_join(&path, "", "log"));
    assert_string_equal(path, "log");
    assert_string_equal(file_name(path), "log");
    free(path);
}

static void the_old_content_stays_until_the_commit(void **state) {
    (void)state;
    const char *const path = in_folder("f");
    struct file_writer *writer;
    assert_ok(file_replace(path, "old", 3));
    assert_ok(file_writer_open(&writer, path));
    assert_ok(file_writer_put(writer, "ne", 2));
    assert_content(path, "old");
    assert_ok(file_writer_put(writer, "w", 1));
    assert_ok(file_writer_commit(writer));
    assert_content(path, "new");
    assert_ok(file_writer_open(&writer, path));
    assert_ok(file_writer_put(writer, "other", 5));
    file_writer_discard(writer);
    assert_content(path, "new");
    assert_entries(1);
}

static void two_writers_do_not_meet(void **state) {
    (void)state;
    struct file_writer *first, *second;
    assert_ok(file_writer_open(&first, in_folder("f")));
    assert_ok(file_writer_open(&second, in_folder("f")));
    assert_ok(file_writer_put(first, "first", 5));
    assert_ok(file_writer_put(second, "second", 6));
    assert_ok(file_writer_commit(second));
    assert_content(in_folder("f"), "second");
    assert_ok(file_writer_commit(first));
    assert_content(in_folder("f"), "first");
    assert_entries(1);
}

static void links_and_permissions_stay(void **state) {
    (void)state;
    struct stat about;
    assert_ok(file_replace(in_folder("f"), "old", 3));
    assert_int_equal(chmod(in_folder("f"), 0640), 0);
    assert_int_equal(symlink("f", in_folder("link")), 0);
    assert_ok(file_replace(in_folder("link"), "new", 3));
    assert_int_equal(lstat(in_folder("link"), &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_content(in_folder("f"), "new");
    assert_int_equal(stat(in_folder("f"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
}

static void what_cannot_be_written_is_said(void **state) {
    (void)state;
    assert_int_equal(file_replace(folder, "x", 1), STATUS_INVALID);
    assert_message_has("cannot write: it is a folder");
    assert_int_equal(file_replace(in_folder("none/f"), "x", 1), STATUS_INVALID);
    assert_message_has("/none/f: cannot create: no such file or folder");
    assert_ok(file_replace(in_folder("f"), "old", 3));
    assert_int_equal(file_replace(in_folder("f/g"), "x", 1), STATUS_INVALID);
    assert_message_has("/f/g: cannot create: a part of the path is not a folder");
    assert_content(in_folder("f"), "old");
    assert_entries(1);
}

static void a_full_disk_is_said(void **state) {
    (void)state;
    assert_int_equal(file_replace("/dev/full", "x", 1), STATUS_IO);
    assert_message_has("/dev/full: cannot write: the disk is full; free some space");
    struct stat about;
    assert_int_equal(stat("/dev/full", &about), 0);
    assert_true(S_ISCHR(about.st_mode)); /* and it was not replaced by a file */
    struct file_log *log;
    assert_ok(file_log_open(&log, "/dev/full"));
    assert_int_equal(file_log_line(log, "x"), STATUS_IO);
    assert_message_has("the disk is full");
    file_log_close(log);
}

/* The system's limit on the size of files stands in for a disk that fills up midway. */
static void a_write_that_fails_midway_leaves_the_old_content(void **state) {
    (void)state;
    static const char bytes[8192];
    struct rlimit kept, limit;
    struct file_writer *writer;
    assert_ok(file_replace(in_folder("f"), "old", 3));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
    limit = (struct rlimit){.rlim_cur = 10000, .rlim_max = kept.rlim_max};
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_ok(file_writer_open(&writer, in_folder("f")));
    const enum status first = file_writer_put(writer, bytes, sizeof bytes);
    const enum status second = file_writer_put(writer, bytes, sizeof bytes);
    file_writer_discard(writer);
    setrlimit(RLIMIT_FSIZE, &kept);
    signal(SIGXFSZ, handler);
    assert_int_equal(first, STATUS_OK);
    assert_int_equal(second, STATUS_IO);
    assert_message_has("/f: cannot write: larger than files may be here");
    assert_content(in_folder("f"), "old");
    assert_entries(1);
}

static void leftovers_are_removed(void **state) {
    (void)state;
    assert_ok(file_replace(in_folder("f"), "x", 1));
    assert_ok(file_replace(in_folder("f.123-4.part"), "x", 1));
    assert_ok(file_replace(in_folder("part"), "x", 1));
    assert_ok(file_remove_leftovers(folder));
    assert_entries(2);
    assert_false(file_exists(in_folder("f.123-4.part")));
}

static void logs_grow_by_whole_lines(void **state) {
    (void)state;
    const char *const path = in_folder("log");
    struct file_log *log;
    for (int run = 0; run < 2; run++) {
        assert_ok(file_log_open(&log, path));
        assert_ok(file_log_line(log, "{\"run\": 1}"));
        file_log_close(log);
    }
    assert_content(path, "{\"run\": 1}\n{\"run\": 1}\n");
    assert_ok(file_replace(path, "whole\nunfini", 12));
    assert_ok(file_log_open(&log, path));
    assert_ok(file_log_line(log, "next"));
    file_log_close(log);
    assert_content(path, "whole\nunfini\nnext\n");
    assert_int_equal(file_log_open(&log, in_folder("none/log")), STATUS_INVALID);
    assert_null(log);
    assert_message_has("/none/log: cannot open: no such file");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(files_are_read_whole_up_to_a_limit),
        TEST(what_cannot_be_read_is_said),
        TEST(folders_are_made_down_the_path),
        TEST(entries_are_listed_in_order),
        TEST(paths_are_joined),
        TEST(the_old_content_stays_until_the_commit),
        TEST(two_writers_do_not_meet),
        TEST(links_and_permissions_stay),
        TEST(what_cannot_be_written_is_said),
        TEST(a_full_disk_is_said),
        TEST(a_write_that_fails_midway_leaves_the_old_content),
        TEST(leftovers_are_removed),
        TEST(logs_grow_by_whole_lines),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
