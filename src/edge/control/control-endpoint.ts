/**
 * The control listener: what the command line asks a running process. It sits on a Unix socket that only
 * its owner can open, and that file mode is all its authentication.
 */
import type { KeyView } from '../../domain/key/key-view.ts';
import type { Exchange, ExchangeHandler } from '../http/exchange.ts';

/** How a reload ended. With problems, the old configuration and its generation are still in force. */
export interface ReloadOutcome {
  readonly generation: number;
  /** Sentences for the terminal, without secrets; none when the new configuration is in force. */
  readonly problems: readonly string[];
}

/** What can be done to a running KMS engine. Where something is not allowed, it is refused with problems. */
export interface EngineControl {
  /** Moves the engine's clock ahead by `ms` and does what is due by then. */
  readonly advanceClock: (ms: number) => Promise<ClockOutcome>;
  /** Removes every key, alias and policy, then makes what the seed file names. */
  readonly reset: () => Promise<{ readonly problems: readonly string[] }>;
  /** The keys that an id or an ARN names, in every account and Region. */
  readonly viewKeys: (name: string) => Promise<readonly KeyView[]>;
}

export interface ClockOutcome {
  /** What the engine takes for now, ISO 8601. */
  readonly now: string;
  readonly problems: readonly string[];
}

export interface ControlEndpointOptions {
  /** Anything that JSON can carry, without secrets. */
  readonly status: () => unknown;
  /** Does what SIGHUP does. */
  readonly reload: () => ReloadOutcome;
  /** Absent where no engine runs. */
  readonly engine?: EngineControl;
}

/**
 * Answers `GET /status` with 200, and `POST /reload`, `/clock/advance` (`{"ms": n}`), `/kms/reset` and `/kms/key`
 * (`{"key": "id or ARN"}`) with 200 when it took force or was found, else 409 and `problems`.
 */
export function createControlEndpoint(options: ControlEndpointOptions): ExchangeHandler {
  return async (exchange: Exchange) => {
    const page = PAGES.get(exchange.rawUrl);
    if (page === undefined) {
      exchange.reply(404, JSON.stringify({ error: 'not found', pages: [...PAGES.keys()] }));
    } else if (exchange.method !== page.method) {
      exchange.reply(405, '{"error":"method not allowed"}', { headers: { Allow: page.method } });
    } else {
      const { status, body } = await page.answer(options, exchange);
      exchange.reply(status, JSON.stringify(body));
    }
  };
}

interface Page {
  readonly method: 'GET' | 'POST';
  readonly answer: (
    options: ControlEndpointOptions,
    exchange: Exchange,
  ) => Promise<{ readonly status: number; readonly body: unknown }>;
}

const PAGES: ReadonlyMap<string, Page> = new Map<string, Page>([
  ['/status', { method: 'GET', answer: async ({ status }) => ({ status: 200, body: await status() }) }],
  [
    '/reload',
    {
      method: 'POST',
      answer: async ({ reload }) => {
        return judged(reload());
      },
    },
  ],
  [
    '/clock/advance',
    {
      method: 'POST',
      answer: async ({ engine }, exchange) => {
        const ms = await millisecondsIn(exchange);
        if (ms === undefined)
          return judged({ problems: ['the body is not {"ms": <a whole number above 0>}'] });
        return judged(engine === undefined ? NO_ENGINE : await engine.advanceClock(ms));
      },
    },
  ],
  [
    '/kms/reset',
    {
      method: 'POST',
      answer: async ({ engine }) => judged(engine === undefined ? NO_ENGINE : await engine.reset()),
    },
  ],
  [
    '/kms/key',
    {
      method: 'POST',
      answer: async ({ engine }, exchange) => {
        const name = await keyNameIn(exchange);
        if (name === undefined) return judged({ problems: ['the body is not {"key": "<id or ARN>"}'] });
        if (engine === undefined) return judged(NO_ENGINE);
        const keys = await engine.viewKeys(name);
        return judged(
          keys.length === 0 ? { problems: [`no key has the id or ARN ${name}`] } : { problems: [], keys },
        );
      },
    },
  ],
]);

function judged<T extends { readonly problems: readonly string[] }>(
  outcome: T,
): { readonly status: number; readonly body: T } {
  return { status: outcome.problems.length === 0 ? 200 : 409, body: outcome };
}

async function millisecondsIn(exchange: Exchange): Promise<number | undefined> {
  const text = (await bodyOf(exchange)).replaceAll(/\s/g, '');
  const ms = /^\{"ms":([1-9]\d{0,14})\}$/.exec(text)?.[1];
  return ms === undefined ? undefined : Number(ms);
}

async function keyNameIn(exchange: Exchange): Promise<string | undefined> {
  return /^\s*\{\s*"key"\s*:\s*"([^"\\]+)"\s*\}\s*$/.exec(await bodyOf(exchange))?.[1];
}

async function bodyOf(exchange: Exchange): Promise<string> {
  return Buffer.from(await exchange.readBody(MAX_BODY_BYTES)).toString('utf8');
}

const NO_ENGINE = { problems: ['this process runs no KMS engine: its configuration has no kms section'] };
const MAX_BODY_BYTES = 1_024;
