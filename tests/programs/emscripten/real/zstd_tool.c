// A tool over Zstandard: packs and unpacks standard input at several levels, as a stream, with a dictionary.
// modes: O1 O2 standalone
// flags: -sALLOW_MEMORY_GROWTH -DZSTD_DISABLE_ASM -DZSTD_LEGACY_SUPPORT=0
// sources: zstd-sys 2.0.15+zstd.1.5.7 zstd/lib/common/*.c zstd/lib/compress/*.c zstd/lib/decompress/*.c
// include: zstd-sys 2.0.15+zstd.1.5.7 zstd/lib
// stdin-file: sqlite_shell.sql
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { SIZE = 400000 };
static unsigned char text[SIZE], packed[SIZE + 10000], back[SIZE];

static int trip(size_t length, int level) {
    size_t size = ZSTD_compress(packed, sizeof packed, text, length, level);
    if (ZSTD_isError(size)) return printf("level %d: %s\n", level, ZSTD_getErrorName(size)), 0;
    size_t got = ZSTD_decompress(back, sizeof back, packed, size);
    int same = got == length && memcmp(text, back, length) == 0;
    printf("level %d: %zu -> %zu, %s, content size %llu\n", level, length, size, same ? "same" : "DIFFERENT", ZSTD_getFrameContentSize(packed, size));
    packed[size / 2] ^= 0xff;
    got = ZSTD_decompress(back, sizeof back, packed, size);
    printf("  damaged: %s\n", ZSTD_isError(got) || memcmp(text, back, length) ? "seen" : "not seen");
    return same;
}

static void stream(size_t length) {
    ZSTD_CCtx *out = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(out, ZSTD_c_compressionLevel, 5);
    ZSTD_CCtx_setParameter(out, ZSTD_c_checksumFlag, 1);
    ZSTD_outBuffer to = {packed, sizeof packed, 0};
    for (size_t at = 0; at < length; at += 1000) {
        ZSTD_inBuffer from = {text + at, length - at < 1000 ? length - at : 1000, 0};
        while (from.pos < from.size) ZSTD_compressStream2(out, &to, &from, ZSTD_e_continue);
    }
    ZSTD_inBuffer none = {NULL, 0, 0};
    while (ZSTD_compressStream2(out, &to, &none, ZSTD_e_end) != 0) {}
    ZSTD_freeCCtx(out);
    ZSTD_DCtx *in = ZSTD_createDCtx();
    ZSTD_inBuffer from = {packed, to.pos, 0};
    size_t total = 0, rounds = 0;
    memset(back, 0, sizeof back);
    while (from.pos < from.size) {
        ZSTD_outBuffer piece = {back + total, sizeof back - total < 777 ? sizeof back - total : 777, 0};
        size_t status = ZSTD_decompressStream(in, &piece, &from);
        if (ZSTD_isError(status)) { printf("%s\n", ZSTD_getErrorName(status)); break; }
        total += piece.pos;
        rounds++;
        if (status == 0) break;
    }
    ZSTD_freeDCtx(in);
    printf("stream: %zu -> %zu -> %zu, %s\n", length, to.pos, total, memcmp(text, back, length) ? "DIFFERENT" : "same");
}

int main(void) {
    size_t given = fread(text, 1, 4000, stdin), length = given;
    while (length + given < SIZE) {
        for (size_t i = 0; i < given; i++) text[length + i] = text[i] ^ (length / given % 16 == 0 ? i % 3 : 0);
        length += given;
    }
    int same = 0;
    for (int level = 1; level <= 19; level += 6) same += trip(length, level);
    same += trip(given, -5);
    same += trip(1, 3);
    stream(length);
    printf("%d of 6 the same, version %s\n", same, ZSTD_versionString());
    return same == 6 ? 0 : 1;
}
