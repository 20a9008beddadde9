/* Interpolation, AVX-512. */
#include "resize_avx2.h"

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

#define WIDTH 512
#define SHORTER_PIXELS qf_resize_avx2.blend_pixels
#include "resize_blend.h"

const qf_resize qf_resize_avx512 = {
    .pick = qf_pick__avx2, .copy_pixels = qf_copy_pixels__avx2, .blend_codes = blend_codes,
    .blend_pixels = blend_pixels, .blend_lines = blend_lines,
};

QF_TARGET_END
#endif
