CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, value REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO t SELECT i, printf('name-%04d', (i * 7919) % 2000), i * 1.25 / 3 FROM n;
CREATE INDEX ti ON t(name);
SELECT count(*), sum(value), avg(value), min(name), max(name) FROM t;
SELECT id, name, round(value, 3) FROM t WHERE name LIKE '%77%' ORDER BY name DESC LIMIT 5;
SELECT substr(name, 6, 2) AS k, count(*), total(value) FROM t GROUP BY k HAVING count(*) > 10 ORDER BY 3 DESC LIMIT 4;
BEGIN; DELETE FROM t WHERE id % 3 = 0; ROLLBACK; SELECT count(*) FROM t;
SELECT hex(zeroblob(3)), quote('it''s'), 1e308 * 10, -0.0, 9223372036854775807 + 1, abs(-5), typeof(1.0);
SELECT json_extract('{"a":[1,2,{"b":"c"}]}', '$.a[2].b');
SELECT group_concat(id, ',') FROM (SELECT id FROM t ORDER BY value DESC LIMIT 8);
