/* Values of Arrow arrays as text, read from the Arrow C data interface. */

#ifndef ARROW_TEXT_H
#define ARROW_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <athena.h>

#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether values of this type can be printed: all types the driver hands out can. */
bool arrow_is_printable(const struct ArrowSchema *schema);

/* Whether values of this type are numbers, which tables align to the right. */
bool arrow_is_number(const struct ArrowSchema *schema);

/*
 * Appends the value at `index` of an array whose type is printable; NULL for a null.
 *
 * Numbers and times are exact. Bytes are hexadecimal, control characters of texts are
 * escaped, and instants are told in UTC.
 */
void arrow_append_value(struct text *out, const struct ArrowSchema *schema,
                        const struct ArrowArray *array, int64_t index);

#ifdef __cplusplus
}
#endif

#endif /* ARROW_TEXT_H */
