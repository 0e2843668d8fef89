/* lmdb_file.h: values out of an LMDB file that may be damaged. Inside the data room only.
 *
 * liblmdb maps its file and trusts every page of it: a file cut short, a bad block or a forged length ends
 * the program with a bus error. Training must survive that, so this reader takes the same files, checks each
 * number before it uses it, and reads with pread(), whose failures can be reported. It knows what data sets
 * use: the main table, keys in byte order, no duplicates. Lookups take no lock and may come from many
 * threads.
 *
 * Layout, of LMDB 0.9 on 64-bit little-endian machines (its files elsewhere differ and are refused):
 *
 *     file    pages of one size; pages 0 and 1 hold the two meta records, of which that with the later
 *             transaction counts
 *     page    u64 number, u16, u16 flags, u16 lower, u16 upper, then the offsets of its nodes, u16 each, up
 *             to lower; on an overflow page, the value follows these 16 bytes and runs over as many pages as
 *             it needs
 *     meta    after the page's 16 bytes: u32 magic, u32 version, u64, u64, the free table, the main table,
 *             u64 last page, u64 transaction
 *     table   u32 (of the free table: the page size), u16 flags, u16 depth, 4 x u64 counts, u64 root page
 *     node    on a leaf: u32 value size, u16 flags, u16 key size, key, value; or, flagged, the number of an
 *             overflow page
 *             on a branch: u48 page number, u16 key size, key: the least key below it, of the first node not
 *             counted
 */
#ifndef MNSP_DATA_LMDB_FILE_H
#define MNSP_DATA_LMDB_FILE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct lmdb_file {
    char *path;
    int descriptor;
    uint32_t page_size;
    uint64_t pages; /* whole ones in the file */
    uint64_t root;  /* of the main table */
};

/* Opens the data.mdb of a folder. Errors: STATUS_IO; STATUS_INVALID when it is no LMDB file, or shorter than
 * it says. */
MNSP_NODISCARD enum status lmdb_file_open(struct lmdb_file *out, const char *folder);

void lmdb_file_close(struct lmdb_file *file);

/* Copies the value of a key, with a zero behind it; release with free(). *value is NULL when there is no such
 * key. Errors: STATUS_INVALID when a page on the way is damaged or the value has more than `limit` bytes;
 * STATUS_IO, STATUS_MEMORY. */
MNSP_NODISCARD enum status lmdb_file_get(const struct lmdb_file *file, const char *key, size_t limit,
                                         char **value, size_t *size);

#endif
