/**
 * AES-GCM (SP 800-38D) from nothing but a block cipher, so that a tool that only does AES-ECB in the token
 * can check what the proxy made there. Slow, and for 96-bit IVs only.
 */

/** Encrypts whole 16-byte blocks. */
export type BlockCipher = (blocks: Uint8Array) => Promise<Uint8Array>;

export interface GcmText {
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
}

/** Applies the key stream: encrypts a plaintext, decrypts a ciphertext. */
export async function gcmStream(cipher: BlockCipher, { iv }: GcmText, input: Uint8Array): Promise<Buffer> {
  const blocks = Math.ceil(input.length / 16);
  const stream = await cipher(
    Buffer.concat(Array.from({ length: blocks + 1 }, (_, index) => counter(iv, index + 1))),
  );
  return Buffer.from(input.map((byte, index) => byte ^ (stream[index + 16] as number)));
}

export async function gcmTag(
  cipher: BlockCipher,
  { iv, aad }: GcmText,
  ciphertext: Uint8Array,
): Promise<Buffer> {
  const blocks = Buffer.from(await cipher(Buffer.concat([Buffer.alloc(16), counter(iv, 1)])));
  const h = toNumber(blocks.subarray(0, 16));
  const lengths = Buffer.alloc(16);
  lengths.writeBigUInt64BE(BigInt(aad.length) * 8n, 0);
  lengths.writeBigUInt64BE(BigInt(ciphertext.length) * 8n, 8);
  let hash = 0n;
  for (const block of [...padded(aad), ...padded(ciphertext), lengths])
    hash = multiply(hash ^ toNumber(block), h);
  const mask = toNumber(blocks.subarray(16, 32));
  return Buffer.from((hash ^ mask).toString(16).padStart(32, '0'), 'hex');
}

function counter(iv: Uint8Array, value: number): Buffer {
  const block = Buffer.alloc(16);
  block.set(iv);
  block.writeUInt32BE(value, 12);
  return block;
}

function padded(bytes: Uint8Array): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / 16) }, (_, index) => {
    const block = Buffer.alloc(16);
    block.set(bytes.subarray(index * 16, index * 16 + 16));
    return block;
  });
}

function toNumber(block: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(block).toString('hex')}`);
}

/** Multiplication in GF(2^128), SP 800-38D section 6.3. */
function multiply(x: bigint, y: bigint): bigint {
  let z = 0n;
  let v = y;
  for (let bit = 127n; bit >= 0n; bit -= 1n) {
    if ((x >> bit) & 1n) z ^= v;
    v = v & 1n ? (v >> 1n) ^ (0xe1n << 120n) : v >> 1n;
  }
  return z;
}
