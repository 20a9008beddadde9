/* ukernels.inc as an array. */
#ifndef QF_UKERNELS_TABLE_H
#define QF_UKERNELS_TABLE_H

#include "kernels.h"

static const qf_ukernel QF_UKERNELS[] = {
#define QF_GEMM(isa, name, mr, nr, kr, bytes, exact) {#isa, #name, mr, nr, kr, bytes, exact, name},
#include "ukernels.inc"
#undef QF_GEMM
};
#define QF_UKERNEL_COUNT (sizeof QF_UKERNELS / sizeof *QF_UKERNELS)

#endif
