/** Two KMS engines on one port, over one PostgreSQL database and one token, as docs/processes.md has it. */
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts';
import { PostgresServer } from '../../test/support/store/postgres-server.ts';
import type { TestToken } from '../../test/support/token.ts';
import { ACCOUNT, type EngineUnderTest, startEngineUnderTest, TOKEN_NAME } from './engine-under-test.ts';
import { fillStore, SILENT } from './kms-store.ts';
import { freePort } from './proxy-under-test.ts';
import { REGION } from './signed-requests.ts';

export interface EnginePair extends AsyncDisposable {
  readonly engines: readonly [EngineUnderTest, EngineUnderTest];
  readonly keyIds: readonly string[];
}

/** Over so many keys; undefined on a machine without PostgreSQL. */
export async function startEnginePair(token: TestToken, keys: number): Promise<EnginePair | undefined> {
  const server = await PostgresServer.start();
  if (server === undefined) return undefined;
  const stack = new AsyncDisposableStack();
  stack.defer(() => server.stop());
  try {
    const database = await server.database();
    const store = await openPostgresStore({ server: database, log: SILENT });
    const order = { token, tokenName: TOKEN_NAME, keys, account: ACCOUNT, region: REGION };
    const keyIds = await fillStore(store, order).finally(() => store[Symbol.asyncDispose]());
    const sharedPort = await freePort();
    const engine = { token, store: database, keyId: keyIds[0] ?? '', sharedPort };
    const first = stack.use(await startEngineUnderTest(engine));
    const second = stack.use(await startEngineUnderTest(engine));
    return { engines: [first, second], keyIds, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
