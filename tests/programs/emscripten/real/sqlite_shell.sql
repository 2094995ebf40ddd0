CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, born INTEGER, data BLOB);
INSERT INTO people (name, born) VALUES ('Ada', 1815), ('Grace', 1906), ('Alan', 1912);
INSERT INTO people (name, born, data) VALUES ('Blob', NULL, x'00ff10');
SELECT * FROM people ORDER BY born;
SELECT name, half(born) FROM people WHERE born > 1900
  ORDER BY name DESC;
INSERT INTO people (name) VALUES ('Ada');
SELECT nothing FROM people;
SELEC;
CREATE INDEX by_born ON people (born);
BEGIN;
UPDATE people SET born = born + 1;
DELETE FROM people WHERE name LIKE 'A%';
SELECT count(*) FROM people;
ROLLBACK;
SELECT count(*), sum(born), avg(born), group_concat(name, '+') FROM people;
WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 2000)
  INSERT INTO people (name, born) SELECT 'person ' || n, 1000 + n % 97 FROM counter;
SELECT count(*), min(born), max(born) FROM people;
.reopen
SELECT count(*), min(born), max(born) FROM people;
SELECT born, count(*) FROM people GROUP BY born HAVING count(*) > 20 ORDER BY 2 DESC, 1 LIMIT 3;
SELECT a.name, b.name FROM people a JOIN people b ON b.id = a.id + 1 WHERE a.id BETWEEN 2 AND 5;
PRAGMA integrity_check;
PRAGMA page_size;
VACUUM;
SELECT upper('text'), length('größe'), substr('abcdef', 3, 2), round(2.567, 1), typeof(1.0), abs(-7), hex('az');
SELECT json_extract('{"a": [1, {"b": "deep"}]}', '$.a[1].b');
SELECT date('2024-02-29', '+1 year'), strftime('%Y-%j', 1000000000, 'unixepoch');
CREATE TRIGGER log AFTER DELETE ON people BEGIN INSERT INTO gone VALUES (old.name); END;
CREATE TABLE gone (name TEXT);
DELETE FROM people WHERE id <= 2;
SELECT * FROM gone;
EXPLAIN QUERY PLAN SELECT * FROM people WHERE born = 1912;
SELECT 9223372036854775807 + 0, 1 / 3.0, 5 % 3, 1 << 40, 'x' = 'X' COLLATE NOCASE;
SELECT count(*) FROM people
