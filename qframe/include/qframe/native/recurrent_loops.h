/* The cells of recurrent layers, one row each: from both projections and the old states the new ones.
 *
 * A projection holds the gates side by side, each `size` wide.  The order of operations is that of
 * qframe/numerics/recurrent.py. */
#ifndef QF_RECURRENT_LOOPS_H
#define QF_RECURRENT_LOOPS_H

#include <qframe/transcendental.h>

#include "kernels.h"

QF_INLINE void qf_lstm_loop(const float *restrict projected, const float *restrict recurrent, size_t size,
                            float *restrict hidden, float *restrict cell) {
    for (size_t i = 0; i < size; i++) {
        float enter = qf_sigmoid(projected[i] + recurrent[i]);
        float forget = qf_sigmoid(projected[size + i] + recurrent[size + i]);
        float candidate = qf_tanh(projected[2 * size + i] + recurrent[2 * size + i]);
        float emit = qf_sigmoid(projected[3 * size + i] + recurrent[3 * size + i]);
        cell[i] = forget * cell[i] + enter * candidate;
        hidden[i] = emit * qf_tanh(cell[i]);
    }
}

QF_INLINE void qf_gru_loop(const float *restrict projected, const float *restrict recurrent, size_t size,
                           float *restrict hidden) {
    for (size_t i = 0; i < size; i++) {
        float reset = qf_sigmoid(projected[i] + recurrent[i]);
        float keep = qf_sigmoid(projected[size + i] + recurrent[size + i]);
        float candidate = qf_tanh(projected[2 * size + i] + reset * recurrent[2 * size + i]);
        hidden[i] = (hidden[i] - candidate) * keep + candidate;
    }
}

QF_INLINE void qf_rnn_tanh_loop(const float *restrict projected, const float *restrict recurrent, size_t size,
                                float *restrict hidden) {
    for (size_t i = 0; i < size; i++) hidden[i] = qf_tanh(projected[i] + recurrent[i]);
}

/* NaN stays. */
QF_INLINE void qf_rnn_relu_loop(const float *restrict projected, const float *restrict recurrent, size_t size,
                                float *restrict hidden) {
    for (size_t i = 0; i < size; i++) {
        float sum = projected[i] + recurrent[i];
        hidden[i] = sum < 0.0f ? 0.0f : sum;
    }
}

QF_INLINE void qf_cell_loop(int kind, const float *projected, const float *recurrent, size_t size,
                            float *hidden, float *cell) {
    switch (kind) {
        case QF_LSTM: qf_lstm_loop(projected, recurrent, size, hidden, cell); break;
        case QF_GRU: qf_gru_loop(projected, recurrent, size, hidden); break;
        case QF_RNN_TANH: qf_rnn_tanh_loop(projected, recurrent, size, hidden); break;
        default: qf_rnn_relu_loop(projected, recurrent, size, hidden); break;
    }
}

#endif
