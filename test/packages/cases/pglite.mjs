// @electric-sql/pglite: PostgreSQL; creates, inserts and queries tables.
import { PGlite } from '@electric-sql/pglite'

export const load = () => PGlite.create()

export async function task(db) {
  await db.exec(
    'drop table if exists sale; create table sale (id serial primary key, who text not null, at timestamptz, sum numeric(10, 2), tags text[], doc jsonb)',
  )
  for (let i = 0; i < 300; i++)
    await db.query('insert into sale (who, at, sum, tags, doc) values ($1, $2, $3, $4, $5)', [
      `person ${i % 17}`,
      new Date(Date.UTC(2020, 0, 1 + i)),
      (i * 12.34).toFixed(2),
      ['x', `t${i % 3}`],
      { n: i, deep: { list: [i, i * i] } },
    ])
  const grouped = await db.query(
    "select who, count(*)::int, sum(sum)::text, avg(sum)::text, max((doc -> 'deep' -> 'list' ->> 1)::int) from sale where 't1' = any(tags) group by who order by 3 desc",
  )
  const windowed = await db.query(
    "select id, sum(sum) over (order by at rows 2 preceding)::text from sale where to_char(at, 'DD') = '05' order by id",
  )
  const recursive = await db.query(
    'with recursive f(a, b) as (values (0::numeric, 1::numeric) union all select b, a + b from f where b < 1e30) select max(b)::text from f',
  )
  const failed = await db.query('select 1 / (id - id) from sale').catch((e) => e.message)
  return [grouped.rows, windowed.rows, recursive.rows, failed]
}

export const unload = (db) => db.close()
