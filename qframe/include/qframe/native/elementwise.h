/* Functions of single elements, windows and statistics: what an instruction set provides for them.
 *
 * Codes are taken as unsigned bytes: `flip` is 0x80 for signed codes, whose sign bits are flipped on the
 * way in and out, and 0 for unsigned ones.  Zero points and bounds are shifted alike by those who call. */
#ifndef QF_ELEMENTWISE_H
#define QF_ELEMENTWISE_H

#include "kernels.h"

/* Scales above this keep all their bits when they are divided by 2**16. */
#define QF_TINY 1e-30f

/* Two tensors become one. */
typedef struct qf_binary {
    float a_scale, b_scale; /* of sums; products have everything in `factor` */
    int32_t a_zero_point, b_zero_point;
    float factor;
    qf_bounds bounds;
    uint8_t low, high, flip;
    int tame; /* no value can leave the range of int32, no scale loses bits when it is divided by 2**16 */
} qf_binary;

typedef void (*qf_binary_fn)(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *binary,
                             uint8_t *out);

/* `count` windows of one size, the next `step` bytes on; their rows and pixels are so many bytes apart. */
typedef struct qf_windows {
    size_t rows, columns;
    ptrdiff_t row_stride, column_stride;
    size_t count;
    ptrdiff_t step;
} qf_windows;

/* code = round((sum + offset) * multiplier); sums fit 31 bits. */
typedef struct qf_average {
    float multiplier;
    int32_t offset;
    qf_bounds bounds;
    uint8_t flip;
} qf_average;

typedef struct qf_affine {
    float scale;
    int32_t zero_point;
} qf_affine;

/* From one grid to another; from_flip is that of the codes that come in. */
typedef struct qf_change {
    qf_affine from;
    float reciprocal;
    qf_bounds bounds;
    uint8_t from_flip, flip;
} qf_change;

/* Whether 8-bit codes stay in the range of int32, and no scale loses bits when it is divided by 2**16. */
QF_INLINE int qf_is_tame(const qf_change *c) {
    return 255.0f * c->from.scale * c->reciprocal < 1e9f && c->from.scale > QF_TINY && c->reciprocal > QF_TINY;
}

typedef struct qf_elementwise {
    qf_binary_fn add, mul;
    void (*clamp)(const uint8_t *x, size_t count, uint8_t low, uint8_t high, uint8_t flip, uint8_t *out);
    /* `rows` rows of `length` codes each, one behind the other; those of `out` are out_stride apart. */
    void (*lookup)(const uint8_t *x, size_t rows, size_t length, const uint8_t *table, uint8_t *out,
                   size_t out_stride);
    /* Both reduce windows for each of `channels` adjacent codes; an empty one has the maximum 0. */
    void (*max_windows)(const uint8_t *x, const qf_windows *windows, size_t channels, uint8_t flip,
                        uint8_t *out);
    void (*average_windows)(const uint8_t *x, const qf_windows *windows, size_t channels,
                            const qf_average *average, uint8_t *out);
    void (*batch_norm)(const uint8_t *x, size_t count, const double *alpha, const double *beta,
                       qf_bounds bounds, int32_t x_zero_point, uint8_t flip, uint8_t *out);
    /* Minimum, maximum and whether there is a NaN in each of `columns` columns, added to what is there. */
    void (*min_max_columns)(const float *x, size_t rows, size_t stride, size_t columns, float *low,
                            float *high, int32_t *unordered);
    /* The bin of each element, or `bins` for those outside first..last; width is last - first. */
    void (*find_bins)(const float *x, size_t count, float first, float last, float width, int32_t bins,
                      int32_t *index);
    /* NULL where a lookup is faster; only for tame changes, see qf_binary. */
    void (*requantize)(const uint8_t *x, size_t count, const qf_change *change, uint8_t *out);
    /* Of qint32; flips are not used, and bounds are not shifted. */
    void (*requantize_to8)(const int32_t *x, size_t count, const qf_change *change, uint8_t *out);
    void (*requantize_to32)(const int32_t *x, size_t count, const qf_change *change, int32_t *out);
    const struct qf_fake_quantize_kernels *fake_quantize; /* fake_quantize.h */
    const struct qf_resize *resize;                       /* resize.h */
} qf_elementwise;

extern const qf_elementwise qf_elementwise_portable;

#endif
