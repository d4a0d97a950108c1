import { describe, expect, it } from '@jest/globals';
import { CallbackAddressGuard } from '../../src/http/callback-address-guard.ts';

const NEVER = new AbortController().signal;

describe('the guard', () => {
  it.each([
    'https://93.184.216.34/hook',
    'https://[2606:2800:220:1:248:1893:25c8:1946]/hook',
    'https://172.32.0.1/',
    'https://100.128.0.1/',
    'https://11.0.0.1/',
    'https://example.com:8443/hook?token=1',
  ])('admits a public receiver: %s', (url) => {
    expect(new CallbackAddressGuard([]).admit(url).href).toBe(new URL(url).href);
  });

  it('looks names up itself unless told otherwise, blocks what they lead to, and lets an allowed one through', async () => {
    const lookup = (allowHosts: string[]) =>
      new Promise((resolve) => {
        const guard = new CallbackAddressGuard(allowHosts);
        guard.lookupFor(new URL('https://localhost/'), NEVER)('localhost', {}, (error, address) =>
          resolve(error?.message ?? address),
        );
      });
    expect(await lookup([])).toMatch(/^https:\/\/localhost\/ is blocked/);
    expect(await lookup(['localhost'])).toMatch(/^(127\.0\.0\.1|::1)$/);
  });
});
