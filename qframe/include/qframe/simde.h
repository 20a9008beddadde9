/* The AVX-512 intrinsics that qframe uses and SIMDe 0.7.4 lacks; for test builds only. */
#ifndef QFRAME_SIMDE_H
#define QFRAME_SIMDE_H

static inline __m512i qf_simde_cvtepi8_epi32(__m128i x) {
    int8_t bytes[16];
    int32_t numbers[16];
    memcpy(bytes, &x, sizeof bytes);
    for (int i = 0; i < 16; i++) numbers[i] = bytes[i];
    return _mm512_loadu_si512(numbers);
}

static inline __m512 qf_simde_cvtepi32_ps(__m512i x) {
    float values[16];
    int32_t numbers[16];
    memcpy(numbers, &x, sizeof numbers);
    for (int i = 0; i < 16; i++) values[i] = (float)numbers[i];
    return _mm512_loadu_ps(values);
}

static inline __m512i qf_simde_cvtps_epi32(__m512 x) {
    float values[16];
    int32_t numbers[16];
    memcpy(values, &x, sizeof values);
    for (int i = 0; i < 16; i += 4)
        _mm_storeu_si128((__m128i *)(numbers + i), _mm_cvtps_epi32(_mm_loadu_ps(values + i)));
    return _mm512_loadu_si512(numbers);
}

static inline __m128i qf_simde_cvtepi32_epi8(__m512i x) {
    int32_t numbers[16];
    uint8_t bytes[16];
    memcpy(numbers, &x, sizeof numbers);
    for (int i = 0; i < 16; i++) bytes[i] = (uint8_t)numbers[i];
    return _mm_loadu_si128((const __m128i *)bytes);
}

static inline __m512i qf_simde_cvtepu8_epi16(__m256i x) {
    uint8_t bytes[32];
    int16_t words[32];
    memcpy(bytes, &x, sizeof bytes);
    for (int i = 0; i < 32; i++) words[i] = bytes[i];
    return _mm512_loadu_si512(words);
}

static inline __m512i qf_simde_cvtepu8_epi32(__m128i x) {
    uint8_t bytes[16];
    int32_t numbers[16];
    memcpy(bytes, &x, sizeof bytes);
    for (int i = 0; i < 16; i++) numbers[i] = bytes[i];
    return _mm512_loadu_si512(numbers);
}

static inline __m256i qf_simde_cvtepi16_epi8(__m512i x) {
    int16_t words[32];
    uint8_t bytes[32];
    memcpy(words, &x, sizeof words);
    for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)words[i];
    return _mm256_loadu_si256((const __m256i *)bytes);
}

typedef uint32_t __mmask32;
typedef uint64_t __mmask64;

static inline void qf_simde_mask_store(void *to, uint64_t mask, const uint8_t *codes, int count) {
    for (int i = 0; i < count; i++)
        if (mask >> i & 1) ((uint8_t *)to)[i] = codes[i];
}

static inline void qf_simde_mask_storeu_256(void *to, uint32_t mask, __m256i codes) {
    uint8_t bytes[32];
    memcpy(bytes, &codes, sizeof bytes);
    qf_simde_mask_store(to, mask, bytes, 32);
}

static inline void qf_simde_mask_storeu_512(void *to, uint64_t mask, __m512i codes) {
    uint8_t bytes[64];
    memcpy(bytes, &codes, sizeof bytes);
    qf_simde_mask_store(to, mask, bytes, 64);
}

/* SIMDe's macro of this name has too many arguments. */
#undef _mm512_madd_epi16
#define _mm512_madd_epi16 simde_mm512_madd_epi16
#define _mm512_cvtepi8_epi32 qf_simde_cvtepi8_epi32
#define _mm512_cvtepi32_ps qf_simde_cvtepi32_ps
#define _mm512_cvtps_epi32 qf_simde_cvtps_epi32
#define _mm512_cvtepi32_epi8 qf_simde_cvtepi32_epi8
#define _mm512_cvtepu8_epi16 qf_simde_cvtepu8_epi16
#define _mm512_cvtepu8_epi32 qf_simde_cvtepu8_epi32
#undef _mm256_mask_storeu_epi8
#define _mm256_mask_storeu_epi8 qf_simde_mask_storeu_256
#undef _mm512_mask_storeu_epi8
#define _mm512_mask_storeu_epi8 qf_simde_mask_storeu_512
#define _mm512_cvtepu8_epi32 qf_simde_cvtepu8_epi32
#undef _mm512_cvtepi16_epi8
#define _mm512_cvtepi16_epi8 qf_simde_cvtepi16_epi8

#endif
