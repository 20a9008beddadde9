/* The cells of recurrent layers, vectorised by the compiler. */
#include <qframe/native/recurrent_loops.h>

#include "arm.h"

#if QF_ARM64

void qf_cell__neon(int kind, const float *projected, const float *recurrent, size_t size, float *hidden, float *cell) {
    qf_cell_loop(kind, projected, recurrent, size, hidden, cell);
}

#endif
