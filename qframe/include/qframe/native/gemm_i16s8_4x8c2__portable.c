/* The readable form of all matrix microkernels. */
#include "ukernels.h"

void qf_gemm_i16s8_4x8c2__portable(size_t mr, const qf_activations *a, const int8_t *panel, const int32_t *start,
                                   int32_t *out, const qf_codes *to) {
    for (size_t row = 0; row < mr; row++, out += 8) {
        const int8_t *weight = panel;
        uint32_t sum[8]; /* unsigned: corrections for zero points may wrap, the final sum does not */
        for (int j = 0; j < 8; j++) sum[j] = (uint32_t)start[j];
        for (size_t run = 0; run < a->runs; run++) {
            const int16_t *x = (const int16_t *)(a->rows[row] + a->offsets[run]);
            for (size_t i = 0; i < a->length; i += 2, weight += 16)
                for (int j = 0; j < 8; j++)
                    sum[j] += (uint32_t)(x[i] * weight[2 * j] + x[i + 1] * weight[2 * j + 1]);
        }
        memcpy(out, sum, sizeof sum);
        if (to) qf_requant_scalar(out, &to->requant, 0, to->n, to->out + row * to->stride);
    }
}
