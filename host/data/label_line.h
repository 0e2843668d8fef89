/* label_line.h: one line of a list of images. Inside the data room only.
 *
 *     path<TAB>text          the first tab parts them
 *     "path", "text"         ICDAR's; the first pair of quotes may lack; \" and \\ stand for " and \
 *     path text              the first space parts them, where no tab is
 *     path                   without a label
 */
#ifndef MNSP_DATA_LABEL_LINE_H
#define MNSP_DATA_LABEL_LINE_H

#include <stddef.h>

/* Parts of the line; a label of size 0 is none. */
struct label_line {
    const char *path, *label;
    size_t path_size, label_size;
};

/* Takes a line apart. What is escaped in it is replaced in place. */
struct label_line label_line_parse(char *line, size_t length);

#endif
