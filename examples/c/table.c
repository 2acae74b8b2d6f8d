#include "table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arrow_text.h"

/* Characters of UTF-8: all bytes but those that continue one. */
static size_t count_characters(const char *bytes, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    }
    return count;
}

static void print_repeated(char character, size_t count, FILE *out) {
    while (count-- > 0) {
        fputc(character, out);
    }
}

static void print_cell(struct table *table, int64_t column, const char *bytes, size_t length,
                       bool right) {
    bool last = column + 1 == table->schema->n_children;
    size_t pad = table->widths[column] - count_characters(bytes, length);
    if (right) {
        print_repeated(' ', pad, table->out);
    }
    fwrite(bytes, 1, length, table->out);
    if (!right && !last) {
        print_repeated(' ', pad, table->out);
    }
    fputs(last ? "\n" : " | ", table->out);
}

static void print_names(struct table *table) {
    table->begun = true;
    for (int64_t i = 0; i < table->schema->n_children; i++) {
        const char *name = table->schema->children[i]->name;
        print_cell(table, i, name, strlen(name), arrow_is_number(table->schema->children[i]));
    }
    for (int64_t i = 0; i < table->schema->n_children; i++) {
        print_repeated('-', table->widths[i], table->out);
        fputs(i + 1 == table->schema->n_children ? "\n" : "-+-", table->out);
    }
}

bool table_begin(struct table *table, const struct ArrowSchema *schema, FILE *out) {
    table->schema = schema;
    table->out = out;
    table->begun = false;
    table->widths = calloc((size_t)schema->n_children + 1, sizeof *table->widths);
    if (table->widths == NULL) {
        return false;
    }
    for (int64_t i = 0; i < schema->n_children; i++) {
        const char *name = schema->children[i]->name;
        table->widths[i] = count_characters(name, strlen(name));
    }
    return true;
}

bool table_add(struct table *table, const struct ArrowArray *batch) {
    size_t columns = (size_t)table->schema->n_children;
    size_t cells = columns * (size_t)batch->length;
    /* Where each cell ends in the text of all cells, row by row. */
    size_t *ends = malloc((cells + 1) * sizeof *ends);
    struct text text = {NULL, 0, 0, false};
    if (ends == NULL) {
        return false;
    }
    for (size_t cell = 0; cell < cells; cell++) {
        size_t column = cell % columns;
        size_t start = text.length;
        arrow_append_value(&text, table->schema->children[column], batch->children[column],
                           batch->offset + (int64_t)(cell / columns));
        ends[cell] = text.length;
        if (text.failed) {
            break;
        }
        size_t width = text.length == start
                           ? 0
                           : count_characters(text.bytes + start, text.length - start);
        if (width > table->widths[column]) {
            table->widths[column] = width;
        }
    }
    if (!text.failed) {
        if (!table->begun) {
            print_names(table);
        }
        size_t start = 0;
        for (size_t cell = 0; cell < cells; cell++) {
            const struct ArrowSchema *type = table->schema->children[cell % columns];
            const char *bytes = text.bytes == NULL ? "" : text.bytes + start;
            print_cell(table, (int64_t)(cell % columns), bytes, ends[cell] - start,
                       arrow_is_number(type));
            start = ends[cell];
        }
    }
    free(text.bytes);
    free(ends);
    return !text.failed;
}

void table_end(struct table *table) {
    if (!table->begun && table->schema->n_children > 0) {
        print_names(table);
    }
    free(table->widths);
}
