/* completion.c: what a shell needs to complete command lines, made from the tables of
 * commands and settings. */
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/share.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- options ---- */

/* Visits every option of a command, under the name that is typed (with underscores still). `values`: what it
 * may be, parted by '|' or spaces, in small letters; others stand for something. NULL: it takes none. */
typedef void visit(const char *prefix, const char *name, const char *values);

static void visit_setting(const struct setting *row, visit *visitor) {
    char range[SETTINGS_TEXT_SIZE];
    if (row->kind == SETTINGS_BOOLEAN) {
        visitor("", row->name, NULL);
        visitor("no-", row->name, NULL);
    } else {
        visitor("", row->name, row->kind == SETTINGS_CHOICE ? settings_range(row, range) : "VALUE");
    }
}

static void visit_options(const struct cli_command *command, visit *visitor) {
    for (size_t i = 0; command->options != NULL && command->options[i].name != NULL; i++)
        visitor("", command->options[i].name, command->options[i].argument);
    visitor("", "help", NULL);
    if (!command->settings)
        return;
    visitor("", "preset", "NAME");
    for (size_t i = 0; i < settings_count(); i++)
        if (!cli_is_own(command, settings_table()[i].name))
            visit_setting(&settings_table()[i], visitor);
}

static void print_name(const char *prefix, const char *name) {
    printf("--%s", prefix);
    for (; *name != '\0'; name++)
        putchar(*name == '_' ? '-' : *name);
}

static void print_option(const char *prefix, const char *name, const char *values) {
    (void)values;
    print_name(prefix, name);
    putchar(' ');
}

static void print_valued(const char *prefix, const char *name, const char *values) {
    if (values != NULL)
        print_option(prefix, name, values);
}

/* ---- values ---- */

/* Whether a word is meant as it stands, and not as the name of something. */
static bool is_literal(const char *word, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", word[i]) == NULL)
            return false;
    return length > 0;
}

static size_t print_literals(const char *values) {
    size_t count = 0;
    for (size_t length; *values != '\0'; values += length + strspn(values + length, "| ")) {
        length = strcspn(values, "| ");
        if (is_literal(values, length))
            printf("%s%.*s", count++ > 0 ? " " : "", (int)length, values);
    }
    return count;
}

static bool has_literals(const char *values) {
    for (size_t length; *values != '\0'; values += length + strspn(values + length, "| ")) {
        length = strcspn(values, "| ");
        if (is_literal(values, length))
            return true;
    }
    return false;
}

static void print_choice(const char *prefix, const char *name, const char *values) {
    if (values == NULL || !has_literals(values))
        return;
    printf("        ");
    print_name(prefix, name);
    printf(") values='");
    print_literals(values);
    printf("' ;;\n");
}

static enum status print_presets(void) {
    struct cli_share share;
    TRY(cli_share_find(&share, "presets"));
    enum status status = STATUS_OK;
    bool found = false;
    for (size_t i = 0; i < share.count && status == STATUS_OK && !found; i++) {
        struct file_names names;
        if (!file_is_folder(share.paths[i]))
            continue;
        status = file_list(&names, share.paths[i], ".json");
        if (status != STATUS_OK)
            break;
        found = names.count > 0;
        for (size_t k = 0; k < names.count; k++)
            printf("%.*s ", (int)(strlen(names.names[k]) - strlen(".json")), names.names[k]);
        file_names_free(&names);
    }
    cli_share_free(&share);
    return status;
}

/* ---- bash ---- */

static const char head[] =
    "# Completion of mnsp for bash, made by 'mnsp completion bash'.\n"
    "_mnsp() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} at=2\n"
    "    local command=${COMP_WORDS[1]} options='' valued='' values=''\n"
    "    COMPREPLY=()\n"
    "    # --option=value comes as three words\n"
    "    if [[ $word == '=' ]]; then\n"
    "        word=''\n"
    "    elif [[ $before == '=' ]]; then\n"
    "        before=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n";

static const char tail[] = "    if [[ \" $valued \" == *\" $before \"* ]]; then\n"
                           "        [[ $values ]] && COMPREPLY=($(compgen -W \"$values\" -- \"$word\"))\n"
                           "    elif [[ $word == -* ]]; then\n"
                           "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
                           "    fi\n"
                           "    # nothing: bash completes names of files\n"
                           "}\n"
                           "complete -o default -F _mnsp mnsp\n";

/* The first words of all commands, or the second ones of a group; a group's own word comes once. */
static void print_words(const char *group) {
    const size_t length = strlen(group);
    const char *last = "";
    for (size_t i = 0; cli_commands[i] != NULL; i++) {
        const char *const name = cli_commands[i]->name;
        if (strncmp(name, group, length) != 0 || (length > 0 && name[length] != ' '))
            continue;
        const char *const word = name + (length > 0 ? length + 1 : 0);
        const size_t size = strcspn(word, " ");
        if (strncmp(last, word, size) != 0 || last[size] != ' ')
            printf("%.*s ", (int)size, word);
        last = word;
    }
}

static void print_groups(void) {
    const char *last = "";
    printf("    case $command in\n");
    for (size_t i = 0; cli_commands[i] != NULL; i++) {
        const char *const name = cli_commands[i]->name;
        char group[64];
        const size_t size = strcspn(name, " ");
        snprintf(group, sizeof group, "%.*s", (int)size, name);
        if (name[size] == '\0' || strncmp(last, name, size + 1) == 0)
            continue;
        last = name;
        printf("    %s)\n        if ((COMP_CWORD == 2)); then\n            COMPREPLY=($(compgen -W '", group);
        print_words(group);
        printf("' -- \"$word\"))\n            return\n        fi\n        command+=\" ${COMP_WORDS[2]}\"\n   "
               "     "
               "at=3 ;;\n");
    }
    printf("    esac\n");
}

/* Options with certain values may have others in another command, so every command has its own list. */
static enum status print_command(const struct cli_command *command) {
    printf("    '%s')\n        options='", command->name);
    visit_options(command, print_option);
    printf("'\n        valued='");
    visit_options(command, print_valued);
    printf("'\n        case $before in\n");
    visit_options(command, print_choice);
    if (command->settings) {
        printf("        --preset) values='");
        TRY(print_presets());
        printf("' ;;\n");
    }
    printf("        esac ;;\n");
    return STATUS_OK;
}

static enum status print_bash(void) {
    printf("%s    if ((COMP_CWORD == 1)); then\n        COMPREPLY=($(compgen -W '", head);
    print_words("");
    printf("help --help --version' -- \"$word\"))\n        return\n    fi\n");
    print_groups();
    printf("    ((COMP_CWORD < at)) && return\n    case $command in\n");
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        TRY(print_command(cli_commands[i]));
    printf("    esac\n%s", tail);
    return STATUS_OK;
}

static enum status run(const struct cli_values *values) {
    size_t count;
    const char *const *const operands = cli_operands(values, &count);
    if (count != 1 || strcmp(operands[0], "bash") != 0)
        return status_set(STATUS_USAGE, "name the shell: %s", command_completion.example);
    return print_bash();
}

const struct cli_command command_completion = {
    .name = "completion",
    .operands = "bash",
    .summary = "print what bash needs to complete commands, options and their values",
    .example = "mnsp completion bash >~/.local/share/bash-completion/completions/mnsp",
    .run = run,
};
