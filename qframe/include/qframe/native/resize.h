/* Interpolation along lines of codes: what an instruction set provides for it. */
#ifndef QF_RESIZE_H
#define QF_RESIZE_H

#include "kernels.h"

/* Codes that a shuffle of bytes moves at once. */
#define QF_WINDOW 16

/* Where in the line QF_WINDOW outputs read: codes lanes[i] behind the base, or far_lanes[i] behind
 * base + QF_WINDOW; the other one has its highest bit set. */
typedef struct qf_window {
    enum { QF_NEAR, QF_FAR, QF_APART } reach; /* within one or two times QF_WINDOW codes, or not */
    int32_t base;
    uint8_t lanes[QF_WINDOW], far_lanes[QF_WINDOW];
} qf_window;

/* For each output its source in the line and that one's weight; windows if outputs are single codes. */
typedef struct qf_sources {
    const int32_t *index;
    const float *weight;
    const qf_window *windows;
} qf_sources;

/* What makes codes of two lines: round(first_weight * a + second_weight * b - zero_point) + zero_point. */
typedef struct qf_blend {
    float first_weight, second_weight;
    int32_t zero_point;
    uint8_t flip;
} qf_blend;

typedef struct qf_resize {
    /* `count` codes of a line, which has `length` of them. */
    void (*pick)(const uint8_t *line, size_t length, const qf_sources *sources, size_t count, uint8_t *out);
    /* `count` pixels, which are `stride` bytes apart in the line and have so many adjacent channels. */
    void (*copy_pixels)(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                        size_t count, uint8_t *out);
    /* `count` weighted sums of two codes; weights and out go on up to a multiple of QF_WINDOW. */
    void (*blend_codes)(const uint8_t *line, size_t length, const qf_sources *sources, size_t count,
                        uint8_t flip, float *out);
    /* The same of all channels of `count` pixels. */
    void (*blend_pixels)(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                         size_t count, uint8_t flip, float *out);
    /* Lines of such sums to codes; readable up to a multiple of QF_LINE. */
    void (*blend_lines)(const float *a, const float *b, size_t count, const qf_blend *blend, uint8_t *out);
} qf_resize;

#define QF_LINE 64

extern const qf_resize qf_resize_portable;

#endif
