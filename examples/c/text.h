/* Text that grows as it is appended to. */

#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#define TEXT_FORMAT __attribute__((format(printf, 2, 3)))
#else
#define TEXT_FORMAT
#endif

/* Starts as all zeros; free(bytes) ends it. */
struct text {
    char *bytes;
    size_t length;
    size_t capacity;
    /* Memory ran out: what was appended since is missing. */
    bool failed;
};

void text_append_bytes(struct text *out, const char *bytes, size_t length);

void text_append(struct text *out, const char *text);

/* Appends what printf() would print, at most 127 characters. */
TEXT_FORMAT void text_append_format(struct text *out, const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif /* TEXT_H */
