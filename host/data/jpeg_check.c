#include "data/jpeg_check.h"

enum {
    MARKER_HUFFMAN = 0xC4,
    MARKER_RESTART_FIRST = 0xD0,
    MARKER_RESTART_LAST = 0xD7,
    MARKER_START = 0xD8,
    MARKER_END = 0xD9,
    TABLE_HEADER = 17, /* class and number, and how many codes there are of each length */
};

struct cursor {
    const unsigned char *at, *end;
};

/* Moves behind the next marker and returns it; 0 at the end. Bytes that are no marker are passed over, so
 * that the data of a scan need not be understood, and no marker that a decoder could come to is missed. */
static int next_marker(struct cursor *cursor) {
    while (cursor->end - cursor->at >= 2) {
        const int first = *cursor->at++;
        if (first != 0xFF || *cursor->at == 0xFF)
            continue;
        const int marker = *cursor->at++;
        if (marker > 1 && !(marker >= MARKER_RESTART_FIRST && marker <= MARKER_START))
            return marker;
    }
    return 0;
}

/* The tables of one segment. Decoders look at the last one even where it runs beyond its segment, and take
 * zeros for what lies beyond the file. */
static bool check_tables(const unsigned char *at, const unsigned char *segment_end,
                         const unsigned char *end) {
    while (at < segment_end) {
        int codes = 0;
        for (int length = 1; length <= 16 && end - at > length; length++)
            codes += at[length];
        if (codes > 256)
            return false;
        at += end - at < TABLE_HEADER + codes ? end - at : TABLE_HEADER + codes;
    }
    return true;
}

bool jpeg_check(const unsigned char *bytes, size_t size) {
    struct cursor cursor = {bytes, bytes + size};
    if (size == 0 || bytes[0] != 0xFF)
        return true;
    int marker;
    while ((marker = next_marker(&cursor)) != 0 && marker != MARKER_END) {
        if (cursor.end - cursor.at < 2)
            break;
        const ptrdiff_t length = cursor.at[0] << 8 | cursor.at[1];
        const ptrdiff_t left = cursor.end - cursor.at;
        const unsigned char *const segment_end = cursor.at + (length < left ? length : left);
        if (marker == MARKER_HUFFMAN && !check_tables(cursor.at + 2, segment_end, cursor.end))
            return false;
        cursor.at = segment_end > cursor.at + 2 ? segment_end : cursor.at + 2;
    }
    return true;
}
