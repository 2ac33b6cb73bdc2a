/** How the command line asks a running process, through its control socket. */
import { request } from 'node:http';

/**
 * - `not-running`: nothing listens on the socket, or there is none
 * - `denied`: the socket belongs to another user
 * - `no-answer`: the connection broke, or no answer came in time
 * - `unexpected`: the answer is not what this version understands
 */
export type ControlFaultCode = 'not-running' | 'denied' | 'no-answer' | 'unexpected';

export class ControlFault extends Error {
  override readonly name = 'ControlFault';
  readonly code: ControlFaultCode;

  constructor(code: ControlFaultCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** GET of one page, parsed from JSON. Rejects with ControlFault, whose message is fit for the terminal. */
export async function controlGet(
  socketPath: string,
  path: string,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<unknown> {
  return ask({ socketPath, path, method: 'GET', statuses: [200], timeoutMs });
}

/** POST; 409 is an answer like 200, the page says which. Otherwise as {@link controlGet}. */
export async function controlPost(
  socketPath: string,
  path: string,
  { body = '', timeoutMs = DEFAULT_TIMEOUT_MS }: { readonly body?: string; readonly timeoutMs?: number } = {},
): Promise<unknown> {
  return ask({ socketPath, path, method: 'POST', body, statuses: [200, 409], timeoutMs });
}

interface Question {
  readonly socketPath: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly body?: string;
  /** Statuses whose body is the page. */
  readonly statuses: readonly number[];
  readonly timeoutMs: number;
}

async function ask(question: Question): Promise<unknown> {
  const { socketPath, path, statuses } = question;
  const { status, body } = await send(question);
  if (!statuses.includes(status)) {
    throw new ControlFault(
      'unexpected',
      `${socketPath} answered ${path} with HTTP status ${status}: is it another version?`,
    );
  }
  try {
    return JSON.parse(body) as unknown;
  } catch (cause) {
    throw new ControlFault('unexpected', `${socketPath} answered ${path} with something that is not JSON`, {
      cause,
    });
  }
}

function send(question: Question): Promise<{ status: number; body: string }> {
  const { socketPath, path, method, body = '', timeoutMs } = question;
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(faultOf(socketPath, cause));
    const asked = request(
      { socketPath, path, method, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    asked.on('error', fail);
    asked.end(body);
  });
}

function faultOf(socketPath: string, cause: unknown): ControlFault {
  const code = String((cause as { code?: unknown }).code);
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new ControlFault(
      'not-running',
      `nothing listens on ${socketPath}: start portcullis, or correct control.socket in the configuration`,
      { cause },
    );
  }
  if (code === 'EACCES') {
    const message = `no permission to open ${socketPath}: run this as the user that runs portcullis`;
    return new ControlFault('denied', message, { cause });
  }
  return new ControlFault('no-answer', `${socketPath} did not answer (${code}): see the log of portcullis`, {
    cause,
  });
}

const DEFAULT_TIMEOUT_MS = 5_000;
