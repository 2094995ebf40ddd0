// A tool over zlib: deflates and inflates standard input at each level, and a gzip file.
// modes: O1 O2 standalone
// flags: -sALLOW_MEMORY_GROWTH -DHAVE_UNISTD_H -DHAVE_STDARG_H
// sources: libz-sys 1.1.22 src/zlib/*.c
// include: libz-sys 1.1.22 src/zlib
// stdin-file: sqlite_shell.sql
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static unsigned char *read_all(size_t *length) {
    size_t capacity = 1000;
    unsigned char *bytes = malloc(capacity);
    *length = 0;
    size_t got;
    while ((got = fread(bytes + *length, 1, capacity - *length, stdin)) > 0) {
        *length += got;
        if (*length == capacity) bytes = realloc(bytes, capacity *= 2);
    }
    return bytes;
}

static int round_trip(const unsigned char *bytes, size_t length, int level) {
    uLongf packed_length = compressBound(length), back_length = length;
    unsigned char *packed = malloc(packed_length), *back = malloc(length + 1);
    int packing = compress2(packed, &packed_length, bytes, length, level);
    int unpacking = uncompress(back, &back_length, packed, packed_length);
    int same = back_length == length && memcmp(bytes, back, length) == 0;
    printf("level %d: %lu bytes, %d %d, %s, adler %08lx\n", level, (unsigned long)packed_length, packing, unpacking, same ? "same" : "DIFFERENT", adler32(1, packed, packed_length));
    packed[packed_length / 2] ^= 0x55;
    back_length = length;
    printf("  damaged: %s\n", uncompress(back, &back_length, packed, packed_length) == Z_OK ? "not seen" : "seen");
    free(packed);
    free(back);
    return same;
}

// Feeds a stream three bytes at a time and takes its output five at a time.
static void stream(const unsigned char *bytes, size_t length) {
    unsigned char packed[100000], back[5];
    z_stream out = {0}, in = {0};
    deflateInit2(&out, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    out.next_out = packed;
    out.avail_out = sizeof packed;
    for (size_t at = 0; at < length; at += 3) {
        out.next_in = (Bytef *)bytes + at;
        out.avail_in = length - at < 3 ? length - at : 3;
        deflate(&out, Z_NO_FLUSH);
    }
    int status = deflate(&out, Z_FINISH);
    printf("gzip stream: %d, %lu bytes\n", status, out.total_out);
    inflateInit2(&in, 15 + 32);
    in.next_in = packed;
    in.avail_in = out.total_out;
    uLong sum = crc32(0, NULL, 0);
    do {
        in.next_out = back;
        in.avail_out = sizeof back;
        status = inflate(&in, Z_NO_FLUSH);
        sum = crc32(sum, back, sizeof back - in.avail_out);
    } while (status == Z_OK);
    printf("back: %d, %lu bytes, crc %08lx, %s\n", status, in.total_out, sum, sum == crc32(crc32(0, NULL, 0), bytes, length) ? "right" : "WRONG");
    deflateEnd(&out);
    inflateEnd(&in);
}

int main(void) {
    size_t length;
    unsigned char *bytes = read_all(&length);
    printf("%zu bytes, crc %08lx\n", length, crc32(crc32(0, NULL, 0), bytes, length));
    int same = 0;
    for (int level = 0; level <= 9; level++) same += round_trip(bytes, length, level);
    stream(bytes, length);
    printf("%d of 10 the same, zlib %s\n", same, zlibVersion());
    return same == 10 ? 0 : 1;
}
