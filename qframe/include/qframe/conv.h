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

QF_INLINE int qf_has_padding(const qf_geometry *g) { return g->padding[0] || g->padding[1] || g->padding[2]; }

/* Whether a 1x1 convolution reads the input's pixels one after the other. */
QF_INLINE int qf_is_pointwise(const qf_geometry *g) {
    for (int d = 0; d < 3; d++)
        if (g->kernel[d] != 1 || g->stride[d] != 1) return 0;
    return !qf_has_padding(g);
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

/* Output pixels first .. first + rows lie in one or several planes (an image, a depth).  Of each, the part of the
 * input that their windows cover is staged: copied line by line, with zero points where it juts out.  All staged
 * planes have one size, so that the taps of a window lie at the same offsets from its start everywhere. */
typedef struct qf_stage {
    size_t lines, columns, channels; /* of a staged plane */
    size_t planes;                   /* kernel depths of each plane of output pixels, all of them */
} qf_stage;

/* How many of the pixels from `place` on lie in its plane, and in which lines and columns of it. */
typedef struct qf_patch {
    size_t rows;
    ptrdiff_t first_line, last_line, first_column, last_column;
} qf_patch;

QF_INLINE qf_patch qf_find_patch(const qf_geometry *g, const qf_place *place, size_t rows) {
    ptrdiff_t width = g->output[2], at = place->at[1] * width + place->at[2];
    qf_patch patch = {qf_min(rows, (size_t)(g->output[1] * width - at)), place->at[1], 0, 0, width - 1};
    ptrdiff_t last = at + (ptrdiff_t)patch.rows - 1;
    patch.last_line = last / width;
    if (patch.last_line == patch.first_line) patch.first_column = place->at[2], patch.last_column = last % width;
    return patch;
}

QF_INLINE size_t qf_extent(const qf_geometry *g, int d, ptrdiff_t outputs) {
    return (size_t)((outputs - 1) * g->stride[d] + (g->kernel[d] - 1) * g->dilation[d] + 1);
}

QF_INLINE qf_stage qf_plan_stage(const qf_geometry *g, size_t first, size_t rows) {
    qf_stage stage = {0, 0, g->group_channels, 0};
    qf_place place = qf_first_place(g, first);
    for (size_t done = 0; done < rows;) {
        qf_patch patch = qf_find_patch(g, &place, rows - done);
        size_t lines = qf_extent(g, 1, patch.last_line - patch.first_line + 1);
        size_t columns = qf_extent(g, 2, patch.last_column - patch.first_column + 1);
        stage.lines = qf_max(stage.lines, lines);
        stage.columns = qf_max(stage.columns, columns);
        stage.planes += (size_t)g->kernel[0];
        done += patch.rows;
        place = qf_first_place(g, first + done);
    }
    return stage;
}

QF_INLINE size_t qf_stage_line(const qf_stage *s) { return s->columns * s->channels; }
QF_INLINE size_t qf_stage_plane(const qf_stage *s) { return s->lines * qf_stage_line(s); }

/* One line, which starts at column `from` of an input line. */
QF_INLINE void qf_stage_columns(const qf_geometry *g, const qf_stage *s, const uint8_t *line, ptrdiff_t from,
                                uint8_t zero, uint8_t *to) {
    size_t channels = s->channels, before = from < 0 ? (size_t)-from : 0;
    before = qf_min(before, s->columns);
    ptrdiff_t end = g->input[2] - from;
    size_t inside = end > (ptrdiff_t)before ? qf_min((size_t)end, s->columns) - before : 0;
    memset(to, zero, before * channels);
    to += before * channels;
    line += (from + (ptrdiff_t)before) * (ptrdiff_t)g->channels;
    if (channels == g->channels) {
        memcpy(to, line, inside * channels);
    } else {
        for (size_t i = 0; i < inside; i++) memcpy(to + i * channels, line + i * g->channels, channels);
    }
    memset(to + inside * channels, zero, (s->columns - before - inside) * channels);
}

/* What the windows of one patch cover, for one depth of the kernel. */
QF_INLINE void qf_stage_plane_of(const qf_geometry *g, const qf_stage *s, const uint8_t *x, const qf_place *place,
                                 const qf_patch *patch, ptrdiff_t tap, uint8_t zero, uint8_t *to) {
    ptrdiff_t depth = qf_input_at(g, place, 0, tap), row = qf_input_at(g, place, 1, 0);
    ptrdiff_t column = patch->first_column * g->stride[2] - g->padding[2];
    size_t line = qf_stage_line(s);
    for (size_t i = 0; i < s->lines; i++, row++, to += line) {
        if ((ptrdiff_t)(i % (size_t)g->stride[1]) > (g->kernel[1] - 1) * g->dilation[1]) continue; /* no tap */
        if (qf_inside(g, 0, depth) && qf_inside(g, 1, row))
            qf_stage_columns(g, s, qf_pixel(g, x, place->image, depth, row, 0), column, zero, to);
        else
            memset(to, zero, line);
    }
}

/* Stage what output pixels first .. first + rows need of the channels that x points to, and point at the start
 * of each one's window. */
QF_INLINE void qf_stage_rows(const qf_geometry *g, const qf_stage *s, const uint8_t *x, uint8_t zero, size_t first,
                             size_t rows, uint8_t *to, const char **starts) {
    qf_place place = qf_first_place(g, first);
    while (rows) {
        qf_patch patch = qf_find_patch(g, &place, rows);
        const uint8_t *from = to;
        for (ptrdiff_t tap = 0; tap < g->kernel[0]; tap++, to += qf_stage_plane(s))
            qf_stage_plane_of(g, s, x, &place, &patch, tap, zero, to);
        ptrdiff_t line = patch.first_line, column = place.at[2];
        for (size_t i = 0; i < patch.rows; i++) {
            size_t down = (size_t)((line - patch.first_line) * g->stride[1]);
            size_t right = (size_t)((column - patch.first_column) * g->stride[2]);
            *starts++ = (const char *)from + (down * s->columns + right) * s->channels;
            if (++column == g->output[2]) column = 0, line++;
        }
        first += patch.rows;
        rows -= patch.rows;
        place = qf_first_place(g, first);
    }
}

/* Offsets of a window's taps, or with `whole_rows` of its kernel rows, in data with these strides. */
QF_INLINE void qf_tap_offsets(const qf_geometry *g, size_t plane, size_t line, size_t pixel, int whole_rows,
                              ptrdiff_t *offsets) {
    for (ptrdiff_t a = 0; a < g->kernel[0]; a++)
        for (ptrdiff_t b = 0; b < g->kernel[1]; b++)
            for (ptrdiff_t c = 0; c < (whole_rows ? 1 : g->kernel[2]); c++)
                *offsets++ = a * (ptrdiff_t)plane + b * g->dilation[1] * (ptrdiff_t)line +
                             c * g->dilation[2] * (ptrdiff_t)pixel;
}

/* Where windows start that lie inside the input. */
QF_INLINE void qf_point_at_windows(const qf_geometry *g, const uint8_t *x, size_t first, size_t rows,
                                   const char **starts) {
    qf_place place = qf_first_place(g, first);
    for (size_t i = 0; i < rows; i++, qf_next_place(g, &place))
        starts[i] = (const char *)qf_pixel(g, x, place.image, qf_input_at(g, &place, 0, 0),
                                           qf_input_at(g, &place, 1, 0), qf_input_at(g, &place, 2, 0));
}

#endif
