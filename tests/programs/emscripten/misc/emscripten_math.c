// emscripten_math_* and emscripten_random: numbers in [0, 1), and what JavaScript's Math computes.
// modes: O1 O2
#include <emscripten/em_math.h>
#include <emscripten/emscripten.h>
#include "../show.h"

int main(void) {
    int outside = 0, same = 0;
    double last = -1;
    for (int i = 0; i < 1000; i++) {
        double number = emscripten_math_random();
        outside += number < 0 || number >= 1;
        same += number == last;
        last = number;
        float small = emscripten_random();
        outside += small < 0 || small > 1;
    }
    TRY(outside);
    TRUE(same < 10);
    printf("%g %g %g\n", emscripten_math_pow(2, 10), emscripten_math_sqrt(81), emscripten_math_hypot(2, 3.0, 4.0));
    printf("%g %g\n", emscripten_math_round(2.5), emscripten_math_sign(-3));
    return 0;
}
