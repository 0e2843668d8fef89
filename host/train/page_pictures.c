/* page_pictures.c: the pictures of a run within its page. */
#include "base/file.h"
#include "train/page.h"

#include <stdlib.h>
#include <string.h>

/* As many as a page can carry and somebody looks at; a picture has some 100 KB. */
enum { MOST_EARLIER = 6, MOST_BYTES = 16 << 20 };

static enum status add_picture(struct buffer *out, const char *folder, const char *name) {
    char *path, *bytes;
    size_t size;
    TRY(file_join(&path, folder, name));
    const enum status status = file_read(&bytes, &size, path, MOST_BYTES);
    free(path);
    if (status == STATUS_MEMORY)
        return status;
    if (status != STATUS_OK) { /* the others are still worth seeing */
        buffer_add(out, "<p>");
        buffer_add_xml(out, status_message());
        buffer_add(out, "</p>\n");
        return STATUS_OK;
    }
    buffer_add(out, "<img class=\"picture\" alt=\"");
    buffer_add_xml(out, name);
    buffer_add(out, "\" src=\"data:image/png;base64,");
    html_base64(out, bytes, size);
    buffer_add(out, "\">\n");
    free(bytes);
    return STATUS_OK;
}

/* `count` names are those of steps, in order. */
static enum status add_steps(struct buffer *out, const char *folder, char **names, size_t count) {
    const size_t before = count - 1, earlier = before < MOST_EARLIER ? before : MOST_EARLIER;
    buffer_add(out, "<h2>Pictures</h2>\n");
    TRY(add_picture(out, folder, names[count - 1]));
    for (size_t i = 0; i < earlier; i++) {
        const char *const name = names[earlier > 1 ? i * (before - 1) / (earlier - 1) : 0];
        buffer_add(out, "<details><summary>Step %lld</summary>\n",
                   strtoll(name + sizeof "step-" - 1, NULL, 10));
        TRY(add_picture(out, folder, name));
        buffer_add(out, "</details>\n");
    }
    if (earlier < before)
        buffer_add(out, "<p class=\"soft\">%zu more are in the folder pictures.</p>\n", before - earlier);
    return STATUS_OK;
}

/* Moves the names of steps to the front, in order, and returns how many they are: the page draws its own
 * curves. */
static size_t keep_steps(struct file_names *names) {
    size_t steps = 0;
    for (size_t i = 0; i < names->count; i++) {
        char *const name = names->names[i];
        if (strncmp(name, "step-", 5) != 0)
            continue;
        names->names[i] = names->names[steps];
        names->names[steps++] = name;
    }
    return steps;
}

/* Where the network looks. */
static enum status add_attention(struct buffer *out, const char *folder) {
    static const char name[] = "attention.png";
    char *path;
    TRY(file_join(&path, folder, name));
    const bool there = file_exists(path);
    free(path);
    if (!there)
        return STATUS_OK;
    buffer_add(
        out,
        "<h2>Attention</h2>\n<p class=\"soft\">Each map is the mean over heads of the last layer, the "
        "brightest patch is where most is taken from. White on black, in pre-training: what of the image is "
        "text.</p>\n");
    return add_picture(out, folder, name);
}

static enum status add_folder(struct buffer *out, const char *folder) {
    struct file_names names;
    if (!file_is_folder(folder))
        return STATUS_OK;
    TRY(file_list(&names, folder, ".png"));
    const size_t steps = keep_steps(&names);
    const enum status status = steps > 0 ? add_steps(out, folder, names.names, steps) : STATUS_OK;
    file_names_free(&names);
    TRY(status);
    return add_attention(out, folder);
}

enum status page_add_pictures(struct buffer *out, const char *folder) {
    char *pictures;
    TRY(file_join(&pictures, folder, "pictures"));
    const enum status status = add_folder(out, pictures);
    free(pictures);
    return status;
}
