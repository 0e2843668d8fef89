#include "data/lmdb_file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PAGE_HEADER = 16,
    PAGE_SIZE_MIN = 256,
    PAGE_SIZE_MAX = 1 << 16,
    PAGE_BRANCH = 1,
    PAGE_LEAF = 2,
    NODE_HEADER = 8,
    NODE_OVERFLOW = 1, /* the value lies on pages of its own */
    NODE_OTHER = 6,    /* a table or duplicates instead of a value */
    META_MAIN = 72,    /* offsets in a meta record */
    META_PAGE_SIZE = 24,
    META_LAST_PAGE = 120,
    META_TRANSACTION = 128,
    META_SIZE = 136,
    TABLE_FLAGS = 4, /* offsets in a table record */
    TABLE_ROOT = 40,
    DEPTH_MAX = 64, /* more pages on the way than any tree has: a loop */
};

static const uint32_t MAGIC = 0xBEEFC0DE, VERSION = 1;
static const uint64_t NO_PAGE = UINT64_MAX; /* the root of an empty table */

/* A little-endian number of `count` bytes. */
static uint64_t number(const uint8_t *at, int count) {
    uint64_t value = 0;
    for (int i = count - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static enum status damaged(const struct lmdb_file *file, const char *what) {
    return status_set(STATUS_INVALID, "%s: %s; copy the file again", file->path, what);
}

static enum status read_at(const struct lmdb_file *file, uint64_t offset, void *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        const ssize_t count =
            pread(file->descriptor, (char *)bytes + done, size - done, (off_t)(offset + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return status_set(STATUS_IO, "%s: %s", file->path, strerror(errno));
        if (count == 0)
            return damaged(file, "cut short");
        done += (size_t)count;
    }
    return STATUS_OK;
}

/* ---- opening ---- */

/* Reads the meta record at `offset` and, if it is later than what is known, takes over what it says. */
static enum status read_meta(struct lmdb_file *file, uint64_t offset, uint64_t *transaction,
                             uint64_t *last_page) {
    uint8_t meta[META_SIZE];
    TRY(read_at(file, offset + PAGE_HEADER, meta, sizeof meta));
    const uint64_t page_size = number(meta + META_PAGE_SIZE, 4), later = number(meta + META_TRANSACTION, 8);
    if (number(meta, 4) != MAGIC || number(meta + 4, 4) != VERSION)
        return damaged(file, "no LMDB file of version 0.9 and 64 bits");
    if (page_size < PAGE_SIZE_MIN || page_size > PAGE_SIZE_MAX || (page_size & (page_size - 1)) != 0)
        return damaged(file, "its page size is wrong");
    if (offset != 0 && (page_size != file->page_size || later <= *transaction))
        return page_size == file->page_size ? STATUS_OK : damaged(file, "its page size is wrong");
    file->page_size = (uint32_t)page_size;
    file->root = number(meta + META_MAIN + TABLE_ROOT, 8);
    *transaction = later;
    *last_page = number(meta + META_LAST_PAGE, 8);
    if ((number(meta + META_MAIN + TABLE_FLAGS, 2) & 0x7F) != 0)
        return status_set(STATUS_INVALID,
                          "%s: its table has keys in another order or duplicates; write it with "
                          "LMDB's default flags",
                          file->path);
    return STATUS_OK;
}

static enum status read_metas(struct lmdb_file *file) {
    struct stat about;
    uint64_t transaction = 0, last_page = 0;
    if (fstat(file->descriptor, &about) != 0)
        return status_set(STATUS_IO, "%s: %s", file->path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return status_set(STATUS_INVALID, "%s: not a regular file", file->path);
    TRY(read_meta(file, 0, &transaction, &last_page));
    TRY(read_meta(file, file->page_size, &transaction, &last_page));
    file->pages = (uint64_t)about.st_size / file->page_size;
    return last_page < file->pages ? STATUS_OK : damaged(file, "cut short");
}

enum status lmdb_file_open(struct lmdb_file *out, const char *folder) {
    *out = (struct lmdb_file){.descriptor = -1};
    TRY(memory_format(&out->path, "%s/data.mdb", folder));
    out->descriptor = open(out->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const enum status code =
        out->descriptor < 0 ? status_set(STATUS_IO, "%s: %s", out->path, strerror(errno)) : read_metas(out);
    if (code != STATUS_OK)
        lmdb_file_close(out);
    return code;
}

void lmdb_file_close(struct lmdb_file *file) {
    if (file->descriptor >= 0)
        close(file->descriptor);
    free(file->path);
    *file = (struct lmdb_file){.descriptor = -1};
}

/* ---- looking up ---- */

/* One page in memory, and a place on it. */
struct page {
    uint8_t *bytes;
    uint32_t size, nodes, flags;
};

struct node {
    const uint8_t *at, *key;
    uint32_t key_size, room; /* bytes from the key's end to the page's */
};

static enum status load_page(const struct lmdb_file *file, uint64_t number_of_page, struct page *page) {
    if (number_of_page < 2 || number_of_page >= file->pages)
        return damaged(file, "a page is referred to that it does not have");
    TRY(read_at(file, number_of_page * file->page_size, page->bytes, file->page_size));
    const uint64_t lower = number(page->bytes + 12, 2);
    page->size = file->page_size;
    page->flags = (uint32_t)number(page->bytes + 10, 2);
    page->nodes = (uint32_t)(lower - PAGE_HEADER) / 2;
    if (number(page->bytes, 8) != number_of_page || lower <= PAGE_HEADER || lower > file->page_size)
        return damaged(file, "a page is damaged");
    return STATUS_OK;
}

static enum status find_node(const struct lmdb_file *file, const struct page *page, uint32_t index,
                             struct node *node) {
    const uint32_t offset = (uint32_t)number(page->bytes + PAGE_HEADER + 2 * (size_t)index, 2);
    if (offset < PAGE_HEADER || offset + NODE_HEADER > page->size)
        return damaged(file, "an entry lies outside its page");
    node->at = page->bytes + offset;
    node->key = node->at + NODE_HEADER;
    node->key_size = (uint32_t)number(node->at + 6, 2);
    if (node->key_size > page->size - offset - NODE_HEADER)
        return damaged(file, "a key runs out of its page");
    node->room = page->size - offset - NODE_HEADER - node->key_size;
    return STATUS_OK;
}

static int compare(const char *key, size_t size, const struct node *node) {
    const size_t common = size < node->key_size ? size : node->key_size;
    const int order = memcmp(key, node->key, common);
    return order != 0 ? order : (size > node->key_size) - (size < node->key_size);
}

/* The last node of a page whose key is not behind the sought one; *order is 0 when it is that key. The first
 * node of a branch counts as before every key. */
static enum status search_page(const struct lmdb_file *file, const struct page *page, const char *key,
                               struct node *node, int *order) {
    uint32_t low = 0, high = page->nodes - 1;
    const size_t size = strlen(key);
    while (low < high) {
        const uint32_t middle = high - (high - low) / 2;
        TRY(find_node(file, page, middle, node));
        if (compare(key, size, node) >= 0)
            low = middle;
        else
            high = middle - 1;
    }
    TRY(find_node(file, page, low, node));
    *order = compare(key, size, node);
    return STATUS_OK;
}

/* Copies the value of a leaf's node. */
static enum status copy_value(const struct lmdb_file *file, const struct node *node, size_t limit,
                              char **value, size_t *size) {
    const size_t length = (size_t)number(node->at, 4);
    const uint32_t flags = (uint32_t)number(node->at + 4, 2);
    const uint8_t *const data = node->key + node->key_size;
    uint64_t offset = 0;
    if ((flags & NODE_OTHER) != 0)
        return damaged(file, "an entry is no plain value");
    if (length > limit)
        return status_set(STATUS_INVALID, "%s: a value has %zu bytes, more than the limit of %zu", file->path,
                          length, limit);
    if ((flags & NODE_OVERFLOW) != 0) {
        const uint64_t first = node->room < 8 ? 0 : number(data, 8);
        const uint64_t needed = (PAGE_HEADER + (uint64_t)length + file->page_size - 1) / file->page_size;
        if (first < 2 || first >= file->pages || needed > file->pages - first)
            return damaged(file, "a value lies outside the file");
        offset = first * file->page_size + PAGE_HEADER;
    } else if (length > node->room) {
        return damaged(file, "a value runs out of its page");
    }
    TRY(memory_new(value, length + 1, 1));
    *size = length;
    if (offset == 0) {
        memcpy(*value, data, length);
        return STATUS_OK;
    }
    const enum status code = read_at(file, offset, *value, length);
    if (code != STATUS_OK) {
        free(*value);
        *value = NULL;
    }
    return code;
}

/* Goes from the root to the leaf that would hold the key. */
static enum status descend(const struct lmdb_file *file, const char *key, size_t limit, struct page *page,
                           char **value, size_t *size) {
    uint64_t next = file->root;
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        struct node node = {0};
        int order;
        TRY(load_page(file, next, page));
        TRY(search_page(file, page, key, &node, &order));
        if ((page->flags & (PAGE_BRANCH | PAGE_LEAF)) == PAGE_LEAF)
            return order == 0 ? copy_value(file, &node, limit, value, size) : STATUS_OK;
        if ((page->flags & (PAGE_BRANCH | PAGE_LEAF)) != PAGE_BRANCH)
            return damaged(file, "a page is of no known kind");
        next = number(node.at, 6);
    }
    return damaged(file, "its pages refer to each other in a circle");
}

enum status lmdb_file_get(const struct lmdb_file *file, const char *key, size_t limit, char **value,
                          size_t *size) {
    struct page page;
    *value = NULL;
    *size = 0;
    if (file->root == NO_PAGE)
        return STATUS_OK;
    TRY(memory_new(&page.bytes, file->page_size, 1));
    const enum status code = descend(file, key, limit, &page, value, size);
    free(page.bytes);
    return code;
}
