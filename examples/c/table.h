/* Record batches as an aligned table. */

#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <athena.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rows are printed batch by batch, so that any number of them fits into memory; a column
   gets wider when a later batch needs it. */
struct table {
    const struct ArrowSchema *schema;
    FILE *out;
    size_t *widths;
    bool begun;
};

/* `schema` is the struct type of the batches, and must stay until table_end(). False if
   memory ran out. */
bool table_begin(struct table *table, const struct ArrowSchema *schema, FILE *out);

/* Prints the rows of a batch. False if memory ran out. */
bool table_add(struct table *table, const struct ArrowArray *batch);

/* Prints the column names, if there was no batch, and frees the table's memory. */
void table_end(struct table *table);

#ifdef __cplusplus
}
#endif

#endif /* TABLE_H */
