/* Kernels that the compiler makes of loops in portable C, AVX2: eight lanes. */
#include <qframe/simd.h>

#include "avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

#define NAMED(name) name##__avx2
#include <qframe/native/loop_kernels.h>

QF_TARGET_END
#endif
