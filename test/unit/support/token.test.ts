import { createCipheriv } from 'node:crypto';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createTestToken } from '../../support/token.ts';

describe('createTestToken', () => {
  it('gives every caller a token of its own', async () => {
    const [one, two] = await Promise.all([createTestToken(), createTestToken()]);
    await using first = one;
    await using second = two;

    expect(first.serial).toMatch(/^[0-9a-f]{16}$/);
    expect(second.serial).not.toBe(first.serial);
    expect(second.paths.directory).not.toBe(first.paths.directory);
  });

  it('adds keys with the wanted attributes and deletes them', async () => {
    await using token = await createTestToken();
    await token.addAesKey({ label: 'foo', id: '0a1b' });
    await token.addAesKey({ label: 'open', bits: 128, extractable: true });
    const before = (await token.pkcs11Tool(['--list-objects'])).toString();
    await token.deleteKey({ label: 'foo' });
    const after = (await token.pkcs11Tool(['--list-objects'])).toString();

    expect(before).toMatch(
      /AES length 32\s+label: +foo\s+ID: +0a1b\s+Usage: .*\s+Access: +sensitive, .*never extractable/,
    );
    expect(before).toMatch(/AES length 16\s+label: +open\s+Usage: .*\s+Access: +.*sensitive, extractable/);
    expect(after).not.toContain('foo');
    await expect(token.deleteKey({ label: 'foo' })).rejects.toThrow();
  });

  it('encrypts blocks under an imported key as any AES does', async () => {
    await using token = await createTestToken();
    const value = Buffer.alloc(32, 7);
    const blocks = Buffer.alloc(48, 1);
    await token.addAesKey({ label: 'known', id: '01', value });

    const expected = createCipheriv('aes-256-ecb', value, null).update(blocks);
    expect(await token.encryptBlocks({ id: '01' }, blocks)).toStrictEqual(expected);
  });

  it('leaves nothing behind', async () => {
    const token = await createTestToken();
    await token[Symbol.asyncDispose]();
    expect(existsSync(token.paths.directory)).toBe(false);
  });
});
