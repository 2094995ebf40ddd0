// The side module of signatures.c.
#include <stdio.h>
struct pair { int a; double b; };
extern long long main_sum(int count, ...);

long long side_wide(long long a, int b, long long c) { return a * b + c; }
float side_single(float a, float b) { return a * b; }
double side_mixed(int a, float b, double c, long long d) { return a + b + c + d; }
struct pair side_pair(struct pair given) { return (struct pair){given.a * 2, given.b * 2}; }
int side_many(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j) { return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 + j * 10; }
void side_nothing(void) { printf("%lld\n", main_sum(3, 1LL << 32, 2LL, 3LL)); }
