/* source_folder.c: every image below a folder, without labels. */
#include "base/file.h"
#include "base/memory.h"
#include "data/image_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 32 }; /* of folders in folders: a link to a parent must not hold us for ever */

static bool is_image_name(const char *name) {
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp"};
    const char *const dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

/* A folder that is being looked through: its path from here and from the root of the list ("" or "a/b/"). */
struct visit {
    const char *folder, *below;
    int depth;
};

static enum status scan(struct image_list *list, const struct visit *visit);

static enum status add_entry(struct image_list *list, const struct visit *visit, const char *name) {
    char *full = NULL, *below = NULL;
    struct stat about;
    enum status code;
    TRY_GOTO(code, file_join(&full, visit->folder, name), done);
    if (stat(full, &about) != 0)
        goto done; /* a link to nowhere */
    const bool folder = S_ISDIR(about.st_mode);
    TRY_GOTO(code, memory_format(&below, "%s%s%s", visit->below, name, folder ? "/" : ""), done);
    if (folder && visit->depth < DEPTH_MAX)
        code = scan(list, &(struct visit){full, below, visit->depth + 1});
    else if (S_ISREG(about.st_mode) && is_image_name(name))
        code = image_list_add(list, below, strlen(below), NULL, 0);
done:
    free(full);
    free(below);
    return code;
}

static enum status scan(struct image_list *list, const struct visit *visit) {
    DIR *const directory = opendir(visit->folder);
    if (directory == NULL)
        return file_failure(visit->folder, "open", errno);
    enum status code = STATUS_OK;
    const struct dirent *entry;
    while (code == STATUS_OK && (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            code = add_entry(list, visit, entry->d_name);
    closedir(directory);
    return code;
}

enum status source_open_folder(struct source *out, const char *root) {
    struct image_list *list;
    TRY(image_list_new(&list, root));
    const enum status code = scan(list, &(struct visit){root, "", 0});
    if (code != STATUS_OK) {
        image_list_free(list);
        return code;
    }
    image_list_sort(list);
    image_list_finish(list, "folder", out);
    if (out->count > 0)
        return STATUS_OK;
    image_list_free(list);
    return status_set(STATUS_INVALID,
                      "%s: no labels.tsv or other list of labels, no data.mdb, and no .jpg, .jpeg, .png or "
                      ".bmp files in it",
                      root);
}
