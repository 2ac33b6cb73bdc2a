/** A wrong PIN costs a token one attempt, ever; on a throw-away token, since it may cost the token. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { until } from '../support/running-proxy.ts';
import { openTestFleet, type TestFleet } from '../support/test-fleet.ts';
import { type CountedLogins, countLogins } from '../support/tokens/counted-logins.ts';
import type { ProvisionedToken, TokenKind } from '../support/tokens/token-kind.ts';
import { atWorkbench } from '../support/tokens/workbench.ts';
import { context } from './contract-rig.ts';

const HEALTH_KEY = { label: 'health', idHex: 'c001', type: 'AES', usages: ['encrypt', 'decrypt'] } as const;
const CKR_OK = 0;
const CKR_PIN_INCORRECT = 0xa0;

export function pinContract(kind: TokenKind): void {
  const { keepPin } = kind;
  if (keepPin !== undefined) {
    it('a PIN that is wrong is tried once', ({ skip }) => skip(keepPin));
    return;
  }
  describe('a PIN', () => {
    let token: ProvisionedToken;
    let logins: CountedLogins;
    beforeAll(async () => {
      token = await kind.provision();
      await atWorkbench(token, { do: 'make keys', keys: [HEALTH_KEY] });
      logins = await countLogins(token);
    });
    afterAll(() => token[Symbol.asyncDispose]());

    const start = (pin: string): TestFleet =>
      openTestFleet(logins.token, { token: { profile: kind.profile, pin: new Secret(pin) } });
    const phase = ({ fleet }: TestFleet): string => fleet.hosts()[0]?.phase ?? '';

    it('that is wrong is tried once, in however many lives, and the right one is let in', async () => {
      // Of the length of the right one, or a profile may keep it from the token.
      const wrong = randomBytes(token.pin.length / 2).toString('hex');
      for (let life = 0; life < 3; life += 1) {
        const started = start(wrong);
        await until(() => phase(started) === 'locked');
        const asked = started.fleet.describe({ token: 'soft', selector: { label: 'any' } }, context());
        await expect(asked).rejects.toMatchObject({ code: 'pin-locked' });
        await started.fleet[Symbol.asyncDispose]();
      }
      expect(logins.answers()).toEqual([CKR_PIN_INCORRECT]);
      const started = start(token.pin);
      await until(() => phase(started) === 'ready');
      await started.fleet[Symbol.asyncDispose]();
      expect(logins.answers()).toEqual([CKR_PIN_INCORRECT, CKR_OK]);
    });
  });
}
