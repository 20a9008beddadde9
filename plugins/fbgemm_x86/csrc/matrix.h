/* Packed weights and the product loop that linear layers and convolutions share. */
#ifndef QF_MATRIX_H
#define QF_MATRIX_H

#include <stdatomic.h>

#include "kernels.h"

/* Vectors have groups * padded entries; `sums` holds sum(weight - zero_point). */
struct qf_weights {
    const qf_kernels *kernels;
    const qf_ukernel *ukernels[2]; /* for all panels; for those proved safe, or NULL */
    size_t groups, n, k, padded; /* outputs and inputs of one group; outputs filled up to whole panels */
    size_t panels, panel_size; /* of one group; bytes */
    uint8_t *fast; /* for each panel of each group, which of the two microkernels multiplies */
    int per_channel, asymmetric, has_bias;
    int8_t *packed;
    float *scales, *bias;
    int32_t *zero_points, *sums;
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

#endif
