/* What an instruction set provides: one struct of function pointers, filled per set, chosen once at load.
 *
 * The files of this folder are compiled into each C plugin, together with the plugin's own: kernels for its
 * instruction sets, `ukernels.inc` with a line for each of its matrix microkernels (ukernels.h), and the table
 * of its instruction sets (isa.h). */
#ifndef QF_KERNELS_H
#define QF_KERNELS_H

#include <qframe/base.h>
#include <qframe/conv.h>
#include <qframe/requant.h>

#include "api.h"

/* Rows of activations, which lie anywhere: each consists of `runs` runs of `length` unsigned codes, which start
 * `offsets` bytes behind the row's start.  Codes are bytes, or widened to int16 (then a run is readable up to an
 * even length).  Nothing else is read. */
typedef struct qf_activations {
    const char *const *rows;
    const ptrdiff_t *offsets;
    size_t runs, length;
} qf_activations;

/* Where a tile's sums go as codes: the first n columns of each row, `stride` bytes apart. */
typedef struct qf_codes {
    qf_requant requant; /* readable for a whole panel */
    size_t n;
    uint8_t *out;
    size_t stride;
} qf_codes;

/* A tile of a matrix product: sums (mr x nr) = start + a (mr rows) * panel (pack.h), written to `out`, rows nr
 * apart, or if `to` is not NULL as codes.  `start` has nr entries.  1 <= mr; there may be no runs, or empty ones.
 * Some lower activations before they multiply them (ukernels.h), which `start` has to make up for. */
typedef void (*qf_gemm_fn)(size_t mr, const qf_activations *a, const int8_t *panel, const int32_t *start,
                           int32_t *out, const qf_codes *to);

typedef struct qf_ukernel {
    const char *isa, *name;
    size_t mr, nr, kr, activation_bytes, exact, lowered[2];
    qf_gemm_fn run;
} qf_ukernel;

/* Columns of a half-precision panel. */
#define QF_LANES 16

/* Write the first n of each row of accumulators as codes.  Rows of acc are whole panels. */
typedef void (*qf_requant_rows_fn)(const int32_t *acc, size_t rows, size_t acc_stride,
                                   const qf_requant *requant, size_t n, uint8_t *out, size_t out_stride);

/* Write the first n of each row of accumulators as floats (portable.h).  Rows of acc are whole panels, scale and bias
 * readable for one; bias may be NULL. */
typedef void (*qf_rescale_rows_fn)(const int32_t *acc, size_t rows, size_t acc_stride, const float *scale,
                                   const float *bias, int relu, size_t n, float *out, size_t out_stride);

/* out (mr x QF_LANES) = x (mr x k, rows stride floats apart) * panel of halves; mr <= QF_HALF_ROWS. */
#define QF_HALF_ROWS 6
typedef void (*qf_half_fn)(size_t mr, size_t k, const float *x, size_t stride, const uint16_t *panel,
                           float *out);
/* The same for one row and several adjacent panels, the sums of each in the same order; <= QF_HALF_PANELS. */
#define QF_HALF_PANELS 4
typedef void (*qf_half_row_fn)(size_t panels, size_t k, const float *x, const uint16_t *packed, float *out);

/* One row of a recurrent layer of the given QF_ kind: from both projections, gates side by side, each `size`
 * wide, the new states.  `cell` is NULL but for QF_LSTM. */
typedef void (*qf_cell_fn)(int kind, const float *projected, const float *recurrent, size_t size, float *hidden,
                           float *cell);
void qf_cell__portable(int, const float *, const float *, size_t, float *, float *);

typedef struct qf_kernels {
    const char *isa;
    qf_gemm_fn gemm;
    qf_gemm_fn fast_gemm; /* NULL, or one of the same tile that adds products in pairs of 16 bits */
    qf_requant_rows_fn requant_rows;
    qf_rescale_rows_fn rescale_rows;
    /* Vectors of one call, from those of the weights (requant.h). */
    void (*start)(const int32_t *sums, size_t count, int32_t x_zero_point, int32_t *start);
    void (*transform)(const float *scales, const float *bias, size_t count, int per_channel, float x_scale,
                      float scale, float *multiplier, float *scaled_bias);
    /* Pixels of `channels` bytes from planes that are `stride` bytes apart. */
    void (*interleave)(const uint8_t *x, size_t channels, size_t stride, size_t pixels, uint8_t *out);
    void (*widen)(const uint8_t *codes, size_t count, int16_t *out);
    int32_t (*sum_u8)(const uint8_t *codes, size_t count);
    uint8_t (*max_u8)(const uint8_t *codes, size_t count); /* 0 of none */
    int (*min_max)(const float *x, size_t count, float *low, float *high);
    void (*quantize8)(const float *x, size_t count, float reciprocal, qf_bounds bounds, uint8_t *out);
    void (*dequantize_u8)(const uint8_t *codes, size_t count, float scale, int32_t zero_point, float *out);
    void (*dequantize_i8)(const int8_t *codes, size_t count, float scale, int32_t zero_point, float *out);
    const struct qf_depthwise_kernel *depthwise[2]; /* for all weights; for those that fit int8 (depthwise.h) */
    qf_half_fn half_tile;
    qf_half_row_fn half_row;
    qf_cell_fn cell;
    const struct qf_elementwise *elementwise; /* elementwise.h */
    const struct qf_norm_kernels *norms;      /* norms.h */
} qf_kernels;

extern const qf_kernels qf_kernels_portable;

/* The struct in use (isa.c). */
extern const qf_kernels *qf_active;
const qf_ukernel *qf_find_ukernel(qf_gemm_fn run);

/* Run tasks on the plugin's pool, and memory that stays with the calling thread (memory.c).  A slot is
 * valid until the same thread asks for it again; NULL: no memory. */
typedef void (*qf_task_fn)(void *context, size_t index);
void qf_parallel(qf_task_fn task, void *context, size_t count);
enum { QF_SLOT_CALL, QF_SLOT_TASK, QF_SLOT_CODES, QF_SLOT_SEQUENCE, QF_SLOTS };
void *qf_scratch(int slot, size_t bytes);
void *qf_allocate(size_t bytes); /* zeroed, aligned to 64 bytes */
void qf_release(void *memory);

#endif
