#include "graph/tiles_internal.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "graph/dispatch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Graphs of less work have nothing to gain: a few milliseconds a step. */
static const double little_work = 5e8;
/* A product with less than this part of all the work is not measured. */
static const double small_part = 0.005;
/* Seconds after which nothing more is measured. */
static const double most_seconds = 10;

enum { PRODUCT_NAME = 128, IDENTITY = 768, MOST_FILE_BYTES = 1 << 20 };

struct choice {
    struct product product;
    const struct tiling *tiling;
};

struct choices {
    struct choice *list;
    size_t count, capacity;
};

struct tiles {
    struct gpu_device *device;
    struct tiles_options options;
    char identity[IDENTITY]; /* of device, driver and program */
    char *path;              /* of the cache's file; NULL: none */
    struct choices run;      /* what this run does */
    struct choices cache;    /* what has been measured, by earlier runs, too */
};

static void report(const struct tiles *tiles, const char *text) {
    if (tiles->options.report != NULL)
        tiles->options.report(tiles->options.context, text);
}

/* ---- choices ---- */

static bool same_product(const struct product *x, const struct product *y) {
    return x->batch == y->batch && x->m == y->m && x->n == y->n && x->k == y->k &&
           x->transpose_a == y->transpose_a && x->transpose_b == y->transpose_b &&
           x->precision == y->precision && x->narrow_a == y->narrow_a && x->narrow_b == y->narrow_b &&
           x->narrow_c == y->narrow_c;
}

static const struct tiling *find(const struct choices *choices, const struct product *product) {
    for (size_t i = 0; i < choices->count; i++)
        if (same_product(&choices->list[i].product, product))
            return choices->list[i].tiling;
    return NULL;
}

/* The first choice for a product stays. */
static enum status add(struct choices *choices, const struct product *product, const struct tiling *tiling) {
    if (find(choices, product) != NULL)
        return STATUS_OK;
    TRY(memory_reserve(&choices->list, &choices->capacity, choices->count + 1, sizeof *choices->list));
    choices->list[choices->count++] = (struct choice){.product = *product, .tiling = tiling};
    return STATUS_OK;
}

const struct tiling *tiles_find(const struct tiles *tiles, const struct graph_node *node) {
    if (tiles == NULL || node->operator!= OPERATOR_matmul)
        return NULL;
    const struct product product = product_of(node->numbers, dispatch_stored(node));
    return find(&tiles->run, &product);
}

/* ---- text ---- */

/* "1x2056x1536x384 nt f16 ac": batch, m, n, k, which matrix is stored transposed, the precision, and, if
 * any, which matrices are stored in it. */
static void write_name(char name[PRODUCT_NAME], const struct product *p) {
    const bool narrow = p->narrow_a || p->narrow_b || p->narrow_c;
    snprintf(name, PRODUCT_NAME, "%zux%zux%zux%zu %c%c %s%s%s%s%s", p->batch, p->m, p->n, p->k,
             p->transpose_a ? 't' : 'n', p->transpose_b ? 't' : 'n', precision_name(p->precision),
             narrow ? " " : "", p->narrow_a ? "a" : "", p->narrow_b ? "b" : "", p->narrow_c ? "c" : "");
}

static bool read_name(struct product *out, const char *name) {
    char a, b, precision[8], narrow[4] = "", again[PRODUCT_NAME];
    if (sscanf(name, "%zux%zux%zux%zu %c%c %7s %3s", &out->batch, &out->m, &out->n, &out->k, &a, &b,
               precision, narrow) < 7 ||
        !precision_by_name(&out->precision, precision))
        return false;
    out->transpose_a = a == 't';
    out->transpose_b = b == 't';
    out->narrow_a = strchr(narrow, 'a') != NULL;
    out->narrow_b = strchr(narrow, 'b') != NULL;
    out->narrow_c = strchr(narrow, 'c') != NULL;
    write_name(again, out);
    return strcmp(again, name) == 0;
}

/* "device, driver, hash of the shader's code and of the table": what a choice depends on. */
static void identify(struct tiles *tiles) {
    const struct gpu_properties *const p = gpu_device_properties(tiles->device);
    uint64_t hash = 0;
    for (int v = 0; v < SHADER_VARIANT_COUNT; v++) {
        const struct operator_shader shader = operator_shader(OPERATOR_matmul, (enum shader_variant)v);
        hash = hash * 31 + (shader.code != NULL ? hash_bytes(shader.code, shader.bytes) : 0);
    }
    for (size_t i = 0; tiling_at(i) != NULL; i++)
        hash = hash * 31 + hash_bytes(tiling_at(i)->name, strlen(tiling_at(i)->name));
    snprintf(tiles->identity, sizeof tiles->identity, "%s (%x:%x), %s (%x), %016" PRIx64, p->name,
             p->vendor_id, p->device_id, p->driver, p->driver_version, hash);
}

static enum status write_text(char **out, const struct tiles *tiles, const struct choices *choices) {
    json_t *const products = json_object();
    for (size_t i = 0; i < choices->count; i++) {
        char name[PRODUCT_NAME];
        write_name(name, &choices->list[i].product);
        json_object_set_new(products, name, json_string(choices->list[i].tiling->name));
    }
    json_t *const object = json_pack("{s:s, s:o}", "for", tiles->identity, "products", products);
    const enum status status = json_write_text(out, object);
    json_decref(object);
    return status;
}

enum status tiles_write(char **out, const struct tiles *tiles) {
    *out = NULL;
    return tiles != NULL ? write_text(out, tiles, &tiles->run) : STATUS_OK;
}

static enum status take_product(struct choices *out, const struct tiles *tiles, const char *key,
                                const json_t *value, const char *origin) {
    struct product product;
    const char *const name = json_string_value(value);
    const struct tiling *const tiling = name != NULL ? tiling_by_name(name) : NULL;
    if (!read_name(&product, key) || tiling == NULL)
        return status_set(STATUS_INVALID, "%s: '%.60s' has no tiling of this program", origin, key);
    if (!tiling_fits(tiling, product.precision, gpu_device_properties(tiles->device)))
        return status_set(STATUS_INVALID, "%s: %s does not fit the device", origin, tiling->name);
    return add(out, &product, tiling);
}

static enum status take_json(struct choices *out, const struct tiles *tiles, const json_t *object,
                             const char *origin, bool *same) {
    const char *identity, *key;
    json_t *products, *value;
    TRY(json_need_text(&identity, object, "for", origin));
    TRY(json_need_object(&products, object, "products", origin));
    *same = strcmp(identity, tiles->identity) == 0;
    if (!*same)
        return STATUS_OK;
    json_object_foreach(products, key, value) TRY(take_product(out, tiles, key, value, origin));
    return STATUS_OK;
}

/* What a text holds, if it was written for this device, driver and program; nothing
 * of one that is damaged. */
static enum status read_text(struct choices *out, const struct tiles *tiles, const char *text,
                             const char *origin, bool *same) {
    json_t *object;
    *same = false;
    TRY(json_read_text(&object, text, strlen(text), origin));
    const enum status status = take_json(out, tiles, object, origin, same);
    json_decref(object);
    if (status != STATUS_OK)
        out->count = 0;
    return status;
}

/* ---- the run's own, and the cache ---- */

static void report_damage(const struct tiles *tiles) {
    char text[512];
    snprintf(text, sizeof text, "choices of tiles are measured again: %.400s", status_message());
    report(tiles, text);
}

static void read_kept(struct tiles *tiles) {
    bool same;
    if (tiles->options.kept == NULL)
        return;
    if (read_text(&tiles->run, tiles, tiles->options.kept, "the checkpoint's choices of tiles", &same) !=
        STATUS_OK)
        report_damage(tiles);
    else if (!same)
        report(tiles,
               "the run was begun on another device, driver or version: its choices of tiles are made anew");
}

static enum status name_file(struct tiles *tiles) {
    const char *const folder = gpu_device_cache_directory(tiles->device);
    if (folder == NULL)
        return STATUS_OK;
    return memory_format(&tiles->path, "%s/tiles-%016" PRIx64 ".json", folder,
                         hash_bytes(tiles->identity, strlen(tiles->identity)));
}

static void read_cache(struct tiles *tiles) {
    char *text = NULL;
    bool same;
    if (tiles->path == NULL || !file_exists(tiles->path))
        return;
    if (file_read(&text, NULL, tiles->path, MOST_FILE_BYTES) != STATUS_OK ||
        read_text(&tiles->cache, tiles, text, tiles->path, &same) != STATUS_OK)
        report_damage(tiles);
    free(text);
}

static void write_cache(const struct tiles *tiles) {
    char *text = NULL;
    if (tiles->path == NULL)
        return;
    enum status status = file_make_folders(gpu_device_cache_directory(tiles->device));
    if (status == STATUS_OK)
        status = write_text(&text, tiles, &tiles->cache);
    if (status == STATUS_OK)
        status = file_replace(tiles->path, text, strlen(text));
    if (status != STATUS_OK)
        report(tiles, status_message());
    free(text);
}

/* ---- opening ---- */

enum status tiles_open(struct tiles **out, struct gpu_device *device, const struct tiles_options *options) {
    struct tiles *tiles;
    *out = NULL;
    if (device == NULL || options->mode == TILES_FIXED)
        return STATUS_OK;
    TRY(memory_new(&tiles, 1, sizeof *tiles));
    tiles->device = device;
    tiles->options = *options;
    identify(tiles);
    const enum status status = name_file(tiles);
    if (status != STATUS_OK) {
        tiles_close(tiles);
        return status;
    }
    read_kept(tiles);
    read_cache(tiles);
    tiles->options.kept = NULL; /* it belongs to the caller */
    *out = tiles;
    return STATUS_OK;
}

void tiles_close(struct tiles *tiles) {
    if (tiles == NULL)
        return;
    free(tiles->run.list);
    free(tiles->cache.list);
    free(tiles->path);
    free(tiles);
}

/* ---- measuring ---- */

/* A product of the graph, and the work of all its nodes. */
struct load {
    struct product product;
    double work;
};

/* The different products of a graph. */
static enum status collect(struct load **out, size_t *count, double *work, const struct graph *graph) {
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    *work = 0;
    for (size_t i = 0; i < graph_node_count(graph); i++) {
        const struct graph_node *const node = graph_node(graph, i);
        if (node->operator!= OPERATOR_matmul)
            continue;
        const struct product product = product_of(node->numbers, dispatch_stored(node));
        size_t at = 0;
        while (at < *count && !same_product(&(*out)[at].product, &product))
            at++;
        if (at == *count) {
            TRY(memory_reserve(out, &capacity, *count + 1, sizeof **out));
            (*out)[(*count)++].product = product;
        }
        (*out)[at].work += graph_node_work(node);
        *work += graph_node_work(node);
    }
    return STATUS_OK;
}

static int by_work(const void *a, const void *b) {
    const double x = ((const struct load *)a)->work, y = ((const struct load *)b)->work;
    return (x < y) - (x > y);
}

static void announce(const struct tiles *tiles, size_t count) {
    char text[512];
    snprintf(text, sizeof text, "measuring tiles for %zu products on %.200s, at most some %.0f s%s", count,
             gpu_device_properties(tiles->device)->name, most_seconds, tiles->path ? ", once" : "");
    report(tiles, text);
}

/* Those that matter and are not known, at the front of the list. */
static size_t keep_unknown(struct load *list, size_t count, double work, const struct tiles *tiles) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (list[i].work >= small_part * work && find(&tiles->run, &list[i].product) == NULL &&
            find(&tiles->cache, &list[i].product) == NULL)
            list[kept++] = list[i];
    return kept;
}

/* The ones with most work first. A device that has no room for them is left with the fixed choice. */
static enum status measure(struct tiles *tiles, struct load *list, size_t count) {
    const double begin = clock_seconds();
    announce(tiles, count);
    qsort(list, count, sizeof *list, by_work);
    for (size_t i = 0; i < count && clock_seconds() - begin < most_seconds; i++) {
        const struct tiling *tiling;
        const enum status status = tiles_measure(&tiling, tiles->device, &list[i].product);
        if (status == STATUS_MEMORY || status == STATUS_UNSUPPORTED)
            continue;
        TRY(status);
        TRY(add(&tiles->cache, &list[i].product, tiling));
    }
    write_cache(tiles);
    return STATUS_OK;
}

/* Measures what the graph has and neither the run nor the cache. */
static enum status measure_unknown(struct tiles *tiles, struct load *list, size_t count, double work) {
    if (tiles->options.mode != TILES_MEASURED || work < little_work ||
        !gpu_device_properties(tiles->device)->timestamps)
        return STATUS_OK;
    const size_t unknown = keep_unknown(list, count, work, tiles);
    return unknown > 0 ? measure(tiles, list, unknown) : STATUS_OK;
}

/* A run keeps its fixed choices, too, so that they do not become others when it is resumed. */
static enum status settle(struct tiles *tiles, const struct graph *graph) {
    const struct gpu_properties *const device = gpu_device_properties(tiles->device);
    for (size_t i = 0; i < graph_node_count(graph); i++) {
        const struct graph_node *const node = graph_node(graph, i);
        if (node->operator!= OPERATOR_matmul)
            continue;
        const struct product product = product_of(node->numbers, dispatch_stored(node));
        const struct tiling *const measured = find(&tiles->cache, &product);
        TRY(add(&tiles->run, &product, measured ? measured : tiling_standard(&product, device)));
    }
    return STATUS_OK;
}

enum status tiles_complete(struct tiles *tiles, const struct graph *graph) {
    struct load *list;
    size_t count;
    double work;
    if (tiles == NULL)
        return STATUS_OK;
    enum status status = collect(&list, &count, &work, graph);
    if (status == STATUS_OK)
        status = measure_unknown(tiles, list, count, work);
    free(list);
    TRY(status);
    return settle(tiles, graph);
}
