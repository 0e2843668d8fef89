/* main.c: the program `mnsp`. */
#include "cli/commands.h"
#include "cli/options.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static void print_command(FILE *file, const struct cli_command *command) {
    fprintf(file, "  %-13s %s\n", command->name, command->summary);
}

static void print_usage(FILE *file) {
    fprintf(file, "mnsp: trains scene-text recognisers through Vulkan compute\n\n"
                  "Usage: mnsp COMMAND [OPTION ...]\n\nCommands:\n");
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        print_command(file, cli_commands[i]);
    fprintf(file, "\n'mnsp COMMAND --help' describes one, with an example.\n");
}

/* Whether the first word of a command's name is `word`, and a second one follows. */
static bool is_group_of(const char *word, const struct cli_command *command) {
    const size_t length = strlen(word);
    return strncmp(command->name, word, length) == 0 && command->name[length] == ' ';
}

static bool is_group(const char *word) {
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        if (is_group_of(word, cli_commands[i]))
            return true;
    return false;
}

static void print_group(FILE *file, const char *group) {
    fprintf(file, "Usage: mnsp %s COMMAND [OPTION ...]\n\nCommands:\n", group);
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        if (is_group_of(group, cli_commands[i]))
            print_command(file, cli_commands[i]);
    fprintf(file, "\n'mnsp %s COMMAND --help' describes one, with an example.\n", group);
}

/* The command by its whole name. */
static const struct cli_command *find_command(const char *name) {
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

static int refuse(const char *name) {
    struct text_near near = text_near_start(name);
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        text_near_offer(&near, cli_commands[i]->name);
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
