/** What a program in test/clients prints: what it saw of an engine through its SDK, in one form for all languages. */

export interface KmsClientReport {
  /** Of what it works with, `name version`. */
  readonly versions: readonly string[];
  readonly key: Readonly<Record<string, unknown>> & { readonly keyId: string; readonly createdMs: number };
  readonly encryption: Readonly<Record<string, unknown>> & {
    readonly keyId: string;
    readonly movedTo: string;
  };
  readonly dataKey: unknown;
  readonly tags: unknown;
  readonly rotation: unknown;
  readonly deletion: unknown;
  readonly pages: { readonly keys: readonly number[]; readonly aliases: readonly string[] };
  /** By algorithm. */
  readonly signatures: Readonly<Record<string, unknown>>;
  readonly mac: unknown;
  readonly publicEncryption: unknown;
  readonly agreement: unknown;
  readonly encapsulation: unknown;
  readonly mlDsa: unknown;
  readonly dataKeyPairs: unknown;
  readonly faults: Readonly<Record<string, ClientFault>>;
}

export interface ClientFault {
  /** The class that the SDK threw, without its package. */
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly requestId: string;
  /** How many the SDK sent before it gave up. */
  readonly requests: number;
}
