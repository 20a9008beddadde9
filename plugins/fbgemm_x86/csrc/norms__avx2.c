/* Normalisation, AVX2. */
#include <qframe/simd.h>

#include "x86.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

#define WIDTH 256
#define SHORTER qf_norm_portable
#include "norms_lines.h"

const qf_norm_kernels qf_norm_avx2 = LINES;

QF_TARGET_END
#endif
