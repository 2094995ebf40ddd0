/* Dense matrix product: strided loads, multiply and add, loops that a compiler can turn into vectors. */
#include <stdio.h>

enum { N = 512 };
static double left[N][N], right[N][N], product[N][N];

int main(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) left[i][j] = (i * 7 + j) % 13, right[i][j] = (i + j * 5) % 11;
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < N; i++)
            for (int k = 0; k < N; k++) {
                double factor = left[i][k];
                for (int j = 0; j < N; j++) product[i][j] += factor * right[k][j];
            }
    double trace = 0;
    for (int i = 0; i < N; i++) trace += product[i][i];
    printf("%.1f\n", trace);
}
