/* Runs the SQL on standard input against the database named by the first argument; prints rows with '|' between. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite3.h"

static int print_row(void *unused, int count, char **values, char **names) {
    (void)unused, (void)names;
    for (int i = 0; i < count; i++) printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
    putchar('\n');
    return 0;
}

int main(int argc, char **argv) {
    sqlite3 *database;
    char *sql = NULL, *message = NULL;
    size_t length = 0, capacity = 0, got;
    if (argc != 2) return fprintf(stderr, "usage: sqlite DATABASE < SCRIPT\n"), 2;
    do {
        if (length + 4096 > capacity) sql = realloc(sql, capacity = 2 * capacity + 4096);
        got = fread(sql + length, 1, capacity - length - 1, stdin);
        length += got;
    } while (got > 0);
    sql[length] = 0;
    if (sqlite3_open(argv[1], &database) != SQLITE_OK)
        return fprintf(stderr, "cannot open %s: %s\n", argv[1], sqlite3_errmsg(database)), 1;
    if (sqlite3_exec(database, sql, print_row, NULL, &message) != SQLITE_OK)
        return fprintf(stderr, "%s\n", message), 1;
    return sqlite3_close(database) != SQLITE_OK;
}
