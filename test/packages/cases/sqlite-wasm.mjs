// @sqlite.org/sqlite-wasm: the SQLite project's own build, with JSON, full text search, window functions and blobs.
import sqlite3InitModule from '@sqlite.org/sqlite-wasm'

export const load = () => sqlite3InitModule({ print: () => {}, printErr: () => {} })

export function task(sqlite3) {
  const db = new sqlite3.oo1.DB(':memory:')
  db.exec('create table t (id integer primary key, body text, data blob); create virtual table f using fts5(body)')
  db.transaction(() => {
    const insert = db.prepare('insert into t values (?, ?, ?)')
    for (let i = 0; i < 5000; i++) {
      const data = Uint8Array.from({ length: i % 17 }, (_, k) => i * k)
      insert.bind([i, `row ${i} word${i % 97} ${'x'.repeat(i % 13)}`, data]).stepReset()
    }
    insert.finalize()
    db.exec('insert into f select body from t')
  })
  const ask = (sql) => db.exec(sql, { returnValue: 'resultRows', rowMode: 'array' })
  const result = [
    sqlite3.capi.sqlite3_libversion(),
    ask('select id, sum(length(data)) over (order by id rows 3 preceding) from t where id % 500 = 7'),
    ask("select count(*) from f where f match 'word13 OR word14'"),
    ask(`select json_group_array(json_object('id', id, 'hex', hex(data))) from t where id between 100 and 110`),
    ask("select printf('%.17g|%e|%lld', 1.0/3, 2e300, 9223372036854775807), 7/2, -7%3, 1e999"),
  ]
  db.close()
  return result
}
