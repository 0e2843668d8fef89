/* jpeg_check.h: what must hold of a JPEG file before stb_image may see it. Inside the data room only. */
#ifndef MNSP_DATA_JPEG_CHECK_H
#define MNSP_DATA_JPEG_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* False for a JPEG file with a Huffman table of more than 256 codes, behind whose end stb_image up to 2.27
 * writes. Bytes that are no JPEG file pass. */
bool jpeg_check(const unsigned char *bytes, size_t size);

#endif
