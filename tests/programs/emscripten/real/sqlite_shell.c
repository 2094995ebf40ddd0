// A small shell over SQLite: statements from standard input, rows to standard output.
// modes: O1 O2
// flags: -sALLOW_MEMORY_GROWTH -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -Wno-deprecated-declarations
// sources: libsqlite3-sys 0.35.0 sqlite3/sqlite3.c
// include: libsqlite3-sys 0.35.0 sqlite3
// arguments: /tmp/test.db
// stdin-file: sqlite_shell.sql
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void show_value(sqlite3_stmt *statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL: printf("NULL"); break;
    case SQLITE_BLOB: {
        const unsigned char *bytes = sqlite3_column_blob(statement, column);
        printf("x'");
        for (int i = 0; i < sqlite3_column_bytes(statement, column); i++) printf("%02x", bytes[i]);
        printf("'");
        break;
    }
    default: printf("%s", (const char *)sqlite3_column_text(statement, column));
    }
}

// Runs the statements of `text` one by one, each with its rows or its error.
static void run(sqlite3 *database, const char *text) {
    while (*text) {
        sqlite3_stmt *statement = NULL;
        const char *rest;
        if (sqlite3_prepare_v2(database, text, -1, &statement, &rest) != SQLITE_OK) {
            printf("error: %s\n", sqlite3_errmsg(database));
            failures++;
            return;
        }
        text = rest;
        if (!statement) continue;
        int status, columns = sqlite3_column_count(statement);
        while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
            for (int i = 0; i < columns; i++) {
                if (i) printf("|");
                show_value(statement, i);
            }
            printf("\n");
        }
        if (status != SQLITE_DONE) {
            printf("error: %s\n", sqlite3_errmsg(database));
            failures++;
        }
        sqlite3_finalize(statement);
    }
}

static void half(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    sqlite3_result_double(context, sqlite3_value_double(values[0]) / 2);
}

static sqlite3 *open_database(const char *path) {
    sqlite3 *database;
    if (sqlite3_open(path, &database) != SQLITE_OK) {
        printf("cannot open %s: %s\n", path, sqlite3_errmsg(database));
        exit(1);
    }
    sqlite3_create_function(database, "half", 1, SQLITE_UTF8, NULL, half, NULL, NULL);
    return database;
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : ":memory:";
    sqlite3 *database = open_database(path);
    char line[1024];
    char *pending = calloc(1, 1);
    while (fgets(line, sizeof line, stdin)) {
        if (strcmp(line, ".reopen\n") == 0) {
            sqlite3_close(database);
            database = open_database(path);
            printf("-- opened again\n");
            continue;
        }
        pending = realloc(pending, strlen(pending) + strlen(line) + 1);
        strcat(pending, line);
        if (!sqlite3_complete(pending)) continue;
        run(database, pending);
        *pending = 0;
    }
    run(database, pending);
    free(pending);
    printf("-- %d failures, closed: %d\n", failures, sqlite3_close(database));
    return 0;
}
