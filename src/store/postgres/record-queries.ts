/** Every question that the store asks of the database; all are answered from an index. */
import type { Client } from 'pg';
import type { ReadCall, ReadName, Reads, Row } from '../messages.ts';

/** Rejects with what the server or the connection says. */
export async function answerRead(client: Client, { read, asks }: ReadCall): Promise<unknown> {
  return await QUERIES[read](client, asks as never);
}

type Query<N extends ReadName> = (client: Client, asks: Reads[N]['asks']) => Promise<Reads[N]['answer']>;

const QUERIES: { readonly [N in ReadName]: Query<N> } = {
  get: async (client, { kind, scope, id }) => {
    const values = [kind, bytesOf(scope), bytesOf(id)];
    return (await rows(client, 'kind = $1 AND scope = $2 AND id = $3', values))[0];
  },
  list: async (client, { kind, scope, after, limit, owner }) => {
    const where = ['kind = $1', 'scope = $2'];
    const values: unknown[] = [kind, bytesOf(scope), limit];
    if (owner !== undefined) where.push(`owner = $${values.push(bytesOf(owner))}`);
    if (after !== undefined) where.push(`id > $${values.push(bytesOf(after))}`);
    return await rows(client, `${where.join(' AND ')} ORDER BY id LIMIT $3`, values);
  },
  count: async (client, { kind, scope, owner }) => {
    const where = `kind = $1 AND scope = $2${owner === undefined ? '' : ' AND owner = $3'}`;
    const values = [kind, bytesOf(scope), ...(owner === undefined ? [] : [bytesOf(owner)])];
    const result = await client.query(`SELECT count(*) AS n FROM records WHERE ${where}`, values);
    return Number(result.rows[0].n);
  },
  due: (client, { kind, untilMs, limit }) =>
    rows(client, 'kind = $1 AND due_ms <= $2 ORDER BY due_ms, scope, id LIMIT $3', [kind, untilMs, limit]),
  nextDueMs: async (client, { kind }) => {
    const result = await client.query(
      'SELECT due_ms FROM records WHERE kind = $1 AND due_ms IS NOT NULL ORDER BY due_ms LIMIT 1',
      [kind],
    );
    const [first] = result.rows;
    return first === undefined ? undefined : Number(first.due_ms);
  },
  scopes: async (client, { kind }) => {
    const result = await client.query(SCOPES, [kind]);
    return result.rows.map(({ scope }) => String(scope));
  },
};

async function rows(client: Client, where: string, values: unknown[]): Promise<Row[]> {
  const result = await client.query(`SELECT scope, id, revision, body FROM records WHERE ${where}`, values);
  return result.rows.map(({ scope, id, revision, body }) => ({
    scope: String(scope),
    id: String(id),
    revision: Number(revision),
    text: String(body),
  }));
}

export function bytesOf(text: string): Buffer {
  return Buffer.from(text);
}

/** From one scope to the next by the index, instead of over every record. */
const SCOPES = `
  WITH RECURSIVE scopes (scope) AS (
    (SELECT scope FROM records WHERE kind = $1 ORDER BY scope LIMIT 1)
    UNION ALL
    SELECT (SELECT r.scope FROM records r WHERE r.kind = $1 AND r.scope > scopes.scope ORDER BY r.scope LIMIT 1)
    FROM scopes WHERE scopes.scope IS NOT NULL
  )
  SELECT scope FROM scopes WHERE scope IS NOT NULL`;
