#include "cli/options.h"

#include <stdio.h>
#include <string.h>

enum { HELP_COLUMN = 30, HELP_WIDTH = 96 };

/* "  --name VALUE   sentence", the sentence wrapped behind its column. */
static void print_option(const char *name, const char *argument, const char *help) {
    char head[160];
    snprintf(head, sizeof head, "  --%s%s%s", name, argument ? " " : "", argument ? argument : "");
    for (char *c = head; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    if (strlen(head) < HELP_COLUMN)
        printf("%-*s", HELP_COLUMN, head);
    else
        printf("%s\n%*s", head, HELP_COLUMN, "");
    size_t column = HELP_COLUMN;
    while (*help != '\0') {
        const size_t word = strcspn(help, " ");
        if (column > HELP_COLUMN && column + word + 1 > HELP_WIDTH) {
            printf("\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        column += (size_t)printf("%s%.*s", column > HELP_COLUMN ? " " : "", (int)word, help);
        help += word + strspn(help + word, " ");
    }
    printf("\n");
}

static void print_settings(const struct cli_command *command) {
    const struct setting *const table = settings_table();
    struct settings defaults;
    settings_defaults(&defaults);
    if (command->preset != NULL && cli_load_preset(command->preset, &defaults) != STATUS_OK)
        printf("\n%s\n", status_message());
    for (int group = 0; group < SETTINGS_GROUP_COUNT; group++) {
        printf("\nSettings, %s:\n", settings_group_name((enum settings_group)group));
        for (size_t i = 0; i < settings_count(); i++) {
            if ((int)table[i].group != group || cli_is_own(command, table[i].name))
                continue;
            char value[SETTINGS_TEXT_SIZE], range[SETTINGS_TEXT_SIZE], help[1024];
            snprintf(help, sizeof help, "%s (%s; default %s)", table[i].help,
                     settings_range(&table[i], range), settings_format(&defaults, &table[i], value));
            const bool flag = table[i].kind == SETTINGS_BOOLEAN;
            char name[96];
            snprintf(name, sizeof name, "%s%s", flag ? "[no-]" : "", table[i].name);
            print_option(name, flag ? NULL : "VALUE", help);
        }
    }
}

void cli_print_help(const struct cli_command *command) {
    printf("mnsp %s: %s\n\nUsage: mnsp %s [OPTION ...]%s%s\nExample: %s\n\nOptions:\n", command->name,
           command->summary, command->name, command->operands[0] ? " " : "", command->operands,
           command->example);
    for (size_t i = 0; command->options != NULL && command->options[i].name != NULL; i++)
        print_option(command->options[i].name, command->options[i].argument, command->options[i].help);
    if (command->settings) {
        char help[96];
        snprintf(help, sizeof help, "start from the settings of a preset%s%s",
                 command->preset ? "; default: " : "", command->preset ? command->preset : "");
        print_option("preset", "NAME|FILE", help);
    }
    print_option("help", NULL, "print this and leave");
    if (command->settings)
        print_settings(command);
}
