#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_append_bytes(struct text *out, const char *bytes, size_t length) {
    if (out->failed) {
        return;
    }
    if (out->capacity - out->length < length) {
        size_t capacity = 2 * out->capacity + length + 256;
        char *grown = realloc(out->bytes, capacity);
        if (grown == NULL) {
            out->failed = true;
            return;
        }
        out->bytes = grown;
        out->capacity = capacity;
    }
    if (length > 0) {
        memcpy(out->bytes + out->length, bytes, length);
        out->length += length;
    }
}

void text_append(struct text *out, const char *text) {
    text_append_bytes(out, text, strlen(text));
}

void text_append_format(struct text *out, const char *format, ...) {
    char buffer[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    text_append(out, buffer);
}
