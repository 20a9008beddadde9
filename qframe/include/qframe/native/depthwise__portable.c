/* Depthwise convolutions in plain C. */
#include "depthwise.h"

static void run(const qf_depthwise_line *line) {
    const int16_t *weights = line->weights;
    const qf_requant *requant = &line->requant;
    const uint8_t *x = line->x;
    uint8_t *out = line->out;
    for (size_t i = 0; i < line->count; i++, x += line->step, out += line->channels)
        for (size_t c = 0; c < line->channels; c++) {
            int32_t sum = line->start[c];
            for (size_t tap = 0; tap < line->taps; tap++)
                sum += x[line->offsets[tap] + (ptrdiff_t)c] * weights[tap * line->channels + c];
            float value = ((float)sum + requant->bias[c]) * requant->multiplier[c];
            out[c] = (uint8_t)qf_round_code(value, requant->bounds);
        }
}

const qf_depthwise_kernel qf_depthwise_portable = {"qf_depthwise_u8s16__portable", 0, 0, 1, 2, 0, run};
