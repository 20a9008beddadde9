/* Normalisation, AVX-512. */
#include <qframe/simd.h>

#include "x86.h"

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

#define WIDTH 512
#define SHORTER qf_norm_avx2
#include "norms_lines.h"

const qf_norm_kernels qf_norm_avx512 = LINES;

QF_TARGET_END
#endif
