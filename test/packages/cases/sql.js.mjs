// sql.js: 20,000 rows, aggregates and joins.
import initSqlJs from 'sql.js'

export const load = () => initSqlJs()

export function task(SQL) {
  const db = new SQL.Database()
  db.run('create table person (id integer primary key, name text, city integer, income real)')
  db.run('create table city (id integer primary key, name text)')
  const city = db.prepare('insert into city values (?, ?)')
  for (let i = 0; i < 50; i++) city.run([i, `city ${(i * 7919) % 101}`])
  city.free()
  db.run('begin')
  const person = db.prepare('insert into person values (?, ?, ?, ?)')
  for (let i = 0; i < 20000; i++) person.run([i, `n${(i * 2654435761) >>> 0}`, (i * 31) % 50, Math.sqrt(i) * 1000.125])
  person.free()
  db.run('commit')
  const rows = db.exec(`
    select c.name, count(*), sum(income), avg(income), max(length(p.name)), group_concat(substr(p.name, 2, 1))
    from person p join city c on c.id = p.city where p.id % 3 = 1 group by c.id having count(*) > 10 order by sum(income) desc;
    select count(*) from person a join person b on a.id = b.id + 1 where a.income > b.income + 4;
    select name from person where name like '%99%' order by name limit 20`)
  const file = db.export()
  db.close()
  return { rows, file }
}
