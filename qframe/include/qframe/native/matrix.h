/* Packed weights of a matrix product, and the product loop that linear layers and convolutions share. */
#ifndef QF_MATRIX_H
#define QF_MATRIX_H

#include <stdatomic.h>

#include "kernels.h"

/* Vectors have groups * padded entries; `sums` holds sum(weight - zero_point). */
struct qf_weights {
    const qf_kernels *kernels;
    const qf_ukernel *ukernels[2]; /* that is always exact; a faster one that is not, or NULL */
    size_t groups, n;              /* outputs of one group */
    size_t runs, length;           /* the inputs of one output: runs of adjacent codes */
    size_t padded, panels;         /* of one group: outputs filled up to whole panels */
    size_t panel_sizes[2];         /* bytes of a panel in the layout of each microkernel */
    uint8_t *largest;              /* for each panel, the largest code that the faster one multiplies exactly */
    int8_t *packed[2];             /* in both layouts, NULL where none is needed */
    int per_channel, asymmetric, has_bias;
    float *scales, *bias;
    int32_t *zero_points, *sums;
    int32_t *lost; /* sum(weight * what the microkernel lowers its activation by), or NULL */
};

/* What one call computes. */
typedef struct qf_product {
    const qf_weights *weights;
    size_t rows;
    /* Activations: the windows of `geometry`, or without one rows of `x_stride` codes. */
    const uint8_t *x;
    size_t x_stride;
    uint8_t x_zero_point;
    const qf_geometry *geometry;
    /* Vectors like those of the weights: corrections for the input's zero point; scales of the result. */
    int32_t *start;
    float *multiplier, *bias;
    /* Results: codes, or without them floats. */
    qf_bounds bounds;
    uint8_t *codes;
    float *floats;
    int relu;
    /* How the work is cut: rows and panels of one task. */
    size_t block, blocks, chunk, chunks;
    atomic_int status;
} qf_product;

/* Memory for the vectors of a call, in QF_SLOT_CALL; 0 without memory. */
int qf_product_vectors(qf_product *p);
void qf_set_requant(qf_product *p, float x_scale, float scale, int32_t zero_point, int32_t low, int32_t high);
/* Cut the work and do it; returns a QF_ code. */
int qf_run_product(qf_product *p);

/* A block of rows of one group, for panels from .. to of it. */
typedef struct qf_block {
    size_t group, first, count, from, to;
    uint8_t most;            /* the largest code in it, where that matters */
    qf_activations views[2]; /* as each microkernel takes them; without rows where none is needed */
} qf_block;

/* Point at the activations of a block, or copy them as the microkernels want them; 0 without memory. */
int qf_view_activations(const qf_product *p, qf_block *b);
/* Which of the two microkernels multiplies a panel with this block. */
int qf_panel_is_fast(const qf_product *p, const qf_block *b, size_t panel);

#endif
