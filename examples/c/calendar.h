/* Arrow's dates, times and intervals as text. */

#ifndef CALENDAR_H
#define CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* A `unit` is that of Arrow's formats: s, m (milli), u (micro) or n (nano) seconds. */

/* A day of the Gregorian calendar, counted from 1970-01-01. */
void text_append_date(struct text *out, int64_t days);

/* A time of day, counted from midnight, with all digits the unit has. */
void text_append_time(struct text *out, int64_t value, char unit);

/* A timestamp, counted from 1970-01-01 00:00:00; " UTC" follows if it is an instant. */
void text_append_timestamp(struct text *out, int64_t value, char unit, bool with_zone);

/* "years-months", "days hours:minutes:seconds", or both, as Athena writes them. */
void text_append_interval(struct text *out, int32_t months, int64_t days, int64_t nanos);

#endif /* CALENDAR_H */
