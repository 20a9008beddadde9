/* AVX-512 VNNI: vpdpbusd adds four products of unsigned and signed bytes to each 32-bit lane, exactly. */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512VNNI)

#define WIDTH 512
#define PRODUCTS 4
#define DPBUSD _mm512_dpbusd_epi32
#include "gemm_tile.h"

void qf_gemm_u8s8_12x32c4__avx512vnni(size_t mr, const qf_activations *a, const int8_t *panel,
                                      const int32_t *start, int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

QF_TARGET_END
#endif
