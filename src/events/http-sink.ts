/**
 * Events to an HTTP server, one POST of JSON for each. It has an event once it has answered with a 2xx status. Nothing
 * of its answer is read, and it is not followed to another place.
 */
import type { EventBridgeEvent } from '../domain/kms/event-bridge-event.ts';
import type { Secret } from '../domain/secret.ts';
import { type EventSink, EventSinkFault } from './event-sink.ts';

export interface HttpSinkOptions {
  readonly name: string;
  readonly url: string;
  /** Goes with each request as it is. */
  readonly authorization?: Secret;
  /** From the connection to the answer's head. */
  readonly timeoutMs: number;
}

export class HttpSink implements EventSink {
  readonly name: string;
  readonly batch = 1;
  readonly #options: HttpSinkOptions;

  constructor(options: HttpSinkOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async deliver(events: readonly EventBridgeEvent[], signal: AbortSignal): Promise<void> {
    for (const event of events) await this.#post(event, signal);
  }

  async #post(event: EventBridgeEvent, signal: AbortSignal): Promise<void> {
    const { url, authorization, timeoutMs } = this.#options;
    const { origin } = new URL(url);
    let status: number;
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/json',
          ...(authorization !== undefined && { authorization: authorization.reveal() }),
        },
        body: JSON.stringify(event),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      status = response.status;
      await response.body?.cancel();
    } catch (cause) {
      throw new EventSinkFault(`${origin} did not answer (${reasonOf(cause)})`, UNREACHABLE, { cause });
    }
    if (status < 200 || status > 299) {
      throw new EventSinkFault(`${origin} answered with status ${status}`, REFUSED);
    }
  }
}

/** The client hides what happened below it in the cause. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as Error;
  const { code, message } = (cause ?? {}) as { readonly code?: string; readonly message?: string };
  return code ?? message ?? name;
}

const UNREACHABLE =
  'see that the server runs, can be reached from here, and has a certificate that is trusted';
const REFUSED = 'see in the log of the server why, and that url and authorization are right';
