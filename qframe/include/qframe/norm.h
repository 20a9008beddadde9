/* Statistics of a normalised group of codes; numerics.norm_statistics is the readable form. */
#ifndef QFRAME_NORM_H
#define QFRAME_NORM_H

#include <math.h>

#include "base.h"

/* Codes become (code - zero_point - mean) * factor, each step rounded to float32. */
typedef struct qf_norm {
    float mean, factor;
} qf_norm;

/* `total` and `squares` are the exact sums of `count` codes and of their squares. */
QF_INLINE qf_norm qf_norm_statistics(int64_t total, int64_t squares, size_t count, double eps, float scale,
                                     int32_t zero_point) {
    float mean = (float)total / (float)count, of_squares = (float)squares / (float)count;
    float variance = (float)((double)of_squares - (double)mean * (double)mean); /* an exact product */
    variance = variance > 0.0f ? variance : 0.0f;
    float scaled = variance * scale;
    scaled = scaled * scale;
    qf_norm norm = {mean - (float)zero_point, (float)((double)scale / sqrt((double)scaled + eps))};
    return norm;
}

#endif
