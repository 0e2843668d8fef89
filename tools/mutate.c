/* mutate.c: builds the deliberately broken shaders of one operator.
 *
 *     mutate matmul --glslang PROGRAM --khr-matrices PROGRAM|none --source FOLDER --interface FOLDER
 *            --work FOLDER --out HEADER
 *
 * reads FOLDER/tools/mutants/matmul.mutant (tools/mutants/README.md describes it), makes each change to a
 * copy of the shader, compiles the copies, and writes the header that conformance/mutants.c includes. A
 * mutant that does not apply exactly once, or that does not compile, has its error in the header instead of
 * code: the suite then fails and says so, while everything else can be built. Errors go to stderr, exit
 * status 1.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TEXT = 8192, PATH = 4096, NAME = 128 };

struct mutant {
    char name[NAME];
    char why[TEXT], survives[TEXT]; /* survives: "" when it must not */
    char first[TEXT];               /* glob of the cases to be run first; "": none */
    char needs[NAME];               /* the variant that shows it; "": any */
    char file[NAME];
    char old_text[TEXT], new_text[TEXT];
    bool has_new;
};

struct options {
    const char *operator, * glslang, *khr_matrices, *source, *interface, *work, *out;
};

static _Noreturn void stop(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("mutate: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

/* ---- files ---- */

struct path {
    char text[PATH];
};

static struct path join(const char *format, ...) {
    struct path out;
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(out.text, PATH, format, arguments);
    va_end(arguments);
    if (length < 0 || length >= PATH)
        stop("a path is longer than %d characters", PATH - 1);
    return out;
}

/* The whole file with a 0 behind it. */
static char *read_file(const char *path, size_t *bytes) {
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        stop("%s: %s", path, strerror(errno));
    size_t used = 0, capacity = 1 << 16;
    char *data = malloc(capacity);
    while (data != NULL) {
        used += fread(data + used, 1, capacity - used - 1, file);
        if (used < capacity - 1)
            break;
        char *const larger = realloc(data, capacity *= 2);
        if (larger == NULL)
            free(data);
        data = larger;
    }
    if (data == NULL || ferror(file))
        stop("%s: cannot be read", path);
    fclose(file);
    data[used] = '\0';
    *bytes = used;
    return data;
}

static void write_file(const char *path, const char *text, size_t bytes) {
    FILE *const file = fopen(path, "wb");
    if (file == NULL || fwrite(text, 1, bytes, file) != bytes || fclose(file) != 0)
        stop("%s: cannot be written: %s", path, strerror(errno));
}

static void copy_file(const char *to, const char *from) {
    size_t bytes;
    char *const text = read_file(from, &bytes);
    write_file(to, text, bytes);
    free(text);
}

static void make_folder(const char *path) {
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        stop("%s: %s", path, strerror(errno));
}

/* ---- the table ---- */

static void append_line(char out[TEXT], bool is_first, const char *line) {
    const size_t used = strlen(out);
    if (used + strlen(line) + 2 > TEXT)
        stop("a change is longer than %d characters", TEXT);
    sprintf(out + used, "%s%s", is_first ? "" : "\n", line);
}

static void set_text(char *out, size_t size, const char *text) {
    if (strlen(text) >= size)
        stop("'%s' is too long", text);
    strcpy(out, text);
}

/* Adds a line of the table to the mutant; false when it is none of a mutant's. */
static bool read_line(struct mutant *mutant, const char *line) {
    if (line[0] == '-') {
        append_line(mutant->old_text, mutant->old_text[0] == '\0', line + 1);
    } else if (line[0] == '+') {
        append_line(mutant->new_text, !mutant->has_new, line + 1);
        mutant->has_new = true;
    } else if (strncmp(line, "why ", 4) == 0) {
        set_text(mutant->why, sizeof mutant->why, line + 4);
    } else if (strncmp(line, "survives ", 9) == 0) {
        set_text(mutant->survives, sizeof mutant->survives, line + 9);
    } else if (strncmp(line, "first ", 6) == 0) {
        set_text(mutant->first, sizeof mutant->first, line + 6);
    } else if (strncmp(line, "needs ", 6) == 0) {
        set_text(mutant->needs, sizeof mutant->needs, line + 6);
    } else if (strncmp(line, "in ", 3) == 0) {
        set_text(mutant->file, sizeof mutant->file, line + 3);
    } else {
        return false;
    }
    return true;
}

static void require_whole(const struct mutant *mutant, const char *path) {
    if (mutant->why[0] == '\0' || mutant->old_text[0] == '\0')
        stop("%s: mutant %s needs a line 'why' and lines that begin with '-'", path, mutant->name);
}

static struct mutant *read_table(const struct options *options, size_t *count) {
    const struct path path = join("%s/tools/mutants/%s.mutant", options->source, options->operator);
    size_t bytes;
    char *const text = read_file(path.text, &bytes);
    struct mutant *mutants = NULL;
    *count = 0;
    int number = 1;
    for (char *line = text, *next; line != NULL; line = next, number++) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (strncmp(line, "mutant ", 7) == 0) {
            mutants = realloc(mutants, (*count + 1) * sizeof *mutants);
            if (mutants == NULL)
                stop("out of memory");
            mutants[*count] = (struct mutant){0};
            set_text(mutants[*count].name, NAME, line + 7);
            snprintf(mutants[*count].file, NAME, "%.100s.comp", options->operator);
            ++*count;
        } else if (*count == 0 || !read_line(&mutants[*count - 1], line)) {
            stop("%s:%d: '%s' is no line of a mutant", path.text, number, line);
        }
    }
    for (size_t i = 0; i < *count; i++)
        require_whole(&mutants[i], path.text);
    free(text);
    return mutants;
}

/* ---- one mutant ---- */

/* Writes the folder with the shader, what it includes, and the change. False: it does not apply, see `error`.
 */
static bool write_sources(const struct options *options, const struct mutant *mutant, const char *folder,
                          char error[TEXT]) {
    const struct path includes = join("%s/shaders/include", options->source);
    make_folder(folder);
    DIR *const directory = opendir(includes.text);
    if (directory == NULL)
        stop("%s: %s", includes.text, strerror(errno));
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] != '.')
            copy_file(join("%s/%s", folder, entry->d_name).text,
                      join("%s/%s", includes.text, entry->d_name).text);
    closedir(directory);
    copy_file(join("%s/%s.comp", folder, options->operator).text,
              join("%s/shaders/%s.comp", options->source, options->operator).text);

    const struct path path = join("%s/%s", folder, mutant->file);
    size_t bytes;
    char *const text = read_file(path.text, &bytes);
    char *const place = strstr(text, mutant->old_text);
    if (place == NULL || strstr(place + 1, mutant->old_text) != NULL) {
        snprintf(error, TEXT, "its old text occurs %s in %s: adapt tools/mutants/%s.mutant to the shader",
                 place == NULL ? "nowhere" : "more than once", mutant->file, options->operator);
        free(text);
        return false;
    }
    FILE *const file = fopen(path.text, "wb");
    if (file == NULL)
        stop("%s: %s", path.text, strerror(errno));
    fprintf(file, "%.*s%s%s", (int)(place - text), text, mutant->new_text, place + strlen(mutant->old_text));
    fclose(file);
    free(text);
    return true;
}

static bool compile(const struct options *options, const char *folder, const char *kind, const char *flags,
                    char error[TEXT]) {
    char command[8 * PATH];
    const int length = snprintf(
        command, sizeof command,
        "'%s' -V --target-env vulkan1.2 --quiet %s -I'%s' -I'%s' -o '%s/%s.spv' '%s/%s.comp' >'%s/log' 2>&1",
        options->glslang, flags, folder, options->interface, folder, kind, folder, options->operator, folder);
    if (length < (int)sizeof command && system(command) == 0)
        return true;
    snprintf(error, TEXT, "it does not compile: see %s/log", folder);
    return false;
}

/* The variants of a shader, as CMakeLists.txt builds them: `sign` is what the source has in
 * the beginning of a line. */
struct variant {
    const char *kind, *flags, *enumerator, *sign;
};

static const struct variant variants[] = {
    {"plain", "", "SHADER_PLAIN", "#version"},
    {"quads", "-DQUADS", "SHADER_QUADS", "#include \"team.glsl\""},
    {"quads_int64", "-DQUADS -DINT64", "SHADER_QUADS_INT64", "#include \"loads.glsl\""},
    {"matrices", "-DMATRICES", "SHADER_MATRICES", "#include \"matrix.glsl\""},
    {"matrices_bf16", "-DMATRICES -DBFLOAT16", "SHADER_MATRICES_BF16", "#include \"matrix.glsl\""},
};

enum { VARIANTS = sizeof variants / sizeof variants[0] };

static bool has_matrices(const struct variant *variant) {
    return strncmp(variant->kind, "matrices", strlen("matrices")) == 0;
}

static bool has_variant(const struct options *options, const struct variant *variant, const char *shader) {
    const char *const place = strstr(shader, variant->sign);
    const bool lacks_tool = has_matrices(variant) && strcmp(options->khr_matrices, "none") == 0;
    return place != NULL && (place == shader || place[-1] == '\n') && !lacks_tool;
}

/* What the compiler wrote in the older dialect of matrices, in the newer one. */
static bool rewrite(const struct options *options, const char *folder, const char *kind, char error[TEXT]) {
    char command[8 * PATH];
    snprintf(command, sizeof command, "'%s' %s '%s/%s.spv' '%s/%s.spv' >'%s/log' 2>&1", options->khr_matrices,
             strcmp(kind, "matrices_bf16") == 0 ? "--bf16" : "", folder, kind, folder, kind, folder);
    if (system(command) == 0)
        return true;
    snprintf(error, TEXT, "its matrices cannot be rewritten: see %s/log", folder);
    return false;
}

static bool compile_all(const struct options *options, const char *folder, const bool has[VARIANTS],
                        char error[TEXT]) {
    for (int i = 0; i < VARIANTS; i++) {
        if (has[i] && !compile(options, folder, variants[i].kind, variants[i].flags, error))
            return false;
        if (has[i] && has_matrices(&variants[i]) && !rewrite(options, folder, variants[i].kind, error))
            return false;
    }
    return true;
}

/* ---- the header ---- */

static void write_string(FILE *out, const char *key, const char *text) {
    fprintf(out, "     .%s = \"", key);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputs("\",\n", out);
}

static void write_code(FILE *out, const struct options *options, const char *folder, const char *kind,
                       size_t number) {
    size_t bytes;
    char *const code = read_file(join("%s/%s.spv", folder, kind).text, &bytes);
    fprintf(out, "static const uint32_t mutant_%s_%zu_%s[] = {", options->operator, number, kind);
    for (size_t i = 0; i + 4 <= bytes; i += 4) {
        uint32_t word;
        memcpy(&word, code + i, sizeof word);
        fprintf(out, "%s0x%08x,", i / 4 % 10 == 0 ? "\n" : " ", word);
    }
    fputs("\n};\n", out);
    free(code);
}

/* Builds a mutant, writes its code to `out` and its row to `rows`. */
static void build(FILE *out, FILE *rows, const struct options *options, const struct mutant *mutant,
                  size_t number, const bool has[VARIANTS]) {
    char error[TEXT] = "";
    const struct path folder = join("%s/%s-%zu", options->work, options->operator, number);
    const bool built =
        write_sources(options, mutant, folder.text, error) && compile_all(options, folder.text, has, error);
    fprintf(rows, "    {.id = OPERATOR_%s,\n", options->operator);
    write_string(rows, "name", mutant->name);
    write_string(rows, "why", mutant->why);
    if (mutant->survives[0] != '\0')
        write_string(rows, "survives", mutant->survives);
    if (mutant->needs[0] != '\0')
        write_string(rows, "needs", mutant->needs);
    if (mutant->first[0] != '\0')
        write_string(rows, "first", mutant->first);
    if (!built)
        write_string(rows, "error", error);
    for (int i = 0; built && i < VARIANTS; i++) {
        const char *const kind = variants[i].kind;
        if (!has[i])
            continue;
        write_code(out, options, folder.text, kind, number);
        fprintf(rows, "     .shaders[%s] = {mutant_%s_%zu_%s, sizeof mutant_%s_%zu_%s},\n",
                variants[i].enumerator, options->operator, number, kind, options->operator, number, kind);
    }
    fputs("    },\n", rows);
}

static void build_all(const struct options *options) {
    size_t count, bytes, rows_bytes;
    struct mutant *const mutants = read_table(options, &count);
    char *const shader =
        read_file(join("%s/shaders/%s.comp", options->source, options->operator).text, &bytes);
    bool has[VARIANTS];
    for (int i = 0; i < VARIANTS; i++)
        has[i] = has_variant(options, &variants[i], shader);
    free(shader);
    make_folder(options->work);
    char *rows_text;
    FILE *const out = fopen(options->out, "wb"), *const rows = open_memstream(&rows_text, &rows_bytes);
    if (out == NULL || rows == NULL)
        stop("%s: %s", options->out, strerror(errno));
    for (size_t i = 0; i < count; i++)
        build(out, rows, options, &mutants[i], i, has);
    fclose(rows);
    fprintf(out, "static const struct mutant mutants_%s[] = {\n%s};\n", options->operator, rows_text);
    free(rows_text);
    free(mutants);
    if (fclose(out) != 0)
        stop("%s: %s", options->out, strerror(errno));
}

int main(int count, char **values) {
    struct options options = {0};
    const struct {
        const char *name, **value;
    } names[] = {
        {"--glslang", &options.glslang}, {"--khr-matrices", &options.khr_matrices},
        {"--source", &options.source},   {"--interface", &options.interface},
        {"--work", &options.work},       {"--out", &options.out},
    };
    if (count != 2 + 2 * (int)(sizeof names / sizeof names[0]))
        stop("usage: mutate OPERATOR --glslang PROGRAM --khr-matrices PROGRAM|none --source FOLDER "
             "--interface FOLDER --work FOLDER "
             "--out HEADER");
    options.operator= values[1];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(values[2 + 2 * i], names[i].name) != 0)
            stop("%s expected instead of %s", names[i].name, values[2 + 2 * i]);
        *names[i].value = values[3 + 2 * i];
    }
    build_all(&options);
    return EXIT_SUCCESS;
}
