/** Every question that the store asks of the database; all are answered from an index. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { ReadCall, ReadName, Reads, Row } from '../messages.ts';

export class RecordQueries {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Throws SQLite's error. */
  answer({ read, asks }: ReadCall): unknown {
    return this.#queries[read](asks as never);
  }

  readonly #queries: { readonly [N in ReadName]: (asks: Reads[N]['asks']) => Reads[N]['answer'] } = {
    get: ({ kind, scope, id }) => this.#rows('kind = ? AND scope = ? AND id = ?', [kind, scope, id])[0],
    list: ({ kind, scope, after, limit, owner }) => {
      const where = ['kind = ?', 'scope = ?'];
      const values: SQLInputValue[] = [kind, scope];
      if (owner !== undefined) where.push('owner = ?') && values.push(owner);
      if (after !== undefined) where.push('id > ?') && values.push(after);
      return this.#rows(`${where.join(' AND ')} ORDER BY id LIMIT ?`, [...values, limit]);
    },
    count: ({ kind, scope, owner }) =>
      owner === undefined
        ? this.#number('SELECT count(*) AS n FROM records WHERE kind = ? AND scope = ?', [kind, scope])
        : this.#number('SELECT count(*) AS n FROM records WHERE kind = ? AND scope = ? AND owner = ?', [
            kind,
            scope,
            owner,
          ]),
    due: ({ kind, untilMs, limit }) =>
      this.#rows('kind = ? AND due_ms <= ? ORDER BY due_ms, scope, id LIMIT ?', [kind, untilMs, limit]),
    nextDueMs: ({ kind }) => {
      const first = this.#statement(
        'SELECT due_ms FROM records WHERE kind = ? AND due_ms IS NOT NULL ORDER BY due_ms LIMIT 1',
      ).get(kind);
      return first === undefined ? undefined : Number(first['due_ms']);
    },
    scopes: ({ kind }) =>
      this.#statement(SCOPES)
        .all(kind, kind)
        .map((row) => String(row['scope'])),
  };

  #rows(where: string, values: SQLInputValue[]): Row[] {
    return this.#statement(`SELECT scope, id, revision, body FROM records WHERE ${where}`)
      .all(...values)
      .map(rowOf);
  }

  #number(sql: string, values: SQLInputValue[]): number {
    return Number(this.#statement(sql).get(...values)?.['n']);
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function rowOf(row: Record<string, SQLOutputValue>): Row {
  return {
    scope: String(row['scope']),
    id: String(row['id']),
    revision: Number(row['revision']),
    text: String(row['body']),
  };
}

/** From one scope to the next by the index, instead of over every record. */
const SCOPES = `
  WITH RECURSIVE scopes (scope) AS (
    SELECT min(scope) FROM records WHERE kind = ?
    UNION ALL
    SELECT (SELECT min(scope) FROM records WHERE kind = ? AND scope > scopes.scope)
    FROM scopes WHERE scope IS NOT NULL
  )
  SELECT scope FROM scopes WHERE scope IS NOT NULL`;
