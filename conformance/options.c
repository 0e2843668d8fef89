#include "conformance/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "usage: mnsp-conformance [options]\n"
    "Runs every operator of mnsp on a Vulkan device and compares it with the scalar reference.\n"
    "\n"
    "  --device NAME     the device: its number or a part of its name (default: the best one)\n"
    "  --filter GLOB     only cases whose name matches, such as 'layernorm*/real'\n"
    "  --list            print the names of the cases and exit\n"
    "  --seed NUMBER     draw other inputs (default 1)\n"
    "  --validate        load the Vulkan validation layer; any message of it fails the case\n"
    "  --measure         print the largest error of every case\n"
    "  --format FORMAT   of the report: standard, tap or xml\n"
    "  --help            print this\n"
    "\n"
    "A case is named operator/sizes/inputs. Inputs are small integers (the result must be exact), reals and\n"
    "hard reals (each element has a bound of its own, derived in spec/numerics.md), or any bits.\n"
    "Exit status: 0 all passed, 1 a case failed, 2 usage.\n"
    "\n"
    "example: mnsp-conformance --device llvmpipe --filter 'matmul/*' --validate\n";

static enum status parse_number(uint64_t *out, const char *text) {
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0' || strchr(text, '-') != NULL)
        return status_set(STATUS_USAGE, "--seed %s: not a number below 2^64", text);
    return STATUS_OK;
}

static enum status parse_format(struct options *out, const char *text) {
    if (strcmp(text, "standard") != 0 && strcmp(text, "tap") != 0 && strcmp(text, "xml") != 0)
        return status_set(STATUS_USAGE, "--format %s: take standard, tap or xml", text);
    out->format = text;
    return STATUS_OK;
}

static const struct option long_options[] = {
    {"device", required_argument, NULL, 'd'},
    {"filter", required_argument, NULL, 'f'},
    {"format", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {"list", no_argument, NULL, 'l'},
    {"measure", no_argument, NULL, 'm'},
    {"seed", required_argument, NULL, 's'},
    {"validate", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

enum status options_parse(struct options *out, int count, char **values) {
    *out = (struct options){.format = "standard", .seed = 1};
    opterr = 0;
    for (int code; (code = getopt_long(count, values, ":h", long_options, NULL)) != -1;)
        switch (code) {
        case 'd':
            out->device = optarg;
            break;
        case 'f':
            out->filter = optarg;
            break;
        case 'h':
            out->help = true;
            break;
        case 'l':
            out->list = true;
            break;
        case 'm':
            out->measure = true;
            break;
        case 'o':
            TRY(parse_format(out, optarg));
            break;
        case 's':
            TRY(parse_number(&out->seed, optarg));
            break;
        case 'v':
            out->validate = true;
            break;
        case ':':
            return status_set(STATUS_USAGE, "%s needs a value; see --help", values[optind - 1]);
        default:
            return status_set(STATUS_USAGE, "unknown option %s; see --help", values[optind - 1]);
        }
    if (optind < count)
        return status_set(STATUS_USAGE, "unexpected argument '%s'; see --help", values[optind]);
    return STATUS_OK;
}
