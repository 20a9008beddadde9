/* Depthwise convolutions: what an instruction set provides for them. */
#ifndef QF_DEPTHWISE_H
#define QF_DEPTHWISE_H

#include "kernels.h"

/* A line of output pixels.  Window i starts at x + i * step; its taps are `offsets` bytes behind that.  A pixel of
 * the input is readable up to whole blocks of channels, and there are offsets up to whole groups of taps. */
typedef struct qf_depthwise_line {
    size_t channels, taps, count, step;
    const uint8_t *x;
    const ptrdiff_t *offsets;
    const void *weights;     /* in the kernel's layout */
    size_t row_taps;         /* of a kernel's row */
    int neighbours;          /* the taps of a row are neighbours, as windows are */
    const void *row_weights; /* a second layout for neighbours, or NULL */
    const int32_t *start;    /* this and what requant has in the order of the kernel's lanes */
    qf_requant requant;
    uint8_t *out; /* pixels of `channels` codes */
} qf_depthwise_line;

/* Blocks of 16 * lanes channels; the last one has half as many lanes where these suffice and `halves` is set.
 * Interleaving `group` taps leaves the channels of a block in this order: four of each lane's 16, then the next
 * four of each, and so on; so do weights, with their `group` taps side by side.  Without lanes nothing is
 * interleaved: weights have shape (taps, channels). */
typedef struct qf_depthwise_kernel {
    const char *name;
    size_t lanes, halves, group;
    size_t weight_bytes; /* 1: centered weights must fit int8; 2: int16 */
    size_t lowered;      /* what it lowers activations by before it multiplies them */
    void (*run)(const qf_depthwise_line *line);
} qf_depthwise_kernel;

/* Neighbouring windows of a stride of 1 share most of their pixels.  With 3 (5) taps in a row, 2 (4) windows cover 4
 * (8) pixels, which are interleaved once for all of these windows: row_weights holds, for each kernel row, for each
 * group of pixels, for each window, the weights that the pixels have in it, or 0. */
QF_INLINE size_t qf_row_windows(size_t row_taps) { return row_taps == 3 ? 2 : row_taps == 5 ? 4 : 0; }

QF_INLINE size_t qf_block_lanes(const qf_depthwise_kernel *k, size_t left) {
    return k->halves && left <= 8 * k->lanes ? k->lanes / 2 : k->lanes;
}

extern const qf_depthwise_kernel qf_depthwise_portable;

#endif
