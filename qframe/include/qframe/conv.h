/* Geometry of convolutions on channels-last data, in three spatial dimensions (fewer have leading 1s). */
#ifndef QFRAME_CONV_H
#define QFRAME_CONV_H

#include "base.h"

typedef struct qf_geometry {
    size_t channels;       /* of one pixel of the input, all groups */
    size_t group_channels; /* of one group */
    ptrdiff_t input[3], output[3], kernel[3], stride[3], padding[3], dilation[3];
} qf_geometry;

QF_INLINE size_t qf_taps(const qf_geometry *g) { return (size_t)(g->kernel[0] * g->kernel[1] * g->kernel[2]); }
QF_INLINE size_t qf_pixels(const ptrdiff_t *size) { return (size_t)(size[0] * size[1] * size[2]); }

/* Sets g->output; returns 0 where there is none. */
QF_INLINE int qf_set_output(qf_geometry *g) {
    for (int d = 0; d < 3; d++) {
        ptrdiff_t room = g->input[d] + 2 * g->padding[d] - g->dilation[d] * (g->kernel[d] - 1) - 1;
        if (room < 0) return 0;
        g->output[d] = room / g->stride[d] + 1;
    }
    return 1;
}

/* Whether a 1x1 convolution reads the input's pixels one after the other. */
QF_INLINE int qf_is_pointwise(const qf_geometry *g) {
    for (int d = 0; d < 3; d++)
        if (g->kernel[d] != 1 || g->stride[d] != 1 || g->padding[d] != 0) return 0;
    return 1;
}

/* An output pixel and the place in the input where its window starts. */
typedef struct qf_place {
    size_t image;
    ptrdiff_t at[3];
} qf_place;

QF_INLINE qf_place qf_first_place(const qf_geometry *g, size_t row) {
    qf_place place;
    for (int d = 2; d >= 0; d--) {
        place.at[d] = (ptrdiff_t)(row % (size_t)g->output[d]);
        row /= (size_t)g->output[d];
    }
    place.image = row;
    return place;
}

QF_INLINE void qf_next_place(const qf_geometry *g, qf_place *place) {
    for (int d = 2; d >= 0; d--) {
        if (++place->at[d] < g->output[d]) return;
        place->at[d] = 0;
    }
    place->image++;
}

QF_INLINE ptrdiff_t qf_input_at(const qf_geometry *g, const qf_place *place, int d, ptrdiff_t tap) {
    return place->at[d] * g->stride[d] - g->padding[d] + tap * g->dilation[d];
}

QF_INLINE int qf_inside(const qf_geometry *g, int d, ptrdiff_t at) { return at >= 0 && at < g->input[d]; }

/* First byte of an input pixel. */
QF_INLINE const uint8_t *qf_pixel(const qf_geometry *g, const uint8_t *x, size_t image, ptrdiff_t depth,
                                  ptrdiff_t row, ptrdiff_t column) {
    size_t index = ((image * (size_t)g->input[0] + (size_t)depth) * (size_t)g->input[1] + (size_t)row);
    return x + (index * (size_t)g->input[2] + (size_t)column) * g->channels;
}

/* How im2col writes: `copy` takes codes, `fill` repeats the zero point; both return where they ended. */
typedef char *(*qf_copy_fn)(const uint8_t *from, size_t count, char *to);
typedef char *(*qf_fill_fn)(uint8_t code, size_t count, char *to);

/* Columns of one kernel row from `column` of an input line on; adjacent pixels are copied in one go. */
QF_INLINE void qf_gather_columns(const qf_geometry *g, const uint8_t *line, ptrdiff_t column, uint8_t zero,
                                 char *to, qf_copy_fn copy, qf_fill_fn fill) {
    ptrdiff_t taps = g->kernel[2];
    if (g->group_channels == g->channels && g->dilation[2] == 1) {
        ptrdiff_t before = column < 0 ? -column : 0, end = g->input[2] - column;
        before = before < taps ? before : taps;
        end = end < before ? before : end < taps ? end : taps;
        if (before) to = fill(zero, (size_t)before * g->channels, to);
        if (end > before)
            to = copy(line + (column + before) * (ptrdiff_t)g->channels,
                      (size_t)(end - before) * g->channels, to);
        if (end < taps) fill(zero, (size_t)(taps - end) * g->channels, to);
        return;
    }
    for (ptrdiff_t tap = 0; tap < taps; tap++, column += g->dilation[2])
        to = qf_inside(g, 2, column)
                 ? copy(line + column * (ptrdiff_t)g->channels, g->group_channels, to)
                 : fill(zero, g->group_channels, to);
}

/* One row of the kernel, at (a, b) of it, for `count` output pixels of one line. */
QF_INLINE void qf_gather_kernel_row(const qf_geometry *g, const uint8_t *x, const qf_place *place, ptrdiff_t a,
                                    ptrdiff_t b, size_t count, uint8_t zero, char *to, size_t to_stride,
                                    qf_copy_fn copy, qf_fill_fn fill) {
    ptrdiff_t depth = qf_input_at(g, place, 0, a), row = qf_input_at(g, place, 1, b);
    ptrdiff_t column = qf_input_at(g, place, 2, 0), last = g->input[2] - g->kernel[2];
    size_t codes = (size_t)g->kernel[2] * g->group_channels;
    int whole = g->group_channels == g->channels && g->dilation[2] == 1;
    if (!qf_inside(g, 0, depth) || !qf_inside(g, 1, row)) {
        for (size_t i = 0; i < count; i++, to += to_stride) fill(zero, codes, to);
        return;
    }
    const uint8_t *line = qf_pixel(g, x, place->image, depth, row, 0);
    for (size_t i = 0; i < count; i++, to += to_stride, column += g->stride[2]) {
        if (QF_LIKELY(whole && column >= 0 && column <= last))
            copy(line + column * (ptrdiff_t)g->channels, codes, to);
        else
            qf_gather_columns(g, line, column, zero, to, copy, fill);
    }
}

/* Rows first .. first + rows of the im2col matrix: the windows of output pixels, each in (depth, row,
 * column, channel) order, `to_stride` bytes apart.  A code takes `bytes` bytes there. */
QF_INLINE void qf_gather_rows(const qf_geometry *g, const uint8_t *x, uint8_t zero, size_t first, size_t rows,
                              char *to, size_t to_stride, size_t bytes, qf_copy_fn copy, qf_fill_fn fill) {
    qf_place place = qf_first_place(g, first);
    size_t kernel_row = (size_t)g->kernel[2] * g->group_channels * bytes;
    while (rows) {
        size_t count = qf_min(rows, (size_t)(g->output[2] - place.at[2]));
        char *at = to;
        for (ptrdiff_t a = 0; a < g->kernel[0]; a++)
            for (ptrdiff_t b = 0; b < g->kernel[1]; b++, at += kernel_row)
                qf_gather_kernel_row(g, x, &place, a, b, count, zero, at, to_stride, copy, fill);
        rows -= count;
        to += count * to_stride;
        place.at[2] = g->output[2] - 1; /* on to the next line */
        qf_next_place(g, &place);
    }
}

#endif
