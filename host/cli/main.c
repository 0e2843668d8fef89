/* main.c: the program `mnsp`. */
#include "cli/options.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const struct cli_command *const commands[] = {
    &command_devices, &command_pretrain, &command_finetune, &command_eval,    &command_read,
    &command_replay,  &command_inspect,  &command_bench,    &command_profile,
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_usage(FILE *file) {
    fprintf(file, "mnsp: trains scene-text recognisers through Vulkan compute\n\n"
                  "Usage: mnsp COMMAND [OPTION ...]\n\nCommands:\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(file, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(file, "\n'mnsp COMMAND --help' describes one, with an example.\n");
}

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

int main(int count, char **words) {
    if (count < 2) {
        print_usage(stderr);
        return 2;
    }
    const char *name = words[1];
    if (strcmp(name, "--version") == 0) {
        printf("mnsp %s\n", MNSP_VERSION);
        return 0;
    }
    const bool wants_help =
        strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0;
    if (wants_help && count < 3) {
        print_usage(stdout);
        return 0;
    }
    if (wants_help)
        name = words[2];
    const struct cli_command *const command = find_command(name);
    if (command == NULL)
        return refuse(name);
    if (wants_help) {
        cli_print_help(command);
        return 0;
    }
    enum status status = cli_run(command, count - 1, words + 1);
    if (status == STATUS_OK && (fflush(stdout) != 0 || ferror(stdout)))
        status = status_set(STATUS_IO, "the output could not be written");
    if (status == STATUS_OK)
        return 0;
    cli_say("mnsp %s: %s", command->name, status_message());
    return status == STATUS_USAGE ? 2 : 1;
}
