/* Planets pull at each other: chains of double-precision arithmetic with square roots. */
#include <math.h>
#include <stdio.h>

enum { BODIES = 5 };
struct body { double position[3], velocity[3], mass; };

static struct body bodies[BODIES] = {
    {{0, 0, 0}, {0, 0, 0}, 39.47},
    {{4.84, -1.16, -0.10}, {0.606, 2.81, -0.02}, 0.037},
    {{8.34, 4.12, -0.40}, {-1.01, 1.82, 0.008}, 0.011},
    {{12.8, -15.1, -0.22}, {1.08, 0.868, -0.010}, 0.0017},
    {{15.3, -25.9, 0.17}, {0.979, 0.594, -0.034}, 0.0020},
};

static void step(double dt) {
    for (int i = 0; i < BODIES; i++)
        for (int j = i + 1; j < BODIES; j++) {
            double difference[3], square = 0;
            for (int axis = 0; axis < 3; axis++) {
                difference[axis] = bodies[i].position[axis] - bodies[j].position[axis];
                square += difference[axis] * difference[axis];
            }
            double pull = dt / (square * sqrt(square));
            for (int axis = 0; axis < 3; axis++) {
                bodies[i].velocity[axis] -= difference[axis] * bodies[j].mass * pull;
                bodies[j].velocity[axis] += difference[axis] * bodies[i].mass * pull;
            }
        }
    for (int i = 0; i < BODIES; i++)
        for (int axis = 0; axis < 3; axis++) bodies[i].position[axis] += dt * bodies[i].velocity[axis];
}

int main(void) {
    for (int n = 0; n < 4000000; n++) step(0.001);
    printf("%.6f %.6f\n", bodies[0].position[0], bodies[4].velocity[2]);
}
