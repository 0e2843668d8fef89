/* tool.h: runs a program of tools/ that is written in Python. Included once per test
 * program, behind program.h. */
#ifndef MNSP_TESTS_TOOL_H
#define MNSP_TESTS_TOOL_H

#include "program.h"

#include <unistd.h>

#define PYTHON "/usr/bin/python3"

/* Runs tools/NAME in the test's folder; returns its status, with what it printed in program_out and
 * program_err. Skips the test where there is no Python. */
static int run_tool(const char *name, const char *words) {
    char command[2048];
    if (access(PYTHON, X_OK) != 0) {
        print_message("skipped: there is no %s\n", PYTHON);
        skip();
    }
    snprintf(command, sizeof command,
             "cd '%s' && " PYTHON " '" SOURCE_DIRECTORY "/tools/%s' %s >out.txt 2>err.txt", test_folder, name,
             words);
    const int status = system(command);
    take_text(program_out, sizeof program_out, in_folder("out.txt"));
    take_text(program_err, sizeof program_err, in_folder("err.txt"));
    return status;
}

#endif
