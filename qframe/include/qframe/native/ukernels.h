/* The matrix microkernels of this build: that of portable C, then those of the plugin's ukernels.inc.
 *
 * That file has lines QF_GEMM(instruction set, name, rows and columns of the tile, inputs that stand together in a panel,
 * bytes of one activation, magnitude of weights that it multiplies exactly whatever their neighbours, what it lowers
 * activations by before it multiplies them: those of the first and of the second half of each group of inputs).
 * Declarations, the largest tile, selection and tests follow from them. */
#ifndef QF_UKERNELS_H
#define QF_UKERNELS_H

#include "kernels.h"

#define QF_PORTABLE_GEMM QF_GEMM(portable, qf_gemm_i16s8_4x8c2__portable, 4, 8, 2, 2, 128, 0, 0)

#define QF_GEMM(isa, name, mr, nr, kr, bytes, exact, low, high) \
    void name(size_t, const qf_activations *, const int8_t *, const int32_t *, int32_t *, const qf_codes *);
QF_PORTABLE_GEMM
#include "ukernels.inc"
#undef QF_GEMM

/* Room for a tile of any of them. */
typedef union qf_tile {
    int32_t sums[1];
#define QF_GEMM(isa, name, mr, nr, kr, bytes, exact, low, high) int32_t name##_sums[(mr) * (nr)];
    QF_PORTABLE_GEMM
#include "ukernels.inc"
#undef QF_GEMM
} qf_tile;

#endif
