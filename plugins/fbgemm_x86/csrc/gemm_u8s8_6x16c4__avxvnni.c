/* The AVX2 tiling with vpdpbusd in its VEX form: four products a lane, exact. */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_X86
QF_TARGET_BEGIN(QF_AVXVNNI)

#define WIDTH 256
#define PRODUCTS 4
#define DPBUSD QF_DPBUSD256
#include "gemm_tile.h"

void qf_gemm_u8s8_6x16c4__avxvnni(size_t mr, const qf_activations *a, const int8_t *panel,
                                  const int32_t *start, int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

QF_TARGET_END
#endif
