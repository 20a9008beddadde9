/* What an instruction set provides: one struct of function pointers, filled per set, chosen once at load. */
#ifndef QF_KERNELS_H
#define QF_KERNELS_H

#include <qframe/base.h>
#include <qframe/conv.h>
#include <qframe/requant.h>

#include "api.h"

/* A tile of a matrix product: out (mr x nr, rows nr apart) = start + a (mr x k) * panel.
 * Activations are unsigned codes, as bytes or widened to int16 (then rows are readable up to an even k);
 * nothing behind the k-th byte of a row is read.  `start` has nr entries.  1 <= mr, and k may be 0. */
typedef void (*qf_gemm_fn)(size_t mr, size_t k, const void *a, size_t a_stride, const int8_t *panel,
                           const int32_t *start, int32_t *out);

typedef struct qf_ukernel {
    const char *isa, *name;
    size_t mr, nr, kr, activation_bytes, exact;
    qf_gemm_fn run;
} qf_ukernel;

#define QF_GEMM(isa, name, mr, nr, kr, bytes, exact) \
    void name(size_t, size_t, const void *, size_t, const int8_t *, const int32_t *, int32_t *);
#include "ukernels.inc"
#undef QF_GEMM

/* The largest tile of all microkernels. */
#define QF_TILE (12 * 32)
/* The widest panel, to which vectors with an entry for each output are padded. */
#define QF_WIDEST 32
/* Channels that a depthwise kernel takes at once, and columns of a half-precision panel. */
#define QF_LANES 16

/* Write the first n of each row of accumulators as codes.  acc rows are readable up to a multiple of 16. */
typedef void (*qf_requant_rows_fn)(const int32_t *acc, size_t rows, size_t acc_stride,
                                   const qf_requant *requant, size_t n, uint8_t *out, size_t out_stride);

/* Rows first .. first + rows of the im2col matrix, from channel `offset` of each pixel on. */
typedef void (*qf_gather_fn)(const qf_geometry *g, const uint8_t *x, size_t offset, uint8_t zero_point,
                             size_t first, size_t rows, char *to, size_t to_stride);

/* One output pixel of a depthwise convolution: pixels[tap] points to `channels` codes.
 * `weights` is what qf_pack_depthwise made for `interleaved`. */
typedef void (*qf_depthwise_fn)(const int16_t *weights, size_t channels, size_t taps,
                                const uint8_t *const *pixels, const int32_t *start,
                                const qf_requant *requant, uint8_t *out);

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
void qf_cell__avx2(int, const float *, const float *, size_t, float *, float *);
void qf_cell__avx512(int, const float *, const float *, size_t, float *, float *);

typedef struct qf_kernels {
    const char *isa;
    qf_gemm_fn gemm;
    qf_gemm_fn fast_gemm; /* NULL, or one of the same tile for panels that qf_pairs_fit accepts */
    qf_requant_rows_fn requant_rows;
    void (*rescale)(const int32_t *acc, size_t count, const float *scale, const float *bias, int relu,
                    float *out);
    qf_gather_fn gather, fast_gather; /* for the activations that gemm and fast_gemm take */
    void (*widen)(const uint8_t *codes, size_t count, int16_t *out);
    int32_t (*sum_u8)(const uint8_t *codes, size_t count);
    int (*min_max)(const float *x, size_t count, float *low, float *high);
    void (*quantize8)(const float *x, size_t count, float reciprocal, qf_bounds bounds, uint8_t *out);
    void (*dequantize_u8)(const uint8_t *codes, size_t count, float scale, int32_t zero_point, float *out);
    void (*dequantize_i8)(const int8_t *codes, size_t count, float scale, int32_t zero_point, float *out);
    int interleaved; /* the depthwise kernel wants taps in pairs */
    qf_depthwise_fn depthwise;
    qf_half_fn half_tile;
    qf_half_row_fn half_row;
    qf_cell_fn cell;
    const struct qf_elementwise *elementwise; /* elementwise.h */
} qf_kernels;

extern const qf_kernels qf_kernels_portable;
#if QF_X86
extern const qf_kernels qf_kernels_avx2, qf_kernels_avxvnni, qf_kernels_avx512, qf_kernels_avx512vnni;
#endif

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
