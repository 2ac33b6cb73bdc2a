/** Who receives events, and why one could not. */
import type { EventBridgeEvent } from '../domain/kms/event-bridge-event.ts';

export interface EventSink {
  /** Unique among the sinks of an engine; events wait under this name, so it should stay. */
  readonly name: string;
  /** How many it takes at once. */
  readonly batch: number;
  /**
   * Resolves once it has all of them for good. Rejects with an {@link EventSinkFault} when it may not have all: they
   * come again, so it must not mind having some of them twice.
   */
  deliver(events: readonly EventBridgeEvent[], signal: AbortSignal): Promise<void>;
}

/** A sink did not take events. `message` says why, `advice` what the operator can do. */
export class EventSinkFault extends Error {
  override readonly name = 'EventSinkFault';
  readonly advice: string;

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.advice = advice;
  }
}

/** One line of JSON for each event. */
export function jsonLines(events: readonly EventBridgeEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
