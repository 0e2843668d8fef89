/* main.c: the program `mnsp`. */
#include "cli/options.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const struct cli_command *const commands[] = {
    &command_devices,      &command_pretrain,   &command_finetune,    &command_eval,    &command_read,
    &command_replay,       &command_inspect,    &command_bench,       &command_profile, &command_data_check,
    &command_data_convert, &command_data_split, &command_data_render,
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_command(FILE *file, const struct cli_command *command) {
    fprintf(file, "  %-13s %s\n", command->name, command->summary);
}

static void print_usage(FILE *file) {
    fprintf(file, "mnsp: trains scene-text recognisers through Vulkan compute\n\n"
                  "Usage: mnsp COMMAND [OPTION ...]\n\nCommands:\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        print_command(file, commands[i]);
    fprintf(file, "\n'mnsp COMMAND --help' describes one, with an example.\n");
}

/* Whether the first word of a command's name is `word`, and a second one follows. */
static bool is_group_of(const char *word, const struct cli_command *command) {
    const size_t length = strlen(word);
    return strncmp(command->name, word, length) == 0 && command->name[length] == ' ';
}

static bool is_group(const char *word) {
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (is_group_of(word, commands[i]))
            return true;
    return false;
}

static void print_group(FILE *file, const char *group) {
    fprintf(file, "Usage: mnsp %s COMMAND [OPTION ...]\n\nCommands:\n", group);
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (is_group_of(group, commands[i]))
            print_command(file, commands[i]);
    fprintf(file, "\n'mnsp %s COMMAND --help' describes one, with an example.\n", group);
}

/* The command by its whole name. */
static const struct cli_command *find_command(const char *name) {
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int refuse(const char *name) {
    struct text_near near = text_near_start(name);
    for (int i = 0; i < COMMAND_COUNT; i++)
        text_near_offer(&near, commands[i]->name);
    char hint[TEXT_HINT_SIZE];
    fprintf(stderr, "mnsp: unknown command '%s'%s; 'mnsp --help' lists them\n", name,
            text_near_hint(&near, hint));
    return 2;
}

static int run(const struct cli_command *command, int count, char **words) {
    enum status status = cli_run(command, count, words);
    if (status == STATUS_OK && (fflush(stdout) != 0 || ferror(stdout)))
        status = status_set(STATUS_IO, "the output could not be written");
    if (status == STATUS_OK)
        return 0;
    cli_say("mnsp %s: %s", command->name, status_message());
    return status == STATUS_USAGE ? 2 : 1;
}

static bool asks_for_help(const char *word) {
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Runs, or describes, what words[0 ..] name. */
static int start(int count, char **words, bool help) {
    char name[64];
    const bool group = is_group(words[0]);
    if (group && (count < 2 || asks_for_help(words[1]))) {
        const bool asked = help || count > 1;
        print_group(asked ? stdout : stderr, words[0]);
        return asked ? 0 : 2;
    }
    snprintf(name, sizeof name, "%s%s%s", words[0], group ? " " : "", group ? words[1] : "");
    const struct cli_command *const command = find_command(name);
    if (command == NULL)
        return refuse(name);
    if (!help)
        return run(command, count - group, words + group);
    cli_print_help(command);
    return 0;
}

int main(int count, char **words) {
    if (count < 2) {
        print_usage(stderr);
        return 2;
    }
    if (strcmp(words[1], "--version") == 0) {
        printf("mnsp %s\n", MNSP_VERSION);
        return 0;
    }
    const bool help = asks_for_help(words[1]);
    if (help && count < 3) {
        print_usage(stdout);
        return 0;
    }
    return start(count - 1 - help, words + 1 + help, help);
}
