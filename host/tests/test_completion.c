/* What bash completes: that it knows every option that the help has, and what it offers where. */
#include "program.h"

#include "base/buffer.h"

static bool has_bash;

static void need_bash(void) {
    if (!has_bash) {
        print_message("skipped: there is no bash\n");
        skip();
    }
}

/* What is offered for the last of some words of bash; "" for none. Valid until the next call. */
static const char *offered(const char *words) {
    static char text[1 << 14];
    char script[512];
    snprintf(script, sizeof script,
             "source complete.sh; COMP_WORDS=(mnsp %s); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _mnsp; "
             "echo \"${COMPREPLY[*]}\"\n",
             words);
    write_text(in_folder("ask.sh"), script);
    char command[700];
    snprintf(command, sizeof command, "cd '%s' && bash ask.sh >answer.txt 2>&1", test_folder);
    assert_int_equal(system(command), 0);
    take_text(text, sizeof text, in_folder("answer.txt"));
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static void assert_offered(const char *words, const char *expected) {
    const char *const found = offered(words);
    if (strcmp(found, expected) != 0)
        fail_msg("mnsp %s: '%s' is offered, expected '%s'", words, found, expected);
}

static void what_is_offered_fits(void **state) {
    (void)state;
    need_bash();
    assert_offered("fine", "finetune");
    assert_offered("dat", "data");
    assert_offered("data c", "check convert");
    assert_offered("data convert --to ''", "lmdb folder jsonl");
    assert_offered("read --format t", "text tsv");
    assert_offered("read --format = j", "jsonl json"); /* --format=j, as bash parts it */
    assert_offered("read --model ''", "");             /* a file: left to bash */
    assert_offered("pretrain --objective m", "mae mnsp");
    assert_offered("pretrain --preset mae-", "mae-small mae-tiny");
    assert_offered("pretrain --no-d", "--no-dropout");
    assert_offered("pretrain --base-rate ''", "");
    assert_offered("read --beam --fo", ""); /* the value of --beam */
    assert_offered("nothing --fo", "");
    assert_offered("completion ''", "");
}

/* Every option in the help of every command that there is, as somebody would type it. */
static void every_option_is_known(void **state) {
    (void)state;
    static char commands[1 << 14], help[1 << 16];
    size_t seen = 0;
    need_bash();
    snprintf(commands, sizeof commands, "%s", offered("''"));
    for (char *save, *word = strtok_r(commands, " ", &save); word != NULL;
         word = strtok_r(NULL, " ", &save)) {
        if (word[0] == '-' || strcmp(word, "help") == 0 || strcmp(word, "data") == 0)
            continue;
        char words[256];
        assert_int_equal(mnsp("%s --help", word), 0);
        memcpy(help, program_out, sizeof help);
        snprintf(words, sizeof words, "%s --", word);
        struct buffer known = {0};
        buffer_add(&known, " %s ", offered(words));
        for (const char *at = strstr(help, "\n  --"); at != NULL; at = strstr(at + 1, "\n  --")) {
            char option[128];
            const char *const name = at + 5 + (strncmp(at + 5, "[no-]", 5) == 0 ? 5 : 0);
            snprintf(option, sizeof option, " --%.*s ", (int)strcspn(name, " \n"), name);
            if (strstr(known.bytes, option) == NULL)
                fail_msg("mnsp %s:%sis not completed", word, option);
            seen++;
        }
        free(known.bytes);
    }
    assert_true(seen > 150);
}

static void another_shell_is_refused(void **state) {
    (void)state;
    assert_failed(mnsp("completion fish"), 2, "name the shell");
    assert_failed(mnsp("completion"), 2, "name the shell");
}

static int start(void **state) {
    has_bash = system("bash -c 'complete -p >/dev/null' 2>/dev/null") == 0;
    if (make_test_folder(state) != 0)
        return 1;
    assert_int_equal(run_program("", "completion bash"), 0);
    write_text(in_folder("complete.sh"), program_out);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_offered_fits),
        cmocka_unit_test(every_option_is_known),
        cmocka_unit_test(another_shell_is_refused),
    };
    return cmocka_run_group_tests(tests, start, remove_test_folder);
}
