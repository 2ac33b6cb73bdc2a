/**
 * The token host: owns one PKCS#11 module and everything that lives in it. It answers frames in the order
 * of their arrival, synchronously, since a synchronous call to a software token is faster than a thread
 * hop; work of the other lanes waits until the frames that came with it are answered, and what takes the token
 * milliseconds goes on beside others, on a thread of the binding.
 */
import type { Duplex } from 'node:stream';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { KeyChanged } from '../pkcs11/key-locator.ts';
import { Pkcs11Failure } from '../pkcs11/pkcs11-failure.ts';
import { Channel } from '../wire/channel.ts';
import { type Frame, PROTOCOL_VERSION } from '../wire/frame.ts';
import { encodeJson, type FaultMessage, type Greeting, STATUS_OK, statusOf } from '../wire/messages.ts';
import { OPERATIONS, type OperationName, operationOf, operationRow } from '../wire/operations.ts';
import { AmbiguityCourt } from './ambiguity-court.ts';
import { HostOperations, type LoadModule, TokenGone } from './host-operations.ts';

export class TokenHost {
  readonly #channel: Channel;
  readonly #operations: HostOperations;
  #failedLookups = 0;
  /** One for each kind of work, since each asks the token for another proof. */
  readonly #courts: ReadonlyMap<OperationName, AmbiguityCourt>;

  /** `onEnd` runs when the supervisor is gone: a host never outlives it. */
  constructor(socket: Duplex, onEnd: () => void, load?: LoadModule) {
    const operations = new HostOperations(load);
    this.#operations = operations;
    this.#courts = new Map(
      REPEATABLE.map((operation) => [
        operation,
        new AmbiguityCourt(
          () => operations.tokenIsSound(operation),
          () => operations.profile.canaryDistanceMs,
        ),
      ]),
    );
    this.#channel = new Channel(socket, {
      onFrames: (frames) => this.#answerAll(frames),
      onClosed: () => {
        this.#operations.sayFarewell();
        onEnd();
      },
    });
    const greeting: Greeting = { protocolVersion: PROTOCOL_VERSION, pid: process.pid };
    this.#channel.send({ id: 0, code: STATUS_OK, lane: 0, tenant: 0, body: encodeJson(greeting) });
  }

  #answerAll(frames: readonly Frame[]): void {
    for (const frame of frames) {
      const operation = operationOf(frame.code);
      if (operation !== undefined && OPERATIONS[operation].lane !== 'fast') {
        setImmediate(() => this.#answer(frame, operation));
      } else {
        this.#answer(frame, operation);
      }
    }
    this.#channel.flush();
  }

  #answer(frame: Frame, operation: OperationName | undefined): void {
    try {
      if (operation === undefined) throw new HsmFault('unsupported', `operation ${frame.code} is unknown`);
      const answer = this.#operations.run(operation, frame.body);
      if (answer instanceof Promise) void this.#answerLater(frame, operation, answer);
      else this.#succeed(frame, operation, answer);
    } catch (error) {
      this.#fail(frame, operation, error);
    }
  }

  async #answerLater(frame: Frame, operation: OperationName, answer: Promise<Uint8Array>): Promise<void> {
    try {
      this.#succeed(frame, operation, await answer);
    } catch (error) {
      this.#fail(frame, operation, error);
    }
    this.#channel.flush();
  }

  #succeed(frame: Frame, operation: OperationName, body: Uint8Array): void {
    if (operation === 'describe') this.#failedLookups = 0;
    if (operationRow(operation).secretAnswer !== true) {
      this.#reply(frame, STATUS_OK, body);
      return;
    }
    this.#channel.sendAndWipe({ ...frame, code: STATUS_OK, body });
    body.fill(0);
  }

  #fail(frame: Frame, operation: OperationName | undefined, error: unknown): void {
    const court = operation === undefined ? undefined : this.#courts.get(operation);
    if (operation !== undefined && court !== undefined && this.#isAmbiguous(error)) {
      this.#trial(court, frame, operation, error);
    } else if (operation === 'describe' && this.#isAmbiguous(error)) {
      this.#failedLookup(frame, error);
    } else {
      this.#refuse(frame, error);
    }
  }

  /** A look-up has no data to blame: when they keep failing, it is the host that no longer works. */
  #failedLookup(frame: Frame, error: Pkcs11Failure): void {
    this.#failedLookups += 1;
    const broken = this.#failedLookups >= LOOKUPS_FAILED;
    this.#refuse(frame, error, { code: 'unavailable', fatal: broken });
  }

  /**
   * The value could mean bad data or a broken token: the canary decides whom the caller hears about. A sound
   * token gets the call once more, since a passing fault of the token looks the same; only what C_Decrypt
   * then still refuses, by a value that means so on this device, is bad data.
   */
  #trial(court: AmbiguityCourt, frame: Frame, operation: OperationName, first: Pkcs11Failure): void {
    court.judge((tokenIsSound) => {
      if (tokenIsSound) this.#retry(frame, operation);
      else this.#refuse(frame, first, { code: 'unavailable', fatal: true });
      this.#channel.flush();
    });
  }

  #retry(frame: Frame, operation: OperationName): void {
    try {
      const answer = this.#operations.run(operation, frame.body);
      if (answer instanceof Promise) void this.#retryLater(frame, operation, answer);
      else this.#succeed(frame, operation, answer);
    } catch (error) {
      this.#refuseAgain(frame, operation, error);
    }
  }

  async #retryLater(frame: Frame, operation: OperationName, answer: Promise<Uint8Array>): Promise<void> {
    try {
      this.#succeed(frame, operation, await answer);
    } catch (error) {
      this.#refuseAgain(frame, operation, error);
    }
    this.#channel.flush();
  }

  #refuseAgain(frame: Frame, operation: OperationName, error: unknown): void {
    if (operation === 'gcmDecrypt' && this.#isTagFailure(error)) {
      this.#refuse(frame, error, { code: 'corrupt', detail: 'the ciphertext does not authenticate' });
    } else if (error instanceof Pkcs11Failure && error.blame === 'ambiguous') {
      this.#refuse(frame, error, { code: JUDGING.has(operation) ? 'unavailable' : error.code });
    } else {
      this.#refuse(frame, error);
    }
  }

  #isTagFailure(error: unknown): boolean {
    return (
      error instanceof Pkcs11Failure &&
      error.functionName === 'C_Decrypt' &&
      this.#operations.profile.tagFailureCodes.includes(error.value)
    );
  }

  #refuse(frame: Frame, error: unknown, verdict: Verdict = {}): void {
    const fault =
      error instanceof HsmFault ? error : new HsmFault('internal', 'the token host failed', { cause: error });
    const origin = fault instanceof Pkcs11Failure ? fault.origin : causeText(fault.cause);
    const message: FaultMessage = {
      detail: verdict.detail ?? fault.detail,
      ...(origin !== undefined && { origin }),
      ...((verdict.fatal === true || this.#endsHost(fault)) && { fatal: true }),
      ...(fault instanceof KeyChanged && { stale: true }),
      ...(this.#operations.pinUnjudged(fault) && { pinUnjudged: true }),
    };
    this.#reply(frame, statusOf(verdict.code ?? fault.code), encodeJson(message));
  }

  #isAmbiguous(error: unknown): error is Pkcs11Failure {
    return (
      error instanceof Pkcs11Failure && error.blame === 'ambiguous' && !this.#operations.endsHost(error.value)
    );
  }

  #endsHost(fault: HsmFault): boolean {
    if (!(fault instanceof Pkcs11Failure)) return fault instanceof TokenGone;
    return fault.blame === 'host' || this.#operations.endsHost(fault.value);
  }

  #reply(frame: Frame, status: number, body: Uint8Array): void {
    this.#channel.send({ id: frame.id, code: status, lane: frame.lane, tenant: frame.tenant, body });
  }
}

interface Verdict {
  readonly code?: HsmFault['code'];
  readonly detail?: string;
  readonly fatal?: boolean;
}

function causeText(cause: unknown): string | undefined {
  return cause instanceof Error ? `${cause.name}: ${cause.message}`.slice(0, 300) : undefined;
}

/** Operations that may be done twice without harm. */
const REPEATABLE: readonly OperationName[] = [
  'gcmEncrypt',
  'gcmDecrypt',
  'derivedEncrypt',
  'derivedDecrypt',
  'vaultCreate',
  'vaultEncrypt',
  'vaultDecrypt',
  'vaultSeal',
  'vaultUnseal',
  'vaultRandom',
  'vaultRewrap',
  'vaultCreatePair',
  'vaultPublicKey',
  'vaultMac',
  'vaultSign',
  'vaultSignSlowly',
  'vaultDecryptRsa',
  'vaultAgree',
  'vaultDecapsulate',
];
/** Whose failure must not pass for a judgement of what they were given. */
const JUDGING: ReadonlySet<OperationName> = new Set([
  'gcmDecrypt',
  'derivedDecrypt',
  'vaultDecrypt',
  'vaultUnseal',
  'vaultDecryptRsa',
  'vaultAgree',
  'vaultDecapsulate',
]);

/** Look-ups in a row. */
const LOOKUPS_FAILED = 3;
