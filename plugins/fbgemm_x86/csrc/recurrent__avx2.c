/* The cells of recurrent layers, AVX2: the compiler makes eight lanes of the loops. */
#include <qframe/simd.h>
#include <qframe/native/recurrent_loops.h>

#include "x86.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

void qf_cell__avx2(int kind, const float *projected, const float *recurrent, size_t size, float *hidden,
                   float *cell) {
    qf_cell_loop(kind, projected, recurrent, size, hidden, cell);
}

QF_TARGET_END
#endif
