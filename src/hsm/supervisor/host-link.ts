/**
 * The supervisor's end of one token host process: lanes, deadlines, and the judgement whether it hangs.
 *
 * A deadline answers the caller and leaves the host alone; only a call that the host has been working on
 * for longer than its class allows (`hangMs` of the profile) costs the host its life.
 */
import type { Duplex } from 'node:stream';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { DeviceProfile } from '../devices/profile.ts';
import { Channel } from '../wire/channel.ts';
import { type Frame, MAX_BODY_BYTES, PROTOCOL_VERSION } from '../wire/frame.ts';
import { decodeJson, faultOf, type Greeting, type HostFault, STATUS_OK } from '../wire/messages.ts';
import {
  DEADLINE_MS,
  LANE_CODES,
  type LaneName,
  OPERATIONS,
  type OperationName,
  operationRow,
} from '../wire/operations.ts';
import type { Call, CallOptions } from './call.ts';
import { HostLost } from './host-lost.ts';
import { Lane } from './lane.ts';

export interface HostLinkEvents {
  onGreeting(greeting: Greeting): void;
  /** The host closed the connection; how it ended will be known when its process has. */
  onClosed(reason: string): void;
  /** The connection is over; every call in it was rejected. Called once. */
  onLost(reason: string): void;
  /** A call outlived the hang limit, or the host said that it can do no more good. */
  onUnfit(reason: string): void;
}

export interface HostLinkOptions {
  /** Of the host process, for traces. */
  readonly pid: number;
  readonly socket: Duplex;
  readonly profile: DeviceProfile;
  readonly clock: Clock;
  readonly maxQueue: number;
  readonly events: HostLinkEvents;
}

export class HostLink {
  readonly #options: HostLinkOptions;
  readonly #channel: Channel;
  readonly #lanes: Readonly<Record<LaneName, Lane>>;
  /** In the order in which they were sent. */
  readonly #inFlight = new Map<number, LinkedCall>();
  #nextId = 1;
  #watch: NodeJS.Timeout | undefined;
  #watchDueMs = 0;
  #lastAnswerMs = Number.NEGATIVE_INFINITY;
  #greeted = false;
  #lost = false;

  constructor(options: HostLinkOptions) {
    this.#options = options;
    this.#lanes = {
      fast: new Lane(options.profile.fastWindow, options.maxQueue),
      slow: new Lane(1, options.maxQueue),
      making: new Lane(1, options.maxQueue),
    };
    this.#channel = new Channel(options.socket, {
      onFrames: (frames) => this.#receive(frames),
      onClosed: (reason, garbage) => {
        if (garbage) options.events.onUnfit(`the token host sent garbage: ${reason}`);
        else options.events.onClosed(reason);
      },
    });
  }

  /** Nothing can be sent any more. */
  get lost(): boolean {
    return this.#lost || this.#channel.closed;
  }

  /** Calls that wait or run. */
  get load(): number {
    return Object.values(this.#lanes).reduce((sum, lane) => sum + lane.load, 0);
  }

  /** Calls that wait or run in one lane; none once the connection is lost. */
  queue(lane: LaneName): QueueDepth {
    if (this.#lost) return { waiting: 0, running: 0 };
    const { waiting, running } = this.#lanes[lane];
    return { waiting, running };
  }

  /**
   * Sends a request. Faults: `busy` (queue full), `timeout`, `unavailable` (a {@link HostLost}), and
   * whatever the host answers.
   */
  call(operation: OperationName, body: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    const { deadlineClass, lane } = OPERATIONS[operation];
    const nowMs = this.#options.clock.monotonicMs();
    const deadlineMs = options.deadlineMs ?? nowMs + DEADLINE_MS[deadlineClass];
    if (this.lost)
      return Promise.reject(new HostLost('gone before the call', { sent: false, crashed: false }));
    if (deadlineMs <= nowMs) return Promise.reject(tooLate());
    if (body.length > MAX_BODY_BYTES) {
      return Promise.reject(
        new HsmFault('unsupported', `a request may hold ${MAX_BODY_BYTES} bytes, not ${body.length}`),
      );
    }
    return new Promise((resolve, reject) => {
      const { tenant = 0, trace } = options;
      const call: Call = { operation, tenant, body, deadlineMs, enqueuedMs: nowMs, trace, resolve, reject };
      if (!this.#lanes[lane].enqueue(call)) {
        reject(new HsmFault('busy', 'too many requests wait for the token'));
        return;
      }
      this.#dispatch(lane);
      this.#armWatch();
    });
  }

  /** Ends the connection and rejects what waits. `crashed`: the process ended of its own doing. Safe to call again. */
  lose(reason: string, crashed = false): void {
    if (this.#lost) return;
    this.#lost = true;
    clearTimeout(this.#watch);
    this.#channel.close();
    const unsent = new HostLost(reason, { sent: false, crashed });
    for (const lane of Object.values(this.#lanes))
      for (const call of lane.extract(() => true)) call.reject(unsent);
    const sent = new HostLost(reason, { sent: true, crashed });
    for (const { call } of this.#inFlight.values()) call.reject(sent);
    this.#inFlight.clear();
    this.#options.events.onLost(reason);
  }

  #dispatch(laneName: LaneName): void {
    const lane = this.#lanes[laneName];
    const nowMs = this.#options.clock.monotonicMs();
    for (let call = lane.next(); call !== undefined; call = lane.next()) {
      if (call.deadlineMs <= nowMs) {
        call.reject(tooLate());
        continue;
      }
      const id = this.#freeId();
      this.#inFlight.set(id, { call, lane: laneName, sentMs: nowMs, answered: false });
      lane.started();
      if (call.trace !== undefined) call.trace.queueMs += nowMs - call.enqueuedMs;
      const operation = operationRow(call.operation);
      const frame = {
        id,
        code: operation.code,
        lane: LANE_CODES[laneName],
        tenant: call.tenant,
        body: call.body,
      };
      if (operation.secret === true) this.#channel.sendAndWipe(frame);
      else this.#channel.send(frame);
    }
  }

  /** An id that no unanswered request bears, even one whose caller has stopped waiting: late replies find no stranger. */
  #freeId(): number {
    while (this.#nextId === 0 || this.#inFlight.has(this.#nextId)) this.#nextId = (this.#nextId + 1) >>> 0;
    const id = this.#nextId;
    this.#nextId = (this.#nextId + 1) >>> 0;
    return id;
  }

  #receive(frames: readonly Frame[]): void {
    try {
      for (const frame of frames) this.#take(frame);
    } catch (error) {
      this.#options.events.onUnfit(
        `the token host sent garbage: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  #take(frame: Frame): void {
    if (!this.#greeted) {
      this.#greet(frame);
      return;
    }
    const linked = this.#inFlight.get(frame.id);
    if (linked === undefined) {
      this.#options.events.onUnfit(`the token host answered request ${frame.id}, which nobody made`);
      return;
    }
    // Only what could be read is an answer: a call whose answer is garbage is rejected with the rest.
    const fault = frame.code === STATUS_OK ? undefined : faultOf(frame.code, frame.body);
    this.#inFlight.delete(frame.id);
    const nowMs = this.#options.clock.monotonicMs();
    if (operationRow(linked.call.operation).aside !== true) this.#lastAnswerMs = nowMs;
    this.#lanes[linked.lane].finished();
    trace(linked, { nowMs, pid: this.#options.pid });
    this.#answer(linked, frame.body, fault);
    this.#dispatch(linked.lane);
  }

  #answer({ call, answered }: LinkedCall, body: Uint8Array, fault: HostFault | undefined): void {
    if (fault === undefined) {
      if (!answered) call.resolve(body);
      return;
    }
    if (!answered) call.reject(fault);
    if (fault.report.fatal === true) this.#options.events.onUnfit(fault.report.origin ?? fault.detail);
  }

  #greet(frame: Frame): void {
    this.#greeted = true;
    const greeting = decodeJson<Greeting>(frame.body);
    if (frame.id !== 0 || greeting.protocolVersion !== PROTOCOL_VERSION) {
      this.#options.events.onUnfit(
        `the token host speaks protocol ${greeting.protocolVersion}, not ${PROTOCOL_VERSION}`,
      );
      return;
    }
    this.#options.events.onGreeting(greeting);
  }

  #armWatch(): void {
    if (this.#watch !== undefined || this.#lost) return;
    this.#watchDueMs = this.#options.clock.monotonicMs() + WATCH_EVERY_MS;
    this.#watch = setTimeout(() => {
      this.#watch = undefined;
      this.#inspect();
      if (this.load > 0 || this.#inFlight.size > 0) this.#armWatch();
    }, WATCH_EVERY_MS);
  }

  #inspect(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const expired = (call: Call): boolean => call.deadlineMs <= nowMs;
    for (const lane of Object.values(this.#lanes)) {
      for (const call of lane.extract(expired)) call.reject(tooLate());
    }
    for (const linked of this.#inFlight.values()) {
      if (linked.answered || !expired(linked.call)) continue;
      linked.answered = true;
      linked.call.reject(tooLate());
    }
    if (nowMs - this.#watchDueMs <= OWN_DELAY_TOLERATED_MS) {
      this.#judgeHang(nowMs);
      return;
    }
    // This process itself was held up, and answers may lie unread in the socket: judge when they have been read.
    setImmediate(() => setImmediate(() => this.#judgeHang(nowMs)));
  }

  /**
   * Of the calls that a host works on one at a time, the one that has waited longest is the one in its hands. Those
   * that it works on beside them are each on their own.
   */
  #judgeHang(nowMs: number): void {
    let inHand: LinkedCall | undefined;
    for (const linked of this.#inFlight.values()) {
      if (operationRow(linked.call.operation).aside === true) this.#judge(linked, nowMs - linked.sentMs);
      else inHand ??= linked;
    }
    if (inHand !== undefined) this.#judge(inHand, nowMs - Math.max(inHand.sentMs, this.#lastAnswerMs));
  }

  #judge({ call: { operation } }: LinkedCall, silentMs: number): void {
    if (silentMs <= this.#options.profile.hangMs[OPERATIONS[operation].deadlineClass]) return;
    this.#options.events.onUnfit(`${operation} has had no answer for ${Math.round(silentMs)} ms`);
  }
}

/** How many calls wait in the supervising process, and how many the token host has. */
export interface QueueDepth {
  readonly waiting: number;
  readonly running: number;
}

interface LinkedCall {
  readonly call: Call;
  readonly lane: LaneName;
  readonly sentMs: number;
  /** The caller has its timeout; the host still owes a reply. */
  answered: boolean;
}

function trace(
  { call, sentMs }: LinkedCall,
  { nowMs, pid }: { readonly nowMs: number; readonly pid: number },
): void {
  if (call.trace === undefined) return;
  call.trace.tokenMs += nowMs - sentMs;
  call.trace.host = pid;
}

function tooLate(): HsmFault {
  return new HsmFault('timeout', 'the token did not answer in time');
}

const WATCH_EVERY_MS = 10;
const OWN_DELAY_TOLERATED_MS = 50;
