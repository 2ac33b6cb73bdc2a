/**
 * Sessions of one token. A sentinel, opened first and never operated on, keeps the login alive (closing
 * a token's last session logs out). An owner, opened when it is first wanted and never operated on, holds session
 * objects, which go with their session. The others are leased to one operation at a time, from its Init call
 * to its end, and are thrown away after any failure that may have left an operation active.
 */
import pkcs11js, { type Handle, type PKCS11 } from 'pkcs11js';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { DeviceProfile } from '../devices/profile.ts';
import { CKR_USER_ALREADY_LOGGED_IN, isLostSession } from './ckr.ts';
import { callPkcs11, Pkcs11Failure } from './pkcs11-failure.ts';

/** How many sessions there may be, and after which return values another one is not worth a try. */
type SessionLimits = Pick<DeviceProfile, 'maxSessions' | 'hostEndingCodes'>;

export class SessionPool {
  readonly #library: PKCS11;
  readonly #slot: Handle;
  readonly #limits: SessionLimits;
  readonly #sentinel: Handle;
  readonly #idle: Handle[] = [];
  #owner: Handle | undefined;
  #ownerNumber = 0;
  #leased = 0;

  constructor(library: PKCS11, slot: Handle, limits: SessionLimits) {
    this.#library = library;
    this.#slot = slot;
    this.#limits = limits;
    this.#sentinel = this.#open();
  }

  /** C_Login as user. An existing login of this process counts as success, if the session shows it too. */
  login(pin: string): void {
    try {
      callPkcs11('C_Login', () => this.#library.C_Login(this.#sentinel, pkcs11js.CKU_USER, pin));
    } catch (error) {
      const already = error instanceof Pkcs11Failure && error.value === CKR_USER_ALREADY_LOGGED_IN;
      if (!already || !this.#showsLogin()) throw error;
    }
  }

  /** What the login itself answered is the better account of a token that cannot even tell. */
  #showsLogin(): boolean {
    try {
      return this.isLoggedIn();
    } catch {
      return false;
    }
  }

  /**
   * Lends a session to `use`, which must be synchronous: the session is free again when it returns.
   * A failure that leaves the session in doubt costs the session, not the pool. `use` may run twice: when its
   * session turns out lost, so may be all that were opened with it, and a new one is tried. If that one is lost
   * too, the fault is not that of a session, and its blame is `host`.
   */
  withSession<T>(use: (session: Handle) => T): T {
    try {
      return this.#withOne(use);
    } catch (error) {
      if (!isLost(error) || this.#limits.hostEndingCodes.includes(error.value)) throw error;
    }
    for (const idle of this.#idle.splice(0)) this.#close(idle);
    this.#loseOwner();
    try {
      return this.#withOne(use);
    } catch (error) {
      throw isLost(error) ? error.blaming('host') : error;
    }
  }

  /**
   * As {@link withSession}, for work that goes on beside that of others, on a thread of the binding: the session is
   * lent until the promise settles, and must not be used otherwise.
   */
  async withSessionAside<T>(use: (session: Handle) => Promise<T>): Promise<T> {
    try {
      return await this.#withOneAside(use);
    } catch (error) {
      if (!isLost(error) || this.#limits.hostEndingCodes.includes(error.value)) throw error;
    }
    for (const idle of this.#idle.splice(0)) this.#close(idle);
    this.#loseOwner();
    try {
      return await this.#withOneAside(use);
    } catch (error) {
      throw isLost(error) ? error.blaming('host') : error;
    }
  }

  /**
   * The session that session objects are made in: for calls that make or destroy them and for no operation. When
   * it turns out lost, so are its objects, and `use` runs once more, with a new one.
   */
  withOwner<T>(use: (owner: Handle) => T): T {
    try {
      return use(this.#openOwner());
    } catch (error) {
      if (!isLost(error) || this.#limits.hostEndingCodes.includes(error.value)) throw error;
    }
    this.#loseOwner();
    try {
      return use(this.#openOwner());
    } catch (error) {
      throw isLost(error) ? error.blaming('host') : error;
    }
  }

  /** Another number, another owner: the objects of the one before are gone, and their handles may come to mean others. */
  get ownerNumber(): number {
    return this.#ownerNumber;
  }

  #openOwner(): Handle {
    this.#owner ??= this.#open();
    return this.#owner;
  }

  /** Where one session was lost, so may be the owner: its objects are given up before a handle can mislead. */
  #loseOwner(): void {
    if (this.#owner === undefined) return;
    this.#close(this.#owner);
    this.#owner = undefined;
    this.#ownerNumber += 1;
  }

  #withOne<T>(use: (session: Handle) => T): T {
    const session = this.#lease();
    let sound = false;
    try {
      const result = use(session);
      sound = true;
      return result;
    } catch (error) {
      sound = leavesSession(error);
      throw error;
    } finally {
      this.#release(session, sound);
    }
  }

  async #withOneAside<T>(use: (session: Handle) => Promise<T>): Promise<T> {
    const session = this.#lease();
    let sound = false;
    try {
      const result = await use(session);
      sound = true;
      return result;
    } catch (error) {
      sound = leavesSession(error);
      throw error;
    } finally {
      this.#release(session, sound);
    }
  }

  /** As {@link withSession}, on a session that is closed afterwards whatever happened. */
  withOwnSession<T>(use: (session: Handle) => T): T {
    const session = this.#open();
    this.#leased += 1;
    try {
      return use(session);
    } finally {
      this.#release(session, false);
    }
  }

  /** Whether the sentinel's session is still logged in (CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS). */
  isLoggedIn(): boolean {
    const { state } = callPkcs11('C_GetSessionInfo', () => this.#library.C_GetSessionInfo(this.#sentinel));
    return state === CKS_RO_USER_FUNCTIONS || state === CKS_RW_USER_FUNCTIONS;
  }

  #lease(): Handle {
    const idle = this.#idle.pop();
    const kept = this.#owner === undefined ? 1 : 2;
    if (idle === undefined && this.#leased + kept >= this.#limits.maxSessions) {
      throw new HsmFault('busy', `all ${this.#limits.maxSessions} sessions of the token are in use`);
    }
    const session = idle ?? this.#open();
    this.#leased += 1;
    return session;
  }

  #release(session: Handle, sound: boolean): void {
    this.#leased -= 1;
    if (sound) this.#idle.push(session);
    else this.#close(session);
  }

  #close(session: Handle): void {
    try {
      this.#library.C_CloseSession(session);
    } catch {
      // It is lost either way; a handle that no longer closes must not hide the first failure.
    }
  }

  #open(): Handle {
    // Read-only towards token objects: nothing on the data path creates or changes any.
    const flags = pkcs11js.CKF_SERIAL_SESSION;
    return callPkcs11('C_OpenSession', () => this.#library.C_OpenSession(this.#slot, flags));
  }
}

/** The failure says nothing against the session that it happened in. */
function leavesSession(error: unknown): boolean {
  return error instanceof Pkcs11Failure && (error.blame === 'data' || error.blame === 'key');
}

function isLost(error: unknown): error is Pkcs11Failure {
  return error instanceof Pkcs11Failure && isLostSession(error.value);
}

/** Session states (PKCS#11 v2.40, section 3.3), which the binding does not name. */
const CKS_RO_USER_FUNCTIONS = 1;
const CKS_RW_USER_FUNCTIONS = 3;
