/* hash.h: a number that tells contents apart: FNV-1a, 64 bits.
 *
 * Two different contents have the same number with a probability of 2^-64, as long as nobody makes them to.
 * It is no protection against forgery.
 */
#ifndef MNSP_BASE_HASH_H
#define MNSP_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t size);

#endif
