/** A client that changes and uses keys of its own, at random, and enters each answer in the ledger. */
import type { SeededRandom } from '../seeded-random.ts';
import type { CallKms, KmsAnswer } from './kms-call.ts';
import { type KeyFacts, type Known, keyRequest, type Ledger, newKeyFacts, type Sealed } from './ledger.ts';

export class CrashClient {
  readonly #name: string;
  readonly #random: SeededRandom;
  readonly #ledger: Ledger;
  readonly #sharedKey: string;
  readonly #keys: string[] = [];
  readonly #sealed: Sealed[] = [];
  #call: CallKms = () => Promise.reject(new Error('there is no engine yet'));
  #serial = 0;

  constructor(name: string, random: SeededRandom, ledger: Ledger, sharedKey: string) {
    this.#name = name;
    this.#random = random;
    this.#ledger = ledger;
    this.#sharedKey = sharedKey;
  }

  /** Resolves at the first request that is not answered, or answered in a way that nothing explains. */
  async work(call: CallKms): Promise<void> {
    this.#call = call;
    for (let answered = true; answered; ) {
      const move = this.#keys.length === 0 ? this.#createKey : this.#random.pick(this.#moves);
      answered = await move(this.#random.pick(this.#keys.slice(-KEYS_IN_USE)));
    }
  }

  readonly #createKey = async (): Promise<boolean> => {
    const { making, keys } = this.#ledger;
    const description = `${this.#name}-${++this.#serial}`;
    making.add(description);
    const answer = await this.#change('CreateKey', keyRequest(description));
    if (answer === undefined) return false;
    making.delete(description);
    const { KeyId } = answer.body['KeyMetadata'] as { readonly KeyId: string };
    keys.set(KeyId, { is: newKeyFacts(description) });
    this.#keys.push(KeyId);
    this.#ledger.touched.add(KeyId);
    return true;
  };

  /** Makes the alias, takes it to this key, or deletes it. */
  readonly #alias = async (keyId: string): Promise<boolean> => {
    if (this.#facts(keyId).state !== 'Enabled') return true;
    const AliasName = `alias/${this.#name}-${this.#random.integer(ALIASES)}`;
    const known = entry(this.#ledger.aliases, AliasName, '');
    const target = { AliasName, TargetKeyId: keyId };
    if (known.is === '') return this.#enter(known, keyId, 'CreateAlias', target);
    if (this.#random.chance(0.4)) return this.#enter(known, '', 'DeleteAlias', { AliasName });
    return this.#enter(known, keyId, 'UpdateAlias', target);
  };

  /** Two tags at once, or one of them away: never one without the other. */
  readonly #tag = async (keyId: string): Promise<boolean> => {
    const { state, tags } = this.#facts(keyId);
    if (state === 'PendingDeletion') return true;
    if (this.#random.chance(0.3)) {
      const { left: _, right: __, ...rest } = tags;
      return this.#enterKey(keyId, { tags: rest }, 'UntagResource', { TagKeys: ['left', 'right'] });
    }
    const TagValue = String(++this.#serial);
    const Tags = ['left', 'right'].map((TagKey) => ({ TagKey, TagValue }));
    const after = { ...tags, left: TagValue, right: TagValue };
    return this.#enterKey(keyId, { tags: after }, 'TagResource', { Tags });
  };

  readonly #tagShared = async (): Promise<boolean> => {
    const known = entry(this.#ledger.sharedTags, this.#name, '');
    const TagValue = String(++this.#serial);
    const Tags = [{ TagKey: this.#name, TagValue }];
    return this.#enter(known, TagValue, 'TagResource', { KeyId: this.#sharedKey, Tags });
  };

  readonly #describe = async (keyId: string): Promise<boolean> => {
    if (this.#facts(keyId).state === 'PendingDeletion') return true;
    const Description = `${this.#name}: ${++this.#serial}`;
    return this.#enterKey(keyId, { description: Description }, 'UpdateKeyDescription', { Description });
  };

  readonly #rotate = async (keyId: string): Promise<boolean> => {
    const { state, rotations } = this.#facts(keyId);
    if (state !== 'Enabled') return true;
    return this.#enterKey(keyId, { rotations: rotations + 1 }, 'RotateKeyOnDemand', {});
  };

  /** Most of the time there should be a key to encrypt with. */
  readonly #changeState = async (keyId: string): Promise<boolean> => {
    const { state } = this.#facts(keyId);
    if (state === 'PendingDeletion')
      return this.#enterKey(keyId, { state: 'Disabled' }, 'CancelKeyDeletion', {});
    if (state === 'Disabled') return this.#enterKey(keyId, { state: 'Enabled' }, 'EnableKey', {});
    if (this.#random.chance(0.5)) return this.#enterKey(keyId, { state: 'Disabled' }, 'DisableKey', {});
    const window = { PendingWindowInDays: 7 + this.#random.integer(24) };
    return this.#enterKey(keyId, { state: 'PendingDeletion' }, 'ScheduleKeyDeletion', window);
  };

  readonly #encrypt = async (keyId: string): Promise<boolean> => {
    if (this.#facts(keyId).state !== 'Enabled') return true;
    const context = { client: this.#name, number: String(++this.#serial) };
    const Plaintext = this.#random.bytes(1 + this.#random.integer(500)).toString('base64');
    const asked = { KeyId: keyId, EncryptionContext: context };
    const answer = await this.#use('Encrypt', { ...asked, Plaintext });
    if (answer === undefined) return false;
    this.#keep({ keyId, blob: String(answer.body['CiphertextBlob']), plaintext: Plaintext, context });
    return true;
  };

  readonly #dataKey = async (keyId: string): Promise<boolean> => {
    if (this.#facts(keyId).state !== 'Enabled') return true;
    const context = { client: this.#name };
    const asked = { KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: context };
    const answer = await this.#use('GenerateDataKey', asked);
    if (answer === undefined) return false;
    const { CiphertextBlob, Plaintext } = answer.body;
    this.#keep({ keyId, blob: String(CiphertextBlob), plaintext: String(Plaintext), context });
    return true;
  };

  readonly #decrypt = async (): Promise<boolean> => {
    const sealed = this.#sealed[this.#random.integer(this.#sealed.length)];
    if (sealed === undefined || this.#facts(sealed.keyId).state !== 'Enabled') return true;
    const asked = { CiphertextBlob: sealed.blob, EncryptionContext: sealed.context };
    const answer = await this.#use('Decrypt', asked);
    if (answer === undefined) return false;
    if (answer.body['Plaintext'] !== sealed.plaintext) this.#ledger.wrong.push('Decrypt: another plaintext');
    return true;
  };

  /** How often each comes up is how often it stands here. */
  readonly #moves = [
    this.#createKey,
    ...[this.#alias, this.#alias, this.#alias, this.#tag, this.#tag, this.#tagShared],
    ...[this.#describe, this.#rotate, this.#changeState, this.#changeState, this.#changeState],
    ...[this.#encrypt, this.#encrypt, this.#encrypt, this.#dataKey, this.#dataKey],
    ...[this.#decrypt, this.#decrypt],
  ];

  #facts(keyId: string): KeyFacts {
    const known = this.#ledger.keys.get(keyId);
    if (known === undefined) throw new Error(`${keyId} is not in the ledger`);
    return known.is;
  }

  #enterKey(
    keyId: string,
    changed: Partial<KeyFacts>,
    operation: string,
    input: Readonly<Record<string, unknown>>,
  ): Promise<boolean> {
    const known = this.#ledger.keys.get(keyId) as Known<KeyFacts>;
    this.#ledger.touched.add(keyId);
    return this.#enter(known, { ...known.is, ...changed }, operation, { KeyId: keyId, ...input });
  }

  async #enter<T>(
    known: Known<T>,
    after: T,
    operation: string,
    input: Readonly<Record<string, unknown>>,
  ): Promise<boolean> {
    known.mayBe = after;
    const answer = await this.#change(operation, input);
    if (answer === undefined) return false;
    delete known.mayBe;
    if (answer.error === '') known.is = after;
    return true;
  }

  #change(operation: string, input: Readonly<Record<string, unknown>>): Promise<KmsAnswer | undefined> {
    return this.#ask('changes', operation, input);
  }

  #use(operation: string, input: Readonly<Record<string, unknown>>): Promise<KmsAnswer | undefined> {
    return this.#ask('others', operation, input);
  }

  async #ask(
    kind: 'changes' | 'others',
    operation: string,
    input: Readonly<Record<string, unknown>>,
  ): Promise<KmsAnswer | undefined> {
    const answer = await this.#call(operation, input).catch(() => undefined);
    if (answer === undefined) this.#ledger.unanswered[kind] += 1;
    else if (answer.error === '') this.#ledger.acknowledged[kind] += 1;
    // With everybody at one key the engine may give up, and then nothing has happened.
    else if (operation !== 'TagResource' || answer.error !== 'ThrottlingException') {
      this.#ledger.wrong.push(`${operation}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return undefined;
    }
    return answer;
  }

  #keep(sealed: Sealed): void {
    this.#sealed.push(sealed);
    this.#ledger.sealed.push(sealed);
  }
}

function entry<T>(map: Map<string, Known<T>>, name: string, first: T): Known<T> {
  const known = map.get(name) ?? { is: first };
  map.set(name, known);
  return known;
}

/** The younger ones: an audit looks at every key that was touched. */
const KEYS_IN_USE = 8;
const ALIASES = 6;
