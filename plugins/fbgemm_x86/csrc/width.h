/* Vectors of WIDTH bits, 512 or 256, under names that hold for both; WIDTH is defined before each inclusion. */
#undef V
#undef F
#undef OP
#undef BITS
#undef REAL
#undef LOAD
#undef STORE
#undef LOAD_LANES
#undef ZERO
#undef IN_ORDER
#undef NAMED
#undef LANES
#undef BYTES

#if WIDTH == 512
#define V __m512i
#define F __m512
#define OP(name) _mm512_##name
#define BITS(name) _mm512_##name##_si512
#define REAL(v) _mm512_castsi512_ps(v)
#define LOAD(at) _mm512_loadu_si512(at)
#define STORE(at, v) _mm512_storeu_si512((void *)(at), v)
#define LOAD_LANES(at) _mm_loadu_si128((const __m128i *)(at))
#define ZERO _mm512_setzero_si512()
#define IN_ORDER(v) \
    _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), v)
#define NAMED(name) name##512
#else
#define V __m256i
#define F __m256
#define OP(name) _mm256_##name
#define BITS(name) _mm256_##name##_si256
#define REAL(v) _mm256_castsi256_ps(v)
#define LOAD(at) _mm256_loadu_si256((const __m256i *)(at))
#define STORE(at, v) _mm256_storeu_si256((__m256i *)(at), v)
#define LOAD_LANES(at) _mm_loadl_epi64((const __m128i *)(at)) /* as many as there are lanes */
#define ZERO _mm256_setzero_si256()
#define IN_ORDER(v) _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)) /* after packing four */
#define NAMED(name) name##256
#endif
#define LANES (WIDTH / 32)
#define BYTES (WIDTH / 8)
