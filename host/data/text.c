#include "data/text.h"

#include "base/memory.h"

#include <string.h>

bool data_utf8_next(const char **cursor, const char *end, uint32_t *code_point) {
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *const byte = (const unsigned char *)*cursor;
    if (*cursor >= end)
        return false;
    const ptrdiff_t length = byte[0] < 0x80             ? 1
                             : (byte[0] & 0xE0) == 0xC0 ? 2
                             : (byte[0] & 0xF0) == 0xE0 ? 3
                             : (byte[0] & 0xF8) == 0xF0 ? 4
                                                        : 0;
    if (length == 0 || end - *cursor < length)
        return false;
    uint32_t value = length == 1 ? byte[0] : byte[0] & (0x7Fu >> length);
    for (ptrdiff_t i = 1; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return false;
        value = value << 6 | (byte[i] & 0x3F);
    }
    if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return false;
    *code_point = value;
    *cursor += length;
    return true;
}

size_t data_utf8_put(char out[4], uint32_t code_point) {
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    const size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, code_point >>= 6)
        out[i] = (char)(0x80 | (code_point & 0x3F));
    out[0] = (char)((0xF00u >> length & 0xFF) | code_point);
    return length;
}

bool data_text_valid(const char *text, size_t size) {
    const char *const end = text + size;
    uint32_t code_point;
    while (text < end)
        if (!data_utf8_next(&text, end, &code_point) || code_point < ' ' ||
            (code_point >= 0x7F && code_point < 0xA0))
            return false;
    return true;
}

size_t data_text_length(const char *text) {
    size_t length = 0;
    for (; *text != '\0'; text++)
        length += ((unsigned char)*text & 0xC0) != 0x80;
    return length;
}

enum status data_text_waics(char **out, const char *text) {
    const char *const end = text + strlen(text);
    TRY(memory_new(out, (size_t)(end - text) + 1, 1));
    char *write = *out;
    uint32_t c;
    while (data_utf8_next(&text, end, &c)) {
        if (c >= 'A' && c <= 'Z')
            c += 'a' - 'A';
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 0x4E00 && c <= 0x9FA5))
            write += data_utf8_put(write, c);
    }
    return STATUS_OK;
}
