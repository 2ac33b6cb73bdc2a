import { describe, expect, it } from 'vitest';
import { fitsPinForm } from '../../../../src/hsm/devices/pin-form.ts';
import { CONFIG_FILE_VARIABLES, DEVICE_PROFILES, profileOf } from '../../../../src/hsm/devices/profiles.ts';

describe('the profiles', () => {
  it('have the names that operators know', () => {
    expect(DEVICE_PROFILES.map(({ name }) => name)).toEqual([
      'softhsm2',
      'yubihsm2',
      'nitrokey-hsm2-opensc',
      'nitrokey-hsm2-cardcontact',
      'nethsm',
      'nss',
      'opencryptoki',
      'generic',
    ]);
    expect(() => profileOf('abacus')).toThrow('no device profile is named abacus');
  });

  it.for(DEVICE_PROFILES)('$name travels to a token host as it is', (profile) => {
    expect(JSON.parse(JSON.stringify(profile))).toEqual(profile);
  });

  it.for(DEVICE_PROFILES)(
    '$name lets a host open enough sessions, and a call take longer than a caller waits',
    (profile) => {
      expect(profile.maxSessions).toBeGreaterThanOrEqual(4);
      expect(profile.hangMs.crypto).toBeGreaterThan(150);
      expect(profile.hangMs.login).toBeGreaterThanOrEqual(10_000);
      expect(profile.notes).not.toHaveLength(0);
    },
  );

  it('closes the sessions of the CardContact module before it finalizes: the other way round hangs', () => {
    expect(profileOf('nitrokey-hsm2-cardcontact').farewell).toEqual(['C_CloseAllSessions', 'C_Finalize']);
  });

  it('tries no keys where a device might keep them', () => {
    const tried = DEVICE_PROFILES.filter(({ sessionKeys }) => sessionKeys).map(({ name }) => name);
    expect(tried).toEqual(['softhsm2', 'nss', 'opencryptoki', 'generic']);
  });

  it('send whoever wants a key elsewhere, where the module would make the wrong one or lose another', () => {
    const elsewhere = DEVICE_PROFILES.filter(({ keysMadeElsewhere }) => keysMadeElsewhere !== undefined);
    expect(elsewhere.map(({ name }) => name)).toEqual([
      'yubihsm2',
      'nitrokey-hsm2-opensc',
      'nitrokey-hsm2-cardcontact',
      'nethsm',
    ]);
  });

  it('name the variables behind which module configurations lie', () => {
    expect(CONFIG_FILE_VARIABLES).toEqual([
      'SOFTHSM2_CONF',
      'YUBIHSM_PKCS11_CONF',
      'OPENSC_CONF',
      'P11NETHSM_CONFIG_FILE',
    ]);
  });
});

describe('the form of a PIN', () => {
  it.for([
    { device: 'softhsm2', pin: '1234', fits: true },
    { device: 'softhsm2', pin: '123', fits: false },
    { device: 'softhsm2', pin: 'ä'.repeat(127), fits: true },
    { device: 'softhsm2', pin: 'ä'.repeat(128), fits: false },
    { device: 'yubihsm2', pin: '0001password', fits: true },
    { device: 'yubihsm2', pin: 'beefpässwo', fits: false },
    { device: 'yubihsm2', pin: 'beefpässwor', fits: true },
    { device: 'yubihsm2', pin: '@00aBpassword', fits: true },
    { device: 'yubihsm2', pin: '#label#0001password', fits: true },
    { device: 'yubihsm2', pin: '0001passwor', fits: false },
    { device: 'yubihsm2', pin: `0001${'p'.repeat(64)}`, fits: true },
    { device: 'yubihsm2', pin: `0001${'p'.repeat(65)}`, fits: false },
    { device: 'yubihsm2', pin: '00g1password', fits: false },
    { device: 'yubihsm2', pin: 'password', fits: false },
    { device: 'nitrokey-hsm2-opensc', pin: '648219', fits: true },
    { device: 'nitrokey-hsm2-opensc', pin: '64821', fits: false },
    { device: 'nitrokey-hsm2-opensc', pin: '1234567890123456', fits: false },
    { device: 'nitrokey-hsm2-cardcontact', pin: '1234567890123456', fits: true },
    { device: 'nitrokey-hsm2-cardcontact', pin: '12345678901234567', fits: false },
    { device: 'nethsm', pin: 'opPassphrase', fits: true },
    { device: 'nethsm', pin: 'password', fits: false },
    { device: 'nss', pin: 'x', fits: true },
    { device: 'opencryptoki', pin: '12345678', fits: true },
    { device: 'opencryptoki', pin: '123456789', fits: false },
    { device: 'generic', pin: 'x', fits: true },
  ])('$device: "$pin" fits: $fits', ({ device, pin, fits }) => {
    expect(fitsPinForm(profileOf(device).pin, pin)).toBe(fits);
  });

  it('is that of the whole PIN, whatever alternatives it has', () => {
    expect(fitsPinForm({ pattern: 'a|b', expected: '' }, 'ab')).toBe(false);
  });
});
