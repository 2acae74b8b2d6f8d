#include "arrow_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* Copies element `index` out of a buffer of elements of `size` bytes. */
static void read_element(void *value, const void *buffer, int64_t index, size_t size) {
    memcpy(value, (const char *)buffer + (size_t)index * size, size);
}

static int32_t read_int32(const void *buffer, int64_t index) {
    int32_t value;
    read_element(&value, buffer, index, sizeof value);
    return value;
}

static int64_t read_int64(const void *buffer, int64_t index) {
    int64_t value;
    read_element(&value, buffer, index, sizeof value);
    return value;
}

static bool read_bit(const void *buffer, int64_t index) {
    return (((const uint8_t *)buffer)[index / 8] >> (index % 8) & 1) != 0;
}

/* The fewest digits that read back as the same number. */
static void append_float(struct text *out, double value, bool single) {
    int precision = single ? 6 : 15;
    int enough = single ? 9 : 17;
    char buffer[32];
    if (isnan(value)) {
        text_append(out, "NaN");
        return;
    }
    if (isinf(value)) {
        text_append(out, value < 0 ? "-Infinity" : "Infinity");
        return;
    }
    for (;; precision++) {
        snprintf(buffer, sizeof buffer, "%.*g", precision, value);
        double back = single ? (double)strtof(buffer, NULL) : strtod(buffer, NULL);
        if (precision == enough || back == value) {
            break;
        }
    }
    text_append(out, buffer);
}

/* A 128-bit two's complement integer in the byte order of the machine, divided by 10^scale. */
static void append_decimal(struct text *out, const void *buffer, int64_t index, int scale) {
    const uint16_t probe = 1;
    bool little = *(const uint8_t *)&probe == 1;
    uint64_t halves[2];
    read_element(halves, buffer, index, sizeof halves);
    uint64_t low = halves[little ? 0 : 1];
    uint64_t high = halves[little ? 1 : 0];
    bool negative = high >> 63 != 0;
    if (negative) {
        low = ~low + 1;
        high = ~high + (low == 0 ? 1 : 0);
    }
    uint32_t limbs[4] = {(uint32_t)(high >> 32), (uint32_t)high, (uint32_t)(low >> 32),
                         (uint32_t)low};
    /* Written from the last digit: 39 digits, a point, a sign and a NUL at most. */
    char digits[48];
    char *start = digits + sizeof digits - 1;
    *start = '\0';
    int count = 0;
    bool more = true;
    while (more || count <= scale) {
        uint64_t rest = 0;
        more = false;
        for (int i = 0; i < 4; i++) {
            rest = rest << 32 | limbs[i];
            limbs[i] = (uint32_t)(rest / 10);
            rest %= 10;
            more = more || limbs[i] != 0;
        }
        if (count == scale && scale > 0) {
            *--start = '.';
        }
        *--start = (char)('0' + rest);
        count++;
    }
    if (negative) {
        *--start = '-';
    }
    text_append(out, start);
}

static void append_hex(struct text *out, const uint8_t *bytes, int64_t length) {
    for (int64_t i = 0; i < length; i++) {
        text_append_format(out, "%02x", bytes[i]);
    }
}

static void append_uuid(struct text *out, const uint8_t *bytes) {
    static const int lengths[] = {4, 2, 2, 2, 6};
    for (int i = 0; i < 5; i++) {
        if (i > 0) {
            text_append(out, "-");
        }
        append_hex(out, bytes, lengths[i]);
        bytes += lengths[i];
    }
}

/* Control characters would break a table's lines. */
static void append_escaped(struct text *out, const char *bytes, int64_t length) {
    for (int64_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '\n') {
            text_append(out, "\\n");
        } else if (byte == '\r') {
            text_append(out, "\\r");
        } else if (byte == '\t') {
            text_append(out, "\\t");
        } else if (byte < 0x20 || byte == 0x7f) {
            text_append_format(out, "\\x%02x", byte);
        } else {
            text_append_bytes(out, bytes + i, 1);
        }
    }
}

/* Whether the schema's metadata, pairs of texts led by their lengths, has this pair. */
static bool has_metadata(const struct ArrowSchema *schema, const char *key, const char *value) {
    const char *rest = schema->metadata;
    if (rest == NULL) {
        return false;
    }
    int32_t pairs = read_int32(rest, 0);
    rest += sizeof pairs;
    while (pairs-- > 0) {
        const char *texts[2] = {key, value};
        bool same = true;
        for (int i = 0; i < 2; i++) {
            int32_t length = read_int32(rest, 0);
            rest += sizeof length;
            same = same && (size_t)length == strlen(texts[i]) &&
                   memcmp(rest, texts[i], (size_t)length) == 0;
            rest += length;
        }
        if (same) {
            return true;
        }
    }
    return false;
}

/* The bytes of a text or binary value; the capital formats have 64-bit offsets. */
static const char *bytes_at(char format, const struct ArrowArray *array, int64_t at,
                            int64_t *length) {
    bool wide = format == 'U' || format == 'Z';
    const void *offsets = array->buffers[1];
    int64_t start = wide ? read_int64(offsets, at) : read_int32(offsets, at);
    int64_t end = wide ? read_int64(offsets, at + 1) : read_int32(offsets, at + 1);
    *length = end - start;
    return (const char *)array->buffers[2] + start;
}

static void append_struct(struct text *out, const struct ArrowSchema *schema,
                          const struct ArrowArray *array, int64_t at) {
    for (int64_t i = 0; i < schema->n_children; i++) {
        text_append(out, i == 0 ? "{" : ", ");
        text_append(out, schema->children[i]->name);
        text_append(out, "=");
        arrow_append_value(out, schema->children[i], array->children[i], at);
    }
    text_append(out, schema->n_children == 0 ? "{}" : "}");
}

static void append_list(struct text *out, const struct ArrowSchema *schema,
                        const struct ArrowArray *array, int64_t at) {
    int32_t end = read_int32(array->buffers[1], at + 1);
    text_append(out, "[");
    for (int32_t i = read_int32(array->buffers[1], at); i < end; i++) {
        arrow_append_value(out, schema->children[0], array->children[0], i);
        text_append(out, i + 1 < end ? ", " : "");
    }
    text_append(out, "]");
}

/* A map is a list of structs of a key and a value. */
static void append_map(struct text *out, const struct ArrowSchema *schema,
                       const struct ArrowArray *array, int64_t at) {
    const struct ArrowSchema *types = schema->children[0];
    const struct ArrowArray *entries = array->children[0];
    int32_t end = read_int32(array->buffers[1], at + 1);
    text_append(out, "{");
    for (int32_t i = read_int32(array->buffers[1], at); i < end; i++) {
        int64_t entry = entries->offset + i;
        arrow_append_value(out, types->children[0], entries->children[0], entry);
        text_append(out, "=");
        arrow_append_value(out, types->children[1], entries->children[1], entry);
        text_append(out, i + 1 < end ? ", " : "");
    }
    text_append(out, "}");
}

/* The scale of "d:precision,scale". */
static int decimal_scale(const char *format) {
    const char *comma = strchr(format, ',');
    return comma == NULL ? 0 : atoi(comma + 1);
}

void arrow_append_value(struct text *out, const struct ArrowSchema *schema,
                        const struct ArrowArray *array, int64_t index) {
    const char *format = schema->format;
    const void *values = array->n_buffers > 1 ? array->buffers[1] : NULL;
    int64_t at = array->offset + index;
    if (array->null_count != 0 && array->buffers[0] != NULL &&
        !read_bit(array->buffers[0], at)) {
        text_append(out, "NULL");
        return;
    }
    switch (format[0]) {
    case 'b':
        text_append(out, read_bit(values, at) ? "true" : "false");
        break;
    case 'c':
        text_append_format(out, "%d", ((const int8_t *)values)[at]);
        break;
    case 's': {
        int16_t value;
        read_element(&value, values, at, sizeof value);
        text_append_format(out, "%d", value);
        break;
    }
    case 'i':
        text_append_format(out, "%" PRId32, read_int32(values, at));
        break;
    case 'l':
        text_append_format(out, "%" PRId64, read_int64(values, at));
        break;
    case 'f': {
        float value;
        read_element(&value, values, at, sizeof value);
        append_float(out, (double)value, true);
        break;
    }
    case 'g': {
        double value;
        read_element(&value, values, at, sizeof value);
        append_float(out, value, false);
        break;
    }
    case 'd':
        append_decimal(out, values, at, decimal_scale(format));
        break;
    case 'u':
    case 'U':
    case 'z':
    case 'Z': {
        int64_t length;
        const char *bytes = bytes_at(format[0], array, at, &length);
        if (format[0] == 'u' || format[0] == 'U') {
            append_escaped(out, bytes, length);
        } else {
            append_hex(out, (const uint8_t *)bytes, length);
        }
        break;
    }
    case 'w': {
        int width = atoi(format + 2);
        const uint8_t *bytes = (const uint8_t *)values + at * width;
        if (has_metadata(schema, "ARROW:extension:name", "arrow.uuid")) {
            append_uuid(out, bytes);
        } else {
            append_hex(out, bytes, width);
        }
        break;
    }
    case 't':
        if (format[1] == 'd') {
            text_append_date(out, read_int32(values, at));
        } else if (format[1] == 't') {
            bool wide = format[2] == 'u' || format[2] == 'n';
            text_append_time(out, wide ? read_int64(values, at) : read_int32(values, at),
                             format[2]);
        } else if (format[1] == 's') {
            text_append_timestamp(out, read_int64(values, at), format[2], format[4] != '\0');
        } else {
            text_append_interval(out, read_int32(values, 4 * at), read_int32(values, 4 * at + 1),
                                 read_int64(values, 2 * at + 1));
        }
        break;
    case '+':
        if (format[1] == 'l') {
            append_list(out, schema, array, at);
        } else if (format[1] == 'm') {
            append_map(out, schema, array, at);
        } else {
            append_struct(out, schema, array, at);
        }
        break;
    default:
        break;
    }
}

bool arrow_is_number(const struct ArrowSchema *schema) {
    return schema->dictionary == NULL && strchr("csilfgd", schema->format[0]) != NULL;
}

bool arrow_is_printable(const struct ArrowSchema *schema) {
    static const char *const exact[] = {"b", "c", "s", "i",   "l",   "f",   "g",   "u",
                                        "U", "z", "Z", "tdD", "tts", "ttm", "ttu", "ttn",
                                        "tin", "+l", "+m", "+s"};
    static const char *const starts[] = {"w:", "tss:", "tsm:", "tsu:", "tsn:"};
    const char *format = schema->format;
    int precision;
    int scale;
    int length;
    bool printable = sscanf(format, "d:%d,%d%n", &precision, &scale, &length) == 2 &&
                     format[length] == '\0' && scale >= 0 && scale <= 38;
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        printable = printable || strcmp(format, exact[i]) == 0;
    }
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        printable = printable || starts_with(format, starts[i]);
    }
    for (int64_t i = 0; i < schema->n_children; i++) {
        printable = printable && arrow_is_printable(schema->children[i]);
    }
    return printable && schema->dictionary == NULL;
}
