#include "calendar.h"

#include <inttypes.h>
#include <stdbool.h>

#define SECONDS_PER_DAY 86400

/* The quotient rounded down, and what remains, which is never negative. */
static int64_t divide_down(int64_t value, int64_t divisor, int64_t *rest) {
    int64_t quotient = value / divisor;
    *rest = value % divisor;
    if (*rest < 0) {
        *rest += divisor;
        quotient--;
    }
    return quotient;
}

void text_append_date(struct text *out, int64_t days) {
    /* Counted in eras of 400 years that begin on a first of March, so that the leap day is
       the last of its year. */
    int64_t day;
    int64_t era = divide_down(days + 719468, 146097, &day);
    int64_t year_of_era = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    int64_t day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    text_append_format(out, "%s%04" PRId64 "-%02" PRId64 "-%02" PRId64, year < 0 ? "-" : "",
                       year < 0 ? -year : year, month, day_of_month);
}

/* Digits of a second's fraction in a unit of Arrow's formats, and how many units a second has. */
static int unit_digits(char unit, int64_t *per_second) {
    int digits = unit == 'n' ? 9 : unit == 'u' ? 6 : unit == 'm' ? 3 : 0;
    *per_second = 1;
    for (int i = 0; i < digits; i++) {
        *per_second *= 10;
    }
    return digits;
}

void text_append_time(struct text *out, int64_t value, char unit) {
    int64_t per_second;
    int digits = unit_digits(unit, &per_second);
    int64_t seconds = value / per_second;
    text_append_format(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600,
                       seconds / 60 % 60, seconds % 60);
    if (digits > 0) {
        text_append_format(out, ".%0*" PRId64, digits, value % per_second);
    }
}

void text_append_timestamp(struct text *out, int64_t value, char unit, bool with_zone) {
    int64_t per_second;
    int64_t time;
    unit_digits(unit, &per_second);
    text_append_date(out, divide_down(value, SECONDS_PER_DAY * per_second, &time));
    text_append(out, " ");
    text_append_time(out, time, unit);
    if (with_zone) {
        text_append(out, " UTC");
    }
}

void text_append_interval(struct text *out, int32_t months, int64_t days, int64_t nanos) {
    if (months != 0) {
        int64_t size = months < 0 ? -(int64_t)months : months;
        text_append_format(out, "%s%" PRId64 "-%" PRId64, months < 0 ? "-" : "", size / 12,
                           size % 12);
        if (days == 0 && nanos == 0) {
            return;
        }
        text_append(out, " ");
    }
    /* One sign for all: the driver gives both parts the same one. */
    bool negative = days < 0 || nanos < 0;
    days = negative ? -days : days;
    nanos = negative ? -nanos : nanos;
    text_append_format(out, "%s%" PRId64 " ", negative ? "-" : "", days);
    bool millis = nanos % 1000000 == 0;
    text_append_time(out, millis ? nanos / 1000000 : nanos, millis ? 'm' : 'n');
}
