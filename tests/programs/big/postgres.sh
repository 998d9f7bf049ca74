# initdb, server, psql with much of SQL.
bin=/usr/lib/postgresql/15/bin
$B $bin/initdb -D d --no-sync --no-locale -E UTF8 -A trust 2>&1 |
    grep -E '^(The database|creating|running|Success|ok)' | sed 's/ \.\.\. .*//'
$B $bin/postgres -D d -k "$PWD" -h '' -c fsync=off -c max_connections=10 >log 2>&1 &
psql="$B $bin/psql -h $PWD -X -q -At -d postgres"
for i in $(seq 300); do $psql -c 'select 1' >/dev/null 2>&1 && break; sleep 0.5; done
$psql <<'END'
create table t (id serial primary key, name text unique, v numeric, j jsonb, at timestamp default '2001-01-01');
insert into t (name, v, j) select 'n' || i, i * 1.5, jsonb_build_object('k', i % 7, 'a', array[i, i + 1]) from generate_series(1, 500) i;
select count(*), sum(v), avg(v), min(name), max(name) from t;
select j->>'k', count(*), string_agg(name, ',' order by id) filter (where id < 20) from t group by 1 order by 1;
explain (costs off) select * from t where id = 5;
begin; delete from t where id > 100; rollback; select count(*) from t;
insert into t (name) values ('n1');
with recursive f(a, b) as (values (0::numeric, 1::numeric) union all select b, a + b from f where b < 1e15) select max(a) from f;
select row_number() over (partition by id % 3 order by id desc), id from t where id <= 9 order by 2;
create function twice(x int) returns int language plpgsql as $$ begin return x * 2; end $$;
select twice(21), md5('box64'), regexp_replace('abc123', '[0-9]+', '-'), to_char(date '2024-02-29' + 365, 'YYYY-MM-DD');
select 1 / 0;
vacuum analyze t;
END
kill -INT %1
wait %1
echo "server $?"
