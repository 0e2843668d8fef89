#include "conformance/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "usage: mnsp-conformance [options]\n"
    "       mnsp-conformance diff OLD.json NEW.json [--accuracy FACTOR] [--speed FACTOR]\n"
    "       mnsp-conformance matrix REPORT.json ...\n"
    "       mnsp-conformance convert REPORT.json [--html FILE] [--junit FILE] [--tap FILE]\n"
    "Runs every operator of mnsp on a Vulkan device and compares it with the scalar reference.\n"
    "\n"
    "which cases:\n"
    "  --set SET            smoke (small sizes), standard (default) or full (large and random sizes, too)\n"
    "  --filter GLOB        only cases whose name matches, such as 'layernorm*/real'\n"
    "  --fraction I/N       only the I-th of N parts, to share the work among machines\n"
    "  --list               print the names of the cases and exit\n"
    "how:\n"
    "  --device NAME        the device: its number or a part of its name (default: the best one)\n"
    "  --seed NUMBER        draw other inputs (default 1)\n"
    "  --repeat N           run everything N times, each time with the next seed\n"
    "  --soak MINUTES       the same, until the time is over\n"
    "  --validate           load the Vulkan validation layer; any message of it fails the case\n"
    "  --workers N          processes that run cases (default: one per processor on a CPU device, else one)\n"
    "  --compile-limit S    seconds that a pipeline may take to compile (default 60, on a CPU device 300)\n"
    "  --dispatch-limit S   seconds that a dispatch may take (the same)\n"
    "  --case-limit S       seconds that a case may take with its reference (default 900)\n"
    "  --waivers FILE       known defects, see spec/conformance.md; --no-waivers for none\n"
    "  --compile            only compile every pipeline, and tell registers, spills and occupancy; with\n"
    "                       --device, --filter (sizes: 'matmul/*') and --json\n"
    "what to say:\n"
    "  --measure            print the largest error of every case\n"
    "  --json FILE          write a report, also as --junit, --tap and --html; - is standard output\n"
    "  --bundle FOLDER      run nothing; write the one selected case as a folder that needs no mnsp: "
    "shader,\n"
    "                       inputs, expected outputs, a C program, an Amber script; for bug reports\n"
    "  --in-process         run all cases in this process, as tests of cmocka: quick, but a crash ends it\n"
    "  --format FORMAT      of cmocka's report: standard, tap or xml\n"
    "  --help, --version\n"
    "\n"
    "A case is named operator/sizes/inputs. Inputs are small integers (the result must be exact), reals and\n"
    "hard reals (each element has a bound of its own, derived in spec/numerics.md), or any bits.\n"
    "Each ends as Pass, QualityWarning (above half the bound), NotSupported, Waiver, or badly: Fail, Crash,\n"
    "Timeout, DeviceLost, ResourceError, InternalError.\n"
    "Exit status: 0 none ended badly, 1 one did, 2 usage. diff prints what changed between two reports: "
    "newly\n"
    "failing (then it exits with 1), fixed, and drift of accuracy (by a factor of 2) and speed (of 1.5).\n"
    "\n"
    "examples: mnsp-conformance --set smoke --device llvmpipe\n"
    "          mnsp-conformance --filter 'matmul/*' --validate --html matmul.html\n"
    "          mnsp-conformance --filter 'add/count=257/real' --bundle add-257\n"
    "\n"
    "To test the suite itself, --mutants runs shaders that are broken on purpose through the cases of their\n"
    "operators: each must be noticed. --filter and --fraction are then for mutants,\n"
    "whose names --list prints.\n"
    "To test the runner itself, --inject KIND=GLOB makes cases crash, crash-late, exit, hang, hang-compile,\n"
    "lost, memory, fail, warn, unsupported, garbage or noise.\n";

/* ---- values ---- */

static enum status parse_number(uint64_t *out, const char *option, const char *text) {
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0' || strpbrk(text, "-+ ") != NULL)
        return status_set(STATUS_USAGE, "%s %s: not a number below 2^64", option, text);
    return STATUS_OK;
}

static enum status parse_count(uint64_t *out, const char *option, const char *text, uint64_t most) {
    TRY(parse_number(out, option, text));
    if (*out == 0 || *out > most)
        return status_set(STATUS_USAGE, "%s %s: take 1 to %llu", option, text, (unsigned long long)most);
    return STATUS_OK;
}

static enum status parse_duration(double *out, const char *option, const char *text, double unit) {
    static const double longest = 1e7; /* seconds, about four months */
    char *end;
    *out = strtod(text, &end) * unit;
    if (end == text || *end != '\0' || !(*out > 0 && *out <= longest))
        return status_set(STATUS_USAGE, "%s %s: not a length of time above 0", option, text);
    return STATUS_OK;
}

static enum status parse_fraction(struct selection_options *out, const char *text) {
    char *end;
    const unsigned long part = strtoul(text, &end, 10);
    if (end == text || *end != '/' || strspn(text, "0123456789/") != strlen(text))
        return status_set(STATUS_USAGE, "--fraction %s: give I/N, such as 1/4", text);
    const char *const rest = end + 1;
    const unsigned long parts = strtoul(rest, &end, 10);
    if (end == rest || *end != '\0' || part < 1 || part > parts || parts > 1000000)
        return status_set(STATUS_USAGE, "--fraction %s: I is 1 to N, N at most 1000000", text);
    out->part = (uint32_t)part;
    out->parts = (uint32_t)parts;
    return STATUS_OK;
}

static enum status parse_format(struct options *out, const char *text) {
    if (strcmp(text, "standard") != 0 && strcmp(text, "tap") != 0 && strcmp(text, "xml") != 0)
        return status_set(STATUS_USAGE, "--format %s: take standard, tap or xml", text);
    out->format = text;
    return STATUS_OK;
}

static enum status parse_path(const char **out, const char *option, const char *text) {
    if (*text == '\0')
        return status_set(STATUS_USAGE, "%s: the file's name is empty", option);
    *out = text;
    return STATUS_OK;
}

/* ---- options ---- */

enum code {
    CODE_SET = 256,
    CODE_FRACTION,
    CODE_REPEAT,
    CODE_SOAK,
    CODE_WORKERS,
    CODE_COMPILE,
    CODE_COMPILE_LIMIT,
    CODE_DISPATCH,
    CODE_CASE,
    CODE_WAIVERS,
    CODE_NO_WAIVERS,
    CODE_JSON,
    CODE_JUNIT,
    CODE_TAP,
    CODE_HTML,
    CODE_IN_PROCESS,
    CODE_INJECT,
    CODE_MUTANTS,
    CODE_BUNDLE,
    CODE_VERSION,
};

static const struct option long_options[] = {
    {"bundle", required_argument, NULL, CODE_BUNDLE},
    {"case-limit", required_argument, NULL, CODE_CASE},
    {"compile", no_argument, NULL, CODE_COMPILE},
    {"compile-limit", required_argument, NULL, CODE_COMPILE_LIMIT},
    {"device", required_argument, NULL, 'd'},
    {"dispatch-limit", required_argument, NULL, CODE_DISPATCH},
    {"filter", required_argument, NULL, 'f'},
    {"format", required_argument, NULL, 'o'},
    {"fraction", required_argument, NULL, CODE_FRACTION},
    {"help", no_argument, NULL, 'h'},
    {"html", required_argument, NULL, CODE_HTML},
    {"in-process", no_argument, NULL, CODE_IN_PROCESS},
    {"inject", required_argument, NULL, CODE_INJECT},
    {"json", required_argument, NULL, CODE_JSON},
    {"junit", required_argument, NULL, CODE_JUNIT},
    {"list", no_argument, NULL, 'l'},
    {"measure", no_argument, NULL, 'm'},
    {"mutants", no_argument, NULL, CODE_MUTANTS},
    {"no-waivers", no_argument, NULL, CODE_NO_WAIVERS},
    {"repeat", required_argument, NULL, CODE_REPEAT},
    {"seed", required_argument, NULL, 's'},
    {"set", required_argument, NULL, CODE_SET},
    {"soak", required_argument, NULL, CODE_SOAK},
    {"tap", required_argument, NULL, CODE_TAP},
    {"validate", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, CODE_VERSION},
    {"waivers", required_argument, NULL, CODE_WAIVERS},
    {"workers", required_argument, NULL, CODE_WORKERS},
    {NULL, 0, NULL, 0},
};

static enum status take_selection(struct options *out, int code, const char *value) {
    switch (code) {
    case CODE_SET:
        return set_by_name(&out->selection.set, value);
    case CODE_FRACTION:
        return parse_fraction(&out->selection, value);
    case 's':
        return parse_number(&out->selection.seed, "--seed", value);
    default:
        out->selection.filter = value;
        return selection_check_glob("--filter", value);
    }
}

static enum status take_running(struct options *out, int code, const char *value) {
    uint64_t number;
    switch (code) {
    case CODE_REPEAT:
        return parse_count(&out->rounds, "--repeat", value, UINT32_MAX);
    case CODE_SOAK:
        return parse_duration(&out->soak_seconds, "--soak", value, 60);
    case CODE_COMPILE_LIMIT:
        return parse_duration(&out->limits.compile, "--compile-limit", value, 1);
    case CODE_DISPATCH:
        return parse_duration(&out->limits.dispatch, "--dispatch-limit", value, 1);
    case CODE_CASE:
        return parse_duration(&out->limits.whole, "--case-limit", value, 1);
    case CODE_INJECT:
        return inject_add(&out->injections, value);
    default:
        TRY(parse_count(&number, "--workers", value, 64));
        out->workers = (unsigned)number;
        return STATUS_OK;
    }
}

static enum status take_path(struct options *out, int code, const char *value) {
    switch (code) {
    case CODE_JSON:
        return parse_path(&out->json, "--json", value);
    case CODE_JUNIT:
        return parse_path(&out->junit, "--junit", value);
    case CODE_TAP:
        return parse_path(&out->tap, "--tap", value);
    case CODE_HTML:
        return parse_path(&out->html, "--html", value);
    case CODE_BUNDLE:
        return parse_path(&out->bundle, "--bundle", value);
    default:
        return parse_path(&out->waivers, "--waivers", value);
    }
}

static enum status take(struct options *out, int code, char *value, char **values) {
    switch (code) {
    case 'd':
        out->device = value;
        return STATUS_OK;
    case 'h':
        out->help = true;
        return STATUS_OK;
    case 'l':
        out->list = true;
        return STATUS_OK;
    case 'm':
        out->measure = true;
        return STATUS_OK;
    case 'v':
        out->validate = true;
        return STATUS_OK;
    case CODE_COMPILE:
        out->compile = true;
        return STATUS_OK;
    case CODE_IN_PROCESS:
        out->in_process = true;
        return STATUS_OK;
    case CODE_MUTANTS:
        out->mutants = true;
        return STATUS_OK;
    case CODE_VERSION:
        out->version = true;
        return STATUS_OK;
    case CODE_NO_WAIVERS:
        out->waivers = "";
        return STATUS_OK;
    case 'o':
        return parse_format(out, value);
    case 'f':
    case 's':
    case CODE_SET:
    case CODE_FRACTION:
        return take_selection(out, code, value);
    case CODE_WAIVERS:
    case CODE_JSON:
    case CODE_JUNIT:
    case CODE_TAP:
    case CODE_HTML:
    case CODE_BUNDLE:
        return take_path(out, code, value);
    case ':':
        return status_set(STATUS_USAGE, "%s needs a value; see --help", values[optind - 1]);
    case '?':
        return status_set(STATUS_USAGE, "unknown option %s; see --help", values[optind - 1]);
    default:
        return take_running(out, code, value);
    }
}

/* ---- together ---- */

static enum status check_together(const struct options *options) {
    if (options->soak_seconds > 0 && options->rounds > 1)
        return status_set(STATUS_USAGE, "--soak and --repeat exclude each other");
    if (options->format != NULL && !options->in_process)
        return status_set(STATUS_USAGE,
                          "--format is for --in-process; else see --json, --junit, --tap, --html");
    if (options->compile &&
        (options->in_process || options->list || options->junit || options->tap || options->html ||
         options->validate || options->mutants || options->selection.parts != 0))
        return status_set(STATUS_USAGE, "--compile takes --device, --filter and --json only");
    const bool reports = options->json || options->junit || options->tap || options->html;
    if (options->bundle != NULL &&
        (reports || options->in_process || options->list || options->compile || options->mutants ||
         options->measure || options->rounds > 1 || options->soak_seconds > 0 || options->workers != 0))
        return status_set(STATUS_USAGE, "--bundle takes --device, --set, --seed and --filter only");
    if (options->in_process && (reports || options->soak_seconds > 0 || options->rounds > 1 ||
                                options->workers != 0 || options->injections.count != 0))
        return status_set(STATUS_USAGE,
                          "--in-process takes no reports, --repeat, --soak, --workers or --inject");
    return STATUS_OK;
}

enum status options_parse(struct options *out, int count, char **values) {
    *out = (struct options){
        .selection = {.set = SET_STANDARD, .seed = 1},
        .rounds = 1,
    };
    opterr = 0;
    for (int code; (code = getopt_long(count, values, ":h", long_options, NULL)) != -1;)
        TRY(take(out, code, optarg, values));
    if (optind < count)
        return status_set(STATUS_USAGE, "unexpected argument '%s'; see --help", values[optind]);
    return check_together(out);
}
