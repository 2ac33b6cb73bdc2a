/**
 * Finds secret keys by label and id, describes them, and remembers their handles for as long as the
 * login lasts. A handle that turns out stale is looked up once more; if another object stands there now,
 * whoever relied on the description is told.
 */
import { isDeepStrictEqual } from 'node:util';
import pkcs11js, { type Handle, type PKCS11, type Template } from 'pkcs11js';
import { type KeySelector, selectorText } from '../../domain/hsm/key-selector.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { KeyDescription } from '../../domain/ports/hsm.ts';
import { isStaleHandle } from './ckr.ts';
import { type KeyOrigin, readKeyDescription } from './key-attributes.ts';
import { callPkcs11, Pkcs11Failure } from './pkcs11-failure.ts';
import type { SessionPool } from './session-pool.ts';

/** The object that a selector meant before is another one now. */
export class KeyChanged extends HsmFault {
  constructor(selector: KeySelector) {
    super('unavailable', `the object with ${selectorText(selector)} was replaced by another one`);
  }
}

interface LocatedKey {
  readonly handle: Handle;
  readonly description: KeyDescription;
}

/** What a login shows of a token's objects. One that never showed any may just be new. */
export type Sight = 'objects' | 'no object yet' | 'no object any more' | 'no login';

/** Says whether a description is the one that the caller relies on. */
export type IsAdmitted = (description: KeyDescription) => boolean;

export class KeyLocator {
  readonly #library: PKCS11;
  readonly #sessions: SessionPool;
  readonly #origin: KeyOrigin;
  readonly #located = new Map<string, LocatedKey>();
  #hasSeenObjects = false;

  constructor(library: PKCS11, sessions: SessionPool, origin: KeyOrigin) {
    this.#library = library;
    this.#sessions = sessions;
    this.#origin = origin;
  }

  /** Reads the object afresh. Faults: `not-found`, `ambiguous`. */
  describe(selector: KeySelector): KeyDescription {
    return this.#locate(selector).description;
  }

  /**
   * Lends a session and the key's handle to `use`. A key that is not the admitted one, or whose handle has
   * gone stale, is looked up again; if it is the admitted one then, `use` runs, once more at most. A handle that
   * is stale although it was just found says that the token contradicts itself, not that there is no such key.
   */
  withKey<T>(selector: KeySelector, isAdmitted: IsAdmitted, use: (session: Handle, key: Handle) => T): T {
    const known = this.#located.get(selectorText(selector));
    const before =
      known !== undefined && isAdmitted(known.description)
        ? known
        : this.#locateAdmitted(selector, isAdmitted);
    try {
      return this.#sessions.withSession((session) => use(session, before.handle));
    } catch (error) {
      if (!(error instanceof Pkcs11Failure) || !isStaleHandle(error.value)) throw error;
    }
    const after = this.#locateAdmitted(selector, isAdmitted);
    if (!isDeepStrictEqual(after.description, before.description)) throw new KeyChanged(selector);
    return notStale(() => this.#sessions.withSession((session) => use(session, after.handle)));
  }

  /** Looks for any object at all, unless the login is lost: public ones alone would be there without it. */
  sight(): Sight {
    if (!this.#sessions.isLoggedIn()) return 'no login';
    const before = this.#hasSeenObjects;
    const now = this.#sessions.withSession((session) => this.#search(session, []).length > 0);
    if (now) return 'objects';
    return before ? 'no object any more' : 'no object yet';
  }

  #locateAdmitted(selector: KeySelector, isAdmitted: IsAdmitted): LocatedKey {
    const located = this.#locate(selector);
    if (!isAdmitted(located.description)) throw new KeyChanged(selector);
    return located;
  }

  /** An object that is deleted between being found and being read is looked for once more. */
  #locate(selector: KeySelector): LocatedKey {
    this.#located.delete(selectorText(selector));
    let located: LocatedKey;
    try {
      located = this.#findAndRead(selector);
    } catch (error) {
      if (!(error instanceof Pkcs11Failure) || !isStaleHandle(error.value)) throw error;
      located = notStale(() => this.#findAndRead(selector));
    }
    this.#located.set(selectorText(selector), located);
    return located;
  }

  #findAndRead(selector: KeySelector): LocatedKey {
    return this.#sessions.withSession((session) => {
      const handles = this.#find(session, selector);
      const [handle] = handles;
      if (handle === undefined) {
        throw new HsmFault('not-found', `the token has no secret key with ${selectorText(selector)}`);
      }
      if (handles.length > 1) {
        throw new HsmFault(
          'ambiguous',
          `${handles.length} secret keys on the token have ${selectorText(selector)}`,
        );
      }
      return { handle, description: readKeyDescription(this.#library, session, handle, this.#origin) };
    });
  }

  /** At most two handles: more would change nothing. */
  #find(session: Handle, selector: KeySelector): Handle[] {
    const template: Template = [
      { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
      { type: pkcs11js.CKA_TOKEN, value: true },
    ];
    if (selector.label !== undefined)
      template.push({ type: pkcs11js.CKA_LABEL, value: Buffer.from(selector.label, 'utf8') });
    if (selector.idHex !== undefined)
      template.push({ type: pkcs11js.CKA_ID, value: Buffer.from(selector.idHex, 'hex') });
    return this.#search(session, template);
  }

  #search(session: Handle, template: Template): Handle[] {
    callPkcs11('C_FindObjectsInit', () => this.#library.C_FindObjectsInit(session, template));
    // A search that fails is not ended: the session goes, since nothing that C_FindObjects can say is about input.
    const handles = callPkcs11('C_FindObjects', () => this.#library.C_FindObjects(session, 2));
    callPkcs11('C_FindObjectsFinal', () => this.#library.C_FindObjectsFinal(session));
    if (handles.length > 0) this.#hasSeenObjects = true;
    return handles;
  }
}

/** A handle that is called stale a moment after it was found. */
function notStale<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Pkcs11Failure) || !isStaleHandle(error.value)) throw error;
    throw error.blaming('ambiguous', 'unavailable');
  }
}
