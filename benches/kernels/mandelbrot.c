/* Points that stay: a tight loop of double-precision arithmetic whose end depends on data. */
#include <stdio.h>

int main(void) {
    long inside = 0;
    for (int y = 0; y < 900; y++)
        for (int x = 0; x < 900; x++) {
            double cr = x / 450.0 - 1.5, ci = y / 450.0 - 1.0, r = 0, i = 0;
            int n = 0;
            while (n < 200 && r * r + i * i < 4) {
                double next = r * r - i * i + cr;
                i = 2 * r * i + ci;
                r = next;
                n++;
            }
            inside += n;
        }
    printf("%ld\n", inside);
}
