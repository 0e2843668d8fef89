#include "data/label_line.h"

#include <stdbool.h>
#include <string.h>

static struct label_line part(const char *line, size_t length, const char *separator) {
    if (separator == NULL)
        return (struct label_line){.path = line, .path_size = length};
    const size_t path_size = (size_t)(separator - line);
    return (struct label_line){line, separator + 1, path_size, length - path_size - 1};
}

/* Replaces \" and \\ by what they stand for and returns the new size. */
static size_t unescape(char *text, size_t size) {
    size_t kept = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\\' && i + 1 < size && (text[i + 1] == '"' || text[i + 1] == '\\'))
            i++;
        text[kept++] = text[i];
    }
    return kept;
}

/* path, "text" or "path", "text". */
static bool parse_icdar(struct label_line *out, char *line, size_t length) {
    char *const comma = memmem(line, length, line[0] == '"' ? "\"," : ",", line[0] == '"' ? 2 : 1);
    char *const end = line + length;
    if (comma == NULL || end[-1] != '"')
        return false;
    const bool quoted = line[0] == '"';
    char *text = comma + (quoted ? 2 : 1);
    while (text < end && *text == ' ')
        text++;
    if (*text != '"' || text + 1 >= end)
        return false;
    out->path = line + quoted;
    out->path_size = (size_t)(comma - out->path);
    out->label = text + 1;
    out->label_size = unescape(text + 1, (size_t)(end - text) - 2);
    return true;
}

struct label_line label_line_parse(char *line, size_t length) {
    struct label_line parsed;
    const char *const tab = memchr(line, '\t', length);
    if (tab == NULL && length > 0 && parse_icdar(&parsed, line, length))
        return parsed;
    return part(line, length, tab ? tab : memchr(line, ' ', length));
}
