// emscripten_get_now, emscripten_date_now and emscripten_performance_now: milliseconds that move forward.
// modes: O1 O2
#include <emscripten/emscripten.h>
#include <emscripten/html5.h>
#include <time.h>
#include "../show.h"

int main(void) {
    double first = emscripten_get_now(), date = emscripten_date_now(), performance = emscripten_performance_now();
    TRUE(first >= 0);
    TRUE(date / 1000 >= (double)time(NULL) - 5 && date / 1000 <= (double)time(NULL) + 5);
    double last = first;
    int backwards = 0;
    while (last - first < 5) {
        double now = emscripten_get_now();
        backwards += now < last;
        last = now;
    }
    TRY(backwards);
    TRUE(emscripten_performance_now() > performance);
    TRUE(emscripten_date_now() >= date);
    return 0;
}
