/* The cells of recurrent layers in plain C. */
#include "recurrent_loops.h"

void qf_cell__portable(int kind, const float *projected, const float *recurrent, size_t size, float *hidden,
                       float *cell) {
    qf_cell_loop(kind, projected, recurrent, size, hidden, cell);
}
